package usage

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// fixture is a meter on a real library, with a clock that is near the library's.
type fixture struct {
	*Meter
	t        *testing.T
	library  *library.Library
	snapshot *catalog.Snapshot
	time     time.Time
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{t: t, library: databases.Library(t), snapshot: &catalog.Snapshot{}, time: time.Now()}
	f.Meter = f.replica()
	return f
}

// replica is another meter of the same environment.
func (f *fixture) replica() *Meter {
	meter, err := New(Options{Books: f.library, Catalog: catalog.Fixed{Snapshot: f.snapshot}, Now: func() time.Time { return f.time }})
	if err != nil {
		f.t.Fatal(err)
	}
	return meter
}

func (f *fixture) flush(meters ...*Meter) {
	f.t.Helper()
	for _, meter := range meters {
		if err := meter.Flush(f.t.Context()); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *fixture) quotas(change func(*catalog.Quotas)) { change(&f.snapshot.Environment.Quotas) }

// refused checks a refusal with status 420 whose message begins so, and returns it.
func refused(t *testing.T, err error, message string) *problem.Problem {
	t.Helper()
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || p.Status != 420 || !strings.HasPrefix(p.Message, message) || !p.Transient {
		t.Fatalf("%v, want a 420: %s", err, message)
	}
	return p
}

func TestWhatEveryReplicaUsesCounts(t *testing.T) {
	f := newFixture(t)
	other := f.replica()
	f.flush(f.Meter, other)
	f.quotas(func(q *catalog.Quotas) { q.Transformations.PerDay = 3 })
	f.Rendered(time.Millisecond, 10)
	other.Rendered(time.Millisecond, 10)
	other.Rendered(time.Millisecond, 10)
	for _, meter := range []*Meter{f.Meter, other} {
		if err := meter.MayRender(); err != nil {
			t.Errorf("what another replica has not told is held against one: %v", err)
		}
	}
	f.flush(other, f.Meter)
	refused(t, f.MayRender(), "Rate Limit Exceeded. Limit of 3 transformations per day reached. Try again on ")
	if err := other.MayRender(); err != nil {
		t.Errorf("before it has read the books: %v", err)
	}
	f.flush(other)
	refused(t, other.MayRender(), "Rate Limit Exceeded. Limit of 3 transformations per day reached.")
	f.quotas(func(q *catalog.Quotas) { q.Transformations.PerDay = 4 })
	if err := f.MayRender(); err != nil {
		t.Errorf("after the quota was raised: %v", err)
	}
}

func TestEveryQuotaStopsNewFiles(t *testing.T) {
	for name, quotas := range map[string]catalog.Quotas{
		"transformations.perDay":   {Transformations: catalog.Quota{PerDay: 2}},
		"transformations.perMonth": {Transformations: catalog.Quota{PerMonth: 2}},
		"cpuSeconds.perDay":        {CPUSeconds: catalog.Quota{PerDay: 3}},
		"cpuSeconds.perMonth":      {CPUSeconds: catalog.Quota{PerMonth: 3}},
		"requests.perDay":          {Requests: catalog.Quota{PerDay: 1}},
		"requests.perMonth":        {Requests: catalog.Quota{PerMonth: 1}},
		"bandwidth.perDay":         {Bandwidth: catalog.Quota{PerDay: 1000}},
		"bandwidth.perMonth":       {Bandwidth: catalog.Quota{PerMonth: 1000}},
		"storage":                  {StorageBytes: 150},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.snapshot.Environment.Quotas = quotas
			f.flush(f.Meter)
			f.Rendered(1500*time.Millisecond, 50)
			if err := f.MayRender(); err != nil {
				t.Fatalf("with half of it used: %v", err)
			}
			f.Rendered(1500*time.Millisecond, 50)
			f.Uploaded(50)
			f.Delivered(1000)
			p := refused(t, f.MayRender(), "")
			_, period, _ := strings.Cut(name, ".")
			now, until := f.time.UTC(), time.Time{}
			switch period {
			case "perDay":
				until = time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, time.UTC)
			case "perMonth":
				until = time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			}
			if until.IsZero() {
				if p.RetryAfter != 0 || p.Message != "Storage Limit Exceeded. Limit of 150 bytes of storage reached. Try again when there is room" {
					t.Errorf("%+v", p)
				}
			} else if wait := int(until.Sub(now).Seconds()); p.RetryAfter < wait || p.RetryAfter > wait+1 || !strings.HasSuffix(p.Message, "Try again on "+until.Format(time.DateTime)+" UTC") {
				t.Errorf("%+v, want a retry at %s", p, until)
			}
			if exceeded := f.Exceeded(); !slices.Equal(exceeded, []string{name}) {
				t.Errorf("exceeded are %v", exceeded)
			}
		})
	}
}

