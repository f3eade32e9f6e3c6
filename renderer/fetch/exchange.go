package fetch

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Exchange posts body to rawURL, an absolute http or https URL, and gives the answer, of at most maxBytes. Redirects are
// answers like any other: what is sent goes to the address that was named or nowhere. Its errors are those of Get.
func (f *Fetcher) Exchange(ctx context.Context, rawURL string, header http.Header, body []byte, maxBytes int64) ([]byte, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, loading(rawURL, errInvalidURL)
	}
	shown := shownURL(rawURL, u)
	if err := f.checkURL(u); err != nil {
		return nil, failure(shown, u, err, nil)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.total, errTooSlow)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, rawURL, bytes.NewReader(body))
	if err != nil {
		return nil, loading(shown, errInvalidURL)
	}
	maps.Copy(request.Header, header)
	request.Header.Set("User-Agent", userAgent)
	client := http.Client{Transport: f.transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return nil, failure(shown, u, err, context.Cause(ctx))
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, answered(shown, response.StatusCode)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxBytes+1))
	switch {
	case err != nil:
		return nil, failure(shown, u, err, context.Cause(ctx))
	case int64(len(answer)) > maxBytes:
		return nil, tooLarge(int64(len(answer)), maxBytes)
	case len(answer) == 0:
		return nil, problem.BadRequest("Error in loading %s - the answer is empty", shown)
	}
	return answer, nil
}
