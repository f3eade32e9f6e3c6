package usage

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

// operator notes reports, and fails those that come first.
type operator struct {
	failures int
	reports  []catalog.Usage
}

func (o *operator) ReportUsage(_ context.Context, used catalog.Usage, _ time.Time) error {
	if o.failures > 0 {
		o.failures--
		return errors.New("the API server is away")
	}
	o.reports = append(o.reports, used)
	return nil
}

func TestUsageIsReportedEveryFiveMinutesAndQuotasAtOnce(t *testing.T) {
	f := newFixture(t)
	told := &operator{failures: 1}
	r := &reporting{Meter: f.Meter, reporter: told}
	start := f.time
	// look is a look at a time, which brings so many reports.
	look := func(after time.Duration, reports int) {
		t.Helper()
		f.time = start.Add(after)
		before := len(told.reports)
		if err := r.look(t.Context()); err != nil {
			t.Logf("after %s: %v", after, err)
		}
		if brought := len(told.reports) - before; brought != reports {
			t.Errorf("after %s there are %d reports, want %d", after, brought, reports)
		}
	}
	look(0, 0) // Nothing is known yet.
	f.flush(f.Meter)
	look(0, 0) // What is stored is not counted yet.
	if err := f.library.CountLevel(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.flush(f.Meter)
	look(time.Second, 0) // This one fails.
	look(2*time.Second, 1)
	f.Uploaded(10)
	look(4*time.Minute, 0)
	look(5*time.Minute+2*time.Second, 1)
	f.quotas(func(q *catalog.Quotas) { q.StorageBytes = 10 })
	look(6*time.Minute, 1)
	look(7*time.Minute, 0)
	f.quotas(func(q *catalog.Quotas) { q.StorageBytes = 11 })
	look(8*time.Minute, 1)
	look(13*time.Minute, 1)
	if last := told.reports[2]; last.StoredBytes != 10 || len(last.Exceeded) != 1 || last.Exceeded[0] != "storage" {
		t.Errorf("the report says %+v", last)
	}
}

func TestWhatAReportSays(t *testing.T) {
	f := newFixture(t)
	f.flush(f.Meter)
	f.Rendered(2500*time.Millisecond, 30)
	f.Delivered(70)
	f.Delivered(0)
	used := func(period string) catalog.PeriodUsage {
		return catalog.PeriodUsage{Period: period, Transformations: 1, CPUSeconds: 2, Requests: 2, BandwidthBytes: 70}
	}
	got := f.report(nil)
	if got.StoredBytes != 30 || got.Day != used(f.time.UTC().Format("2006-01-02")) || got.Month != used(f.time.UTC().Format("2006-01")) {
		t.Errorf("%+v", got)
	}
}

func TestReportingEndsWithItsContext(t *testing.T) {
	f := newFixture(t)
	if err := f.library.CountLevel(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.flush(f.Meter)
	told := &operator{failures: 1}
	ctx, stop := context.WithCancel(t.Context())
	tick, done := make(chan time.Time), make(chan error, 1)
	go func() { done <- f.Report(ctx, told, tick) }()
	tick <- f.time
	stop()
	if err := <-done; err != nil || len(told.reports) > 1 {
		t.Errorf("%v, %d reports", err, len(told.reports))
	}
}
