package delivery

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/remote"
	"github.com/darkroom-media/darkroom/renderer/shortcut"
)

// environment is delivery on a real library and a real bucket, behind a real server, with an engine that writes
// down what it was asked for.
type environment struct {
	scripts  scripts
	library  *library.Library
	bucket   *bucket.Bucket
	assets   *Assets
	engine   *scribe
	handler  *Handler
	taken    *taken
	registry *prometheus.Registry
	url      string
	snapshot atomic.Pointer[catalog.Snapshot]
	// ahead is how far the clock of the environment is before that of the machine.
	ahead atomic.Int64
}

// advance moves the clock.
func (e *environment) advance(d time.Duration) { e.ahead.Add(int64(d)) }

func (e *environment) now() time.Time { return time.Now().Add(time.Duration(e.ahead.Load())) }

// Current makes the environment the catalog.
func (e *environment) Current() *catalog.Snapshot { return e.snapshot.Load() }

// configure publishes a changed copy of the configuration.
func (e *environment) configure(change func(*catalog.Snapshot)) {
	next := *e.snapshot.Load()
	change(&next)
	e.snapshot.Store(&next)
}

func newEnvironment(t testing.TB) *environment {
	t.Helper()
	rows := databases.Library(t)
	return newEnvironmentOn(t, rows, NewAssets(rows, 100))
}

