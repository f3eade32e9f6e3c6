package fetch

import (
	"context"
	"errors"
	"io"
	"time"
)

// body bounds a response's body in size and in the time that each read may wait.
type body struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	reader io.ReadCloser
	url    string
	idle   time.Duration
	max    int64
	read   int64
	// stalled fires while a read waits for too long, and ends it by cancel.
	stalled *time.Timer
	err     error
}

func newBody(ctx context.Context, cancel context.CancelCauseFunc, reader io.ReadCloser, url string, idle time.Duration, max int64) *body {
	return &body{ctx: ctx, cancel: cancel, reader: reader, url: url, idle: idle, max: max}
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	// One byte beyond the limit tells a body that is too large from one that just fits.
	if rest := b.max - b.read + 1; int64(len(p)) > rest {
		p = p[:rest]
	}
	if b.stalled == nil {
		b.stalled = time.AfterFunc(b.idle, func() { b.cancel(errTooSlow) })
	} else {
		b.stalled.Reset(b.idle)
	}
	n, err := b.reader.Read(p)
	b.stalled.Stop()
	b.read += int64(n)
	switch {
	case b.read > b.max:
		n -= int(b.read - b.max)
		b.err = tooLarge(b.read, b.max)
	case err == nil:
	case errors.Is(err, io.EOF):
		b.err = io.EOF
	default:
		b.err = failure(b.url, nil, err, context.Cause(b.ctx))
	}
	return n, b.err
}

func (b *body) Close() error {
	b.cancel(nil)
	return b.reader.Close()
}
