package main

import (
	"context"
	"errors"

	"github.com/darkroom-media/darkroom/renderer/delivery"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/usage"
)

// invalidating is the library as the APIs write it: what delivery remembers of an asset is dropped before the change
// is answered, also when the outcome of the change is unknown.
type invalidating struct {
	*library.Library
	assets *delivery.Assets
	meter  *usage.Meter
	// backup says that uploads are copied into a backup.
	backup bool
}

// StoreAsset stores an asset, as the library does, unless it is more than the quotas leave, and has the backup copy it.
func (l *invalidating) StoreAsset(ctx context.Context, asset *library.Asset, options library.StoreOptions) (*library.Stored, error) {
	key := library.Key{ResourceType: asset.ResourceType, Type: asset.Type, PublicID: asset.PublicID}
	if !asset.Sample {
		if err := l.meter.MayStore(asset.Bytes); err != nil {
			return nil, err
		}
	}
	options.Backup = l.backup && !options.NoBackup && !asset.Sample && library.IsBackedUp(asset.Type)
	defer l.assets.Invalidate(key)
	stored, err := l.Library.StoreAsset(ctx, asset, options)
	if err == nil && !stored.Existing && !asset.Sample {
		l.meter.Uploaded(asset.Bytes)
	}
	return stored, err
}

// UpdateAsset changes the description of an asset, as the library does.
func (l *invalidating) UpdateAsset(ctx context.Context, key library.Key, change func(asset *library.Asset) error) (*library.Asset, error) {
	defer l.assets.Invalidate(key)
	return l.Library.UpdateAsset(ctx, key, change)
}

// UpdateAssets changes the description of several assets, as the library does.
func (l *invalidating) UpdateAssets(ctx context.Context, keys []library.Key, options library.UpdateOptions) ([]library.Change, error) {
	defer func() {
		for _, key := range keys {
			l.assets.Invalidate(key)
		}
	}()
	return l.Library.UpdateAssets(ctx, keys, options)
}

// DeleteAsset deletes an asset, as the library does.
func (l *invalidating) DeleteAsset(ctx context.Context, key library.Key, options library.DeleteOptions) (*library.Asset, int, error) {
	defer l.assets.Invalidate(key)
	return l.Library.DeleteAsset(ctx, key, options)
}

// RenameAsset renames an asset, as the library does.
func (l *invalidating) RenameAsset(ctx context.Context, from, to library.Key, options library.RenameOptions) (*library.Asset, error) {
	defer l.assets.Invalidate(from)
	defer l.assets.Invalidate(to)
	return l.Library.RenameAsset(ctx, from, to, options)
}

// DeleteDerived deletes a derived file, as the library does.
func (l *invalidating) DeleteDerived(ctx context.Context, id string) (*library.Asset, error) {
	asset, err := l.Library.DeleteDerived(ctx, id)
	if err != nil {
		if !errors.Is(err, library.ErrNotFound) {
			l.assets.InvalidateAll() // Which asset it was is not known, nor whether it was deleted.
		}
		return nil, err
	}
	l.assets.Invalidate(library.Key{ResourceType: asset.ResourceType, Type: asset.Type, PublicID: asset.PublicID})
	return asset, nil
}

// DeleteDerivedOf deletes derived files of an asset, as the library does.
func (l *invalidating) DeleteDerivedOf(ctx context.Context, key library.Key, transformations []string) (int, error) {
	defer l.assets.Invalidate(key)
	return l.Library.DeleteDerivedOf(ctx, key, transformations)
}

// DeleteTransformation deletes the derived files of a transformation, as the library does.
func (l *invalidating) DeleteTransformation(ctx context.Context, transformation string) (int, error) {
	defer l.assets.InvalidateAll()
	return l.Library.DeleteTransformation(ctx, transformation)
}
