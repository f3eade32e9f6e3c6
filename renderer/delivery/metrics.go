package delivery

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// kind is what an answer delivered.
type kind int

const (
	kindNone kind = iota
	kindOriginal
	kindDerived
)

// kindNames are the values of the label kind.
var kindNames = [...]string{kindNone: "none", kindOriginal: "original", kindDerived: "derived"}

// statusClientGone stands for an answer that nobody waited for.
const statusClientGone = 499

// classNames are the values of the label code, by the first digit of the status; classGone is that of statusClientGone.
var classNames = [...]string{0: "gone", 1: "1xx", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}

const classGone = 0

// metrics of delivery. No label ever holds a URL or an ID.
type metrics struct {
	collectors []prometheus.Collector
	requests   [len(kindNames)][len(classNames)]prometheus.Counter
	seconds    [len(kindNames)]prometheus.Observer
}

func newMetrics() *metrics {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "darkroom_delivery_requests_total",
		Help: "Delivery requests by what was delivered (original, derived, none) and class of the status.",
	}, []string{"kind", "code"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "darkroom_delivery_seconds",
		Help:    "Time from a delivery request to the end of its answer, by what was delivered.",
		Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 30},
	}, []string{"kind"})
	m := &metrics{collectors: []prometheus.Collector{requests, seconds}}
	for kind, kindName := range kindNames {
		m.seconds[kind] = seconds.WithLabelValues(kindName)
		for class, className := range classNames {
			m.requests[kind][class] = requests.WithLabelValues(kindName, className)
		}
	}
	return m
}

func (m *metrics) register(registry prometheus.Registerer) error {
	for _, collector := range m.collectors {
		if err := registry.Register(collector); err != nil {
			return err
		}
	}
	return nil
}

// served counts a finished exchange.
func (m *metrics) served(x *exchange, elapsed time.Duration) {
	class := x.status / 100
	if x.status == statusClientGone || class >= len(classNames) {
		class = classGone
	}
	m.requests[x.kind][class].Inc()
	m.seconds[x.kind].Observe(elapsed.Seconds())
}
