package library

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Source is what is known of the place that the bytes of a fetched asset came from.
type Source struct {
	AssetID string
	// ETag and LastModified are as the server gave them with the version that is stored; both may be empty.
	ETag, LastModified string
	// FreshUntil is until when the stored version is taken for current.
	FreshUntil time.Time
}

// sourceRow is a Source as it is stored.
type sourceRow struct {
	bun.BaseModel `bun:"table:sources,alias:s"`

	AssetID      string `bun:"asset_id,pk"`
	ETag         string `bun:"etag"`
	LastModified string `bun:"last_modified"`
	FreshUntil   int64  `bun:"fresh_until"`
}

// Source reads what is known of an asset's source. The error is ErrNotFound when nothing is.
func (l *Library) Source(ctx context.Context, assetID string) (*Source, error) {
	row := &sourceRow{}
	if err := l.reader.NewSelect().Model(row).Where("asset_id = ?", assetID).Scan(ctx); err != nil {
		return nil, failed("reading the source of asset "+assetID, err)
	}
	return &Source{AssetID: row.AssetID, ETag: row.ETag, LastModified: row.LastModified, FreshUntil: fromMicros(row.FreshUntil)}, nil
}

// SaveSource notes what is known of an asset's source; an asset that is gone meanwhile has none. Validators that no
// database can hold are left out.
func (l *Library) SaveSource(ctx context.Context, source *Source) error {
	row := &sourceRow{AssetID: source.AssetID, FreshUntil: micros(source.FreshUntil)}
	if storable(source.ETag) && storable(source.LastModified) {
		row.ETag, row.LastModified = source.ETag, source.LastModified
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		exists, err := tx.NewSelect().Model((*assetRow)(nil)).Where("asset_id = ?", row.AssetID).Exists(ctx)
		if err != nil || !exists {
			return err
		}
		_, err = tx.NewInsert().Model(row).On("CONFLICT (asset_id) DO UPDATE").
			Set("etag = EXCLUDED.etag").Set("last_modified = EXCLUDED.last_modified").Set("fresh_until = EXCLUDED.fresh_until").Exec(ctx)
		return err
	})
	if err != nil {
		return failed("noting the source of asset "+source.AssetID, err)
	}
	return nil
}
