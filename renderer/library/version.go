package library

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// Kinds of the jobs of a backup.
const (
	// BackupJobKind copies a version. The payload is a BackupJob.
	BackupJobKind = "backup"
	// InitialBackupJobKind enters what was there before the backup. It has an empty payload.
	InitialBackupJobKind = "backup-initial"
)

// BackupJob is the payload of a job of BackupJobKind.
type BackupJob struct {
	// SourceKey is the object that is to be copied.
	SourceKey string `json:"sourceKey"`
}

// initialBackupJob is the ID of the one job of InitialBackupJobKind.
const initialBackupJob = "62d1c6a5f0e94b0f8a3c7e1d5b9f2046"

// backupAttempts is how often a copy may fail: with the pauses that jobs of this kind make, for years.
const backupAttempts = 1_000_000

// maxVersions bounds the versions of one asset that are listed, the newest first.
const maxVersions = 500

// Version is one version of an asset that is, or is to be, in the backup.
type Version struct {
	// Asset is the asset as it was last in this version. Its ObjectKey leads nowhere any more.
	Asset *Asset
	// SourceKey is the object that waits to be copied, empty when it is copied; BackupKey is the copy.
	SourceKey, BackupKey string
	// CopiedAt is when it was copied.
	CopiedAt time.Time
}

// BackupProgress is how far the backups have come.
type BackupProgress struct {
	// Assets are those to back up: uploads, samples aside.
	Assets int64
	// Copied and Bytes are the versions in the backup, Pending those that wait.
	Copied, Bytes, Pending int64
	// Initial says that what was there before the backup is still being entered.
	Initial bool
	// LastError says why the latest copy failed that still waits.
	LastError string
}

// versionRow is a Version as it is stored.
type versionRow struct {
	bun.BaseModel `bun:"table:asset_versions,alias:v"`

	VersionID    string `bun:"version_id,pk"`
	AssetID      string `bun:"asset_id"`
	ResourceType string `bun:"resource_type"`
	Type         string `bun:"type"`
	PublicID     string `bun:"public_id"`
	Version      int64  `bun:"version"`
	Bytes        int64  `bun:"bytes"`
	Description  string `bun:"description"`
	SourceKey    string `bun:"source_key"`
	BackupKey    string `bun:"backup_key"`
	StoredAt     int64  `bun:"stored_at"`
	CopiedAt     int64  `bun:"copied_at"`
}

func newVersionRow(asset *Asset) (*versionRow, error) {
	description, err := json.Marshal(asset)
	if err != nil {
		return nil, fmt.Errorf("asset %s: %w", asset.PublicID, err)
	}
	return &versionRow{
		VersionID: asset.VersionID, AssetID: asset.AssetID, ResourceType: asset.ResourceType, Type: asset.Type, PublicID: asset.PublicID,
		Version: asset.Version, Bytes: asset.Bytes, Description: string(description), SourceKey: asset.ObjectKey, StoredAt: micros(asset.UploadedAt),
	}, nil
}

func (row *versionRow) read() (*Version, error) {
	asset := &Asset{}
	decoder := json.NewDecoder(bytes.NewReader([]byte(row.Description)))
	decoder.UseNumber()
	if err := decoder.Decode(asset); err != nil {
		return nil, fmt.Errorf("version %s has damaged JSON: %w", row.VersionID, err)
	}
	if len(asset.Metadata) > 0 {
		metadata, err := json.Marshal(asset.Metadata)
		if err == nil {
			asset.Metadata, err = decodeMetadata(string(metadata))
		}
		if err != nil {
			return nil, fmt.Errorf("version %s has damaged JSON: %w", row.VersionID, err)
		}
	}
	// An update may have renamed it since, or given it another version ID.
	asset.VersionID, asset.AssetID, asset.Version = row.VersionID, row.AssetID, row.Version
	asset.ResourceType, asset.Type, asset.PublicID = row.ResourceType, row.Type, row.PublicID
	version := &Version{Asset: asset, SourceKey: row.SourceKey, BackupKey: row.BackupKey}
	if row.CopiedAt > 0 {
		version.CopiedAt = fromMicros(row.CopiedAt)
	}
	return version, nil
}

