package main

import (
	"context"
	"time"

	"github.com/darkroom-media/darkroom/renderer/usage"
)

const (
	// keepBooksEvery is how often what was used is noted, and read what other replicas have used.
	keepBooksEvery = 5 * time.Second
	// lookForUsageEvery is how soon a report that failed is tried again, and how soon it is told that a quota is used up.
	lookForUsageEvery = 10 * time.Second
)

// keepBooks notes what was used.
func (r *renderer) keepBooks(ctx context.Context) error {
	ticker := time.NewTicker(keepBooksEvery)
	defer ticker.Stop()
	return r.meter.Run(ctx, ticker.C)
}

// reportUsage tells the operator what is used.
func (r *renderer) reportUsage(ctx context.Context, reporter usage.Reporter) error {
	ticker := time.NewTicker(lookForUsageEvery)
	defer ticker.Stop()
	return r.meter.Report(ctx, reporter, ticker.C)
}
