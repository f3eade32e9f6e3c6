package usage

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/darkroom-media/darkroom/renderer/library"
)

var (
	usedTotal = prometheus.NewDesc("darkroom_usage_total",
		"What this replica has used since its start: transformations, cpu_seconds, requests, bandwidth_bytes. Samples do not count.", []string{"measure"}, nil)
	usedInPeriod = prometheus.NewDesc("darkroom_usage",
		"What all replicas have used in this day or month (UTC): transformations, cpu_seconds, requests, bandwidth_bytes.", []string{"measure", "period"}, nil)
	storedBytes = prometheus.NewDesc("darkroom_stored_bytes",
		"Bytes of assets and derived files, samples aside, as last counted and added to since.", nil, nil)
	storedAssets = prometheus.NewDesc("darkroom_stored_assets", "Assets, samples aside, as last counted.", nil, nil)
	quotaLimit   = prometheus.NewDesc("darkroom_quota_limit",
		"Quotas of the environment, by measure and period (day, month; empty for stored_bytes).", []string{"measure", "period"}, nil)
	quotaExceeded = prometheus.NewDesc("darkroom_quota_exceeded",
		"1 where a quota is used up and new derived files are refused, by measure and period.", []string{"measure", "period"}, nil)
)

// collector shows a Meter.
type collector struct{ *Meter }

// Describe implements prometheus.Collector.
func (collector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, description := range []*prometheus.Desc{usedTotal, usedInPeriod, storedBytes, storedAssets, quotaLimit, quotaExceeded} {
		descriptions <- description
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(metrics chan<- prometheus.Metric) {
	show := func(description *prometheus.Desc, kind prometheus.ValueType, used library.Usage, labels ...string) {
		for _, value := range []struct {
			measure string
			value   float64
		}{
			{"transformations", float64(used.Transformations)},
			{"cpu_seconds", used.CPU.Seconds()},
			{"requests", float64(used.Requests)},
			{"bandwidth_bytes", float64(used.Bandwidth)},
		} {
			metrics <- prometheus.MustNewConstMetric(description, kind, value.value, append([]string{value.measure}, labels...)...)
		}
	}
	show(usedTotal, prometheus.CounterValue, c.counted.load().usage())
	books := c.current()
	show(usedInPeriod, prometheus.GaugeValue, books.Today, periodDay)
	show(usedInPeriod, prometheus.GaugeValue, books.Month, periodMonth)
	metrics <- prometheus.MustNewConstMetric(storedBytes, prometheus.GaugeValue, float64(books.Level.Bytes))
	metrics <- prometheus.MustNewConstMetric(storedAssets, prometheus.GaugeValue, float64(books.Level.Assets))
	for _, limit := range limits(c.quotas(), books) {
		exceeded := 0.0
		if limit.used >= limit.most {
			exceeded = 1
		}
		metrics <- prometheus.MustNewConstMetric(quotaLimit, prometheus.GaugeValue, float64(limit.most), limit.measure, limit.period)
		metrics <- prometheus.MustNewConstMetric(quotaExceeded, prometheus.GaugeValue, exceeded, limit.measure, limit.period)
	}
}
