package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/jlaffaye/ftp"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// GetFTP fetches a file from an FTP server, by user and password of the URL or anonymously. Limits, and which hosts are open, are
// those of Get; its errors are, too: 404 for what the server refuses. A path is taken from where the login leads; one that begins
// with %2F, from the root.
func (f *Fetcher) GetFTP(ctx context.Context, rawURL string, maxBytes int64) (*Response, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, loading(rawURL, errInvalidURL)
	}
	shown := shownURL(rawURL, u)
	file := strings.TrimPrefix(u.Path, "/")
	user, password := "anonymous", "anonymous"
	if u.User != nil {
		user = u.User.Username()
		password, _ = u.User.Password()
	}
	switch {
	case u.Hostname() == "":
		return nil, loading(shown, errNoHost)
	case file == "" || strings.ContainsFunc(file+user+password, unicode.IsControl): // A line break would end a command and begin another.
		return nil, loading(shown, errInvalidURL)
	case !f.domains.allow(u.Hostname()):
		return nil, failure(shown, u, &refusedError{host: u.Hostname(), reason: "its domain is not allowed"}, nil)
	}
	ctx, stop := context.WithTimeoutCause(ctx, f.total, errTooSlow)
	ctx, abort := context.WithCancelCause(ctx)
	cancel := func(cause error) {
		abort(cause)
		stop()
	}
	session := &ftpSession{ctx: ctx, fetcher: f}
	context.AfterFunc(ctx, session.hangUp)
	answer, err := session.open(net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "21")), user, password, file, maxBytes)
	if err != nil {
		cause := context.Cause(ctx)
		cancel(nil)
		if _, ok := errors.AsType[*problem.Problem](err); ok {
			return nil, err
		}
		if refused, ok := errors.AsType[*refusedError](err); ok && refused.host == "" {
			err = &refusedError{host: u.Hostname(), reason: refused.reason}
		}
		if answered, ok := errors.AsType[*textproto.Error](err); ok {
			return nil, answeredFTP(shown, answered)
		}
		return nil, failure(shown, u, err, cause)
	}
	answer.FinalURL = shown
	answer.Body = newBody(ctx, cancel, answer.Body, shown, f.idle, maxBytes)
	return answer, nil
}

// answeredFTP is the problem of a server that refuses. What it says with the code is not ours to repeat.
func answeredFTP(shown string, answer *textproto.Error) *problem.Problem {
	p := problem.NotFound("Error in loading %s - the server answered %d", shown, answer.Code)
	if answer.Code < 500 { // Those that pass.
		p.Status, p.Transient = http.StatusBadGateway, true
	}
	return p.Because(answer)
}

// ftpSession is one login to a server.
type ftpSession struct {
	ctx     context.Context
	fetcher *Fetcher

	mu sync.Mutex
	// host is the address of the control connection, which was judged; data comes from nowhere else, whatever the server says.
	host  string
	conns []net.Conn
}

func (s *ftpSession) open(address, user, password, file string, maxBytes int64) (*Response, error) {
	server, err := ftp.Dial(address, ftp.DialWithDialFunc(s.dial))
	if err != nil {
		return nil, err
	}
	if err := server.Login(user, password); err != nil {
		return nil, err
	}
	answer := &Response{Length: -1}
	if size, err := server.FileSize(file); err == nil { // Old servers do not know how to tell.
		if answer.Length = size; size > maxBytes {
			return nil, tooLarge(size, maxBytes)
		}
	}
	content, err := server.Retr(file)
	if err != nil {
		return nil, err
	}
	answer.Body = &ftpBody{content: content}
	return answer, nil
}

// dial opens the control connection first, then those for data.
func (s *ftpSession) dial(network, address string) (net.Conn, error) {
	s.mu.Lock()
	judged := s.host
	s.mu.Unlock()
	dial := s.fetcher.transport.DialContext
	if judged != "" {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errConnection, err)
		}
		address, dial = net.JoinHostPort(judged, port), (&net.Dialer{Timeout: min(s.fetcher.idle, maxDialTimeout)}).DialContext
	}
	conn, err := dial(s.ctx, network, address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.host == "" {
		if s.host, _, err = net.SplitHostPort(conn.RemoteAddr().String()); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	s.conns = append(s.conns, conn)
	if s.ctx.Err() != nil {
		_ = conn.Close() // Nobody waits for it any more.
	}
	return &patientConn{Conn: conn, idle: s.fetcher.idle}, nil
}

// hangUp ends all connections.
func (s *ftpSession) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		_ = conn.Close() // What is read of them then fails, as it shall.
	}
}

// patientConn bounds each wait on a connection.
type patientConn struct {
	net.Conn
	idle time.Duration
}

func (c *patientConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.idle)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *patientConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.idle)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// ftpBody is the content of a file. That the connection for data ends is no end of the file unless the server says so.
type ftpBody struct {
	content *ftp.Response
	ended   bool
}

func (b *ftpBody) Read(p []byte) (int, error) {
	n, err := b.content.Read(p)
	if errors.Is(err, io.EOF) && !b.ended {
		b.ended = true
		if confirmed := b.content.Close(); confirmed != nil {
			return n, confirmed
		}
	}
	return n, err
}

// Close leaves the rest to hangUp.
func (b *ftpBody) Close() error { return nil }
