package derive

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/darkroom-media/darkroom/renderer/library"
)

const (
	// maxCosts bounds the shapes whose costs are kept in memory.
	maxCosts = 1024
	// shownCosts is how many the metric shows.
	shownCosts = 10
)

// costs adds up what transformations cost the engine, by their shape.
type costs struct {
	now func() time.Time
	mu  sync.Mutex
	// since the start, for the metric; pending since the last report.
	total, pending map[string]library.Cost
}

func newCosts(now func() time.Time) *costs {
	return &costs{now: now, total: make(map[string]library.Cost), pending: make(map[string]library.Cost)}
}

// add counts one picture. What is made of a sample costs the engine time, and is not entered in the books.
func (c *costs) add(shape string, cpu time.Duration, bytes int64, sample bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := library.Cost{Transformation: shape, Renders: 1, CPU: cpu, Bytes: bytes, LastAt: c.now()}
	accumulate(c.total, one)
	if !sample {
		accumulate(c.pending, one)
	}
}

// accumulate adds to a bounded map. When that is full, the cheaper half is summed up as one entry.
func accumulate(to map[string]library.Cost, one library.Cost) {
	to[one.Transformation] = sum(one.Transformation, to[one.Transformation], one)
	if len(to) <= maxCosts {
		return
	}
	other := to[library.OtherCosts]
	for _, cheap := range dearest(to)[maxCosts/2:] {
		if cheap.Transformation != library.OtherCosts {
			delete(to, cheap.Transformation)
			other = sum(library.OtherCosts, other, cheap)
		}
	}
	to[library.OtherCosts] = other
}

// sum is the cost of two under one name.
func sum(name string, a, b library.Cost) library.Cost {
	last := a.LastAt
	if b.LastAt.After(last) {
		last = b.LastAt
	}
	return library.Cost{Transformation: name, Renders: a.Renders + b.Renders, CPU: a.CPU + b.CPU, Bytes: a.Bytes + b.Bytes, LastAt: last}
}

// dearest are the costs of a map, the highest first.
func dearest(of map[string]library.Cost) []library.Cost {
	return slices.SortedFunc(maps.Values(of), func(a, b library.Cost) int {
		return cmp.Or(cmp.Compare(b.CPU, a.CPU), cmp.Compare(a.Transformation, b.Transformation))
	})
}

// take gives what came since it was asked last.
func (c *costs) take() []library.Cost {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := dearest(c.pending)
	c.pending = make(map[string]library.Cost)
	return taken
}

// giveBack keeps what could not be reported for the next time.
func (c *costs) giveBack(taken []library.Cost) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range taken {
		accumulate(c.pending, one)
	}
}

// CostLibrary keeps costs beyond the life of this process.
type CostLibrary interface {
	AddCosts(ctx context.Context, costs []library.Cost) error
}

// ReportCosts adds what the engine has spent to the library's books, with every tick and once more when ctx ends.
func (d *Deriver) ReportCosts(ctx context.Context, books CostLibrary, tick <-chan time.Time) error {
	report := func(ctx context.Context) {
		taken := d.costs.take()
		if len(taken) == 0 {
			return
		}
		if err := books.AddCosts(ctx, taken); err != nil {
			d.costs.giveBack(taken)
			d.logger.WarnContext(ctx, "what rendering has cost could not be noted, and is kept for the next time", "error", err)
		}
	}
	for {
		select {
		case <-tick:
			report(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			report(last)
			return nil
		}
	}
}

// costMetric shows the dearest transformations since the start: never more than shownCosts series at a time.
type costMetric struct{ costs *costs }

var (
	costSeconds = prometheus.NewDesc("darkroom_transformation_cpu_seconds_total",
		"Processor time of the engine for the ten dearest transformations since the start, by their shape.", []string{"transformation"}, nil)
	costRenders = prometheus.NewDesc("darkroom_transformation_renders_total",
		"Pictures made by the ten dearest transformations since the start, by their shape.", []string{"transformation"}, nil)
	costTotal = prometheus.NewDesc("darkroom_render_cpu_seconds_total", "Processor time of the engine for all pictures.", nil, nil)
)

// Describe implements prometheus.Collector.
func (costMetric) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- costSeconds
	descriptions <- costRenders
	descriptions <- costTotal
}

// Collect implements prometheus.Collector.
func (m costMetric) Collect(metrics chan<- prometheus.Metric) {
	m.costs.mu.Lock()
	all := dearest(m.costs.total)
	m.costs.mu.Unlock()
	total, shown := time.Duration(0), 0
	for _, cost := range all {
		total += cost.CPU
		if cost.Transformation == library.OtherCosts || shown == shownCosts {
			continue
		}
		shown++
		metrics <- prometheus.MustNewConstMetric(costSeconds, prometheus.CounterValue, cost.CPU.Seconds(), cost.Transformation)
		metrics <- prometheus.MustNewConstMetric(costRenders, prometheus.CounterValue, float64(cost.Renders), cost.Transformation)
	}
	metrics <- prometheus.MustNewConstMetric(costTotal, prometheus.CounterValue, total.Seconds())
}
