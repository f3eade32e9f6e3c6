package fetch

import (
	"compress/gzip"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/test/port"
)

// opened lets a fetcher reach the servers of tests.
var opened = []string{"127.0.0.0/8"}

func newFetcher(t *testing.T, options Options) *Fetcher {
	t.Helper()
	f, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// get fetches all of a URL.
func get(t *testing.T, f *Fetcher, rawURL string, maxBytes int64) (string, *Response, error) {
	t.Helper()
	response, err := f.Get(t.Context(), rawURL, maxBytes)
	if err != nil {
		return "", nil, err
	}
	data, err := io.ReadAll(response.Body)
	if closeErr := response.Body.Close(); closeErr != nil {
		t.Errorf("closing: %v", closeErr)
	}
	return string(data), response, err
}

// wantProblem checks status and exact message.
func wantProblem(t *testing.T, err error, status int, transient bool, message string) {
	t.Helper()
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		t.Fatalf("%v, want a problem", err)
	}
	if p.Status != status || p.Transient != transient || p.Message != message {
		t.Errorf("%d %q, transient %v (%v), want %d %q, transient %v", p.Status, p.Message, p.Transient, p.Cause, status, message, transient)
	}
}

func TestGet(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RequestURI() != "/a%20b.jpg?x=1&y=%2F" || r.UserAgent() != "Darkroom" {
			t.Errorf("asked %s as %s", r.URL.RequestURI(), r.UserAgent())
		}
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = io.WriteString(w, "hello")
	})
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	body, response, err := get(t, f, server.URL+"/a b.jpg?x=1&y=%2F#fragment", 5)
	if err != nil || body != "hello" {
		t.Fatalf("%q, %v, want hello", body, err)
	}
	if response.ContentType != "image/jpeg" || response.Length != 5 || !strings.HasPrefix(response.FinalURL, server.URL+"/a") {
		t.Errorf("%+v", response)
	}
}

func TestUserAndPassword(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "u" || password != "hunter2" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		if r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	withPassword := strings.Replace(server.URL, "http://", "http://u:hunter2@", 1)
	_, response, err := get(t, f, withPassword+"/there", 5)
	if err != nil || response.FinalURL != server.URL+"/there" {
		t.Errorf("%+v, %v, want a final URL without password", response, err)
	}
	_, _, err = get(t, f, withPassword+"/missing", 5)
	wantProblem(t, err, http.StatusNotFound, false, "Error in loading "+server.URL+"/missing - 404 Not Found")
}

func TestUpstreamStatus(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<h1>internal details</h1>")
	})
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	for _, test := range []struct {
		upstream, status int
		transient        bool
		reason           string
	}{
		{404, 404, false, "404 Not Found"},
		{403, 404, false, "403 Forbidden"},
		{410, 404, false, "410 Gone"},
		{429, 404, true, "429 Too Many Requests"},
		{408, 404, true, "408 Request Timeout"},
		{499, 404, false, "499"},
		{500, 502, true, "500 Internal Server Error"},
		{503, 502, true, "503 Service Unavailable"},
		{304, 502, true, "304 Not Modified"},
	} {
		target := fmt.Sprintf("%s/%d.jpg", server.URL, test.upstream)
		_, _, err := get(t, f, target, 100)
		wantProblem(t, err, test.status, test.transient, "Error in loading "+target+" - "+test.reason)
	}
}

