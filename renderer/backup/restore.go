package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// reservation is how long an object that is being brought back may wait for its row.
const reservation = 6 * time.Hour

// RestoreOptions say what a restoration causes.
type RestoreOptions struct {
	// Jobs, when not nil, gives the jobs that it causes; see library.StoreOptions.
	Jobs func(stored *library.Stored) ([]library.NewJob, error)
}

// Restore makes a version the current one of its asset, which is made anew if it is deleted. Its asset ID, version ID, tags and
// all that was known of it come back; the version that was current stays in the backup. What it was restored from stays, too.
func (b *Backup) Restore(ctx context.Context, version *library.Version, options RestoreOptions) (*library.Asset, error) {
	asset := *version.Asset
	asset.ObjectKey = bucket.NewKey("originals")
	if err := b.library.ReserveObject(ctx, asset.ObjectKey, b.now().Add(reservation)); err != nil {
		return nil, err
	}
	from, key := b.place(version)
	err := transfer(ctx, from, key, b.originals, asset.ObjectKey, &asset)
	if errors.Is(err, bucket.ErrNotFound) {
		// It may have been copied in the meantime.
		var current *library.Version
		if current, err = b.library.Version(ctx, asset.VersionID); err == nil {
			from, key = b.place(current)
			err = transfer(ctx, from, key, b.originals, asset.ObjectKey, &asset)
		}
	}
	if err != nil {
		b.discard(ctx, asset.ObjectKey)
		return nil, fmt.Errorf("bring back version %s of asset %s: %w", asset.VersionID, asset.AssetID, err)
	}
	stored, err := b.library.StoreAsset(ctx, &asset, library.StoreOptions{Overwrite: true, Backup: true, Jobs: options.Jobs})
	if err != nil {
		return nil, err
	}
	return stored.Asset, nil
}

// place is where the bytes of a version are.
func (b *Backup) place(version *library.Version) (Bucket, string) {
	if version.SourceKey != "" {
		return b.originals, version.SourceKey
	}
	return b.copies, version.BackupKey
}

// discard deletes an object that no asset will own; what it cannot is collected when its reservation ends.
func (b *Backup) discard(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := b.originals.Delete(ctx, key); err != nil {
		b.logger.WarnContext(ctx, "the bytes of a version that could not be brought back wait for garbage collection", "object", key, "error", err)
	}
}

// Open opens the bytes of a version for being read once.
func (b *Backup) Open(ctx context.Context, version *library.Version) (io.ReadCloser, error) {
	from, key := b.place(version)
	content, err := from.Open(ctx, key)
	if !errors.Is(err, bucket.ErrNotFound) {
		return content, err
	}
	current, lookUp := b.library.Version(ctx, version.Asset.VersionID)
	if lookUp != nil {
		return nil, errors.Join(err, lookUp)
	}
	from, key = b.place(current)
	return from.Open(ctx, key)
}

// Delete deletes a version from the backup. The error is bucket.ErrLocked when it is under object lock.
func (b *Backup) Delete(ctx context.Context, version *library.Version) error {
	if version.BackupKey != "" {
		if err := b.copies.Purge(ctx, version.BackupKey); err != nil {
			return err
		}
	}
	return b.library.DeleteVersion(ctx, version.Asset.VersionID)
}
