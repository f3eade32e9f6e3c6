package delivery

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// errUnsatisfiable is a range outside the file.
var errUnsatisfiable = &problem.Problem{Status: http.StatusRequestedRangeNotSatisfiable, Message: "Range not satisfiable"}

// fail writes an error: the text in X-Cld-Error and Server-Timing, an empty body, and nothing that would let a cache
// keep it.
func (h *Handler) fail(x *exchange, err error) {
	if x.status != 0 {
		// Too late to tell the client; a broken-off body does.
		h.logger.Error("A request failed after its status was sent", "request", x.id, "error", err)
		return
	}
	if errors.Is(err, context.Canceled) && x.r.Context().Err() != nil {
		x.status = statusClientGone
		return
	}
	p := problem.From(err)
	if p.Status >= http.StatusInternalServerError {
		h.logger.Error("A request failed", "request", x.id, "method", x.r.Method, "path", x.r.URL.Path, "status", p.Status, "error", err)
	}
	x.kind = kindNone
	header := x.open()
	message := headerText(p.Message)
	header.Set("X-Cld-Error", message)
	header.Set("Server-Timing", failureTiming(x.id, message))
	header.Set("Cache-Control", privateCaching)
	header.Set("Content-Length", "0")
	if p.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	x.write(p.Status)
}