// keepVersion enters the current version of an asset that was just stored, with the job that copies it.
func (l *Library) keepVersion(ctx context.Context, tx bun.Tx, asset *Asset) (jobs int, err error) {
	row, err := newVersionRow(asset)
	if err != nil {
		return 0, err
	}
	// A version that was restored is there already, and in the backup.
	result, err := tx.NewInsert().Model(row).On("CONFLICT (version_id) DO NOTHING").Exec(ctx)
	if err != nil {
		return 0, err
	}
	inserted, err := result.RowsAffected()
	if err != nil {
		return 0, err
	}
	if inserted == 0 {
		_, err := tx.NewUpdate().Model(row).Column("asset_id", "resource_type", "type", "public_id", "version", "description", "stored_at").WherePK().Exec(ctx)
		return 0, err
	}
	job, err := backupJob(row.SourceKey)
	if err != nil {
		return 0, err
	}
	return 1, l.enqueue(ctx, tx, []NewJob{job})
}

// KeepEarlierVersion enters a version of an asset that was there before the current one, with the job that copies it. asset is as it
// was then, with an object that was reserved by ReserveObject and is collected once it is copied. A version that is known
// already is described anew.
func (l *Library) KeepEarlierVersion(ctx context.Context, asset *Asset) error {
	if err := asset.check(); err != nil {
		return fmt.Errorf("keeping a version: %w", err)
	}
	jobs := 0
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if jobs, err = l.keepVersion(ctx, tx, asset); err != nil {
			return err
		}
		return l.discardObject(ctx, tx, asset.ObjectKey)
	})
	if err != nil {
		return failed("keeping version "+asset.VersionID+" of asset "+asset.PublicID, err)
	}
	l.wake(jobs)
	return nil
}

func backupJob(sourceKey string) (NewJob, error) {
	payload, err := json.Marshal(BackupJob{SourceKey: sourceKey})
	return NewJob{Kind: BackupJobKind, Payload: payload, MaxAttempts: backupAttempts}, err
}

// describeVersion has the backup remember how an asset is described now, before it is overwritten or deleted.
func describeVersion(ctx context.Context, tx bun.Tx, row *assetRow) error {
	known, err := tx.NewSelect().Model((*versionRow)(nil)).Where("version_id = ?", row.VersionID).Exists(ctx)
	if err != nil || !known {
		return err
	}
	asset, err := row.asset()
	if err != nil {
		return err
	}
	version, err := newVersionRow(asset)
	if err != nil {
		return err
	}
	_, err = tx.NewUpdate().Model(version).Column("description").WherePK().Exec(ctx)
	return err
}

// renameVersions follows an asset that got another name.
func renameVersions(ctx context.Context, tx bun.Tx, asset *Asset) error {
	_, err := tx.NewUpdate().Model((*versionRow)(nil)).Set("type = ?", asset.Type).Set("public_id = ?", asset.PublicID).
		Where("asset_id = ?", asset.AssetID).Exec(ctx)
	return err
}

// replaceVersionID follows an asset that got another version ID without other bytes.
func replaceVersionID(ctx context.Context, tx bun.Tx, from, to string) error {
	if from == to {
		return nil
	}
	_, err := tx.NewUpdate().Model((*versionRow)(nil)).Set("version_id = ?", to).Where("version_id = ?", from).Exec(ctx)
	return err
}

