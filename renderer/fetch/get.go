package fetch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Response is what a server has answered with a status of success.
type Response struct {
	// Body must be closed. Reading it fails with a *problem.Problem: beyond the size limit, when nothing comes for
	// too long, or when the connection breaks.
	Body io.ReadCloser
	// ContentType is as the server says, possibly empty.
	ContentType string
	// FinalURL is the URL after redirects, without user and password.
	FinalURL string
	// Length is the number of bytes that the server announced, -1 if it did not.
	Length int64
}

// Get fetches rawURL, an absolute http or https URL, of at most maxBytes (above 0) of body. Its errors are
// *problem.Problem: 400 for URLs and addresses that are refused and for bodies that are too large, 404 when the server
// answers 4xx, 502 when it cannot be reached, is too slow or answers otherwise.
func (f *Fetcher) Get(ctx context.Context, rawURL string, maxBytes int64) (*Response, error) {
	if maxBytes <= 0 {
		return nil, problem.Failed(fmt.Errorf("fetching needs a limit above 0, not %d", maxBytes))
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		// The parser's error quotes the URL once more.
		return nil, loading(rawURL, errInvalidURL)
	}
	shown := shownURL(rawURL, u)
	if err := f.checkURL(u); err != nil {
		return nil, failure(shown, u, err, nil)
	}
	ctx, stop := context.WithTimeoutCause(ctx, f.total, errTooSlow)
	ctx, abort := context.WithCancelCause(ctx)
	cancel := func(cause error) {
		abort(cause)
		stop()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		cancel(nil)
		return nil, loading(shown, errInvalidURL)
	}
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Accept", "*/*")
	response, err := f.client.Do(request)
	if err != nil {
		cause := context.Cause(ctx)
		cancel(nil)
		return nil, failure(shown, u, err, cause)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		cancel(nil)
		_ = response.Body.Close()
		return nil, answered(shown, response.StatusCode)
	}
	if response.ContentLength > maxBytes {
		cancel(nil)
		_ = response.Body.Close()
		return nil, tooLarge(response.ContentLength, maxBytes)
	}
	return &Response{
		Body:        newBody(ctx, cancel, response.Body, shown, f.idle, maxBytes),
		ContentType: response.Header.Get("Content-Type"),
		FinalURL:    shownURL(response.Request.URL.String(), response.Request.URL),
		Length:      response.ContentLength,
	}, nil
}

// shownURL is raw as messages show it: without user and password.
func shownURL(raw string, u *url.URL) string {
	if u.User == nil {
		return raw
	}
	shown := *u
	shown.User = nil
	return shown.String()
}
