package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
)

// Derived reads the derived file of that version with that key. The error is ErrNotFound when there is none.
func (l *Library) Derived(ctx context.Context, assetID, versionID, key string) (*Derived, error) {
	row, err := findDerived(ctx, l.reader, assetID, versionID, key)
	if err != nil {
		return nil, failed("reading a derived file of asset "+assetID, err)
	}
	return row.derived(), nil
}

func findDerived(ctx context.Context, db bun.IDB, assetID, versionID, key string) (*derivedRow, error) {
	row := &derivedRow{}
	return row, db.NewSelect().Model(row).Where("asset_id = ? AND version_id = ? AND key = ?", assetID, versionID, key).Scan(ctx)
}

// StoreDerived stores a derived file, whose object must have been reserved by ReserveObject. The first one stored for
// an asset, version and key stays and is what everybody gets; the object of a later one becomes garbage at once. ID and
// CreatedAt are assigned; derived itself is not changed.
//
// Errors: ErrNotFound when that version of the asset is gone (the object is garbage then), ErrNotReserved, ErrExists
// for an object that belongs to another derived file.
func (l *Library) StoreDerived(ctx context.Context, derived *Derived) (*Derived, error) {
	if !storable(derived.Key) || !storable(derived.Transformation) || !storable(derived.Format) {
		return nil, fmt.Errorf("storing a derived file: %w", unstorable("transformation"))
	}
	if derived.ObjectKey == "" {
		return nil, errors.New("storing a derived file: it needs an object key")
	}
	var row *derivedRow
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		row, err = l.storeDerived(ctx, tx, derived)
		return err
	})
	if isUniqueViolation(err) {
		err = errors.Join(ErrExists, err)
	}
	if err == nil && row == nil {
		err = ErrNotFound
	}
	if err != nil {
		return nil, failed("storing a derived file of asset "+derived.AssetID, err)
	}
	return row.derived(), nil
}

// storeDerived returns nil when the version is gone.
func (l *Library) storeDerived(ctx context.Context, tx bun.Tx, derived *Derived) (*derivedRow, error) {
	current, err := l.holdVersion(ctx, tx, derived.AssetID, derived.VersionID)
	if err != nil {
		return nil, err
	}
	if !current {
		return nil, l.discardObject(ctx, tx, derived.ObjectKey)
	}
	row := newDerivedRow(derived)
	row.ID, row.CreatedAt = newID(), micros(l.now())
	result, err := tx.NewInsert().Model(row).On("CONFLICT (asset_id, version_id, key) DO NOTHING").Exec(ctx)
	if err != nil {
		return nil, err
	}
	inserted, err := result.RowsAffected()
	if err != nil {
		return nil, err
	}
	if inserted > 0 {
		if err := derivedStored(ctx, tx, row.AssetID); err != nil {
			return nil, err
		}
		return row, takeObject(ctx, tx, row.ObjectKey)
	}
	first, err := findDerived(ctx, tx, derived.AssetID, derived.VersionID, derived.Key)
	if err != nil || first.ObjectKey == derived.ObjectKey {
		return first, err
	}
	return first, l.discardObject(ctx, tx, derived.ObjectKey)
}

// ListDerived reads the derived files of an asset, the newest first, at most max of them (as ListOptions.MaxResults).
// The second result is the cursor of the next page, empty on the last one. A bad cursor is a *problem.Problem with
// status 400.
func (l *Library) ListDerived(ctx context.Context, assetID string, max int, cursorText string) ([]*Derived, string, error) {
	query := fingerprint("derived", assetID)
	position, err := parseCursor(cursorText, query)
	if err != nil {
		return nil, "", err
	}
	limit := pageSize(max)
	var rows []derivedRow
	selection := l.reader.NewSelect().Model(&rows).Where("d.asset_id = ?", assetID).Limit(int64(limit) + 1)
	if err := position.after(selection, "d", "id", false).Scan(ctx); err != nil {
		return nil, "", failed("listing the derived files of asset "+assetID, err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = cursor{Query: query, CreatedAt: rows[limit-1].CreatedAt, ID: rows[limit-1].ID}.String()
	}
	derived := make([]*Derived, len(rows))
	for i := range rows {
		derived[i] = rows[i].derived()
	}
	return derived, next, nil
}

// discardDerived deletes all derived files of an asset, returns how many, and turns their objects into garbage. The mezzanine
// goes with them, uncounted.
func (l *Library) discardDerived(ctx context.Context, tx bun.Tx, assetID string) (int, error) {
	if err := l.discardMezzanine(ctx, tx, assetID); err != nil {
		return 0, err
	}
	var objects []string
	err := tx.NewDelete().Model((*derivedRow)(nil)).Where("asset_id = ?", assetID).Returning("object_key").Scan(ctx, &objects)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	if err := derivedDeleted(ctx, tx, map[string]int{assetID: len(objects)}); err != nil {
		return 0, err
	}
	return len(objects), l.discardObject(ctx, tx, objects...)
}
