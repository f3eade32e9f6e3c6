package fetch

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestExchange(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/echo":
			_, _ = w.Write([]byte(r.Method + " " + r.UserAgent() + " " + r.Header.Get("X-Test") + " " + string(body)))
		case "/away":
			http.Redirect(w, r, "/echo", http.StatusFound)
		case "/none":
			http.NotFound(w, r)
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	f := newFetcher(t, Options{AllowedCIDRs: opened})
	answer, err := f.Exchange(t.Context(), server.URL+"/echo", http.Header{"X-Test": {"yes"}}, []byte("hello"), 100)
	if err != nil || string(answer) != "POST Darkroom yes hello" {
		t.Errorf("%q, %v", answer, err)
	}
	for path, want := range map[string]struct {
		status    int
		transient bool
		message   string
	}{
		"/away": {http.StatusBadGateway, true, "302 Found"}, "/none": {http.StatusNotFound, false, "404 Not Found"},
		"/broken": {http.StatusBadGateway, true, "500 Internal Server Error"}, "/empty": {http.StatusBadRequest, false, "the answer is empty"},
	} {
		_, err := f.Exchange(t.Context(), server.URL+path, nil, nil, 100)
		wantProblem(t, err, want.status, want.transient, "Error in loading "+server.URL+path+" - "+want.message)
	}
	_, err = f.Exchange(t.Context(), server.URL+"/echo", nil, []byte(strings.Repeat("x", 200)), 100)
	wantProblem(t, err, http.StatusBadRequest, false, "File size too large. Got 101. Maximum is 100.")
	_, err = f.Exchange(t.Context(), "ftp://127.0.0.1/a", nil, nil, 100)
	wantProblem(t, err, http.StatusBadRequest, false, "Error in loading ftp://127.0.0.1/a - only http and https URLs can be loaded")
}
