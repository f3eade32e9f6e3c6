package fetch

import (
	"net/http"
	"net/url"
)

// Client is an HTTP client for those who speak a protocol of their own, such as that of a bucket. It goes where Get goes and
// nowhere else, and follows no redirects. Its errors hold a *problem.Problem, as those of Get.
func (f *Fetcher) Client() *http.Client {
	return &http.Client{
		Transport:     judged{f},
		Timeout:       f.total,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// judged judges every request before it is sent, and types what goes wrong.
type judged struct{ fetcher *Fetcher }

// RoundTrip implements http.RoundTripper.
func (j judged) RoundTrip(request *http.Request) (*http.Response, error) {
	// Queries may hold signatures.
	shown := *request.URL
	shown.User, shown.RawQuery = nil, ""
	if err := j.fetcher.checkURL(request.URL); err != nil {
		return nil, failure(shown.String(), request.URL, err, nil)
	}
	response, err := j.fetcher.transport.RoundTrip(request)
	if err != nil {
		// The dialer knows addresses only: with its URL the failure names the host.
		return nil, failure(shown.String(), request.URL, &url.Error{Op: request.Method, URL: shown.String(), Err: err}, nil)
	}
	return response, nil
}