func TestSizeLimit(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/announced":
			_, _ = io.WriteString(w, strings.Repeat("x", 100))
		case "/streamed":
			_, _ = io.WriteString(w, strings.Repeat("x", 60))
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, strings.Repeat("x", 40))
		case "/compressed":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, strings.Repeat("x", 100))
			_ = z.Close()
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		}
	})
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	for path, wantLength := range map[string]int64{"/announced": 100, "/streamed": -1, "/compressed": -1} {
		body, response, err := get(t, f, server.URL+path, 100)
		if err != nil || len(body) != 100 || response.Length != wantLength {
			t.Errorf("%s of exactly the limit: %d bytes, length %d, %v, want 100, %d", path, len(body), response.Length, err, wantLength)
		}
	}
	_, _, err := get(t, f, server.URL+"/announced", 99)
	wantProblem(t, err, http.StatusBadRequest, false, "File size too large. Got 100. Maximum is 99.")
	for _, path := range []string{"/streamed", "/compressed", "/endless"} {
		body, _, err := get(t, f, server.URL+path, 99)
		wantProblem(t, err, http.StatusBadRequest, false, "File size too large. Got 100. Maximum is 99.")
		if len(body) != 99 {
			t.Errorf("%s: %d bytes before the error, want 99", path, len(body))
		}
	}
	for _, limit := range []int64{0, -1} {
		if _, err := f.Get(t.Context(), server.URL, limit); err == nil {
			t.Errorf("a limit of %d is accepted", limit)
		}
	}
}

func TestRefusedURLs(t *testing.T) {
	f := newFetcher(t, Options{})
	for rawURL, reason := range map[string]string{
		"ftp://example.com/a":       "only http and https URLs can be loaded",
		"file:///etc/passwd":        "only http and https URLs can be loaded",
		"gopher://127.0.0.1:70/":    "only http and https URLs can be loaded",
		"/relative":                 "only http and https URLs can be loaded",
		"":                          "only http and https URLs can be loaded",
		"http:///a":                 "the URL names no host",
		"http:opaque":               "the URL names no host",
		"http://a b/":               "invalid URL",
		"http://example.com/%zz":    "invalid URL",
		"http://example.com/\r\nX:": "invalid URL",
	} {
		_, _, err := get(t, f, rawURL, 100)
		wantProblem(t, err, http.StatusBadRequest, false, "Error in loading "+rawURL+" - "+reason)
	}
}

func TestClosedAddresses(t *testing.T) {
	var asked atomic.Int64
	server := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	port := server.URL[strings.LastIndex(server.URL, ":")+1:]
	f := newFetcher(t, Options{})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]", "169.254.169.254", "10.0.0.1", "192.168.1.1", "[fe80::1]"} {
		target := "http://" + host + ":" + port + "/secret"
		_, _, err := get(t, f, target, 100)
		wantProblem(t, err, http.StatusBadRequest, false, "Error in loading "+target+" - the host "+strings.Trim(host, "[]")+" is not allowed: its address is not public")
	}
	// Spellings that only some resolvers understand are refused or unknown, in any case not reached.
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "LOCALHOST"} {
		if _, _, err := get(t, f, "http://"+host+":"+port+"/", 100); err == nil {
			t.Errorf("%s was reached", host)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
}

func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	var asked atomic.Int64
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	f := newFetcher(t, Options{HostAliases: map[string]string{"example.com": "127.0.0.1:1"}})
	if _, _, err := get(t, f, "http://example.com/", 100); err == nil || asked.Load() != 0 {
		t.Errorf("%v, the proxy was asked %d times", err, asked.Load())
	}
}

