package shortcut

import (
	"cmp"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// leastBuffer is the length from which a buffer to read into is that of a server at the beginning of a request. net/http
// wants a single byte beside a handler, to learn when the client goes away.
const leastBuffer = 2

// leastRequest is how many bytes net/http waits for, after an answer, before it takes them for a request. When a client goes away
// with less than that, it is not told of a bad request.
const leastRequest = 4

// renewEvery is how much of the idle time may pass before its deadline is moved.
const renewEvery = time.Second

// Conn is a connection of a Listener. Reading is for one goroutine at a time, as net/http does it.
type Conn struct {
	*net.TCPConn
	listener *Listener

	// own says that the connection is the server's from now on.
	own bool
	// owed is what is still to come of the body of the request that the server has.
	owed int64
	// answered says that the last answer was not the server's, who therefore takes what comes for a first request.
	answered bool
	// request is the one being looked at, kept for its memory.
	request Request
	// renewed is when the idle deadline was last moved; zero when the server has set its own since.
	renewed time.Time

	mu                sync.Mutex
	answering, closed bool
}

// Read implements net.Conn. What it gives are the requests that the Answerer did not take.
func (c *Conn) Read(p []byte) (int, error) {
	switch {
	case c.own:
		return c.TCPConn.Read(p)
	case c.owed > 0:
		n, err := c.TCPConn.Read(p[:min(int64(len(p)), c.owed)])
		c.owed -= int64(n)
		return n, err
	case len(p) < leastBuffer:
		return 0, c.awaitEnd()
	}
	return c.next(p)
}

// awaitEnd waits until the client goes away, or the read deadline passes. What the client sends meanwhile is its next
// request, and stays where it is until the server has done with this one.
func (c *Conn) awaitEnd() error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var end error
	err = raw.Read(func(descriptor uintptr) (ended bool) {
		var first [1]byte
		n, _, err := unix.Recvfrom(int(descriptor), first[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		switch {
		case err == nil && n == 0:
			end = io.EOF
		case err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR):
			end = os.NewSyscallError("recvfrom", err)
		}
		return end != nil
	})
	return cmp.Or(end, err)
}

// next reads requests, into p, until one comes that is for the server.
func (c *Conn) next(p []byte) (int, error) {
	kept := 0 // what p begins with, and is no request yet
	for {
		n, err := c.TCPConn.Read(p[kept:])
		if err != nil {
			c.own = true
			return n, err
		}
		rest, err := c.answer(p[:kept+n])
		if err != nil {
			// The client has gone away. To other errors the server would write an answer of its own, into the middle of ours.
			return 0, io.EOF
		}
		if kept = copy(p, rest); kept >= leastRequest || kept > 0 && (!c.answered || kept == len(p)) {
			return kept, c.handOver()
		}
		c.own = false // also where too little has come to tell
		c.renew()
	}
}

// answer has the requests that data begins with answered, and returns what is for the server.
func (c *Conn) answer(data []byte) (rest []byte, err error) {
	for len(data) > 0 {
		length, simple := c.request.parse(data)
		if length == 0 {
			c.own = true
			return data, nil
		}
		taken := false
		if simple {
			if taken, err = c.listener.answerer.Answer(c, &c.request); err != nil {
				return nil, err
			}
		}
		if !taken {
			c.owed = length + c.request.body - int64(len(data))
			c.own = c.owed < 0 // More than one request is here already.
			return data, nil
		}
		c.answered = true
		data = data[length:]
	}
	return nil, nil
}

// renew moves the deadline of an idle connection after an answer.
func (c *Conn) renew() {
	if now := time.Now(); c.listener.timeouts.Idle > 0 && now.Sub(c.renewed) >= renewEvery {
		// An error is that of a closed connection, which the next read finds out as well.
		_ = c.SetReadDeadline(now.Add(c.listener.timeouts.Idle))
		c.renewed = now
	}
}

// handOver sets the deadline that the server believes to be set.
func (c *Conn) handOver() error {
	c.answered = false
	if c.renewed.IsZero() {
		return nil
	}
	c.renewed = time.Time{}
	deadline := time.Time{}
	if c.listener.timeouts.Header > 0 {
		deadline = time.Now().Add(c.listener.timeouts.Header)
	}
	return c.SetReadDeadline(deadline)
}

// ErrClosing says that nothing was sent, because the connection or the server is being closed.
var ErrClosing = errors.New("the connection is being closed")

// Send writes the head and the body of an answer as one, and says how many bytes of the body it could write. It is for an
// Answerer. The error is ErrClosing, or one of the connection's.
func (c *Conn) Send(head, body []byte) (int64, error) {
	if !c.begin() {
		return 0, ErrClosing
	}
	defer c.end()
	parts := net.Buffers{head, body}
	n, err := parts.WriteTo(c.TCPConn)
	return max(0, n-int64(len(head))), err
}

func (c *Conn) begin() bool {
	if !c.listener.begin() {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		c.listener.end()
		return false
	}
	c.answering = true
	return true
}

func (c *Conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answering = false
	if c.closed {
		_ = c.TCPConn.Close() // Close has returned already.
	}
	c.listener.end()
}

// Close implements net.Conn. A server closes connections that it holds for idle; an answer that is under way is
// sent to its end first.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed = true; c.answering {
		return nil
	}
	return c.TCPConn.Close()
}