func TestStorageLeavesRoomForWhatFits(t *testing.T) {
	f := newFixture(t)
	if err := f.MayStore(1 << 60); err != nil {
		t.Errorf("without a quota: %v", err)
	}
	f.quotas(func(q *catalog.Quotas) { q.StorageBytes = 100 })
	f.Uploaded(60)
	f.flush(f.Meter)
	f.Uploaded(20)
	for _, bytes := range []int64{0, 20} {
		if err := f.MayStore(bytes); err != nil {
			t.Errorf("%d bytes: %v", bytes, err)
		}
	}
	refused(t, f.MayStore(21), "Storage Limit Exceeded. The file has 21 bytes, and of the limit of 100 bytes of storage 20 are left")
	f.Uploaded(20)
	refused(t, f.MayStore(0), "Storage Limit Exceeded. Limit of 100 bytes of storage reached.")
}

// Days are those of UTC, wherever the renderer runs.
func TestDays(t *testing.T) {
	early := time.Date(2026, 1, 1, 5, 0, 0, 0, time.FixedZone("UTC+14", 14*60*60))
	if got := dayOf(early); !got.Equal(time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%s is on %s", early, got)
	}
}

func TestBeforeTheBooksWereRead(t *testing.T) {
	f := newFixture(t)
	f.quotas(func(q *catalog.Quotas) { q.Transformations.PerDay, q.StorageBytes = 1, 10 })
	if err := f.MayRender(); err != nil {
		t.Error(err)
	}
	if err := f.MayStore(10); err != nil {
		t.Error(err)
	}
	refused(t, f.MayStore(11), "Storage Limit Exceeded.")
	f.catalog = catalog.Fixed{}
	if err := f.MayRender(); err != nil {
		t.Errorf("before the environment is known: %v", err)
	}
}

