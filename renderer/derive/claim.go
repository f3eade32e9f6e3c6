package derive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

const (
	// renderClaim is how long a replica has for a file before another one that is asked for it makes it, too: that of a replica
	// that was killed is not waited for any longer.
	renderClaim = 10 * time.Second
	// claimPause is the time between two looks at whether another replica has made a file.
	claimPause = 50 * time.Millisecond
)

// claim has other replicas leave the making of a file to this one, until release is called. When another one makes it, claim waits for
// that, and gives its row in place of release.
func (d *Deriver) claim(ctx context.Context, request *Request) (row *library.Derived, release func(), err error) {
	for waited := false; ; waited = true {
		now := d.now()
		until := now.Add(renderClaim)
		claimed, err := d.library.ClaimRendering(ctx, request.Key.String(), now, until)
		if err != nil {
			return nil, nil, unavailable("The database", err)
		}
		if claimed {
			release = func() { d.release(ctx, request, until) }
		}
		if claimed && !waited {
			return nil, release, nil
		}
		row, err := d.stored(ctx, request)
		if claimed && (err != nil || row != nil) {
			release()
		}
		switch {
		case err != nil || row != nil:
			return row, nil, err
		case claimed: // the other one has failed
			return nil, release, nil
		}
		select {
		case <-time.After(claimPause):
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// release gives up a claim, in the background: whoever waits looks for the file first.
func (d *Deriver) release(ctx context.Context, request *Request, until time.Time) {
	d.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.deadline)
		defer cancel()
		if err := d.library.ReleaseRendering(ctx, request.Key.String(), d.now(), until); err != nil {
			d.logger.WarnContext(ctx, "the claim of a derived file could not be given up, and runs out", "key", request.Key.String(), "error", err)
		}
	})
}

// stored is the row of the file; nil when it was not made yet.
func (d *Deriver) stored(ctx context.Context, request *Request) (*library.Derived, error) {
	asset := request.Asset
	row, err := d.library.Derived(ctx, asset.AssetID, asset.VersionID, request.Key.String())
	if errors.Is(err, library.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable("The database", fmt.Errorf("look up a derived file of asset %s: %w", asset.AssetID, err))
	}
	return row, nil
}
