package delivery

import (
	"net/http"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// meter tells of every answer that is counted, when its handler is done.
type meter chan int64

func (m meter) Delivered(bytes int64) { m <- bytes }

func TestWhatIsDeliveredCounts(t *testing.T) {
	e := newEnvironment(t)
	counted := make(meter, 100)
	e.handler.meter = counted
	e.store(t, "sheep", "sheep", nil)
	e.store(t, "sample", "sample", func(a *library.Asset) { a.Sample = true })
	const original, derived = "/demo/image/upload/sheep.jpg", "/demo/image/upload/c_scale,w_9/sheep.png"
	etag := e.get(t, original).Header.Get("Etag")
	if bytes := <-counted; bytes != 5 {
		t.Errorf("the original counts %d bytes", bytes)
	}
	for _, test := range []struct {
		name, method, path string
		headers            []string
		status             int
		bytes              int64
	}{
		{"a derived file that is made", http.MethodGet, derived, nil, 200, 12},
		{"one that is there", http.MethodGet, derived, nil, 200, 12},
		{"one that is in memory", http.MethodGet, derived, nil, 200, 12},
		{"one that takes the shortcut", http.MethodGet, derived, nil, 200, 12},
		{"a part", http.MethodGet, original, []string{"Range", "bytes=1-2"}, 206, 2},
		{"no body", http.MethodHead, original, nil, 200, 0},
		{"nothing new", http.MethodGet, original, []string{"If-None-Match", etag}, 304, 0},
	} {
		if got := e.do(t, test.method, test.path, test.headers...); got.StatusCode != test.status {
			t.Errorf("%s: status %d", test.name, got.StatusCode)
		}
		if bytes := <-counted; bytes != test.bytes {
			t.Errorf("%s counts %d bytes, want %d", test.name, bytes, test.bytes)
		}
	}
	if e.taken.count() == 0 {
		t.Error("nothing took the shortcut")
	}
	// These do not count: the next one that does is the last.
	for _, path := range []string{
		"/demo/image/upload/missing.jpg", "/demo/image/upload/sample.jpg", "/demo/image/upload/c_scale,w_9/sample.png", "/demo/image/upload/c_scale,w_9/sample.png",
		"/demo/image/upload/c_scale,w_9/sample.png", "/demo/image/upload/c_scale,w_9/sample.png",
	} {
		e.get(t, path)
	}
	e.do(t, http.MethodGet, original, "Range", "bytes=99-")
	e.do(t, http.MethodOptions, original)
	e.do(t, http.MethodGet, original, "Range", "bytes=0-0")
	if bytes := <-counted; bytes != 1 {
		t.Errorf("something counts %d bytes that should not", bytes)
	}
}

func TestAUsedUpQuotaIsAnsweredByItsLimit(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	const message = "Rate Limit Exceeded. Limit of 5 transformations per day reached. Try again on 2026-01-31 00:00:00 UTC"
	e.engine.failWith(&problem.Problem{Status: 420, Message: message, Transient: true, RetryAfter: 90})
	got := e.get(t, "/demo/image/upload/c_scale,w_9/sheep.png")
	if got.StatusCode != 420 || got.Header.Get("X-Cld-Error") != message || got.Header.Get("Retry-After") != "90" || got.Header.Get("Cache-Control") != privateCaching {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
}
