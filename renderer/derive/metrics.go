package derive

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// metrics of derived files. No label ever holds a URL or an ID.
type metrics struct {
	// fromDisk, fromBucket and fromEngine count files by where they were found.
	fromDisk   prometheus.Counter
	fromBucket prometheus.Counter
	fromEngine prometheus.Counter
	joined     prometheus.Counter
	renders    *prometheus.HistogramVec
	collectors []prometheus.Collector
}

func newMetrics(d *Deriver) *metrics {
	finds := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "darkroom_derived_finds_total",
		Help: "Derived files by where they were found: disk, bucket, or engine when they had to be made.",
	}, []string{"from"})
	m := &metrics{
		fromDisk:   finds.WithLabelValues(FromDisk),
		fromBucket: finds.WithLabelValues(FromBucket),
		fromEngine: finds.WithLabelValues(FromEngine),
		joined: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "darkroom_derived_joined_total",
			Help: "Requests that waited for a file which another request was having made.",
		}),
		renders: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "darkroom_render_seconds",
			Help:    "Time the engine took for a picture, the wait for a slot included, by outcome.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"outcome"}),
	}
	m.collectors = []prometheus.Collector{
		finds, m.joined, m.renders, costMetric{d.costs},
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "darkroom_derived_in_progress",
			Help: "Derived files being found or made at the moment, those waiting for a slot included.",
		}, func() float64 {
			d.mu.Lock()
			defer d.mu.Unlock()
			return float64(len(d.flights))
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "darkroom_disk_cache_bytes",
			Help: "Bytes in the local disk cache of derived files.",
		}, func() float64 { return float64(d.cache.Bytes()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "darkroom_disk_cache_files",
			Help: "Files in the local disk cache of derived files.",
		}, func() float64 { return float64(d.cache.Len()) }),
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

// rendered counts one answer of the engine: ok, refused (the request is at fault), busy, or failed.
func (m *metrics) rendered(elapsed time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		switch p := problem.From(err); {
		case p.Status == 429:
			outcome = "busy"
		case p.Status < 500:
			outcome = "refused"
		default:
			outcome = "failed"
		}
	}
	m.renders.WithLabelValues(outcome).Observe(elapsed.Seconds())
}
