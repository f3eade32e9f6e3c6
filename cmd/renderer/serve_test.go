package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestShutdownFinishesWhatIsInFlight(t *testing.T) {
	dir, c := home(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	i := start(t, dir, c, "", func(r *renderer) {
		r.media = http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			if request.URL.Path != "/slow" {
				return
			}
			close(arrived)
			<-release
			io.WriteString(w, "finished")
		})
	})
	answered := make(chan string)
	go func() {
		response, err := http.Get(i.media + "/slow")
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		content, _ := io.ReadAll(response.Body)
		answered <- string(content)
	}()
	<-arrived
	go i.stop()
	eventually(t, "readiness fails first", func() bool {
		response, err := http.Get(i.internal + "/readyz")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		content, _ := io.ReadAll(response.Body)
		return response.StatusCode == http.StatusServiceUnavailable && strings.Contains(string(content), "shutting down")
	})
	if code := status(i.internal + "/livez"); code != http.StatusOK {
		t.Errorf("a renderer that drains is not alive: %d", code)
	}
	eventually(t, "no new connections are taken", func() bool { return status(i.media+"/") == 0 })
	close(release)
	if content := <-answered; content != "finished" {
		t.Errorf("the request in flight got %q", content)
	}
	i.stop()
}

func TestAPortThatIsTaken(t *testing.T) {
	dir, c := home(t)
	start(t, dir, c, "", nil)
	r, err := compose(t.Context(), c, options{catalog: filepath.Join(dir, "catalog.json")}, discard())
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if err := r.serve(t.Context()); err == nil || !strings.Contains(err.Error(), c.Listen.Media) {
		t.Errorf("served on a taken port: %v", err)
	}
}

func TestReadinessNamesWhatIsMissing(t *testing.T) {
	draining := make(chan struct{})
	down := errors.New("connection refused")
	var failures [3]error
	part := func(n int) func(context.Context) error { return func(context.Context) error { return failures[n] } }
	handler := readiness([]check{{"database", part(0)}, {"bucket", part(1)}, {"engine", part(2)}}, draining)
	ask := func() (int, string) {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		return recorder.Code, recorder.Body.String()
	}
	if code, _ := ask(); code != http.StatusOK {
		t.Errorf("all is there: %d", code)
	}
	failures[0], failures[2] = down, down
	if code, text := ask(); code != http.StatusServiceUnavailable || text != "database: connection refused\nengine: connection refused\n" {
		t.Errorf("%d %q", code, text)
	}
	failures = [3]error{}
	close(draining)
	if code, text := ask(); code != http.StatusServiceUnavailable || text != "shutting down\n" {
		t.Errorf("%d %q", code, text)
	}
}

func TestReadinessDoesNotHang(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	got := missing(ctx, []check{{"engine", func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}}})
	if got != "engine: context deadline exceeded" {
		t.Errorf("%q", got)
	}
}

// plane is an HTTP plane that answers with its name.
type plane struct{ name string }

func (p plane) ServeHTTP(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, p.name) }

func TestDispatch(t *testing.T) {
	handles := func(method, escapedPath string) bool {
		return method == http.MethodPost && strings.HasSuffix(escapedPath, "/upload")
	}
	handler := dispatch(handles, plane{"upload"}, plane{"admin"}, plane{"delivery"})
	for _, test := range []struct{ method, path, want string }{
		{"POST", "/v1_1/demo/image/upload", "upload"},
		{"GET", "/v1_1/demo/image/upload", "admin"},
		{"GET", "/v1_1/demo/resources/image", "admin"},
		{"GET", "/v2/demo/x", "admin"},
		{"GET", "/demo/image/upload/v1_1/a.jpg", "delivery"},
		{"GET", "/demo/image/fetch/https://example.com//a.jpg", "delivery"},
		{"GET", "//demo//image/upload/a.jpg", "delivery"},
		{"POST", "/demo/image/upload/a.jpg", "delivery"},
		{"GET", "/v1_1", "delivery"},
	} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(test.method, test.path, nil))
		if got := recorder.Body.String(); got != test.want || recorder.Code != http.StatusOK {
			t.Errorf("%s %s went to %q (%d)", test.method, test.path, got, recorder.Code)
		}
	}
}

func TestAPIsAreCountedAndSurvivePanics(t *testing.T) {
	registry := prometheus.NewRegistry()
	wrapped, err := newAPIs(registry, discard())
	if err != nil {
		t.Fatal(err)
	}
	handler := wrapped.wrap("admin", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/panic":
			panic("secret detail")
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		default:
			io.WriteString(w, "fine")
		}
	}))
	for path, want := range map[string]int{"/panic": 500, "/missing": 404, "/": 200} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		if recorder.Code != want || strings.Contains(recorder.Body.String(), "secret") {
			t.Errorf("%s: %d %s", path, recorder.Code, recorder.Body)
		}
	}
	recorder := httptest.NewRecorder()
	(&renderer{registry: registry}).metrics().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, class := range []string{"2xx", "4xx", "5xx"} {
		if line := `darkroom_api_requests_total{api="admin",code="` + class + `"} 1`; !strings.Contains(recorder.Body.String(), line) {
			t.Errorf("missing %s in\n%s", line, recorder.Body)
		}
	}
}

func TestBadCatalogFiles(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{broken, filepath.Join(dir, "none.json")} {
		if _, err := openFile(file, "shop", nil); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
