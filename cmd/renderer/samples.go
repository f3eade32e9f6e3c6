package main

import (
	"context"
	"time"

	"github.com/darkroom-media/darkroom/renderer/samples"
	"github.com/darkroom-media/darkroom/renderer/upload"
)

// lookForSamplesEvery is how soon the wish for sample assets is seen, and how soon one that failed is tried again.
const lookForSamplesEvery = 2 * time.Second

// storeSamples stores the sample assets when the environment wants them.
func (r *renderer) storeSamples(ctx context.Context, uploads *upload.Handler) error {
	ticker := time.NewTicker(lookForSamplesEvery)
	defer ticker.Stop()
	return samples.Run(ctx, samples.Options{Catalog: r.catalog, Store: uploads.StoreSample, Tick: ticker.C, Logger: r.logger})
}
