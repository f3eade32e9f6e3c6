package fetch

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"testing"
)

func TestFailures(t *testing.T) {
	at := &url.URL{Scheme: "https", Host: "example.com"}
	const start = "Error in loading https://example.com/ - "
	wantProblem(t, failure("https://example.com/", at, &net.DNSError{Err: "no such host", IsNotFound: true}, nil), http.StatusBadGateway, true, start+"the host is unknown")
	wantProblem(t, failure("https://example.com/", at, &net.DNSError{Err: "server misbehaving"}, nil), http.StatusBadGateway, true, start+"the connection failed")
	wantProblem(t, failure("https://example.com/", at, errTooManyRedirects, nil), http.StatusBadGateway, false, start+"too many redirects")
	wantProblem(t, failure("https://example.com/", at, errInvalidURL, nil), http.StatusBadRequest, false, start+"invalid URL")
	if IsRefused(errors.New("something else")) || !IsRefused(failure("", nil, &refusedError{reason: "closed"}, nil)) {
		t.Error("refusals are taken for something else")
	}
}

func TestAnswers(t *testing.T) {
	for status, want := range map[int]struct {
		status    int
		transient bool
		reason    string
	}{
		302: {http.StatusBadGateway, true, "302 Found"},
		400: {http.StatusNotFound, false, "400 Bad Request"},
		408: {http.StatusNotFound, true, "408 Request Timeout"},
		425: {http.StatusNotFound, true, "425 Too Early"},
		429: {http.StatusNotFound, true, "429 Too Many Requests"},
		499: {http.StatusNotFound, false, "499"},
		500: {http.StatusBadGateway, true, "500 Internal Server Error"},
	} {
		wantProblem(t, answered("u", status), want.status, want.transient, "Error in loading u - "+want.reason)
	}
}
