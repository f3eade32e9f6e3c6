// Package shortcut answers hot requests on their connection, before net/http gets to see them. A server reads its
// connections through it; requests that an Answerer does not take, and whatever is unusual, reach the server byte by byte
// as they came. What a request for a picture in memory costs net/http in goroutines, maps, timers and system calls is a
// multiple of what sending the picture costs.
//
// It stands on one rule: a connection is looked at only where a request begins, and that is known only while everything
// that the server was given before were whole requests whose end is certain. Where it is not (chunked bodies, upgrades,
// several requests at once, lines that do not end in CRLF) the connection belongs to the server for good.
package shortcut

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// Answerer takes requests that it can answer at once: without waiting for anything but the client.
type Answerer interface {
	// Answer answers a request by one Send, and returns its error; or it returns false and has sent nothing, as when that
	// says ErrClosing. The request is the Answerer's until it returns.
	Answer(connection *Conn, request *Request) (bool, error)
}

// Listener gives connections whose requests an Answerer may take.
type Listener struct {
	net.Listener
	answerer Answerer
	timeouts Timeouts

	closing  atomic.Bool
	underWay atomic.Int64
}

// Timeouts are those of the http.Server.
type Timeouts struct {
	// Header bounds reading the head of a request, Idle the time between two requests. Zero means no bound.
	Header, Idle time.Duration
}

// New wraps a listener of TCP connections; those of other kinds, and all when there is no Answerer, are given as they are.
func New(listener net.Listener, answerer Answerer, timeouts Timeouts) *Listener {
	return &Listener{Listener: listener, answerer: answerer, timeouts: timeouts}
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if tcp, ok := accepted.(*net.TCPConn); ok && err == nil && l.answerer != nil {
		return &Conn{TCPConn: tcp, listener: l}, nil
	}
	return accepted, err
}

// Stop leaves all requests to the server from now on, which tells their clients that connections are going to be closed.
func (l *Listener) Stop() { l.closing.Store(true) }

// waitPause is the time between two looks at what is under way.
const waitPause = 5 * time.Millisecond

// Wait blocks after Stop until no answer is under way, or ctx ends. The server does not know of them: for it their
// connections are idle, and it closes those; they close when the answer is sent.
func (l *Listener) Wait(ctx context.Context) error {
	for l.underWay.Load() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(waitPause):
		}
	}
	return nil
}

// begin tells whether an answer may begin, which end ends.
func (l *Listener) begin() bool {
	l.underWay.Add(1)
	if l.closing.Load() {
		l.underWay.Add(-1)
		return false
	}
	return true
}

func (l *Listener) end() { l.underWay.Add(-1) }
