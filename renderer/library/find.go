package library

import (
	"context"

	"github.com/uptrace/bun"
)

// Key names an asset as clients do.
type Key struct{ ResourceType, Type, PublicID string }

func (k Key) where(query *bun.SelectQuery) *bun.SelectQuery {
	return query.Where("resource_type = ? AND type = ? AND public_id = ?", k.ResourceType, k.Type, k.PublicID)
}

// storable is false for a key that no asset can have.
func (k Key) storable() bool {
	return storable(k.ResourceType) && storable(k.Type) && storable(k.PublicID)
}

// Asset reads an asset. The error is ErrNotFound when there is none.
func (l *Library) Asset(ctx context.Context, key Key) (*Asset, error) {
	row := &assetRow{}
	if !key.storable() {
		return nil, failed("reading an asset", ErrNotFound)
	}
	if err := key.where(l.reader.NewSelect().Model(row)).Scan(ctx); err != nil {
		return nil, failed("reading asset "+key.PublicID, err)
	}
	return row.asset()
}

// AssetByID reads the asset with that AssetID. The error is ErrNotFound when there is none.
func (l *Library) AssetByID(ctx context.Context, assetID string) (*Asset, error) {
	row := &assetRow{}
	if !storable(assetID) {
		return nil, failed("reading an asset", ErrNotFound)
	}
	if err := l.reader.NewSelect().Model(row).Where("asset_id = ?", assetID).Scan(ctx); err != nil {
		return nil, failed("reading asset "+assetID, err)
	}
	return row.asset()
}
