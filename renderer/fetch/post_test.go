package fetch

import (
	"io"
	"net/http"
	"testing"
	"time"
)

func TestPost(t *testing.T) {
	got := make(chan string, 10)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.Method + " " + r.URL.Path + " " + r.UserAgent() + " " + r.Header.Get("X-Test") + " " + string(body)
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		}
	})
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	if err := f.Post(t.Context(), server.URL+"/there?token=s3cret", http.Header{"X-Test": {"yes"}, "User-Agent": {"somebody"}}, []byte("hello")); err != nil {
		t.Error(err)
	}
	if asked := <-got; asked != "POST /there Darkroom yes hello" {
		t.Errorf("asked %q", asked)
	}
	for path, answer := range map[string]string{"/away": "307 Temporary Redirect", "/gone": "410 Gone"} {
		err := f.Post(t.Context(), server.URL+path+"?token=s3cret", nil, nil)
		wantProblem(t, err, http.StatusBadGateway, true, "the server answered "+answer)
		<-got
	}
	if len(got) != 0 {
		t.Errorf("a redirect was followed: %q", <-got)
	}
	// What is refused is told without the URL, and never asked.
	for target, reason := range map[string]string{
		server.URL + "/?token=s3cret": "the host 127.0.0.1 is not allowed: its address is not public",
		"ftp://127.0.0.1/":            "only http and https URLs can be loaded",
		"http://[::1":                 "invalid URL",
	} {
		err := newFetcher(t, Options{}).Post(t.Context(), target, nil, nil)
		wantProblem(t, err, http.StatusBadRequest, false, reason)
	}
	server.Close()
	wantProblem(t, f.Post(t.Context(), server.URL+"/?token=s3cret", nil, nil), http.StatusBadGateway, true, "the connection failed")
}

func TestPostGivesUp(t *testing.T) {
	release := make(chan struct{})
	server := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	f := newFetcher(t, Options{AllowedCIDRs: opened, TotalTimeout: 50 * time.Millisecond})
	wantProblem(t, f.Post(t.Context(), server.URL, nil, nil), http.StatusBadGateway, true, "the server is too slow")
}

func TestAFetcherIsKeptWhileItsOptionsAre(t *testing.T) {
	var kept Kept
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	fetcher := func(options Options) *Fetcher {
		t.Helper()
		f, err := kept.Fetcher(options)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	first := fetcher(Options{AllowedCIDRs: opened})
	if fetcher(Options{AllowedCIDRs: []string{"127.0.0.0/8"}}) != first {
		t.Error("another fetcher for the same options")
	}
	closed := fetcher(Options{})
	if err := closed.Post(t.Context(), server.URL, nil, nil); !IsRefused(err) {
		t.Errorf("an address that is not open any more: %v", err)
	}
	if _, err := kept.Fetcher(Options{AllowedCIDRs: []string{"nonsense"}}); err == nil {
		t.Error("options that are wrong are taken")
	}
	if fetcher(Options{}) != closed {
		t.Error("options that are wrong took the place of those before")
	}
	if err := fetcher(Options{AllowedCIDRs: opened}).Post(t.Context(), server.URL, nil, nil); err != nil {
		t.Errorf("an address that is open again: %v", err)
	}
}
