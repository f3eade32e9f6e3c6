package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// step is a reader that takes a time for each read and ends after some.
type step struct {
	ctx   context.Context
	takes time.Duration
	reads int
}

func (s *step) Read(p []byte) (int, error) {
	select {
	case <-time.After(s.takes):
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
	if s.reads--; s.reads < 0 {
		return 0, io.EOF
	}
	return copy(p, "x"), nil
}

func (s *step) Close() error { return nil }

// TestIdle bounds what one read waits for, not what the reader does between reads, nor the whole.
func TestIdle(t *testing.T) {
	const idle = time.Minute
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		b := newBody(ctx, cancel, &step{ctx: ctx, takes: idle - time.Second, reads: 10}, "http://x/", idle, 100)
		for range 10 {
			if n, err := b.Read(make([]byte, 5)); n != 1 || err != nil {
				t.Fatalf("read %d, %v", n, err)
			}
			time.Sleep(10 * idle)
		}
		if n, err := b.Read(make([]byte, 5)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("read %d, %v, want the end", n, err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		b := newBody(ctx, cancel, &step{ctx: ctx, takes: idle + time.Second, reads: 1}, "http://x/", idle, 100)
		start := time.Now()
		for range 2 {
			_, err := b.Read(make([]byte, 5))
			wantProblem(t, err, http.StatusBadGateway, true, "Error in loading http://x/ - the server is too slow")
		}
		if waited := time.Since(start); waited != idle {
			t.Errorf("waited %v, want %v", waited, idle)
		}
		_ = b.Close()
	})
}

// closing is a body that tells whether it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestClosedBodies(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	source := &closing{Reader: strings.NewReader("123456")}
	b := newBody(ctx, cancel, source, "http://x/", time.Minute, 5)
	if got, err := io.ReadAll(b); string(got) != "12345" {
		t.Errorf("%q, %v", got, err)
	}
	// What is too large stays so: the rest is not read.
	n, err := b.Read(make([]byte, 5))
	if n != 0 {
		t.Errorf("%d bytes beyond the limit", n)
	}
	wantProblem(t, err, http.StatusBadRequest, false, "File size too large. Got 6. Maximum is 5.")
	if err := b.Close(); err != nil || !source.closed || ctx.Err() == nil {
		t.Errorf("%v; closed: %t, ended: %v", err, source.closed, ctx.Err())
	}
}
