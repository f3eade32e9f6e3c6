// Package fetch makes the environment's outgoing requests for bytes: remote uploads, fetch delivery, remote layers.
// An address is judged when it is dialed, after DNS and again for every redirect, so that no name leads to a network
// that the environment's owner has not opened.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Defaults of Options, and limits that are no options.
const (
	defaultTimeout      = 15 * time.Second
	defaultTotalTimeout = 10 * time.Minute
	defaultMaxRedirects = 5

	maxDialTimeout     = 10 * time.Second
	maxResponseHeaders = 64 << 10
	idleConnections    = 16
	idleConnectionAge  = 30 * time.Second
)

// userAgent names us to the servers we ask.
const userAgent = "Darkroom"

// Options say where a Fetcher may go. The zero value reaches public addresses only.
type Options struct {
	// AllowedCIDRs opens ranges that are closed otherwise, such as 10.0.0.0/8. The metadata addresses of clouds are
	// only opened by a range that holds nothing else (169.254.169.254/32).
	AllowedCIDRs []string
	// AllowedDomains, when not empty, closes all other hosts, those of redirects too. "example.com" is that host
	// only, "*.example.com" every host below it.
	AllowedDomains []string
	// HostAliases maps a host name to the IP address, or IP:port, that is dialed for it instead of asking DNS. Such an
	// address is the owner's word and not judged.
	HostAliases map[string]string
	// CABundle is PEM, trusted beside the system's roots.
	CABundle string
	// Timeout bounds each of: connecting, waiting for the response's headers, waiting for more of its body. 0 is 15 s.
	Timeout time.Duration
	// TotalTimeout bounds a whole fetch, until the body is read. 0 is 10 minutes.
	TotalTimeout time.Duration
	// MaxRedirects is how many redirects are followed. 0 is 5; below 0, none.
	MaxRedirects int
}

// Fetcher fetches. It is safe for concurrent use and keeps connections; Close it when it is replaced.
type Fetcher struct {
	client    *http.Client
	transport *http.Transport
	domains   domains
	redirects int
	idle      time.Duration
	total     time.Duration
}

// New checks options and makes a Fetcher.
func New(options Options) (*Fetcher, error) {
	guard, err := newGuard(options.AllowedCIDRs)
	if err != nil {
		return nil, err
	}
	aliases, err := newAliases(options.HostAliases)
	if err != nil {
		return nil, err
	}
	allowed, err := newDomains(options.AllowedDomains)
	if err != nil {
		return nil, err
	}
	roots, err := roots(options.CABundle)
	if err != nil {
		return nil, err
	}
	timeout := orDefault(options.Timeout, defaultTimeout)
	judged := &net.Dialer{Timeout: min(timeout, maxDialTimeout), ControlContext: guard.control}
	trusted := &net.Dialer{Timeout: min(timeout, maxDialTimeout)}
	f := &Fetcher{
		domains:   allowed,
		redirects: options.MaxRedirects,
		idle:      timeout,
		total:     orDefault(options.TotalTimeout, defaultTotalTimeout),
	}
	if f.redirects == 0 {
		f.redirects = defaultMaxRedirects
	}
	f.transport = &http.Transport{
		// No Proxy: it would be the proxy's address that is judged.
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if alias, ok := aliases.lookup(address); ok {
				return trusted.DialContext(ctx, network, alias)
			}
			return judged.DialContext(ctx, network, address)
		},
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    timeout,
		ResponseHeaderTimeout:  timeout,
		MaxResponseHeaderBytes: maxResponseHeaders,
		MaxIdleConns:           idleConnections,
		IdleConnTimeout:        idleConnectionAge,
	}
	f.client = &http.Client{Transport: f.transport, CheckRedirect: f.checkRedirect}
	return f, nil
}

// Close ends the connections that are kept. Fetches under way finish.
func (f *Fetcher) Close() { f.transport.CloseIdleConnections() }

func (f *Fetcher) checkRedirect(request *http.Request, via []*http.Request) error {
	if len(via) > f.redirects {
		return errTooManyRedirects
	}
	// Where we come from is nobody's business.
	request.Header.Del("Referer")
	return f.checkURL(request.URL)
}

// checkURL judges what can be judged before dialing.
func (f *Fetcher) checkURL(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return errScheme
	}
	if u.Hostname() == "" {
		return errNoHost
	}
	if !f.domains.allow(u.Hostname()) {
		return &refusedError{host: u.Hostname(), reason: "its domain is not allowed"}
	}
	return nil
}

// roots adds a PEM bundle to the system's roots. Nil means the system's roots.
func roots(bundle string) (*x509.CertPool, error) {
	if bundle == "" {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		// An image without roots: the bundle is all there is.
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM([]byte(bundle)) {
		return nil, errors.New("the CA bundle holds no PEM certificate")
	}
	return pool, nil
}

func orDefault(value, fallback time.Duration) time.Duration {
	if value <= 0 {
		return fallback
	}
	return value
}
