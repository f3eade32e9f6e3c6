package library

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"
)

// DeleteDerived deletes a derived file and returns the asset that it was made from. Its bytes become garbage in the same
// transaction. The error is ErrNotFound when there is none.
func (l *Library) DeleteDerived(ctx context.Context, id string) (*Asset, error) {
	if !storable(id) {
		return nil, failed("deleting a derived file", ErrNotFound)
	}
	row := &assetRow{}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		derived := &derivedRow{}
		if err := tx.NewDelete().Model(derived).Where("id = ?", id).Returning("*").Scan(ctx); err != nil {
			return err
		}
		if err := l.discardObject(ctx, tx, derived.ObjectKey); err != nil {
			return err
		}
		if err := l.purge(ctx, tx, derived.AssetID); err != nil {
			return err
		}
		if err := derivedDeleted(ctx, tx, map[string]int{derived.AssetID: 1}); err != nil {
			return err
		}
		return tx.NewSelect().Model(row).Where("asset_id = ?", derived.AssetID).Scan(ctx)
	})
	if err != nil {
		return nil, failed("deleting derived file "+id, err)
	}
	return row.asset()
}

// DeleteDerivedOf deletes the derived files of an asset, those of the transformations only when there are any, and
// returns how many. The asset stays. The error is ErrNotFound when there is no such asset.
func (l *Library) DeleteDerivedOf(ctx context.Context, key Key, transformations []string) (deleted int, err error) {
	if !key.storable() {
		return 0, failed("deleting derived files", ErrNotFound)
	}
	err = l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		row, err := l.lockAsset(ctx, tx, key)
		if err != nil {
			return err
		}
		if len(transformations) == 0 {
			if deleted, err = l.discardDerived(ctx, tx, row.AssetID); err != nil || deleted == 0 {
				return err
			}
			return l.purge(ctx, tx, row.AssetID)
		}
		var objects []string
		err = tx.NewDelete().Model((*derivedRow)(nil)).Where("asset_id = ? AND transformation IN (?)", row.AssetID, bun.List(transformations)).
			Returning("object_key").Scan(ctx, &objects)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if deleted = len(objects); deleted == 0 {
			return nil
		}
		if err := l.purge(ctx, tx, row.AssetID); err != nil {
			return err
		}
		if err := derivedDeleted(ctx, tx, map[string]int{row.AssetID: deleted}); err != nil {
			return err
		}
		return l.discardObject(ctx, tx, objects...)
	})
	if err != nil {
		return 0, failed("deleting the derived files of asset "+key.PublicID, err)
	}
	return deleted, nil
}

// purgeMargin is by how much the clocks of replicas may differ.
const purgeMargin = 2 * time.Second

// purge has replicas give up what they have kept of the derived files of assets, also of those that are not deleted: these they
// find in the bucket again.
func (l *Library) purge(ctx context.Context, tx bun.Tx, assetIDs ...string) error {
	if len(assetIDs) == 0 {
		return nil
	}
	_, err := tx.NewUpdate().Model((*assetRow)(nil)).Set("purged_at = ?", micros(l.now().Add(purgeMargin))).Where("asset_id IN (?)", bun.List(assetIDs)).Exec(ctx)
	return err
}
