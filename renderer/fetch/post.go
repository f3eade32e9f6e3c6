package fetch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// maxAnswer bounds how much of the answer to a Post is read, only so that its connection can be used again.
const maxAnswer = 64 << 10

// Post sends body to rawURL, an absolute http or https URL, and succeeds when the server answers 2xx. Redirects are
// answers like any other: what is sent goes to the address that was named or nowhere. Its errors are *problem.Problem,
// whose messages hold neither the URL, which may carry a token, nor the server's words: 400 for URLs and addresses that
// are refused, 502 for servers that cannot be reached, are too slow or answer otherwise.
func (f *Fetcher) Post(ctx context.Context, rawURL string, header http.Header, body []byte) error {
	u, err := url.Parse(rawURL)
	if err != nil {
		return postFailure(nil, errInvalidURL, nil)
	}
	if err := f.checkURL(u); err != nil {
		return postFailure(u, err, nil)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.total, errTooSlow)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, rawURL, bytes.NewReader(body))
	if err != nil {
		return postFailure(nil, errInvalidURL, nil)
	}
	maps.Copy(request.Header, header)
	request.Header.Set("User-Agent", userAgent)
	client := http.Client{Transport: f.transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return postFailure(u, err, context.Cause(ctx))
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer))
	if response.StatusCode < 200 || response.StatusCode > 299 {
		answer := strings.TrimSpace(fmt.Sprintf("%d %s", response.StatusCode, http.StatusText(response.StatusCode)))
		return &problem.Problem{Status: http.StatusBadGateway, Message: "the server answered " + answer, Transient: true}
	}
	return nil
}

// postFailure sorts what went wrong as failure does, without the URL.
func postFailure(u *url.URL, err, ended error) *problem.Problem {
	reason := reasonOf(u, err, ended)
	p := loading("", reason).Because(err)
	p.Message = reason.Error()
	return p
}
