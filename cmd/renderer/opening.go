package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Bounds of the pause between two attempts to open the library.
const (
	shortestRetry = 200 * time.Millisecond
	longestRetry  = 5 * time.Second
)

var errOpening = errors.New("not reached yet")

// opening is the way to a library that can be used. Its database may be away for long when a renderer starts: to end
// then would only add the kubelet's back-off to the time that the environment is down.
type opening struct {
	prepare func(ctx context.Context) error
	logger  *slog.Logger
	// open is closed when the library can be used.
	open chan struct{}
	// failure is why it cannot yet.
	failure atomic.Pointer[error]
}

func newOpening(prepare func(ctx context.Context) error, logger *slog.Logger) *opening {
	o := &opening{prepare: prepare, logger: logger, open: make(chan struct{})}
	o.failure.Store(&errOpening)
	return o
}

// run tries until the library is open; false says that ctx has ended before.
func (o *opening) run(ctx context.Context) bool {
	for retry := shortestRetry; ; retry = min(2*retry, longestRetry) {
		err := o.prepare(ctx)
		if errors.Is(err, errInUse) {
			retry = shortestRetry // Nothing is amiss, and until then nobody answers.
		}
		if err == nil {
			close(o.open)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		o.failure.Store(&err)
		o.logger.Warn("The library cannot be opened yet", "again", retry.String(), "error", err)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(retry + rand.N(retry/4)): // replicas that started together come one by one
		}
	}
}

// check is nil when the library is open, and otherwise why it is not.
func (o *opening) check() error {
	select {
	case <-o.open:
		return nil
	default:
		return *o.failure.Load()
	}
}

// gate answers in place of handler until the library is open.
func (o *opening) gate(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := o.check()
		if err == nil {
			handler.ServeHTTP(w, r)
			return
		}
		away := problem.Unavailable("The database", err)
		if isAPI(r) {
			wire.WriteProblem(w, r, o.logger, away)
			return
		}
		w.Header().Set("X-Cld-Error", away.Message)
		w.Header().Set("Retry-After", strconv.Itoa(away.RetryAfter))
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(away.Status)
	})
}
