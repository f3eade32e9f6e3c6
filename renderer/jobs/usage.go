package jobs

import (
	"context"
	"log/slog"
	"time"
)

// countEvery is the time between two counts of what is stored.
const countEvery = 5 * time.Minute

// UsageOptions are the parts of ReportUsage. All but Logger are required.
type UsageOptions struct {
	// Count counts the uploaded assets.
	Count func(ctx context.Context) (int64, error)
	// Report tells the number, counted at now.
	Report func(ctx context.Context, assets int64, now time.Time) error
	// Tick says when to look whether a count is due: often, so that one that failed is tried again soon.
	Tick <-chan time.Time
	// Now is the clock.
	Now func() time.Time
	// Logger gets what fails; nil discards it.
	Logger *slog.Logger
}

// ReportUsage counts at once and then every five minutes, until ctx ends. It returns nil.
func ReportUsage(ctx context.Context, options UsageOptions) error {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	var due time.Time
	for {
		if now := options.Now(); !now.Before(due) {
			if err := report(ctx, options, now); err == nil {
				due = now.Add(countEvery)
			} else if ctx.Err() == nil {
				logger.WarnContext(ctx, "usage could not be reported, it is tried again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-options.Tick:
		}
	}
}

func report(ctx context.Context, options UsageOptions, now time.Time) error {
	assets, err := options.Count(ctx)
	if err != nil {
		return err
	}
	return options.Report(ctx, assets, now)
}
