package usage

import (
	"context"
	"slices"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// Reporter tells the operator what is used, counted at now.
type Reporter interface {
	ReportUsage(ctx context.Context, used catalog.Usage, now time.Time) error
}

// reportEvery is the time between two reports when no quota begins or ceases to be used up.
const reportEvery = 5 * time.Minute

// Report reports as soon as the books were read, then every five minutes, and at once when another set of quotas is used up.
// It looks with every tick, returns nil when ctx ends, and tries again what failed.
func (m *Meter) Report(ctx context.Context, reporter Reporter, tick <-chan time.Time) error {
	r := reporting{Meter: m, reporter: reporter}
	for {
		if err := r.look(ctx); err != nil && ctx.Err() == nil {
			m.logger.WarnContext(ctx, "usage could not be reported, it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}

// reporting is what was reported last.
type reporting struct {
	*Meter
	reporter Reporter
	due      time.Time
	told     []string
}

// look reports what is to be reported now.
func (r *reporting) look(ctx context.Context) error {
	known := r.known.Load()
	if known == nil || known.books.Level.CountedAt.IsZero() {
		return nil
	}
	now, exceeded := r.now(), r.Exceeded()
	if now.Before(r.due) && slices.Equal(exceeded, r.told) {
		return nil
	}
	if err := r.reporter.ReportUsage(ctx, r.report(exceeded), now); err != nil {
		return err
	}
	r.due, r.told = now.Add(reportEvery), exceeded
	return nil
}

// report is what is known now.
func (m *Meter) report(exceeded []string) catalog.Usage {
	books := m.current()
	return catalog.Usage{
		Assets: books.Level.Assets, DerivedFiles: books.Level.Derived, StoredBytes: books.Level.Bytes,
		Day: period(books.Day.Format(time.DateOnly), books.Today), Month: period(books.Day.Format("2006-01"), books.Month),
		Exceeded: exceeded,
	}
}

func period(name string, used library.Usage) catalog.PeriodUsage {
	return catalog.PeriodUsage{
		Period: name, Transformations: used.Transformations, CPUSeconds: int64(used.CPU / time.Second), Requests: used.Requests, BandwidthBytes: used.Bandwidth,
	}
}
