package delivery

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Kinds of answer.
const (
	kindOriginal = "original"
	kindDerived  = "derived"
	kindNone     = "none"
)

// statusClientGone stands for an answer that nobody waited for.
const statusClientGone = 499

// metrics of delivery. No label ever holds a URL or an ID.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics() *metrics {
	return &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "darkroom_delivery_requests_total",
			Help: "Delivery requests by what was delivered (original, derived, none) and class of the status.",
		}, []string{"kind", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "darkroom_delivery_seconds",
			Help:    "Time from a delivery request to the end of its answer, by what was delivered.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 30},
		}, []string{"kind"}),
	}
}

func (m *metrics) register(registry prometheus.Registerer) error {
	if err := registry.Register(m.requests); err != nil {
		return err
	}
	return registry.Register(m.seconds)
}

// served counts a finished exchange.
func (m *metrics) served(x *exchange, elapsed time.Duration) {
	kind := x.kind
	if kind == "" {
		kind = kindNone
	}
	m.requests.WithLabelValues(kind, class(x.status)).Inc()
	m.seconds.WithLabelValues(kind).Observe(elapsed.Seconds())
}

func class(status int) string {
	switch {
	case status == statusClientGone:
		return "gone"
	case status >= 200 && status < 600:
		return [...]string{"2xx", "3xx", "4xx", "5xx"}[status/100-2]
	}
	return "none"
}
