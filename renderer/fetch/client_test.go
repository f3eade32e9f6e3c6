package fetch

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestClientGoesWhereGetGoes(t *testing.T) {
	reached := 0
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		reached++
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/there", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "hello")
	})
	open := Options{AllowedCIDRs: opened}
	response, err := newFetcher(t, open).Client().Get(server.URL + "/there?signature=s3cret")
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "hello" {
		t.Errorf("%q, %v", body, err)
	}
	_ = response.Body.Close()
	if response, err = newFetcher(t, open).Client().Get(server.URL + "/away"); err != nil || response.StatusCode != http.StatusFound {
		t.Fatalf("a redirect: %v, %v", response, err)
	}
	_ = response.Body.Close()
	if reached != 2 {
		t.Errorf("the server was asked %d times, want 2: redirects are not followed", reached)
	}

	host := strings.TrimPrefix(server.URL, "http://")
	for name, test := range map[string]struct {
		options Options
		reason  string
	}{
		"an address": {Options{}, "the host 127.0.0.1 is not allowed: its address is not public"},
		"a domain":   {Options{AllowedCIDRs: opened, AllowedDomains: []string{"example.com"}}, "the host 127.0.0.1 is not allowed: its domain is not allowed"},
	} {
		_, err := newFetcher(t, test.options).Client().Get("http://me:hunter2@" + host + "/there?signature=s3cret")
		p, ok := errors.AsType[*problem.Problem](err)
		if !ok {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// The message is what people see: neither password nor signature.
		if p.Status != http.StatusBadRequest || p.Message != "Error in loading "+server.URL+"/there - "+test.reason {
			t.Errorf("%s: %d %q", name, p.Status, p.Message)
		}
	}
	if reached != 2 {
		t.Errorf("a closed server was asked: %d times in all", reached)
	}
}

func TestClientGivesUp(t *testing.T) {
	release := make(chan struct{})
	server := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	client := newFetcher(t, Options{AllowedCIDRs: opened, TotalTimeout: 1}).Client()
	if response, err := client.Get(server.URL); err == nil {
		_ = response.Body.Close()
		t.Error("waited for ever")
	}
}