// formerID is the ID of the deleted asset of that name whose versions are in the backup: what is uploaded again under the name
// goes on with them. It is empty when there is none.
func formerID(ctx context.Context, tx bun.Tx, key Key) (string, error) {
	row, err := deletedVersion(ctx, tx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("v.resource_type = ? AND v.type = ? AND v.public_id = ?", key.ResourceType, key.Type, key.PublicID)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return row.AssetID, nil
}

// deletedVersion is the newest of the versions that are chosen of assets that are deleted.
func deletedVersion(ctx context.Context, db bun.IDB, choose func(*bun.SelectQuery) *bun.SelectQuery) (*versionRow, error) {
	row := &versionRow{}
	query := choose(db.NewSelect().Model(row)).Where("NOT EXISTS (SELECT 1 FROM assets AS a WHERE a.asset_id = v.asset_id)")
	return row, query.Order("v.stored_at DESC", "v.version DESC", "v.version_id").Limit(1).Scan(ctx)
}

// DeletedAsset reads the newest version in the backup of a deleted asset of that name. The error is ErrNotFound when there is
// none.
func (l *Library) DeletedAsset(ctx context.Context, key Key) (*Version, error) {
	if !key.storable() {
		return nil, failed("looking for a deleted asset", ErrNotFound)
	}
	row, err := deletedVersion(ctx, l.reader, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("v.resource_type = ? AND v.type = ? AND v.public_id = ?", key.ResourceType, key.Type, key.PublicID)
	})
	if err != nil {
		return nil, failed("looking for the deleted asset "+key.PublicID, err)
	}
	return row.read()
}

// DeletedAssetByID is DeletedAsset by asset ID.
func (l *Library) DeletedAssetByID(ctx context.Context, assetID string) (*Version, error) {
	if !storable(assetID) {
		return nil, failed("looking for a deleted asset", ErrNotFound)
	}
	row, err := deletedVersion(ctx, l.reader, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("v.asset_id = ?", assetID) })
	if err != nil {
		return nil, failed("looking for the deleted asset "+assetID, err)
	}
	return row.read()
}

// Versions lists the versions of an asset that are, or are to be, in the backup, the newest first.
func (l *Library) Versions(ctx context.Context, assetID string) ([]*Version, error) {
	var rows []versionRow
	if !storable(assetID) {
		return nil, nil
	}
	err := l.reader.NewSelect().Model(&rows).Where("asset_id = ?", assetID).Order("stored_at DESC", "version DESC", "version_id").Limit(maxVersions).Scan(ctx)
	if err != nil {
		return nil, failed("listing the versions of asset "+assetID, err)
	}
	versions := make([]*Version, len(rows))
	for i := range rows {
		if versions[i], err = rows[i].read(); err != nil {
			return nil, err
		}
	}
	return versions, nil
}

// Version reads a version. The error is ErrNotFound when there is none.
func (l *Library) Version(ctx context.Context, versionID string) (*Version, error) {
	row := &versionRow{}
	err := sql.ErrNoRows
	if storable(versionID) {
		err = l.reader.NewSelect().Model(row).Where("version_id = ?", versionID).Scan(ctx)
	}
	if err != nil {
		return nil, failed("reading version "+versionID, err)
	}
	return row.read()
}

// VersionToCopy reads the version whose object waits to be copied. The error is ErrNotFound when it does not wait any more.
func (l *Library) VersionToCopy(ctx context.Context, sourceKey string) (*Version, error) {
	row := &versionRow{}
	err := sql.ErrNoRows
	if sourceKey != "" && storable(sourceKey) {
		err = l.reader.NewSelect().Model(row).Where("source_key = ? AND source_key <> ''", sourceKey).Scan(ctx)
	}
	if err != nil {
		return nil, failed("looking for the version of object "+sourceKey, err)
	}
	return row.read()
}

// VersionCopied notes that the version that waited with sourceKey is in the backup under backupKey. Its object may be collected
// then.
// The error is ErrNotFound when the version is gone.
func (l *Library) VersionCopied(ctx context.Context, sourceKey, backupKey string) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		assetID, err := assetOfVersion(ctx, tx, "source_key = ? AND source_key <> ''", sourceKey)
		if err != nil {
			return err
		}
		return l.changeVersions(ctx, tx, assetID, func() error {
			return changed(ctx, ErrNotFound, tx.NewUpdate().Model((*versionRow)(nil)).
				Set("source_key = ''").Set("backup_key = ?", backupKey).Set("copied_at = ?", micros(l.now())).Where("source_key = ? AND source_key <> ''", sourceKey))
		})
	})
	if err != nil {
		return failed("noting that object "+sourceKey+" is copied", err)
	}
	return nil
}

