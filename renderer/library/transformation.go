package library

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"

	"github.com/uptrace/bun"
)

// Transformations that are not configured are known by the files that were made by them: the library keeps no list of
// its own, so that a transformation is forgotten with the last of its files.

// TransformationUsed says whether there is a derived file of exactly that transformation, as its URL gave it.
func (l *Library) TransformationUsed(ctx context.Context, transformation string) (bool, error) {
	if !storable(transformation) {
		return false, nil
	}
	used, err := l.reader.NewSelect().Model((*derivedRow)(nil)).Where("transformation = ?", transformation).Exists(ctx)
	if err != nil {
		return false, failed("looking for derived files of "+transformation, err)
	}
	return used, nil
}

// UsedTransformations lists the transformations of derived files that come after one, sorted by their bytes, at most max of
// them.
func (l *Library) UsedTransformations(ctx context.Context, after string, max int) ([]string, error) {
	if !storable(after) {
		return nil, nil
	}
	st := &statement{driver: l.driver}
	st.add("WITH RECURSIVE t(transformation, n) AS (SELECT (SELECT MIN(transformation) FROM derived WHERE transformation > ?), 1", after)
	st.add(" UNION ALL SELECT (SELECT MIN(transformation) FROM derived WHERE transformation > t.transformation), t.n + 1")
	st.add(" FROM t WHERE t.transformation IS NOT NULL AND t.n < ?) SELECT transformation FROM t WHERE transformation IS NOT NULL ORDER BY 1", max)
	var transformations []string
	if err := l.reader.NewRaw(st.text.String(), st.args...).Scan(ctx, &transformations); err != nil {
		return nil, failed("listing transformations", err)
	}
	return transformations, nil
}

// DerivedFile is a derived file with the asset that it was made from.
type DerivedFile struct {
	*Derived
	Asset *Asset
}

// DerivedBy lists the derived files of a transformation, the newest first, at most max of them (as ListOptions.MaxResults).
// The second result is the cursor of the next page, empty on the last one. A bad cursor is a *problem.Problem with
// status 400.
func (l *Library) DerivedBy(ctx context.Context, transformation string, max int, cursorText string) ([]DerivedFile, string, error) {
	query := fingerprint("derivedBy", transformation)
	position, err := parseCursor(cursorText, query)
	if err != nil || !storable(transformation) {
		return nil, "", err
	}
	limit := pageSize(max)
	var rows []derivedRow
	selection := l.reader.NewSelect().Model(&rows).Where("d.transformation = ?", transformation).Limit(int64(limit) + 1)
	if err := position.after(selection, "d", "id", false).Scan(ctx); err != nil {
		return nil, "", failed("listing the derived files of "+transformation, err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = cursor{Query: query, CreatedAt: rows[limit-1].CreatedAt, ID: rows[limit-1].ID}.String()
	}
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].AssetID
	}
	assets, err := l.assetsByIDs(ctx, ids)
	if err != nil {
		return nil, "", failed("listing the derived files of "+transformation, err)
	}
	byID := make(map[string]*Asset, len(assets))
	for _, asset := range assets {
		byID[asset.AssetID] = asset
	}
	files := make([]DerivedFile, 0, len(rows))
	for i := range rows {
		if asset := byID[rows[i].AssetID]; asset != nil { // Deleted meanwhile.
			files = append(files, DerivedFile{rows[i].derived(), asset})
		}
	}
	return files, next, nil
}

// deletedAtOnce bounds the files that one transaction of DeleteTransformation deletes.
const deletedAtOnce = 500

// DeleteTransformation deletes all files that were made by a transformation, as it is written, and says how many. Their bytes
// become garbage. It is not allowed in strict mode any more, unless it is configured.
func (l *Library) DeleteTransformation(ctx context.Context, transformation string) (deleted int, err error) {
	if !storable(transformation) {
		return 0, nil
	}
	for {
		var objects []string
		err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
			objects = nil
			var gone []derivedRow
			some := tx.NewSelect().Model((*derivedRow)(nil)).Column("id").Where("transformation = ?", transformation).Limit(deletedAtOnce)
			err := tx.NewDelete().Model((*derivedRow)(nil)).Where("id IN (?)", some).Returning("object_key, asset_id").Scan(ctx, &gone)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			assets := map[string]int{}
			for _, row := range gone {
				objects = append(objects, row.ObjectKey)
				assets[row.AssetID]++
			}
			if err := l.purge(ctx, tx, slices.Sorted(maps.Keys(assets))...); err != nil {
				return err
			}
			if err := derivedDeleted(ctx, tx, assets); err != nil {
				return err
			}
			if _, err := tx.NewRaw("DELETE FROM allowed_transformations WHERE transformation = ?", transformation).Exec(ctx); err != nil {
				return err
			}
			return l.discardObject(ctx, tx, objects...)
		})
		if err != nil {
			return deleted, failed("deleting the derived files of "+transformation, err)
		}
		if deleted += len(objects); len(objects) < deletedAtOnce {
			return deleted, nil
		}
	}
}

// AllowTransformation says whether strict mode allows a transformation that has no name, as it is written.
func (l *Library) AllowTransformation(ctx context.Context, transformation string, allowed bool) error {
	if !storable(transformation) {
		return unstorable("transformation")
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		statement := "DELETE FROM allowed_transformations WHERE transformation = ?"
		if allowed {
			statement = "INSERT INTO allowed_transformations (transformation) VALUES (?) ON CONFLICT (transformation) DO NOTHING"
		}
		_, err := tx.NewRaw(statement, transformation).Exec(ctx)
		return err
	})
	if err != nil {
		return failed("allowing "+transformation, err)
	}
	return nil
}

// AllowedTransformations are those of the transformations, as they are written, that AllowTransformation has allowed.
func (l *Library) AllowedTransformations(ctx context.Context, transformations ...string) ([]string, error) {
	var wanted []string
	for _, transformation := range transformations {
		if storable(transformation) {
			wanted = append(wanted, transformation)
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	var allowed []string
	query := l.reader.NewRaw("SELECT transformation FROM allowed_transformations WHERE transformation IN (?)", bun.List(wanted))
	if err := query.Scan(ctx, &allowed); err != nil {
		return nil, failed("reading which transformations are allowed", err)
	}
	return allowed, nil
}
