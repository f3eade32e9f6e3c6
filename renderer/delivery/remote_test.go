package delivery

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// origin is a server elsewhere, with files that change.
type origin struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]string
	// asked counts requests, compared those that came with a validator.
	asked, compared atomic.Int64
}

func newOrigin(t *testing.T) *origin {
	t.Helper()
	o := &origin{files: map[string]string{}}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.asked.Add(1)
		o.mu.Lock()
		content, ok := o.files[r.URL.RequestURI()]
		o.mu.Unlock()
		if !ok {
			http.NotFound(w, r)
			return
		}
		etag := fmt.Sprintf("%q", content)
		w.Header().Set("Etag", etag)
		if match := r.Header.Get("If-None-Match"); match != "" {
			o.compared.Add(1)
			if match == etag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		fmt.Fprint(w, content)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *origin) put(path, content string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if content == "" {
		delete(o.files, path)
		return
	}
	o.files[path] = content
}

// opened lets an environment fetch from the servers of tests.
func opened(s *catalog.Snapshot) {
	s.Environment.FetchAllowedCIDRs = []string{"127.0.0.0/8"}
	s.Environment.MaxImageBytes, s.Environment.MaxRawBytes = 1<<20, 1<<20
}

func TestFetch(t *testing.T) {
	e := newEnvironment(t)
	e.configure(opened)
	o := newOrigin(t)
	o.put("/a.jpg", "picture")
	o.put("/b%20c.jpg?size=2&x=%C3%A9", "with a query")
	o.put("/text.jpg", "no picture")
	plain := o.URL + "/a.jpg"
	for path, want := range map[string]string{
		plain:                                "picture",
		strings.Replace(plain, "//", "/", 1): "picture",
		url.QueryEscape(plain):               "picture",
		"c_scale,w_9/" + plain:               "picture as jpg",
		"f_png/c_scale,w_9/v1/" + plain:      "picture as png",
		url.QueryEscape(o.URL + "/b%20c.jpg?size=2&x=%C3%A9"): "with a query",
		plain + "?_a=BAMABkTM0":                               "picture",
	} {
		answer := e.get(t, "/demo/image/fetch/"+path)
		answer.expect(t, 200, want)
		if got := answer.Header.Get("Cache-Control"); got != "public, no-transform, max-age=2592000" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
	if got := o.asked.Load(); got != 2 {
		t.Errorf("the source was asked %d times for two files", got)
	}
	asset, err := e.library.Asset(t.Context(), library.Key{ResourceType: "image", Type: "fetch", PublicID: plain})
	if err != nil || asset.Format != "jpg" || asset.Width != 640 || asset.UploadedBy != (library.Uploader{Kind: library.UploaderSystem, Name: library.SystemDelivery}) {
		t.Errorf("stored: %+v, %v", asset, err)
	}
	missing := o.URL + "/missing.jpg"
	for range 2 {
		e.get(t, "/demo/image/fetch/"+missing).refused(t, 404, "Error in loading "+missing+" - 404 Not Found")
	}
	if got := o.asked.Load(); got != 3 {
		t.Errorf("a file that is missing was asked for again at once: %d requests", got)
	}
	e.get(t, "/demo/image/fetch/"+o.URL+"/text.jpg").refused(t, 400, "Unsupported image format or file")
	e.get(t, "/demo/raw/fetch/"+o.URL+"/text.jpg").expect(t, 200, "no picture")
	e.get(t, "/demo/image/fetch/ftp://example.com/a.jpg").refused(t, 400, "Invalid URL for fetch - ftp://example.com/a.jpg")

	e.store(t, "holder", "placeholder", nil)
	answer := e.get(t, "/demo/image/fetch/d_holder.jpg/"+missing)
	answer.expect(t, 200, "placeholder")
	if answer.Header.Get("X-Cld-Error") == "" {
		t.Error("a placeholder came without X-Cld-Error")
	}
}

func TestFetchGoesWhereItMay(t *testing.T) {
	e := newEnvironment(t)
	e.configure(func(s *catalog.Snapshot) { s.Environment.MaxImageBytes = 1 << 20 })
	o := newOrigin(t)
	o.put("/a.jpg", "picture")
	answer := e.get(t, "/demo/image/fetch/"+o.URL+"/a.jpg")
	if answer.StatusCode != 400 || !strings.Contains(answer.Header.Get("X-Cld-Error"), "is not allowed") {
		t.Errorf("%d %s", answer.StatusCode, answer.Header.Get("X-Cld-Error"))
	}
	if o.asked.Load() != 0 {
		t.Error("a private address was asked")
	}
}

func TestFetchedFilesAreComparedWithTheirSource(t *testing.T) {
	e := newEnvironment(t)
	e.configure(func(s *catalog.Snapshot) { opened(s); s.Environment.RefetchAfter = 60 })
	o := newOrigin(t)
	o.put("/a.jpg", "first")
	path := "/demo/image/fetch/c_scale,w_9/" + o.URL + "/a.jpg"
	e.get(t, path).expect(t, 200, "first as jpg")
	o.put("/a.jpg", "second")
	e.advance(59 * time.Second)
	e.get(t, path).expect(t, 200, "first as jpg")
	if o.asked.Load() != 1 {
		t.Error("the source was asked before its time")
	}
	e.advance(2 * time.Second)
	e.get(t, path).expect(t, 200, "second as jpg")
	e.advance(61 * time.Second)
	e.get(t, path).expect(t, 200, "second as jpg")
	if o.compared.Load() != 2 || e.engine.renders() != 2 {
		t.Errorf("%d comparisons, %d renders", o.compared.Load(), e.engine.renders())
	}
	// What is gone at the source stays, and is not asked for by every request.
	o.put("/a.jpg", "")
	e.advance(61 * time.Second)
	asked := o.asked.Load()
	for range 3 {
		e.get(t, path).expect(t, 200, "second as jpg")
	}
	if o.asked.Load() != asked+1 {
		t.Errorf("a source that fails was asked %d times", o.asked.Load()-asked)
	}
}

func TestRemoteTypes(t *testing.T) {
	e := newEnvironment(t)
	o := newOrigin(t)
	e.configure(func(s *catalog.Snapshot) {
		opened(s)
		s.Environment.RemoteTypes = map[string]string{"gravatar": o.URL + "/avatar/{id}?d=404"}
	})
	o.put("/avatar/9f0d?d=404", "face")
	e.get(t, "/demo/image/gravatar/9f0d.jpg").expect(t, 200, "face")
	e.get(t, "/demo/image/gravatar/c_thumb,g_face,w_9/9f0d.png").expect(t, 200, "face as png")
	e.get(t, "/demo/image/youtube/abc.jpg").refused(t, 404, "Delivery type youtube has no source")
	if answer := e.get(t, "/demo/image/gravatar/%2F..%2Fadmin.jpg"); answer.StatusCode != 404 {
		t.Errorf("an ID with slashes: %d", answer.StatusCode)
	}
}

func TestFetchedLayers(t *testing.T) {
	e := newEnvironment(t)
	e.configure(opened)
	o := newOrigin(t)
	o.put("/logo.png", "logo")
	e.store(t, "base", "base", nil)
	at := base64.RawURLEncoding.EncodeToString([]byte(o.URL + "/logo.png"))
	e.get(t, "/demo/image/upload/l_fetch:"+at+"/fl_layer_apply/base.jpg").expect(t, 200, "base as jpg")
	if source, ok := e.engine.asked().Layers["fetch/"+o.URL+"/logo.png"]; !ok || source.Width != 640 {
		t.Errorf("the engine got %+v", e.engine.asked().Layers)
	}
	at = base64.RawURLEncoding.EncodeToString([]byte(o.URL + "/gone.png"))
	e.get(t, "/demo/image/upload/l_fetch:"+at+"/fl_layer_apply/base.jpg").refused(t, 404, "Error in loading "+o.URL+"/gone.png - 404 Not Found")
}
