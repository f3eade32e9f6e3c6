package jobs

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

func TestUsageIsCountedAtOnceThenEveryFiveMinutes(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	start := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	clock := make(chan time.Time)
	tick := make(chan time.Time)
	var reports []time.Duration
	failures := 1
	done := make(chan error, 1)
	go func() {
		done <- ReportUsage(ctx, UsageOptions{
			Count: func(context.Context) (int64, error) { return 5, nil },
			Report: func(_ context.Context, assets int64, now time.Time) error {
				if assets != 5 {
					t.Errorf("reports %d assets", assets)
				}
				reports = append(reports, now.Sub(start))
				if failures > 0 {
					failures--
					return errors.New("the API server is away")
				}
				return nil
			},
			Tick: tick,
			Now:  func() time.Time { return <-clock },
		})
	}()
	for i, after := range []time.Duration{0, time.Minute, 2 * time.Minute, 5 * time.Minute, 6 * time.Minute, 7 * time.Minute} {
		if i > 0 {
			tick <- start.Add(after)
		}
		clock <- start.Add(after)
	}
	tick <- start // The last look is over once the next one begins.
	stop()
	close(clock)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// The first failed and was tried again a minute later; the next one is due five minutes after that.
	if want := []time.Duration{0, time.Minute, 6 * time.Minute}; !slices.Equal(reports, want) {
		t.Errorf("reports after %v, want %v", reports, want)
	}
}

func TestWhatCannotBeCountedIsNotReported(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	err := ReportUsage(ctx, UsageOptions{
		Count: func(context.Context) (int64, error) {
			stop()
			return 0, errors.New("the database is away")
		},
		Report: func(context.Context, int64, time.Time) error {
			t.Error("reported")
			return nil
		},
		Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
}
