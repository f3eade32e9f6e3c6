package metrics_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/metrics"
)

// values are what a registry would be scraped for, by name and labels.
func values(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			for _, label := range metric.GetLabel() {
				name += "," + label.GetValue()
			}
			found[name] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return found
}

func TestMetricsFollowAppliesAndEnvironments(t *testing.T) {
	registry := prometheus.NewRegistry()
	m, err := metrics.New(registry)
	if err != nil {
		t.Fatal(err)
	}
	shop := types.NamespacedName{Namespace: "media", Name: "shop"}
	m.Applied("Service", apply.Written)
	m.Applied("Service", apply.Written)
	m.EnvironmentReady(shop, false)
	m.EnvironmentReady(shop, true)
	got := values(t, registry)
	if got["darkroom_applies_total,Service,written"] != 2 || got["darkroom_productenvironment_ready,shop,media"] != 1 {
		t.Errorf("metrics %v", got)
	}
	m.EnvironmentGone(shop)
	if got := values(t, registry); len(got) != 1 {
		t.Errorf("metrics of an environment that is gone: %v", got)
	}
	if _, err := metrics.New(registry); err == nil {
		t.Error("the same metrics are registered twice")
	}
}
