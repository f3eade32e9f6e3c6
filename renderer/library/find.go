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

// Stamps gives the stamps of those of some assets that there are: a text that is another one after every change of the row. Only
// PostgreSQL has them: they are the row's version, by the transaction and by the place that it was written to.
func (l *Library) Stamps(ctx context.Context, keys []Key) (map[Key]string, error) {
	names := make([]any, 0, len(keys))
	for _, key := range keys {
		if key.storable() {
			names = append(names, bun.Tuple([]string{key.ResourceType, key.Type, key.PublicID}))
		}
	}
	stamps := make(map[Key]string, len(names))
	if len(names) == 0 {
		return stamps, nil
	}
	var rows []struct {
		ResourceType, Type, PublicID, Stamp string
	}
	const query = "SELECT resource_type, type, public_id, xmin::text || ctid::text AS stamp FROM assets WHERE (resource_type, type, public_id) IN (?)"
	if err := l.reader.NewRaw(query, bun.List(names)).Scan(ctx, &rows); err != nil {
		return nil, failed("looking for changes of assets", err)
	}
	for _, row := range rows {
		stamps[Key{ResourceType: row.ResourceType, Type: row.Type, PublicID: row.PublicID}] = row.Stamp
	}
	return stamps, nil
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
