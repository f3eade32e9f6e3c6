package library

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// RenameOptions say what a renaming may do and what it causes.
type RenameOptions struct {
	// Overwrite deletes the asset that has the new name, if there is one; otherwise the renaming is refused.
	Overwrite bool
	// Change, when not nil, changes the context and the metadata of the asset as well; what else it does to its argument has no
	// effect, and its error ends the renaming. Like Jobs it may be called more than once, for a transaction that is run again.
	Change func(asset *Asset) error
	// Jobs, when not nil, gives the jobs that the renaming causes. They are enqueued in the same transaction.
	Jobs func(renamed Change) ([]NewJob, error)
}

// RenameAsset gives an asset another public ID or delivery type, and returns it as it is then. No bytes move: derived
// files stay its own, and AssetID, Version and VersionID do not change. The resource type cannot change.
//
// Errors: ErrNotFound without an asset named from, ErrExists when to is taken and may not be overwritten, or is from, that of
// options.Change, a 400 for text that cannot be stored.
func (l *Library) RenameAsset(ctx context.Context, from, to Key, options RenameOptions) (*Asset, error) {
	if !from.storable() {
		return nil, failed("renaming an asset", ErrNotFound)
	}
	if !to.storable() {
		return nil, unstorable("to_public_id")
	}
	if to.PublicID == "" || to.Type == "" || from.ResourceType != to.ResourceType {
		return nil, problem.BadRequest("An asset keeps its resource type and needs a type and a public ID")
	}
	var renamed *Change
	var jobs []NewJob
	rename := func(ctx context.Context, tx bun.Tx) (err error) {
		if renamed, err = l.renameAsset(ctx, tx, from, to, options); err != nil || options.Jobs == nil {
			return err
		}
		if jobs, err = options.Jobs(*renamed); err != nil {
			return err
		}
		return l.enqueue(ctx, tx, jobs)
	}
	err := l.write(ctx, rename)
	for attempt := 1; options.Overwrite && isUniqueViolation(err) && attempt < attempts; attempt++ {
		// Somebody has stored an asset of that name after we had looked: now it is there to be overwritten.
		err = l.write(ctx, rename)
	}
	if isUniqueViolation(err) {
		err = errors.Join(ErrExists, err)
	}
	if err != nil {
		return nil, failed("renaming asset "+from.PublicID, err)
	}
	l.wake(len(jobs))
	return renamed.After, nil
}

func (l *Library) renameAsset(ctx context.Context, tx bun.Tx, from, to Key, options RenameOptions) (*Change, error) {
	// Always in the same order, so that two renamings that swap names do not wait for each other.
	locked := map[Key]*assetRow{}
	keys := slices.SortedFunc(slices.Values([]Key{from, to}), func(a, b Key) int {
		return strings.Compare(a.Type+"/"+a.PublicID, b.Type+"/"+b.PublicID)
	})
	for _, key := range keys {
		row, err := l.lockAsset(ctx, tx, key)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		if err == nil {
			locked[key] = row
		}
	}
	row, target := locked[from], locked[to]
	switch {
	case row == nil:
		return nil, ErrNotFound
	case target != nil && (!options.Overwrite || from == to):
		return nil, ErrExists
	case target != nil:
		if _, err := l.deleteAsset(ctx, tx, target); err != nil {
			return nil, err
		}
	}
	before, err := row.asset()
	if err != nil {
		return nil, err
	}
	next := *before
	next.PublicID, next.Type, next.UpdatedAt = to.PublicID, to.Type, l.now()
	if options.Change != nil {
		changed, err := row.asset() // A copy: Change may write into its maps.
		if err != nil {
			return nil, err
		}
		if err := options.Change(changed); err != nil {
			return nil, err
		}
		next.Context, next.Metadata = changed.Context, changed.Metadata
		if err := next.check(); err != nil {
			return nil, err
		}
	}
	next.Changed = changedParts(before, &next)
	written, err := newAssetRow(&next)
	if err != nil {
		return nil, err
	}
	if _, err := tx.NewUpdate().Model(written).WherePK().Exec(ctx); err != nil {
		return nil, err
	}
	if err := renameVersions(ctx, tx, &next); err != nil {
		return nil, err
	}
	renamed, err := written.asset()
	if err != nil {
		return nil, err
	}
	made, err := l.indexAsset(ctx, tx, written, renamed, true)
	return &Change{Before: before, After: renamed, MadeFolders: made}, err
}
