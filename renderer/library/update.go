package library

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// UpdateAsset changes the description of an asset: its tags, context, metadata, admin context, coordinates, moderation, access mode and rules,
// headers, quality, display name and asset folder; what else change does to its argument has no effect. It reads the asset and writes it in one transaction, so
// that concurrent changes add up. change may be called more than once, for a transaction that is run again; its error
// ends the update. Version stays, and so do the bytes; new coordinates give a new VersionID and turn the derived objects
// into garbage, because they may have been cut along the old ones. What changes nothing writes nothing.
//
// Errors: ErrNotFound when there is no such asset, that of change, a 400 for text that cannot be stored.
func (l *Library) UpdateAsset(ctx context.Context, key Key, change func(asset *Asset) error) (*Asset, error) {
	if !key.storable() {
		return nil, failed("updating an asset", ErrNotFound)
	}
	var updated *Change
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		updated, err = l.updateAsset(ctx, tx, key, UpdateOptions{Change: change})
		return err
	})
	if err != nil {
		return nil, failed("updating asset "+key.PublicID, err)
	}
	return updated.After, nil
}

// SetAnalysis keeps what was found out about the bytes of a version of an asset. It is no change of the asset, and does nothing when
// there is another version by now.
func (l *Library) SetAnalysis(ctx context.Context, assetID, versionID string, analysis json.RawMessage) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		changed, err := tx.NewUpdate().Model((*assetRow)(nil)).Set("analysis = ?", string(analysis)).
			Where("asset_id = ?", assetID).Where("version_id = ?", versionID).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := changed.RowsAffected(); err != nil || n == 0 {
			return err
		}
		row := &assetRow{}
		if err := tx.NewSelect().Model(row).Where("asset_id = ?", assetID).Scan(ctx); err != nil {
			return err
		}
		return l.indexAgain(ctx, tx, row)
	})
	if err != nil {
		return failed("keeping the analysis of asset "+assetID, err)
	}
	return nil
}

// Change is an asset before and after an update. Both are the same when nothing was changed.
type Change struct {
	Before, After *Asset
	// MadeFolders are those that were made for After.
	MadeFolders MadeFolders
}

// UpdateOptions say what an update of several assets does.
type UpdateOptions struct {
	// Change is the change of each asset, see UpdateAsset. Required.
	Change func(asset *Asset) error
	// Dated lets Change say which version it is and how old, too: of an asset that comes from elsewhere that is known only now.
	Dated bool
	// Jobs, when not nil, gives the jobs that the update causes. They are enqueued in the same transaction. It may be
	// called more than once, for a transaction that is run again.
	Jobs func(changes []Change) ([]NewJob, error)
}

// UpdateAssets changes the description of those assets that exist, all of them or none, in one transaction, and returns them
// in the order of keys.
func (l *Library) UpdateAssets(ctx context.Context, keys []Key, options UpdateOptions) ([]Change, error) {
	// Two updates of the same assets lock them in the same order.
	sorted := slices.SortedFunc(slices.Values(keys), func(a, b Key) int {
		return cmp.Or(strings.Compare(a.ResourceType, b.ResourceType), strings.Compare(a.Type, b.Type), strings.Compare(a.PublicID, b.PublicID))
	})
	sorted = slices.DeleteFunc(slices.Compact(sorted), func(key Key) bool { return !key.storable() })
	var changes []Change
	var jobs []NewJob
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		changed := make(map[Key]*Change, len(sorted))
		for _, key := range sorted {
			change, err := l.updateAsset(ctx, tx, key, options)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err != nil {
				return fmt.Errorf("asset %s: %w", key.PublicID, err)
			}
			changed[key] = change
		}
		changes = make([]Change, 0, len(changed))
		for _, key := range keys {
			if change := changed[key]; change != nil {
				changes = append(changes, *change)
				delete(changed, key)
			}
		}
		if options.Jobs == nil || len(changes) == 0 {
			return nil
		}
		var err error
		if jobs, err = options.Jobs(changes); err != nil {
			return err
		}
		return l.enqueue(ctx, tx, jobs)
	})
	if err != nil {
		return nil, failed("updating assets", err)
	}
	l.wake(len(jobs))
	return changes, nil
}

