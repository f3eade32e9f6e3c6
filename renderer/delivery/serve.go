package delivery

import (
	"net/http"
	"strconv"
	"time"

	"github.com/darkroom-media/darkroom/renderer/derive"
)

// representation is a file ready to be sent.
type representation struct {
	*description
	// content belongs to the request.
	content derive.Content
	// render is the time the engine took for this request, 0 when the file was there.
	render time.Duration
}

// serve writes the answer with the file: whole, in part, or only the fact that it has not changed. It closes the file.
func (h *Handler) serve(x *exchange, file *representation) {
	defer file.content.Close()
	x.sample = file.sample
	header := x.open()
	for _, f := range file.headers {
		header[f.name] = f.values
	}
	header["Server-Timing"] = []string{x.timing(h.now(), file)}

	if status := precondition(x.r.Header, file.etag, file.modified); status != 0 {
		if status == http.StatusPreconditionFailed {
			delete(header, "Content-Type")
			header.Set("Content-Length", "0")
		} else {
			delete(header, "Content-Length")
		}
		x.write(status)
		return
	}
	start, length, status := int64(0), file.meta.Bytes, http.StatusOK
	if wanted := x.r.Header["Range"]; wanted != nil && x.r.Method == http.MethodGet && rangeApplies(x.r.Header, file.etag, file.modified) {
		part, ok := parseRange(wanted[0], length)
		if !ok {
			for _, f := range file.headers {
				delete(header, f.name)
			}
			header.Set("Content-Range", "bytes */"+strconv.FormatInt(length, 10))
			h.fail(x, errUnsatisfiable)
			return
		}
		if part != nil {
			header.Set("Content-Range", part.contentRange(length))
			header.Set("Content-Length", strconv.FormatInt(part.length, 10))
			start, length, status = part.start, part.length, http.StatusPartialContent
		}
	}
	if x.r.Method == http.MethodHead {
		x.write(status)
		return
	}
	x.corked(length, func() {
		x.write(status)
		// An error here is a client that went away: the status is sent, and the connection ends with too few bytes.
		x.sent, _ = file.content.Send(x.w, start, length)
	})
}
