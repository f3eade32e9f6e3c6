package delivery

import (
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

// fromStored says that a representation is the original; the other sources are those of package derive.
const fromStored = "stored"

// representation is a file ready to be sent.
type representation struct {
	// content is at offset 0 and belongs to the request.
	content *os.File
	bytes   int64
	// etag is the MD5 of the bytes in hex, unquoted.
	etag          string
	format        string
	width, height int
	modified      time.Time
	// from is fromStored or one of derive's sources.
	from string
	// render is the time the engine took for this request, 0 when the file was there.
	render time.Duration
}

// serve writes the answer with the file: whole, in part, or only the fact that it has not changed.
func (h *Handler) serve(x *exchange, route *route, found *found, file *representation) {
	header := x.w.Header()
	etag := `"` + file.etag + `"`
	h.describe(header, x, route, found, file, etag)

	if status := precondition(x.r.Header, etag, file.modified); status != 0 {
		if status == http.StatusPreconditionFailed {
			header["Content-Length"] = []string{"0"}
			delete(header, "Content-Type")
		}
		x.write(status)
		return
	}
	whole := span{length: file.bytes}
	part, status := &whole, http.StatusOK
	if wanted := x.r.Header.Get("Range"); wanted != "" && x.r.Method == http.MethodGet && rangeApplies(x.r.Header, etag, file.modified) {
		asked, ok := parseRange(wanted, file.bytes)
		if !ok {
			delete(header, "Content-Type")
			delete(header, "Etag")
			delete(header, "Last-Modified")
			header["Content-Range"] = []string{"bytes */" + strconv.FormatInt(file.bytes, 10)}
			h.fail(x, errUnsatisfiable)
			return
		}
		if asked != nil {
			part, status = asked, http.StatusPartialContent
			header["Content-Range"] = []string{part.contentRange(file.bytes)}
		}
	}
	header["Content-Length"] = []string{strconv.FormatInt(part.length, 10)}
	if part.start > 0 {
		if _, err := file.content.Seek(part.start, io.SeekStart); err != nil {
			h.fail(x, err)
			return
		}
	}
	x.write(status)
	if x.r.Method == http.MethodHead {
		return
	}
	// An error here is a client that went away: the status is sent, and the connection ends with too few bytes. The
	// writer's ReadFrom lets the kernel copy.
	_, _ = io.CopyN(x.w, file.content, part.length)
}
