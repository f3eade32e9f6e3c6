package fetch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

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
	// Validators say which version this is; GetChanged compares with them.
	Validators Validators
	// Fresh is for how long the server says that it stays so; 0 when it does not say.
	Fresh time.Duration
}

// Validators tell a version of a resource from others, as its server has given them. Both may be empty.
type Validators struct {
	ETag, LastModified string
}

// GetChanged is Get for somebody who has an earlier version. When the server says that it has not changed, the body of
// the response is nil.
func (f *Fetcher) GetChanged(ctx context.Context, rawURL string, maxBytes int64, earlier Validators) (*Response, error) {
	return f.get(ctx, rawURL, maxBytes, earlier)
}

// Get fetches rawURL, an absolute http or https URL, of at most maxBytes (above 0) of body. Its errors are
// *problem.Problem: 400 for URLs and addresses that are refused and for bodies that are too large, 404 when the server
// answers 4xx, 502 when it cannot be reached, is too slow or answers otherwise.
func (f *Fetcher) Get(ctx context.Context, rawURL string, maxBytes int64) (*Response, error) {
	return f.get(ctx, rawURL, maxBytes, Validators{})
}

func (f *Fetcher) get(ctx context.Context, rawURL string, maxBytes int64, earlier Validators) (*Response, error) {
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
	if earlier.ETag != "" {
		request.Header.Set("If-None-Match", earlier.ETag)
	}
	if earlier.LastModified != "" {
		request.Header.Set("If-Modified-Since", earlier.LastModified)
	}
	response, err := f.client.Do(request)
	if err != nil {
		cause := context.Cause(ctx)
		cancel(nil)
		return nil, failure(shown, u, err, cause)
	}
	header := response.Header
	answer := &Response{
		ContentType: header.Get("Content-Type"),
		FinalURL:    shownURL(response.Request.URL.String(), response.Request.URL),
		Length:      response.ContentLength,
		Validators:  Validators{ETag: header.Get("Etag"), LastModified: header.Get("Last-Modified")},
		Fresh:       freshFor(header.Get("Cache-Control")),
	}
	if response.StatusCode == http.StatusNotModified && earlier != (Validators{}) {
		cancel(nil)
		_ = response.Body.Close()
		return answer, nil
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
	answer.Body = newBody(ctx, cancel, response.Body, shown, f.idle, maxBytes)
	return answer, nil
}

// maxFresh bounds what a server may say of itself, in seconds: a year.
const maxFresh = 365 * 24 * 60 * 60

// freshFor reads the max-age of a Cache-Control header; 0 when it has none, or no-cache or no-store.
func freshFor(cacheControl string) time.Duration {
	fresh := time.Duration(0)
	for directive := range strings.SplitSeq(cacheControl, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-cache", "no-store":
			return 0
		case "max-age":
			if seconds, err := strconv.Atoi(strings.Trim(value, `"`)); err == nil && seconds > 0 {
				fresh = time.Duration(min(seconds, maxFresh)) * time.Second
			}
		}
	}
	return fresh
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
