package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// apis wraps the handlers of the APIs: counts their answers, and answers for those that panic.
type apis struct {
	logger   *slog.Logger
	requests *prometheus.CounterVec
}

func newAPIs(registry prometheus.Registerer, logger *slog.Logger) (*apis, error) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "darkroom_api_requests_total",
		Help: "Requests to the APIs by API (upload, admin) and class of the status.",
	}, []string{"api", "code"})
	if err := registry.Register(requests); err != nil {
		return nil, fmt.Errorf("register the metrics of the APIs: %w", err)
	}
	return &apis{logger: logger, requests: requests}, nil
}

// wrap wraps the handler of the named API.
func (a *apis) wrap(api string, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noted := &noting{ResponseWriter: w}
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler || noted.status != 0 { //nolint:errorlint // a recovered value is compared by identity
					panic(v)
				}
				wire.WriteProblem(noted, r, a.logger, problem.Failed(fmt.Errorf("the %s API panicked: %v\n%s", api, v, debug.Stack())))
			}
			a.requests.WithLabelValues(api, fmt.Sprintf("%dxx", max(noted.status, http.StatusOK)/100)).Inc()
		}()
		handler.ServeHTTP(noted, r)
	})
}

// noting notes the status of an answer.
type noting struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the final status.
func (n *noting) WriteHeader(status int) {
	if status >= http.StatusOK && n.status == 0 {
		n.status = status
	}
	n.ResponseWriter.WriteHeader(status)
}

// Write notes the status that a body without one has.
func (n *noting) Write(b []byte) (int, error) {
	if n.status == 0 {
		n.status = http.StatusOK
	}
	return n.ResponseWriter.Write(b)
}

// Unwrap gives http.ResponseController the writer below.
func (n *noting) Unwrap() http.ResponseWriter { return n.ResponseWriter }
