// Package metrics holds the operator's own measurements, beside those of controller-runtime.
package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/darkroom-media/darkroom/internal/apply"
)

// Metrics are the operator's measurements.
type Metrics struct {
	applies *prometheus.CounterVec
	ready   *prometheus.GaugeVec
}

// New makes the measurements and registers them.
func New(registry prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		applies: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "darkroom_applies_total",
			Help: "Owned objects that were looked at, by kind and outcome: written, unchanged, refused (somebody else's) or failed.",
		}, []string{"kind", "outcome"}),
		ready: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "darkroom_productenvironment_ready",
			Help: "1 for a product environment that is ready, 0 for one that is not.",
		}, []string{"namespace", "name"}),
	}
	for _, collector := range []prometheus.Collector{m.applies, m.ready} {
		if err := registry.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Applied counts an apply.
func (m *Metrics) Applied(kind string, outcome apply.Outcome) {
	m.applies.WithLabelValues(kind, string(outcome)).Inc()
}

// EnvironmentReady records whether an environment is ready.
func (m *Metrics) EnvironmentReady(name types.NamespacedName, ready bool) {
	value := 0.0
	if ready {
		value = 1
	}
	m.ready.WithLabelValues(name.Namespace, name.Name).Set(value)
}

// EnvironmentGone forgets an environment.
func (m *Metrics) EnvironmentGone(name types.NamespacedName) {
	m.ready.DeleteLabelValues(name.Namespace, name.Name)
}
