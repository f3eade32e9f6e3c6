package derive

import (
	"context"
	"errors"
	"fmt"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// maxPreparing is how many files are made in the background at once: somebody waits for the others.
const maxPreparing = 1

// Peek describes the file when it was made earlier; nil when it was not.
func (d *Deriver) Peek(ctx context.Context, request *Request) (*Meta, error) {
	if meta := d.cache.Meta(request.Key); meta != nil {
		return meta, nil
	}
	row, err := d.library.Derived(ctx, request.Asset.AssetID, request.Asset.VersionID, request.Key.String())
	if errors.Is(err, library.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable("The database", fmt.Errorf("look up a derived file of asset %s: %w", request.Asset.AssetID, err))
	}
	return metaOf(row), nil
}

// Hopeless tells whether making the file has failed lately for a reason that stays.
func (d *Deriver) Hopeless(request *Request) bool { return d.failures.recall(request.Key) != nil }

// Prepare has the file made in the background, unless enough is being made there already. Nobody is told what came of it:
// who wants the file asks again.
func (d *Deriver) Prepare(ctx context.Context, request *Request) {
	select {
	case d.preparing <- struct{}{}:
	default:
		return
	}
	d.running.Go(func() {
		defer func() { <-d.preparing }()
		if _, err := d.share(context.WithoutCancel(ctx), request); err != nil {
			d.logger.Debug("A file could not be made ahead of time", "error", err)
		}
	})
}
