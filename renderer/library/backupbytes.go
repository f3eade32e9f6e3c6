package library

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// bytesInBackup adds up the versions of an asset that are in the backup.
func bytesInBackup(ctx context.Context, tx bun.Tx, assetID string) (bytes int64, err error) {
	err = tx.NewRaw("SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM asset_versions WHERE asset_id = ? AND source_key = ''", assetID).Scan(ctx, &bytes)
	return bytes, err
}

// changeVersions has change change versions of an asset, which is locked before, as everybody does who changes both, and counts
// afterwards what is in the backup. There need be no such asset.
func (l *Library) changeVersions(ctx context.Context, tx bun.Tx, assetID string, change func() error) error {
	if l.driver == config.DatabasePostgres {
		if _, err := tx.NewRaw("SELECT 1 FROM assets WHERE asset_id = ? FOR UPDATE", assetID).Exec(ctx); err != nil {
			return err
		}
	}
	if err := change(); err != nil {
		return err
	}
	bytes, err := bytesInBackup(ctx, tx, assetID)
	if err == nil {
		_, err = tx.NewUpdate().Model((*assetRow)(nil)).Set("backup_bytes = ?", bytes).Where("asset_id = ?", assetID).Exec(ctx)
	}
	return err
}

// assetOfVersion is the ID of the asset of a version that is chosen.
func assetOfVersion(ctx context.Context, tx bun.Tx, condition string, value string) (assetID string, err error) {
	err = tx.NewSelect().Model((*versionRow)(nil)).Column("asset_id").Where(condition, value).Scan(ctx, &assetID)
	return assetID, err
}
