package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// StoreOptions say what happens to an asset that is there already.
type StoreOptions struct {
	// Overwrite replaces it; otherwise it stays as it is.
	Overwrite bool
	// Describe, when not nil, completes the description of the asset, its tags, context and metadata for example, in view
	// of the one that it replaces, nil for none. It is not called for an asset that stays as it is, and may be called more
	// than once, for a transaction that is run again. Its error ends the storing.
	Describe func(next, previous *Asset) error
	// Once, when not empty, is a mark that is left in the same transaction. Where it was left before, nothing is stored: not
	// even what was deleted since comes back. The outcome is Existing then, without an Asset and without Jobs.
	Once string
	// NoBackup says that the caller wants no copy, where a backup copies all that is stored.
	NoBackup bool
	// Backup has this version copied into the backup: it is entered there, with a job, in the same transaction.
	Backup bool
	// Chunked, when not empty, is the upload in chunks that the asset was joined from, which ends in the same transaction: its
	// chunks become garbage.
	Chunked string
	// Jobs, when not nil, gives the jobs that the outcome causes. They are enqueued in the same transaction. It may be
	// called more than once, for a transaction that is run again.
	Jobs func(stored *Stored) ([]NewJob, error)
}

// Stored is the outcome of StoreAsset.
type Stored struct {
	// Asset is what the library holds now, as a read would give it; nil where StoreOptions.Once had been used up.
	Asset *Asset
	// Overwritten says that Asset replaced an earlier version.
	Overwritten bool
	// Existing says that Asset was there already and nothing was changed. The object that was to be stored keeps its
	// reservation and becomes garbage when that runs out.
	Existing bool
	// MadeFolders are those that were made for Asset.
	MadeFolders MadeFolders
}

// StoreAsset stores asset, whose object must have been reserved by ReserveObject, and takes the reservation over in the
// same transaction; asset itself is not changed. It assigns the times, and CreatedAt, AssetID, VersionID and Version where they
// are empty. An overwrite keeps AssetID and, unless it gives another one, CreatedAt, raises Version above the previous one, gives a
// new VersionID, and turns the previous object and all derived objects into garbage.
//
// Errors: ErrNotReserved, ErrExists for an AssetID or object that belongs to another asset, a 400 for text that cannot
// be stored.
func (l *Library) StoreAsset(ctx context.Context, asset *Asset, options StoreOptions) (*Stored, error) {
	if err := asset.check(); err != nil {
		return nil, fmt.Errorf("storing an asset: %w", err)
	}
	var stored *Stored
	var jobs []NewJob
	backups := 0
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if options.Once != "" {
			first, err := l.leaveMark(ctx, tx, options.Once)
			if err != nil || !first {
				stored = &Stored{Existing: true}
				return err
			}
		}
		if stored, err = l.storeAsset(ctx, tx, asset, options); err != nil {
			return err
		}
		if options.Chunked != "" {
			if err := l.finishChunks(ctx, tx, options.Chunked, stored.Asset.AssetID); err != nil {
				return err
			}
		}
		backups = 0
		if options.Backup && !stored.Existing {
			if backups, err = l.keepVersion(ctx, tx, stored.Asset); err != nil {
				return err
			}
		}
		if options.Jobs == nil {
			return nil
		}
		if jobs, err = options.Jobs(stored); err != nil {
			return err
		}
		return l.enqueue(ctx, tx, jobs)
	})
	if isUniqueViolation(err) {
		err = errors.Join(ErrExists, err)
	}
	if err != nil {
		return nil, failed("storing asset "+asset.PublicID, err)
	}
	l.wake(len(jobs) + backups)
	return stored, nil
}

