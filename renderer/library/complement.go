package library

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"
)

// Complement is an asset that completes another one.
type Complement struct {
	Asset *Asset
	// Type says in what way.
	Type string
	// Metadata is what is told of it; nil for nothing.
	Metadata map[string]any
}

// complementRow is a complement as it is stored.
type complementRow struct {
	bun.BaseModel `bun:"table:complementary_assets,alias:c"`

	AssetID   string  `bun:"asset_id,pk"`
	RelatedID string  `bun:"related_id,pk"`
	Type      string  `bun:"type"`
	Metadata  *string `bun:"metadata"`
	CreatedAt int64   `bun:"created_at"`
}

// Complement says that an asset completes another one. It returns ErrExists when that was said before, and ErrNotFound when
// one of them is not there.
func (l *Library) Complement(ctx context.Context, assetID, relatedID, kind string, told map[string]any) error {
	row := &complementRow{AssetID: assetID, RelatedID: relatedID, Type: kind}
	if told != nil {
		text, err := json.Marshal(told)
		if err != nil {
			return fmt.Errorf("what is told of a complement: %w", err)
		}
		row.Metadata = new(string(text))
	}
	if !storable(kind) || row.Metadata != nil && !storable(*row.Metadata) {
		return unstorable("complementary_type")
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := bothThere(ctx, tx, assetID, relatedID); err != nil {
			return err
		}
		row.CreatedAt = micros(l.now())
		return changed(ctx, ErrExists, tx.NewInsert().Model(row).On("CONFLICT (asset_id, related_id) DO NOTHING"))
	})
	if err != nil {
		return failed("completing asset "+assetID, err)
	}
	return nil
}

// Complements lists the assets that complete another one, by asset ID, at most MaxMaxResults of them.
func (l *Library) Complements(ctx context.Context, assetID string) ([]Complement, error) {
	var rows []complementRow
	if err := l.reader.NewSelect().Model(&rows).Where("asset_id = ?", assetID).Order("related_id").Limit(MaxMaxResults).Scan(ctx); err != nil {
		return nil, failed("listing what completes asset "+assetID, err)
	}
	ids := make([]string, len(rows))
	byID := make(map[string]*complementRow, len(rows))
	for i := range rows {
		ids[i], byID[rows[i].RelatedID] = rows[i].RelatedID, &rows[i]
	}
	assets, err := l.assetsByIDs(ctx, ids)
	if err != nil {
		return nil, failed("reading what completes asset "+assetID, err)
	}
	complements := make([]Complement, len(assets))
	for i, asset := range assets {
		row := byID[asset.AssetID]
		complements[i] = Complement{Asset: asset, Type: row.Type}
		if row.Metadata != nil {
			if err := json.Unmarshal([]byte(*row.Metadata), &complements[i].Metadata); err != nil {
				return nil, fmt.Errorf("a complement of asset %s has damaged JSON: %w", assetID, err)
			}
		}
	}
	return complements, nil
}
