package delivery

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/darkroom-media/darkroom/renderer/shortcut"
)

// Answer implements shortcut.Answerer: it answers as ServeHTTP does what an earlier request has answered for good, a picture
// that lies in memory, whole, to a client that needs no permission. Everything else it leaves to ServeHTTP: it never waits
// for a disk or a source elsewhere, and for a database only to learn that nothing has changed.
func (h *Handler) Answer(connection *shortcut.Conn, r *shortcut.Request) (bool, error) {
	x := &exchange{started: h.now()}
	accept, saveData, ok := x.read(r)
	if !ok {
		return false, nil
	}
	known := h.recall(r, accept, saveData)
	if known == nil {
		return false, nil
	}
	content, meta := h.derive.Resident(known.key)
	if meta == nil || meta.ETag != known.description.meta.ETag {
		return false, nil
	}
	buffer := heads.Get().(*[]byte)
	defer heads.Put(buffer)
	*buffer = h.appendHead((*buffer)[:0], x, known)
	sent, err := connection.Send(*buffer, content)
	if errors.Is(err, shortcut.ErrClosing) {
		return false, nil
	}
	x.kind, x.status, x.sent, x.sample = kindDerived, http.StatusOK, sent, known.description.sample
	h.count(x)
	return true, err
}

// heads keeps the memory of heads.
var heads = sync.Pool{New: func() any { return new([]byte) }}

// read takes from a request what an answer depends on. It is false when it asks for less than a whole file, or sets
// conditions.
func (x *exchange) read(r *shortcut.Request) (accept, saveData string, ok bool) {
	for _, name := range [...]string{"Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since"} {
		if r.Has(name) {
			return "", "", false
		}
	}
	accept, once := r.Get("Accept")
	saveData, also := r.Get("Save-Data")
	id, too := r.Get("X-Request-Id")
	if x.id = id; !isToken(id) {
		x.id = newRequestID()
	}
	return accept, saveData, once && also && too
}

// recall finds what an earlier request for the same has found out, if it still holds.
func (h *Handler) recall(r *shortcut.Request, accept, saveData string) *memory {
	snapshot := h.catalog.Current()
	if snapshot == nil {
		return nil
	}
	route := h.routes.get(routeKey{path: r.Path, mapped: isMapped(&snapshot.Environment, r.Host)})
	if route == nil || route.snapshot != snapshot || route.remote || route.demands != nil && !route.signed {
		return nil
	}
	known := route.recall([]string{accept}, saveData)
	if known == nil || h.assets.Remembered(route.names[0].key) != known.asset {
		return nil
	}
	return known
}

// appendHead appends the status line and the headers of an answer with a whole file.
func (h *Handler) appendHead(b []byte, x *exchange, known *memory) []byte {
	now := h.now()
	b = append(b, known.head...)
	b = append(b, "X-Request-Id: "...)
	b = append(b, x.id...)
	b = append(b, "\r\nServer-Timing: "...)
	b = appendTiming(b, x, now, 0, known.description.info)
	b = append(b, "\r\nDate: "...)
	b = append(b, dates.at(now)...)
	return append(b, "\r\n\r\n"...)
}

// head is the status line of an answer with the whole file, and the headers that are the same each time.
func (d *description) head() string {
	b := []byte("HTTP/1.1 200 OK\r\n")
	for _, fields := range [...][]field{always[:], d.headers} {
		for _, f := range fields {
			for _, value := range f.values {
				b = append(b, f.name...)
				b = append(b, ": "...)
				b = append(b, lineBreaks.Replace(value)...)
				b = append(b, "\r\n"...)
			}
		}
	}
	return string(b)
}

// lineBreaks makes a value one line, as net/http does: a name in it may hold anything.
var lineBreaks = strings.NewReplacer("\n", " ", "\r", " ")

// clock writes the time as the Date header has it, once a second.
type clock struct{ last atomic.Pointer[writtenDate] }

type writtenDate struct {
	second int64
	text   string
}

var dates clock

func (c *clock) at(now time.Time) string {
	if last := c.last.Load(); last != nil && last.second == now.Unix() {
		return last.text
	}
	written := &writtenDate{second: now.Unix(), text: httpTime(now)}
	c.last.Store(written)
	return written.text
}
