package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// What is wrong with a URL or with the way to it, in the words that the client reads.
var (
	errInvalidURL       = errors.New("invalid URL")
	errScheme           = errors.New("only http and https URLs can be loaded")
	errNoHost           = errors.New("the URL names no host")
	errTooManyRedirects = errors.New("too many redirects")
	errTooSlow          = errors.New("the server is too slow")
	errNoSuchHost       = errors.New("the host is unknown")
	errCertificate      = errors.New("the server's certificate is not trusted")
	errConnection       = errors.New("the connection failed")
)

// refusedError says that we do not want to go to a host. It never holds the address.
type refusedError struct {
	// host is empty when the dialer refuses: it knows addresses only.
	host   string
	reason string
}

func (e *refusedError) Error() string { return "refused: " + e.reason }

// IsRefused says that a fetch has failed because its host, or the address of that, is closed. Another attempt fails in the same
// way until somebody opens it.
func IsRefused(err error) bool {
	_, refused := errors.AsType[*refusedError](err)
	return refused
}

// loading is the contract's text for reason, with the status that belongs to it.
func loading(shown string, reason error) *problem.Problem {
	p := problem.BadRequest("Error in loading %s - %s", shown, reason)
	switch {
	case errors.Is(reason, errTooSlow), errors.Is(reason, errNoSuchHost), errors.Is(reason, errConnection):
		p.Status, p.Transient = http.StatusBadGateway, true
	case errors.Is(reason, errCertificate), errors.Is(reason, errTooManyRedirects):
		p.Status = http.StatusBadGateway
	}
	return p
}

// answered is the problem of a server that answers without success.
func answered(shown string, status int) *problem.Problem {
	reason := strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	p := problem.NotFound("Error in loading %s - %s", shown, reason)
	switch {
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		p.Transient = true
	case status < 400 || status > 499:
		p.Status, p.Transient = http.StatusBadGateway, true
	}
	return p
}

// tooLarge is the contract's text for a body beyond the limit.
func tooLarge(got, max int64) *problem.Problem {
	return problem.BadRequest("File size too large. Got %d. Maximum is %d.", got, max)
}

// failure sorts what went wrong while u was fetched. Addresses and the names of redirects stay in the cause. ended is
// why the fetch's context has ended, if it has.
func failure(shown string, u *url.URL, err, ended error) *problem.Problem {
	return loading(shown, reasonOf(u, err, ended)).Because(err)
}

// reasonOf is what went wrong in the words that the client reads.
func reasonOf(u *url.URL, err, ended error) error {
	if refused, ok := errors.AsType[*refusedError](err); ok {
		return refusal(u, err, refused)
	}
	for _, known := range []error{errInvalidURL, errScheme, errNoHost, errTooManyRedirects} {
		if errors.Is(err, known) {
			return known
		}
	}
	return connectionReason(err, ended)
}

// refusal names the host of the URL that the client gave; where a redirect has led is not its business.
func refusal(u *url.URL, err error, refused *refusedError) error {
	host := refused.host
	if failed, ok := errors.AsType[*url.Error](err); ok && host == "" {
		if at, err := url.Parse(failed.URL); err == nil {
			host = at.Hostname()
		}
	}
	if u == nil || host != u.Hostname() {
		return errors.New("it redirects to a host that is not allowed")
	}
	return fmt.Errorf("the host %s is not allowed: %s", host, refused.reason)
}

func connectionReason(err, ended error) error {
	if errors.Is(ended, errTooSlow) || errors.Is(err, context.DeadlineExceeded) {
		return errTooSlow
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return errTooSlow
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return errNoSuchHost
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errCertificate
	}
	return errConnection
}
