package library

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/uptrace/bun"
)

// indexVersion changes with what describe writes, and with the findings that analyses are searched by: an index of another version is made
// anew when the library is opened.
const indexVersion = 6

// insertedAtOnce bounds the rows of one INSERT.
const insertedAtOnce = 500

// termRow is a term of an asset.
type termRow struct {
	bun.BaseModel `bun:"table:asset_terms,alias:d"`

	Term         string `bun:"term,pk"`
	CreatedAt    int64  `bun:"created_at,pk"`
	AssetID      string `bun:"asset_id,pk"`
	Fields       int64  `bun:"fields"`
	ResourceType string `bun:"resource_type"`
	Type         string `bun:"type"`
	Format       string `bun:"format"`
	Bytes        int64  `bun:"bytes"`
	Width        int    `bun:"width"`
	Height       int    `bun:"height"`
	PublicID     string `bun:"public_id"`
}

// valueRow is a value that is compared by order.
type valueRow struct {
	bun.BaseModel `bun:"table:asset_values,alias:v"`

	AssetID   string   `bun:"asset_id,pk"`
	Field     string   `bun:"field,pk"`
	Number    *float64 `bun:"number"`
	Text      string   `bun:"text"`
	CreatedAt int64    `bun:"created_at"`
}

// textRow holds all words of an asset.
type textRow struct {
	bun.BaseModel `bun:"table:asset_texts,alias:x"`

	AssetID string `bun:"asset_id,pk"`
	Text    string `bun:"text"`
}

// indexAsset writes what searches and lists look at, in the transaction that has written the row, and the folders that
// the asset is in, of which it returns those that were missing. again says that an earlier version is in the index.
func (l *Library) indexAsset(ctx context.Context, tx bun.Tx, row *assetRow, asset *Asset, again bool) (made MadeFolders, err error) {
	if again {
		for _, model := range []any{(*tagRow)(nil), (*termRow)(nil), (*textRow)(nil), (*placeRow)(nil)} {
			if _, err := tx.NewDelete().Model(model).Where("asset_id = ?", row.AssetID).Exec(ctx); err != nil {
				return made, err
			}
		}
		if _, err := tx.NewDelete().Model((*valueRow)(nil)).Where("asset_id = ? AND field <> ?", row.AssetID, fieldDerivedCount).Exec(ctx); err != nil {
			return made, err
		}
	}
	d := describe(asset)
	terms := make([]termRow, 0, len(d.terms))
	for _, term := range slices.Sorted(maps.Keys(d.terms)) {
		terms = append(terms, termRow{Term: term, CreatedAt: row.CreatedAt, AssetID: row.AssetID, Fields: d.terms[term],
			ResourceType: row.ResourceType, Type: row.Type, Format: row.Format, Bytes: row.Bytes, Width: row.Width, Height: row.Height,
			PublicID: row.PublicID})
	}
	if err := insert(ctx, tx, terms); err != nil {
		return made, err
	}
	values := make([]valueRow, 0, len(d.values))
	for _, field := range slices.Sorted(maps.Keys(d.values)) {
		value := d.values[field]
		values = append(values, valueRow{AssetID: row.AssetID, Field: field, Number: value.number, Text: value.text, CreatedAt: row.CreatedAt})
	}
	if err := insert(ctx, tx, values); err != nil {
		return made, err
	}
	tags := make([]tagRow, len(asset.Tags))
	for i, tag := range asset.Tags {
		tags[i] = tagRow{AssetID: row.AssetID, Tag: tag, CreatedAt: row.CreatedAt, ResourceType: row.ResourceType}
	}
	if err := insert(ctx, tx, tags); err != nil {
		return made, err
	}
	if text := d.text.String(); text != "" {
		if err := insert(ctx, tx, []textRow{{AssetID: row.AssetID, Text: text}}); err != nil {
			return made, err
		}
	}
	if p, ok := asset.madeAt(); ok {
		if err := insert(ctx, tx, []placeRow{{AssetID: row.AssetID, Cell: p.cell(), Latitude: p.latitude, Longitude: p.longitude, CreatedAt: row.CreatedAt}}); err != nil {
			return made, err
		}
	}
	if made.Fixed, err = l.ensureFolders(ctx, tx, false, FolderOf(asset.PublicID)); err != nil {
		return made, err
	}
	made.Dynamic, err = l.ensureFolders(ctx, tx, true, asset.AssetFolder)
	return made, err
}

// insert writes rows, a bounded number at a time.
func insert[T any](ctx context.Context, tx bun.Tx, rows []T) error {
	for some := range slices.Chunk(rows, insertedAtOnce) {
		if _, err := tx.NewInsert().Model(&some).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// indexedAtOnce bounds the assets of one transaction of refreshIndex. Tests make it smaller.
var indexedAtOnce int64 = 2000

// refreshIndex makes the index of all assets anew when it is of another version. It does so in steps, each of which has a
// deadline of its own; should it be interrupted, the next one begins again.
func (l *Library) refreshIndex(ctx context.Context) error {
	last := ""
	for done := false; !done; {
		next := last
		err := l.writeWithin(ctx, migrationTimeout, func(ctx context.Context, tx bun.Tx) error {
			if err := l.lockMigrations(ctx, tx); err != nil {
				return err
			}
			next, done = last, false
			var version int64
			if err := tx.NewRaw("SELECT COALESCE(MAX(version), 0) FROM search_index").Scan(ctx, &version); err != nil || version == indexVersion {
				done = true
				return err
			}
			var rows []assetRow
			if err := tx.NewSelect().Model(&rows).Where("asset_id > ?", last).Order("asset_id").Limit(indexedAtOnce).Scan(ctx); err != nil {
				return err
			}
			for i := range rows {
				if kept := rows[i].Analysis; kept != nil && l.findAgain != nil {
					rows[i].Analysis = new(string(l.findAgain(json.RawMessage(*kept))))
				}
				if err := l.indexAgain(ctx, tx, &rows[i]); err != nil {
					return err
				}
			}
			if int64(len(rows)) == indexedAtOnce {
				next = rows[len(rows)-1].AssetID
				return nil
			}
			done = true
			if _, err := tx.NewRaw("DELETE FROM search_index").Exec(ctx); err != nil {
				return err
			}
			_, err := tx.NewRaw("INSERT INTO search_index (version) VALUES (?)", indexVersion).Exec(ctx)
			return err
		})
		if err != nil {
			return err
		}
		last = next
	}
	return nil
}

// indexAgain writes what is computed of an asset anew: columns and index.
func (l *Library) indexAgain(ctx context.Context, tx bun.Tx, stored *assetRow) error {
	asset, err := stored.asset()
	if err != nil {
		return err
	}
	row, err := newAssetRow(asset)
	if err != nil {
		return err
	}
	if _, err := tx.NewUpdate().Model(row).WherePK().Exec(ctx); err != nil {
		return err
	}
	_, err = l.indexAsset(ctx, tx, row, asset, true)
	return err
}
