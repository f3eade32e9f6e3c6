// Package jobs is the background work of a renderer.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// Garbage names the objects of the bucket that no row refers to.
type Garbage interface {
	// Garbage claims at most max of the objects that are garbage at a time. What is not forgotten comes again later.
	Garbage(ctx context.Context, now time.Time, max int) ([]library.Discarded, error)
	// ForgetGarbage strikes objects that are deleted off the list.
	ForgetGarbage(ctx context.Context, objectKeys []string) error
}

// Objects deletes objects of the bucket, and aborts multipart uploads; a missing one is no error.
type Objects interface {
	Delete(ctx context.Context, objectKey string) error
	AbortMultipart(ctx context.Context, objectKey, upload string) error
}

// SweepOptions are the parts of a sweep. All are required but Logger.
type SweepOptions struct {
	Garbage Garbage
	Objects Objects
	// Tick starts a sweep with every value.
	Tick <-chan time.Time
	// Now is the clock that reservations are measured by.
	Now func() time.Time
	// Logger gets what could not be deleted, which is tried again with a later tick; nil discards it.
	Logger *slog.Logger
}

// sweepBatch is how many objects are deleted between two looks at the list.
const sweepBatch = 100

// Sweep deletes garbage with every tick until ctx ends, and returns nil then. An object is struck off the list only
// after its bytes are gone: a crash in between costs a second, empty deletion.
func Sweep(ctx context.Context, options SweepOptions) error {
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-options.Tick:
			deleted, err := sweepAll(ctx, options)
			if err != nil && ctx.Err() == nil {
				logger.Error("Objects without an owner could not be deleted", "error", err)
			}
			if deleted > 0 {
				logger.Info("Deleted objects without an owner", "objects", deleted)
			}
		}
	}
}

// sweepAll deletes all garbage of the moment. It gives up when nothing of a batch can be deleted.
func sweepAll(ctx context.Context, options SweepOptions) (deleted int, failed error) {
	for {
		garbage, err := options.Garbage.Garbage(ctx, options.Now(), sweepBatch)
		if err != nil {
			return deleted, fmt.Errorf("list garbage: %w", err)
		}
		gone, err := deleteObjects(ctx, options.Objects, garbage)
		if failed == nil {
			failed = err
		}
		if len(gone) == 0 {
			return deleted, failed
		}
		if err := options.Garbage.ForgetGarbage(ctx, gone); err != nil {
			return deleted, fmt.Errorf("strike %d deleted objects off the list: %w", len(gone), err)
		}
		deleted += len(gone)
	}
}

// deleteObjects deletes what it can; failed is the first error.
func deleteObjects(ctx context.Context, objects Objects, garbage []library.Discarded) (gone []string, failed error) {
	for _, discarded := range garbage {
		var err error
		if discarded.Multipart != "" {
			err = objects.AbortMultipart(ctx, discarded.ObjectKey, discarded.Multipart)
		}
		if err == nil {
			err = objects.Delete(ctx, discarded.ObjectKey)
		}
		if err != nil {
			if failed == nil {
				failed = fmt.Errorf("delete object %s: %w", discarded.ObjectKey, err)
			}
			continue
		}
		gone = append(gone, discarded.ObjectKey)
	}
	return gone, failed
}