func newEnvironmentOn(t testing.TB, rows *library.Library, assets *Assets) *environment {
	t.Helper()
	dir := t.TempDir()
	e := &environment{engine: &scribe{dir: t.TempDir()}, registry: prometheus.NewRegistry()}
	e.snapshot.Store(&catalog.Snapshot{
		Environment: catalog.Environment{CloudName: "demo", CacheMaxAge: 2592000, MaxOutputPixels: 25e6, MaxImagePixels: 50e6},
		Keys:        map[string]catalog.Key{"1": {APIKey: "1", APISecret: "a"}, "2": {APIKey: "2", APISecret: "b"}},
	})
	e.library = rows
	e.bucket, _ = databases.Bucket(t)
	cache, err := derive.OpenCache(filepath.Join(dir, "cache"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	e.assets = assets
	sources := remote.New(remote.Options{Catalog: e, Rows: e.assets, Library: writes{e.library, e.assets}, Bucket: e.bucket, Engine: e.engine, Now: e.now})
	deriver, err := derive.New(derive.Options{Library: e.library, Bucket: e.bucket, Engine: e.engine, Cache: cache, Remote: sources, Metrics: e.registry})
	if err != nil {
		t.Fatal(err)
	}
	if e.handler, err = New(Options{
		Catalog: e, Assets: e.assets, Originals: e.bucket, Derive: deriver, Remote: sources, Lists: e.library, Scripts: &e.scripts, Metrics: e.registry, Now: e.now,
		TokenKeys: func() [][]byte { return [][]byte{{1}, {0x00, 0x11, 0x22, 0x33, 0xff, 0x99}} },
	}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(e.handler)
	server.Config.ConnContext = ConnContext
	e.taken = &taken{Handler: e.handler}
	server.Listener = shortcut.New(server.Listener, e.taken, shortcut.Timeouts{})
	server.Start()
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

// writes is the library as the renderer writes it: what is remembered of an asset is dropped with every change.
type writes struct {
	*library.Library
	assets *Assets
}

func (w writes) StoreAsset(ctx context.Context, asset *library.Asset, options library.StoreOptions) (*library.Stored, error) {
	defer w.assets.Invalidate(keyOf(asset))
	return w.Library.StoreAsset(ctx, asset, options)
}

// picture is a JPEG of 640 × 427 for store; change may make it anything else.
func (e *environment) store(t testing.TB, publicID, content string, change func(*library.Asset)) *library.Asset {
	t.Helper()
	asset := &library.Asset{PublicID: publicID, ResourceType: library.Image, Type: "upload", Format: "jpg", Width: 640, Height: 427, Pages: 1, ObjectKey: bucket.NewKey("originals")}
	if change != nil {
		change(asset)
	}
	if err := e.library.ReserveObject(t.Context(), asset.ObjectKey, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	written, err := e.bucket.Put(t.Context(), asset.ObjectKey, strings.NewReader(content), "")
	if err != nil {
		t.Fatal(err)
	}
	asset.Bytes, asset.ETag = written.Bytes, written.MD5
	stored, err := e.library.StoreAsset(t.Context(), asset, library.StoreOptions{Overwrite: true})
	if err != nil {
		t.Fatal(err)
	}
	e.assets.Invalidate(keyOf(asset))
	return stored.Asset
}

func keyOf(asset *library.Asset) library.Key {
	return library.Key{ResourceType: asset.ResourceType, Type: asset.Type, PublicID: asset.PublicID}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (e *environment) get(t *testing.T, path string, headers ...string) *answer {
	t.Helper()
	return e.do(t, http.MethodGet, path, headers...)
}

// do sends a request. headers are names and values in turn; "Host" sets the host.
func (e *environment) do(t *testing.T, method, path string, headers ...string) *answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, e.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &answer{Response: response, body: string(body)}
}

// expect checks status and body.
func (a *answer) expect(t *testing.T, status int, body string) {
	t.Helper()
	if a.StatusCode != status || a.body != body {
		t.Errorf("%s %s: %d %q %q, want %d %q", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.body, a.Header.Get("X-Cld-Error"), status, body)
	}
}

// refused checks for an error with that text, and that it looks as every error does.
func (a *answer) refused(t *testing.T, status int, message string) {
	t.Helper()
	if a.StatusCode != status || a.Header.Get("X-Cld-Error") != message {
		t.Errorf("%s %s: %d %q, want %d %q", a.Request.Method, a.Request.URL, a.StatusCode, a.Header.Get("X-Cld-Error"), status, message)
	}
	if a.body != "" || a.Header.Get("Content-Length") != "0" || a.Header.Get("Content-Type") != "" {
		t.Errorf("an error has a body: %q, %v", a.body, a.Header)
	}
	for name, want := range map[string]string{
		"Cache-Control":               "private, no-transform, max-age=0, no-cache",
		"Access-Control-Allow-Origin": "*",
		"Timing-Allow-Origin":         "*",
		"X-Content-Type-Options":      "nosniff",
		"Etag":                        "",
		"Last-Modified":               "",
		"Cache-Tag":                   "",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("error header %s: %q, want %q", name, got, want)
		}
	}
	if timing := a.Header.Get("Server-Timing"); !strings.Contains(timing, `cld-error;desc="`+message+`"`) || !strings.Contains(timing, "cld-id;desc="+a.Header.Get("X-Request-Id")) {
		t.Errorf("error header Server-Timing: %q", timing)
	}
}

func quotedMD5(content string) string {
	sum := md5.Sum([]byte(content))
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// scribe is an engine whose pictures are texts that say what was asked for.
type scribe struct {
	dir string
	mu  sync.Mutex
	// fail, when set, is what Render returns.
	fail error
	// before, when set, is called once before the next picture.
	before func()
	last   *engine.RenderRequest
	calls  int
	// texts are what the pictures of a format are, instead of what was asked for.
	texts map[string]string
}

// Probe takes everything but "no picture" for a JPEG.
func (s *scribe) Probe(_ context.Context, request engine.ProbeRequest) (*engine.ProbeResult, error) {
	content, err := io.ReadAll(io.NewSectionReader(request.File, 0, 1<<20))
	if err != nil {
		return nil, err
	}
	if string(content) == "no picture" {
		return nil, problem.BadRequest("Unsupported image format or file")
	}
	return &engine.ProbeResult{Format: "jpg", Width: 640, Height: 427, Pages: 1}, nil
}

func (s *scribe) Script(context.Context, *engine.ScriptRequest) (*engine.ScriptResult, error) {
	panic("nothing here runs scripts")
}

func (s *scribe) Assemble(context.Context, *engine.AssembleRequest) (*engine.RenderResult, error) {
	panic("nothing here assembles")
}

func (s *scribe) Analyse(context.Context, engine.AnalyseRequest) (*engine.Analysis, error) {
	panic("delivery does not analyse")
}

func (s *scribe) Video(context.Context, engine.VideoRequest) (*engine.Video, error) {
	panic("delivery looks at no videos")
}

func (s *scribe) Frame(context.Context, *engine.FrameRequest) (*engine.RenderResult, error) {
	panic("no video has frames here")
}

func (s *scribe) Slideshow(context.Context, *engine.SlideshowRequest) (*engine.RenderResult, error) {
	panic("delivery makes no slideshows")
}

func (s *scribe) Render(_ context.Context, request *engine.RenderRequest) (*engine.RenderResult, error) {
	source, err := io.ReadAll(request.Source.File)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	before := s.before
	s.before = nil
	s.calls++
	s.last = request
	fail := s.fail
	s.mu.Unlock()
	if before != nil {
		before()
	}
	if fail != nil {
		return nil, fail
	}
	file, err := os.CreateTemp(s.dir, "output")
	if err != nil {
		return nil, err
	}
	text, ok := s.texts[request.Format]
	if !ok {
		text = fmt.Sprintf("%s as %s", source, request.Format)
	}
	n, err := io.Copy(file, strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	component := ""
	if len(request.Plan.Components) > 0 {
		component = request.Plan.Components[0].Text
	}
	return &engine.RenderResult{
		Output: file, Bytes: n, Format: request.Format, Width: 100, Height: 67, CPU: 12 * time.Millisecond,
		Input: engine.ProbeResult{Format: "jpg", Width: 640, Height: 427, Pages: 1},
		Trace: []engine.Step{{Component: component, Name: "resize", Width: 100, Height: 67, Crop: &[4]int{10, 20, 200, 134}}},
	}, nil
}

func (s *scribe) failWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *scribe) asked() *engine.RenderRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

func (s *scribe) renders() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// counted is the value of a counter.
func counted(t *testing.T, counter prometheus.Counter) float64 {
	t.Helper()
	var metric dto.Metric
	if err := counter.Write(&metric); err != nil {
		t.Fatal(err)
	}
	return metric.GetCounter().GetValue()
}