func TestRedirects(t *testing.T) {
	var referers atomic.Int64
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Referer() != "" {
			referers.Add(1)
		}
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/hops/%d", &n); err == nil && n > 0 {
			http.Redirect(w, r, fmt.Sprintf("/hops/%d", n-1), http.StatusFound)
			return
		}
		if target := r.URL.Query().Get("to"); target != "" {
			http.Redirect(w, r, target, http.StatusMovedPermanently)
			return
		}
		_, _ = io.WriteString(w, "arrived")
	})
	aliased := map[string]string{"public.example": server.Listener.Addr().String(), "other.example": server.Listener.Addr().String()}
	to := func(target string) string { return "http://public.example/?to=" + url.QueryEscape(target) }
	refused := "it redirects to a host that is not allowed"

	f := newFetcher(t, Options{HostAliases: aliased, MaxRedirects: 3})
	body, response, err := get(t, f, "http://public.example/hops/3", 100)
	if err != nil || body != "arrived" || response.FinalURL != "http://public.example/hops/0" {
		t.Errorf("three redirects: %q, %+v, %v", body, response, err)
	}
	_, _, err = get(t, f, "http://public.example/hops/4", 100)
	wantProblem(t, err, http.StatusBadGateway, false, "Error in loading http://public.example/hops/4 - too many redirects")
	if n := referers.Load(); n != 0 {
		t.Errorf("%d requests had a Referer", n)
	}

	for target, reason := range map[string]string{
		server.URL + "/secret":           refused,
		"http://localhost/secret":        refused,
		"http://169.254.169.254/latest/": refused,
		"http://[::ffff:10.0.0.1]/":      refused,
		"//192.168.0.1/":                 refused,
		"ftp://public.example/":          "only http and https URLs can be loaded",
		"file:///etc/passwd":             "only http and https URLs can be loaded",
	} {
		_, _, err := get(t, f, to(target), 100)
		wantProblem(t, err, http.StatusBadRequest, false, "Error in loading "+to(target)+" - "+reason)
	}
	// Also behind a hop that is fine.
	_, _, err = get(t, f, to(strings.Replace(to("http://10.0.0.1/"), "public", "other", 1)), 100)
	if p := problem.From(err); p == nil || p.Status != http.StatusBadRequest || !strings.HasSuffix(p.Message, refused) {
		t.Errorf("private address at the second hop: %v", err)
	}

	none := newFetcher(t, Options{HostAliases: aliased, MaxRedirects: -1})
	_, _, err = get(t, none, "http://public.example/hops/1", 100)
	wantProblem(t, err, http.StatusBadGateway, false, "Error in loading http://public.example/hops/1 - too many redirects")

	narrow := newFetcher(t, Options{HostAliases: aliased, AllowedDomains: []string{"public.example"}})
	if body, _, err := get(t, narrow, to("http://public.example/"), 100); err != nil || body != "arrived" {
		t.Errorf("inside the allowed domain: %q, %v", body, err)
	}
	_, _, err = get(t, narrow, to("http://other.example/"), 100)
	wantProblem(t, err, http.StatusBadRequest, false, "Error in loading "+to("http://other.example/")+" - "+refused)
	_, _, err = get(t, narrow, "http://other.example/", 100)
	wantProblem(t, err, http.StatusBadRequest, false, "Error in loading http://other.example/ - the host other.example is not allowed: its domain is not allowed")
}

// TestEveryConnectionIsJudged dials what DNS says at that moment, whatever another fetcher was told.
func TestEveryConnectionIsJudged(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "private") })
	host, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	// The same name is an alias in one fetcher and asked of DNS in the other.
	trusted := newFetcher(t, Options{HostAliases: map[string]string{"localhost": host}})
	if body, _, err := get(t, trusted, "http://localhost:"+port+"/", 100); err != nil || body != "private" {
		t.Errorf("by the alias: %q, %v", body, err)
	}
	strict := newFetcher(t, Options{})
	if _, _, err := get(t, strict, "http://localhost:"+port+"/", 100); problem.From(err) == nil || problem.From(err).Status != http.StatusBadRequest {
		t.Errorf("by DNS: %v, want a refusal", err)
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "secure") }))
	// It would complain about the clients that do not trust it.
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	bundle := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	// The certificate of httptest is for example.com.
	aliases := map[string]string{"example.com": server.Listener.Addr().String(), "other.example": server.Listener.Addr().String()}
	f := newFetcher(t, Options{HostAliases: aliases, CABundle: bundle})
	if body, _, err := get(t, f, "https://example.com/", 100); err != nil || body != "secure" {
		t.Errorf("with its CA: %q, %v", body, err)
	}
	_, _, err := get(t, f, "https://other.example/", 100)
	wantProblem(t, err, http.StatusBadGateway, false, "Error in loading https://other.example/ - the server's certificate is not trusted")
	without := newFetcher(t, Options{HostAliases: aliases})
	_, _, err = get(t, without, "https://example.com/", 100)
	wantProblem(t, err, http.StatusBadGateway, false, "Error in loading https://example.com/ - the server's certificate is not trusted")
}