// DeleteVersion forgets a version whose copy is deleted. It is no error when it is gone.
func (l *Library) DeleteVersion(ctx context.Context, versionID string) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		assetID, err := assetOfVersion(ctx, tx, "version_id = ?", versionID)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return l.changeVersions(ctx, tx, assetID, func() error {
			_, err := tx.NewDelete().Model((*versionRow)(nil)).Where("version_id = ?", versionID).Exec(ctx)
			return err
		})
	})
	if err != nil {
		return failed("forgetting version "+versionID, err)
	}
	return nil
}

// DropPendingVersions forgets the versions that wait to be copied, because there is no backup any more: nothing keeps their
// objects from being collected then.
func (l *Library) DropPendingVersions(ctx context.Context) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewDelete().Model((*versionRow)(nil)).Where("source_key <> ''").Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewDelete().Model((*jobRow)(nil)).Where("kind IN (?)", bun.List([]string{BackupJobKind, InitialBackupJobKind})).Exec(ctx)
		return err
	})
	if err != nil {
		return failed("forgetting versions that wait for a backup", err)
	}
	return nil
}

// BeginBackup enqueues the job that enters what was there before the backup, unless it waits already.
func (l *Library) BeginBackup(ctx context.Context) error {
	job := NewJob{ID: initialBackupJob, Kind: InitialBackupJobKind, Payload: json.RawMessage("{}"), MaxAttempts: backupAttempts}
	if err := l.EnqueueJobs(ctx, []NewJob{job}); err != nil && !isUniqueViolation(err) {
		return err
	}
	return nil
}

// KeepVersions enters the current versions of those assets that have none in the backup, with their jobs, at most max assets
// at a time in the order of their IDs. after is the ID of the last asset of the call before, empty at first; next is that of
// this call, empty when there are no more.
func (l *Library) KeepVersions(ctx context.Context, after string, max int) (next string, err error) {
	jobs := 0
	err = l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		jobs, next = 0, ""
		var rows []assetRow
		err := tx.NewSelect().Model(&rows).Where("a.asset_id > ?", after).Where("NOT a.sample").Where("a.type IN (?)", bun.List(backedUpTypes())).
			Where("NOT EXISTS (SELECT 1 FROM asset_versions AS v WHERE v.version_id = a.version_id)").
			Order("a.asset_id").Limit(int64(max)).Scan(ctx)
		if err != nil {
			return err
		}
		for i := range rows {
			asset, err := rows[i].asset()
			if err != nil {
				return err
			}
			kept, err := l.keepVersion(ctx, tx, asset)
			if err != nil {
				return err
			}
			jobs += kept
		}
		if len(rows) == max {
			next = rows[max-1].AssetID
		}
		return nil
	})
	if err != nil {
		return "", failed("entering versions for the backup", err)
	}
	l.wake(jobs)
	return next, nil
}

// backedUpTypes are the delivery types whose assets are uploads: all else can be fetched or made again.
func backedUpTypes() []string { return []string{"upload", "private", "authenticated", "public"} }

// IsBackedUp says that assets of a delivery type are copied into a backup.
func IsBackedUp(deliveryType string) bool {
	return slices.Contains(backedUpTypes(), deliveryType)
}

// BackupProgress counts. It reads whole tables, so ask it seldom.
func (l *Library) BackupProgress(ctx context.Context) (BackupProgress, error) {
	var p BackupProgress
	err := l.reader.NewRaw(`SELECT
		(SELECT COUNT(*) FROM assets WHERE NOT sample AND type IN (?)),
		(SELECT COUNT(*) FROM asset_versions WHERE source_key = ''),
		(SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM asset_versions WHERE source_key = ''),
		(SELECT COUNT(*) FROM asset_versions WHERE source_key <> ''),
		EXISTS (SELECT 1 FROM jobs WHERE kind = ? AND NOT dead),
		COALESCE((SELECT last_error FROM jobs WHERE kind = ? AND last_error <> '' ORDER BY updated_at DESC LIMIT 1), '')`,
		bun.List(backedUpTypes()), InitialBackupJobKind, BackupJobKind).Scan(ctx, &p.Assets, &p.Copied, &p.Bytes, &p.Pending, &p.Initial, &p.LastError)
	if err != nil {
		return BackupProgress{}, failed("counting the backups", err)
	}
	return p, nil
}
