package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// checkTimeout bounds one look at a part.
const checkTimeout = 2 * time.Second

// check is one thing that must be there for the renderer to be ready.
type check struct {
	name string
	ping func(ctx context.Context) error
}

var errCatalog = errors.New("not read yet")

func (r *renderer) checks() []check {
	return []check{
		{"catalog", func(context.Context) error {
			// It is read once the library is open, and not what is amiss before.
			if r.opening.check() == nil && !r.catalog.Ready() {
				return errCatalog
			}
			return nil
		}},
		{"volume", func(context.Context) error {
			if err := r.opening.check(); errors.Is(err, errInUse) {
				return err
			}
			return nil
		}},
		{"database", func(ctx context.Context) error {
			switch err := r.opening.check(); {
			case errors.Is(err, errInUse): // The database is well.
				return nil
			case err != nil:
				return err
			}
			return r.library.Ping(ctx)
		}},
		{"bucket", r.bucket.Ping},
		{"engine", r.engine.Ping},
	}
}

// internal serves the probes and the metrics. draining is closed when the renderer wants no more requests.
func (r *renderer) internal(draining <-chan struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("/readyz", readiness(r.checks(), draining))
	mux.Handle("/metrics", r.metrics())
	return mux
}

func (r *renderer) metrics() http.Handler {
	return promhttp.HandlerFor(r.registry, promhttp.HandlerOpts{Registry: r.registry})
}

// readiness answers 200, or 503 with a line for each part that is missing.
func readiness(checks []check, draining <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-draining:
			http.Error(w, "shutting down", http.StatusServiceUnavailable)
			return
		default:
		}
		ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
		defer cancel()
		if missing := missing(ctx, checks); missing != "" {
			http.Error(w, missing, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
}

// missing runs the checks side by side and names those that fail, one per line; "" when none does.
func missing(ctx context.Context, checks []check) string {
	failures := make([]error, len(checks))
	var pending sync.WaitGroup
	for i, check := range checks {
		pending.Go(func() {
			if err := check.ping(ctx); err != nil {
				failures[i] = fmt.Errorf("%s: %w", check.name, err)
			}
		})
	}
	pending.Wait()
	if err := errors.Join(failures...); err != nil {
		return err.Error()
	}
	return ""
}