func TestUnreachable(t *testing.T) {
	address, err := port.Free("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	target := "http://" + address + "/"
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	_, _, err = get(t, f, target, 100)
	wantProblem(t, err, http.StatusBadGateway, true, "Error in loading "+target+" - the connection failed")
}

func TestBrokenBody(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/announced" {
			w.Header().Set("Content-Length", "100")
		}
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	for _, path := range []string{"/announced", "/streamed"} {
		body, _, err := get(t, f, server.URL+path, 1000)
		wantProblem(t, err, http.StatusBadGateway, true, "Error in loading "+server.URL+path+" - the connection failed")
		if body != "half" {
			t.Errorf("%s: %q before the error", path, body)
		}
	}
}

func TestSlowServers(t *testing.T) {
	release := make(chan struct{})
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	dripping := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, "x"); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	})
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	idle := newFetcher(t, Options{AllowedCIDRs: opened, Timeout: 50 * time.Millisecond})
	total := newFetcher(t, Options{AllowedCIDRs: opened, TotalTimeout: 50 * time.Millisecond})
	for name, test := range map[string]struct {
		fetcher *Fetcher
		target  string
	}{
		"headers":         {idle, server.URL + "/headers"},
		"body":            {idle, server.URL + "/body"},
		"handshake":       {idle, "https://" + silent.Addr().String() + "/"},
		"total, headers":  {total, server.URL + "/headers"},
		"total, body":     {total, server.URL + "/body"},
		"total, dripping": {total, dripping.URL + "/"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := get(t, test.fetcher, test.target, 1<<30)
			wantProblem(t, err, http.StatusBadGateway, true, "Error in loading "+test.target+" - the server is too slow")
		})
	}
}

func TestCancelled(t *testing.T) {
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Get(ctx, "http://127.0.0.1:1/", 100); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want Canceled in the chain", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, options := range map[string]Options{
		"range":     {AllowedCIDRs: []string{"10.0.0.0"}},
		"domain":    {AllowedDomains: []string{"http://x"}},
		"alias":     {HostAliases: map[string]string{"a": "b"}},
		"CA bundle": {CABundle: "no certificate"},
	} {
		if _, err := New(options); err == nil {
			t.Errorf("a bad %s is accepted", name)
		}
	}
}

func TestGetChanged(t *testing.T) {
	known := Validators{ETag: `"1"`, LastModified: "Thu, 01 Jan 2026 00:00:00 GMT"}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		given := Validators{ETag: r.Header.Get("If-None-Match"), LastModified: r.Header.Get("If-Modified-Since")}
		w.Header().Set("ETag", known.ETag)
		w.Header().Set("Last-Modified", known.LastModified)
		w.Header().Set("Cache-Control", "public, max-age=60")
		switch {
		case r.URL.Path == "/confused" || given == known:
			w.WriteHeader(http.StatusNotModified)
		case given != Validators{}:
			t.Errorf("asked with %+v", given)
		}
	})
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	first, err := f.GetChanged(t.Context(), server.URL, 5, Validators{})
	if err != nil {
		t.Fatal(err)
	}
	_ = first.Body.Close()
	if first.Validators != known || first.Fresh != time.Minute {
		t.Errorf("%+v", first)
	}
	again, err := f.GetChanged(t.Context(), server.URL, 5, known)
	if err != nil || again.Body != nil || again.Validators != known || again.Fresh != time.Minute {
		t.Errorf("asked again: %+v, %v", again, err)
	}
	_, err = f.Get(t.Context(), server.URL+"/confused", 5)
	wantProblem(t, err, http.StatusBadGateway, true, "Error in loading "+server.URL+"/confused - 304 Not Modified")
}

func TestHowLongAnAnswerIsFresh(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"":                          0,
		"public":                    0,
		"max-age=1":                 time.Second,
		`public, Max-Age="60"`:      time.Minute,
		"max-age=0":                 0,
		"max-age=-1":                0,
		"max-age=soon":              0,
		"max-age=60, no-cache":      0,
		"no-store,max-age=60":       0,
		"max-age=31536001":          365 * 24 * time.Hour,
		"s-maxage=5, max-age=60, x": time.Minute,
	} {
		if got := freshFor(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}