func TestANewPeriodBeginsWithNothing(t *testing.T) {
	f := newFixture(t)
	f.quotas(func(q *catalog.Quotas) {
		q.Requests = catalog.Quota{PerDay: 1, PerMonth: 2}
	})
	f.Delivered(1)
	f.Delivered(1)
	f.flush(f.Meter)
	if exceeded := f.Exceeded(); !slices.Equal(exceeded, []string{"requests.perDay", "requests.perMonth"}) {
		t.Fatalf("exceeded are %v", exceeded)
	}
	f.time = dayOf(f.time).AddDate(0, 0, 1)
	if f.time.Day() > 1 {
		if exceeded := f.Exceeded(); !slices.Equal(exceeded, []string{"requests.perMonth"}) {
			t.Errorf("the next day exceeded are %v", exceeded)
		}
	}
	f.time = time.Date(f.time.Year(), f.time.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	if err := f.MayRender(); err != nil {
		t.Errorf("the next month: %v", err)
	}
	f.time = time.Now().AddDate(1, 0, 0)
	if exceeded := f.Exceeded(); exceeded != nil {
		t.Errorf("a year on exceeded are %v", exceeded)
	}
}

// away is a library whose database does not answer while broken is set.
type away struct {
	*library.Library
	broken bool
}

var errAway = errors.New("the database is away")

func (a *away) AddUsage(ctx context.Context, used library.Usage, stored int64) (*library.Books, error) {
	if a.broken {
		return nil, errAway
	}
	return a.Library.AddUsage(ctx, used, stored)
}

func TestWhatCannotBeNotedIsKept(t *testing.T) {
	f := newFixture(t)
	books := &away{Library: f.library, broken: true}
	f.books = books
	f.Delivered(10)
	if err := f.Flush(t.Context()); !errors.Is(err, errAway) {
		t.Fatal(err)
	}
	f.Delivered(5)
	books.broken = false
	f.flush(f.Meter)
	f.flush(f.Meter)
	known, err := f.library.Books(t.Context())
	if err != nil || known.Today != (library.Usage{Requests: 2, Bandwidth: 15}) {
		t.Errorf("the books say %+v, %v", known, err)
	}
}

func TestWhatIsUsedWhileTheDatabaseIsAwayIsNotedLater(t *testing.T) {
	f := newFixture(t)
	books := &away{Library: f.library, broken: true}
	f.books = books
	f.Delivered(10)
	ctx, stop := context.WithCancel(t.Context())
	tick, done := make(chan time.Time), make(chan error, 1)
	go func() { done <- f.Run(ctx, tick) }()
	tick <- f.time // It has failed once, and fails again.
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	books.broken = false
	f.flush(f.Meter)
	if known, err := f.library.Books(t.Context()); err != nil || known.Today.Requests != 1 {
		t.Errorf("the books say %+v, %v", known, err)
	}
}

func TestTheLastOfItIsNotedAtTheEnd(t *testing.T) {
	f := newFixture(t)
	ctx, stop := context.WithCancel(t.Context())
	tick, done := make(chan time.Time), make(chan error, 1)
	go func() { done <- f.Run(ctx, tick) }()
	tick <- f.time
	f.Delivered(10)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	known, err := f.library.Books(t.Context())
	if err != nil || known.Today.Requests != 1 || known.Level.CountedAt.IsZero() {
		t.Errorf("the books say %+v, %v", known, err)
	}
}

func TestWhatIsStoredIsCountedNowAndThenAndSoonerWhenThereIsTooMuch(t *testing.T) {
	f := newFixture(t)
	count := func(after time.Duration) bool {
		t.Helper()
		f.flush(f.Meter)
		before := f.known.Load().books.Level.CountedAt
		f.time = time.Now().Add(after)
		f.countLevel(t.Context())
		return f.known.Load().books.Level.CountedAt != before
	}
	if !count(0) {
		t.Error("it is not counted at first")
	}
	if count(4*time.Minute) || !count(6*time.Minute) {
		t.Error("it is not counted every five minutes")
	}
	f.quotas(func(q *catalog.Quotas) { q.StorageBytes = 10 })
	if count(40 * time.Second) {
		t.Error("it is counted every thirty seconds although there is room")
	}
	f.Uploaded(10)
	if count(20*time.Second) || !count(40*time.Second) {
		t.Error("it is not counted every thirty seconds when the quota is used up")
	}
	if f.Exceeded() != nil {
		t.Error("what was deleted is held against the quota")
	}
}

func TestMetrics(t *testing.T) {
	f := newFixture(t)
	registry := prometheus.NewPedanticRegistry()
	meter, err := New(Options{Books: f.library, Catalog: catalog.Fixed{Snapshot: f.snapshot}, Metrics: registry})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Books: f.library, Catalog: catalog.Fixed{Snapshot: f.snapshot}, Metrics: registry}); err == nil {
		t.Error("the metrics are registered twice")
	}
	f.quotas(func(q *catalog.Quotas) { q.Transformations.PerDay, q.StorageBytes = 2, 5 })
	f.Rendered(time.Second, 3)
	f.flush(f.Meter, meter)
	meter.Rendered(500*time.Millisecond, 1)
	meter.Delivered(7)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := family.GetName()
			for _, label := range metric.GetLabel() {
				name += " " + label.GetValue()
			}
			shown[name] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	want := map[string]float64{
		"darkroom_quota_exceeded stored_bytes ": 0, "darkroom_quota_exceeded transformations day": 1,
		"darkroom_quota_limit stored_bytes ": 5, "darkroom_quota_limit transformations day": 2,
		"darkroom_stored_assets": 0, "darkroom_stored_bytes": 4,
		"darkroom_usage bandwidth_bytes day": 7, "darkroom_usage bandwidth_bytes month": 7,
		"darkroom_usage cpu_seconds day": 1.5, "darkroom_usage cpu_seconds month": 1.5,
		"darkroom_usage requests day": 1, "darkroom_usage requests month": 1,
		"darkroom_usage transformations day": 2, "darkroom_usage transformations month": 2,
		"darkroom_usage_total bandwidth_bytes": 7, "darkroom_usage_total cpu_seconds": 0.5, "darkroom_usage_total requests": 1, "darkroom_usage_total transformations": 1,
	}
	if !maps.Equal(shown, want) {
		t.Errorf("shown are %v\n     want %v", shown, want)
	}
}
