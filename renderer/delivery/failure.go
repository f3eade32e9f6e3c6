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
	header := x.w.Header()
	always(header, x)
	message := headerText(p.Message)
	header["X-Cld-Error"] = []string{message}
	header["Server-Timing"] = []string{failureTiming(x.id, message)}
	header["Cache-Control"] = privateCaching
	header["Content-Length"] = zero
	if p.RetryAfter > 0 {
		header["Retry-After"] = []string{strconv.Itoa(p.RetryAfter)}
	}
	x.write(p.Status)
}
