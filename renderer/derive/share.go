package derive

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// flight is one making of a file, shared by everybody who asks for the file while it lasts.
type flight struct {
	done chan struct{}
	made *made
	err  error
}

// made is a derived file that is in the bucket, and, unless the disk refused it, in the cache.
type made struct {
	meta      *Meta
	objectKey string
	from      string
	render    time.Duration
}

// share joins the flight for the file, or starts it. The flight is detached from the contexts of those who wait: a
// client that goes away fails nobody else.
func (d *Deriver) share(ctx context.Context, request *Request) (*made, error) {
	d.mu.Lock()
	f, ok := d.flights[request.Key]
	if !ok {
		f = &flight{done: make(chan struct{})}
		d.flights[request.Key] = f
		d.running.Add(1)
		go d.fly(context.WithoutCancel(ctx), f, request)
	} else {
		d.metrics.joined.Inc()
	}
	d.mu.Unlock()

	select {
	case <-f.done:
		return f.made, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fly makes the file and ends the flight, whatever happens.
func (d *Deriver) fly(ctx context.Context, f *flight, request *Request) {
	defer d.running.Done()
	ctx, cancel := context.WithTimeout(ctx, d.deadline)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			f.made, f.err = nil, problem.Failed(fmt.Errorf("making a derived file panicked: %v\n%s", r, debug.Stack()))
		}
		d.mu.Lock()
		delete(d.flights, request.Key)
		d.mu.Unlock()
		close(f.done)
	}()
	f.made, f.err = d.make(ctx, request)
	if f.err != nil && ctx.Err() != nil {
		// The flight's own deadline: the clients' contexts play no part here.
		f.err = &problem.Problem{Status: 504, Message: "The picture took too long to make", Transient: true, Cause: f.err}
	}
}
