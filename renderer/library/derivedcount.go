package library

import (
	"context"
	"maps"
	"slices"

	"github.com/uptrace/bun"
)

// Fields of what was made of an asset. The transformations are read where the files are; how many there are is kept with the values
// that are compared by order, for assets that have any. Unlike these it is not written with the index.
const (
	fieldTransformations = "transformations"
	fieldDerivedName     = "transformations.name"
	fieldDerivedCount    = "transformations.count"
)

// derivedStored counts one more file of an asset.
func derivedStored(ctx context.Context, tx bun.Tx, assetID string) error {
	_, err := tx.NewRaw(`INSERT INTO asset_values (asset_id, field, number, text, created_at)
		SELECT asset_id, ?, 1, '', created_at FROM assets WHERE asset_id = ?
		ON CONFLICT (asset_id, field) DO UPDATE SET number = asset_values.number + 1`, fieldDerivedCount, assetID).Exec(ctx)
	return err
}

// derivedDeleted counts files less, by asset.
func derivedDeleted(ctx context.Context, tx bun.Tx, deleted map[string]int) error {
	for _, assetID := range slices.Sorted(maps.Keys(deleted)) { // In the same order wherever several are locked.
		if deleted[assetID] == 0 {
			continue
		}
		_, err := tx.NewUpdate().Model((*valueRow)(nil)).Set("number = number - ?", deleted[assetID]).
			Where("asset_id = ? AND field = ?", assetID, fieldDerivedCount).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = tx.NewDelete().Model((*valueRow)(nil)).Where("asset_id = ? AND field = ? AND number <= 0", assetID, fieldDerivedCount).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}