func (l *Library) storeAsset(ctx context.Context, tx bun.Tx, asset *Asset, options StoreOptions) (*Stored, error) {
	for {
		previous, err := l.lockAsset(ctx, tx, Key{asset.ResourceType, asset.Type, asset.PublicID})
		if err == nil {
			if !options.Overwrite {
				existing, err := previous.asset()
				return &Stored{Asset: existing, Existing: true}, err
			}
			next, err := options.describe(asset, previous)
			if err != nil {
				return nil, err
			}
			return l.overwriteAsset(ctx, tx, previous, next)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		next, err := options.describe(asset, nil)
		if err != nil {
			return nil, err
		}
		if options.Backup && next.AssetID == "" {
			former := *next
			if former.AssetID, err = formerID(ctx, tx, Key{asset.ResourceType, asset.Type, asset.PublicID}); err != nil {
				return nil, err
			}
			next = &former
		}
		stored, err := l.insertAsset(ctx, tx, next)
		if stored != nil || err != nil {
			return stored, err
		}
		// Another transaction has inserted it meanwhile: now it can be locked, unless it is deleted again.
	}
}

// insertAsset returns nil when there is an asset of that name.
func (l *Library) insertAsset(ctx context.Context, tx bun.Tx, asset *Asset) (*Stored, error) {
	next := *asset
	next.Tags = unique(asset.Tags)
	if next.UniqueDisplayName {
		if err := l.makeDisplayNameUnique(ctx, tx, &next); err != nil {
			return nil, err
		}
	}
	now := l.now()
	if next.CreatedAt.IsZero() {
		next.CreatedAt = now
	}
	if !next.CreatedBy.known() {
		next.CreatedBy = next.UploadedBy
	}
	next.UpdatedAt, next.UploadedAt, next.Changed = now, now, nil
	next.BackupBytes = 0
	if next.AssetID == "" {
		next.AssetID = newID()
	} else {
		var err error
		if next.BackupBytes, err = bytesInBackup(ctx, tx, next.AssetID); err != nil {
			return nil, err
		}
	}
	if next.VersionID == "" {
		next.VersionID = newID()
	}
	if next.Version == 0 {
		next.Version = now.Unix()
	}
	row, err := newAssetRow(&next)
	if err != nil {
		return nil, err
	}
	result, err := tx.NewInsert().Model(row).On("CONFLICT (resource_type, type, public_id) DO NOTHING").Exec(ctx)
	if err != nil {
		return nil, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return nil, err
	}
	return l.finishStore(ctx, tx, row, &Stored{})
}

func (l *Library) overwriteAsset(ctx context.Context, tx bun.Tx, previous *assetRow, asset *Asset) (*Stored, error) {
	next := *asset
	next.Tags = unique(asset.Tags)
	if next.UniqueDisplayName {
		if err := l.makeDisplayNameUnique(ctx, tx, &next); err != nil {
			return nil, err
		}
	}
	next.AssetID, next.BackupBytes = previous.AssetID, previous.BackupBytes
	next.CreatedBy = parseUploader(previous.CreatedBy)
	if next.CreatedAt.IsZero() {
		next.CreatedAt = fromMicros(previous.CreatedAt)
	}
	next.UpdatedAt = l.now()
	next.UploadedAt = next.UpdatedAt
	if next.VersionID == "" || next.VersionID == previous.VersionID {
		next.VersionID = newID()
	}
	if next.Version <= previous.Version {
		next.Version = max(next.UpdatedAt.Unix(), previous.Version+1)
	}
	before, err := previous.asset()
	if err != nil {
		return nil, err
	}
	if next.AdminContext == nil { // No upload can say anything of it.
		next.AdminContext = before.AdminContext
	}
	next.Changed = changedParts(before, &next)
	row, err := newAssetRow(&next)
	if err != nil {
		return nil, err
	}
	if _, err := l.discardDerived(ctx, tx, previous.AssetID); err != nil {
		return nil, err
	}
	if err := describeVersion(ctx, tx, previous); err != nil {
		return nil, err
	}
	if _, err := tx.NewUpdate().Model(row).WherePK().Exec(ctx); err != nil {
		return nil, err
	}
	stored, err := l.finishStore(ctx, tx, row, &Stored{Overwritten: true})
	if err != nil {
		return nil, err
	}
	return stored, l.discardObject(ctx, tx, previous.ObjectKey)
}

// finishStore takes the object over and indexes a row that was just written.
func (l *Library) finishStore(ctx context.Context, tx bun.Tx, row *assetRow, stored *Stored) (_ *Stored, err error) {
	if err := takeObject(ctx, tx, row.ObjectKey); err != nil {
		return nil, err
	}
	if stored.Asset, err = row.asset(); err != nil {
		return nil, err
	}
	stored.MadeFolders, err = l.indexAsset(ctx, tx, row, stored.Asset, stored.Overwritten)
	return stored, err
}

// DeleteOptions say what a deletion causes.
type DeleteOptions struct {
	// Jobs, when not nil, gives the jobs that the deletion causes. They are enqueued in the same transaction. It may be
	// called more than once, for a transaction that is run again.
	Jobs func(deleted *Asset) ([]NewJob, error)
}

// DeleteAsset deletes an asset with everything made from it and returns it, with the number of derived files. Their
// bytes become garbage in the same transaction. The error is ErrNotFound when there is none.
func (l *Library) DeleteAsset(ctx context.Context, key Key, options DeleteOptions) (asset *Asset, derived int, err error) {
	if !key.storable() {
		return nil, 0, failed("deleting an asset", ErrNotFound)
	}
	var jobs []NewJob
	err = l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		row, err := l.lockAsset(ctx, tx, key)
		if err != nil {
			return err
		}
		if derived, err = l.deleteAsset(ctx, tx, row); err != nil {
			return err
		}
		if asset, err = row.asset(); err != nil || options.Jobs == nil {
			return err
		}
		if jobs, err = options.Jobs(asset); err != nil {
			return err
		}
		return l.enqueue(ctx, tx, jobs)
	})
	if err != nil {
		return nil, 0, failed("deleting asset "+key.PublicID, err)
	}
	l.wake(len(jobs))
	return asset, derived, nil
}

// deleteAsset deletes a locked row with everything made from it; their bytes become garbage.
func (l *Library) deleteAsset(ctx context.Context, tx bun.Tx, row *assetRow) (derived int, err error) {
	if derived, err = l.discardDerived(ctx, tx, row.AssetID); err != nil {
		return 0, err
	}
	if err := l.discardObject(ctx, tx, row.ObjectKey); err != nil {
		return 0, err
	}
	if err := describeVersion(ctx, tx, row); err != nil {
		return 0, err
	}
	// The index goes with it.
	_, err = tx.NewDelete().Model(row).WherePK().Exec(ctx)
	return derived, err
}

// lockAsset reads an asset and keeps others from changing it until the transaction ends. SQLite has one writer anyway.
func (l *Library) lockAsset(ctx context.Context, tx bun.Tx, key Key) (*assetRow, error) {
	row := &assetRow{}
	query := key.where(tx.NewSelect().Model(row))
	if l.driver == config.DatabasePostgres {
		query = query.For("UPDATE")
	}
	return row, query.Scan(ctx)
}

// unique keeps the first of equal tags.
func unique(tags []string) []string {
	seen := make(map[string]bool, len(tags))
	var result []string
	for _, tag := range tags {
		if !seen[tag] {
			seen[tag] = true
			result = append(result, tag)
		}
	}
	return result
}
