package main

import (
	"context"
	"time"

	"github.com/darkroom-media/darkroom/renderer/jobs"
)

// lookForUsageEvery is how soon a report that failed is tried again.
const lookForUsageEvery = 15 * time.Second

// usageReporter is a catalog that has somebody to tell how much is stored.
type usageReporter interface {
	ReportUsage(ctx context.Context, assets int64, now time.Time) error
}

// reportUsage tells the operator how many assets are stored.
func (r *renderer) reportUsage(ctx context.Context, reporter usageReporter) error {
	ticker := time.NewTicker(lookForUsageEvery)
	defer ticker.Stop()
	return jobs.ReportUsage(ctx, jobs.UsageOptions{
		Count: r.library.Uploaded, Report: reporter.ReportUsage, Tick: ticker.C, Now: time.Now, Logger: r.logger,
	})
}