func (l *Library) updateAsset(ctx context.Context, tx bun.Tx, key Key, options UpdateOptions) (*Change, error) {
	row, err := l.lockAsset(ctx, tx, key)
	if err != nil {
		return nil, err
	}
	before, err := row.asset()
	if err != nil {
		return nil, err
	}
	changed, err := row.asset() // A copy: change may write into its maps and lists.
	if err != nil {
		return nil, err
	}
	if err := options.Change(changed); err != nil {
		return nil, err
	}
	next := *before
	if options.Dated {
		next.Version, next.CreatedAt = changed.Version, changed.CreatedAt
	}
	next.Tags, next.Context, next.Metadata = unique(changed.Tags), changed.Context, changed.Metadata
	next.AdminContext = changed.AdminContext
	next.Faces, next.Custom, next.Regions = changed.Faces, changed.Custom, changed.Regions
	next.Moderation, next.AccessMode = changed.Moderation, changed.AccessMode
	next.DisplayName, next.AssetFolder = changed.DisplayName, changed.AssetFolder
	next.AccessControl, next.Headers, next.QualityOverride = changed.AccessControl, changed.Headers, changed.QualityOverride
	if changed.UniqueDisplayName {
		if err := l.makeDisplayNameUnique(ctx, tx, &next); err != nil {
			return nil, err
		}
	}
	if err := next.check(); err != nil {
		return nil, err
	}
	// Both are written anew: a database may give JSON back in another spelling.
	was, err := newAssetRow(before)
	if err != nil {
		return nil, err
	}
	written, err := newAssetRow(&next)
	if err != nil {
		return nil, err
	}
	if reflect.DeepEqual(was, written) {
		return &Change{Before: before, After: before}, nil
	}
	next.UpdatedAt = l.now()
	next.Changed = changedParts(before, &next)
	if written, err = newAssetRow(&next); err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(was.Faces, written.Faces) || !reflect.DeepEqual(was.Custom, written.Custom) ||
		!reflect.DeepEqual(was.Regions, written.Regions) {
		written.VersionID = newID()
		if err := replaceVersionID(ctx, tx, row.VersionID, written.VersionID); err != nil {
			return nil, err
		}
		if _, err := l.discardDerived(ctx, tx, row.AssetID); err != nil {
			return nil, err
		}
	}
	if _, err := tx.NewUpdate().Model(written).WherePK().Exec(ctx); err != nil {
		return nil, err
	}
	updated, err := written.asset()
	if err != nil {
		return nil, err
	}
	made, err := l.indexAsset(ctx, tx, written, updated, true)
	return &Change{Before: before, After: updated, MadeFolders: made}, err
}

// changedParts is when the parts of an asset were changed last, if it changes from before to after at after.UpdatedAt.
func changedParts(before, after *Asset) map[string]time.Time {
	changed := maps.Clone(before.Changed)
	if changed == nil {
		changed = map[string]time.Time{}
	}
	for part, differs := range map[string]bool{
		PartTags:     !slices.Equal(before.Tags, after.Tags),
		PartContext:  !maps.Equal(before.Context, after.Context),
		PartMetadata: !reflect.DeepEqual(before.Metadata, after.Metadata),
		PartAccess:   accessMode(before) != accessMode(after) || !slices.EqualFunc(before.AccessControl, after.AccessControl, AccessRule.same),
		PartPublicID: before.PublicID != after.PublicID || before.Type != after.Type,
	} {
		if differs {
			changed[part] = after.UpdatedAt
		}
	}
	return changed
}

// describe is asset as the options complete it.
func (o StoreOptions) describe(asset *Asset, previous *assetRow) (*Asset, error) {
	if o.Describe == nil {
		return asset, nil
	}
	next := *asset
	var replaced *Asset
	if previous != nil {
		var err error
		if replaced, err = previous.asset(); err != nil {
			return nil, err
		}
	}
	if err := o.Describe(&next, replaced); err != nil {
		return nil, err
	}
	if err := next.check(); err != nil {
		return nil, fmt.Errorf("storing an asset: %w", err)
	}
	return &next, nil
}
