package derive

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// books note costs, when they are not closed.
type books struct {
	noted []library.Cost
	// failures is how many more times they are closed.
	failures int
}

func (b *books) AddCosts(_ context.Context, costs []library.Cost) error {
	if b.failures > 0 {
		b.failures--
		return errors.New("the books are closed")
	}
	b.noted = append(b.noted, costs...)
	return nil
}

func TestCostsAreCountedOnceForEachPicture(t *testing.T) {
	e := newEnvironment(t)
	registry := prometheus.NewRegistry()
	d := e.deriver(t, func(o *Options) { o.Metrics = registry })
	request := ask(t, e.store(t, "photo", "photo"), "c_fill,w_100/l_text:Arial_10:Secret/fl_layer_apply")
	for range 3 {
		file, err := d.Find(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		file.Content.Close()
	}
	const shape = "c_fill,w_100/l_text:Arial_10:*/fl_layer_apply/f_png"
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]float64{}
	for _, family := range families {
		if family.GetName() == "darkroom_transformation_renders_total" {
			for _, metric := range family.GetMetric() {
				shown[metric.GetLabel()[0].GetValue()] = metric.GetCounter().GetValue()
			}
		}
	}
	if len(shown) != 1 || shown[shape] != 1 {
		t.Errorf("the metric shows %v", shown)
	}
	noted, tick := &books{failures: 1}, make(chan time.Time)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.ReportCosts(ctx, noted, tick) }()
	tick <- time.Now()
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if len(noted.noted) != 1 || noted.noted[0].Transformation != shape || noted.noted[0].Renders != 1 || noted.noted[0].Bytes != int64(len("rendered")) {
		t.Errorf("%+v", noted.noted)
	}
}

func TestCostsStayBounded(t *testing.T) {
	c := newCosts(time.Now)
	for i := range 20 * maxCosts {
		c.add(fmt.Sprintf("w_%d", i), time.Microsecond, 1, false)
		c.add("dear", time.Millisecond, 1, false)
	}
	all := dearest(c.total)
	if len(all) > maxCosts+1 || all[0].Transformation != "dear" || all[0].Renders != 20*maxCosts {
		t.Errorf("%d entries, first %+v", len(all), all[0])
	}
	renders := int64(0)
	for _, cost := range all {
		renders += cost.Renders
	}
	if renders != 40*maxCosts {
		t.Errorf("%d renders were counted, not %d", renders, 40*maxCosts)
	}
}

func TestSamplesAreNotEnteredInTheBooks(t *testing.T) {
	c := newCosts(time.Now)
	c.add("w_1", time.Second, 1, true)
	c.add("w_1", time.Second, 1, false)
	if taken := c.take(); len(taken) != 1 || taken[0].Renders != 1 || c.total["w_1"].Renders != 2 {
		t.Errorf("noted %+v, of %+v", taken, c.total)
	}
}
