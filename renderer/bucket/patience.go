package bucket

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// A store that is paused, or whose machine is gone, does not answer at all: nothing but a clock of ours ends the wait. A
// deadline for a whole request would have to grow with its object; what is bounded is how long nothing moves.
const (
	// patience is how long a connection may be silent while we wait for it.
	patience = 15 * time.Second
	// connectTimeout bounds a new connection.
	connectTimeout = 5 * time.Second
	// attempts is how often a call is made that has failed for a passing reason.
	attempts = 2
)

// patientClient is an HTTP client for a store whose connections are given up after so long a silence.
func patientClient(patience time.Duration) *awshttp.BuildableClient {
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: patience}
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &patientConn{Conn: c, patience: patience}, nil
		}
		// Before an unused connection falls silent for too long.
		t.IdleConnTimeout = patience / 2
	})
}

// sendBytes is how much is sent at a time.
const sendBytes = 64 << 10

var sendBuffers = sync.Pool{New: func() any { return new([sendBytes]byte) }}

// patientConn is a connection on which something has to move.
type patientConn struct {
	net.Conn
	patience time.Duration
}

// Read waits for bytes, no longer than the patience lasts.
func (c *patientConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// Write sends bytes, and gives a Read that waits for their answer its time anew.
func (c *patientConn) Write(b []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// ReadFrom sends all of r. net/http uses it for the bodies of requests, which it would send in smaller pieces otherwise, from new
// memory for each.
func (c *patientConn) ReadFrom(r io.Reader) (sent int64, err error) {
	buffer := sendBuffers.Get().(*[sendBytes]byte)
	defer sendBuffers.Put(buffer)
	for {
		n, ended := r.Read(buffer[:])
		if n > 0 {
			written, err := c.Write(buffer[:n])
			sent += int64(written)
			if err != nil {
				return sent, err
			}
		}
		if errors.Is(ended, io.EOF) {
			return sent, nil
		}
		if ended != nil {
			return sent, ended
		}
	}
}
