package library

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// claimPeriod is how long the collector has for the objects that Garbage gave it before they are given out again.
const claimPeriod = 10 * time.Minute

// ReserveObject notes, before any byte is written, that an object is about to exist: unless StoreAsset or StoreDerived
// takes it before until, it is garbage. Reserving again moves until. The error is ErrNotReserved when the reservation has
// run out meanwhile and the object was handed to the collector, and ErrExists when a row owns the object.
func (l *Library) ReserveObject(ctx context.Context, objectKey string, until time.Time) error {
	return l.ReserveObjects(ctx, []string{objectKey}, until)
}

// ReserveObjects is ReserveObject for several objects with different keys: all of them, or none.
func (l *Library) ReserveObjects(ctx context.Context, objectKeys []string, until time.Time) error {
	rows := make([]garbageRow, len(objectKeys))
	for i, key := range objectKeys {
		if key == "" || !storable(key) {
			return fmt.Errorf("reserving an object: invalid key %q", key)
		}
		rows[i] = garbageRow{ObjectKey: key, Due: micros(until)}
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewInsert().Model(&rows).
			On("CONFLICT (object_key) DO UPDATE").Set("due = EXCLUDED.due").Where("NOT g.claimed").Exec(ctx)
		if err != nil {
			return err
		}
		reserved, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if reserved < int64(len(rows)) {
			return ErrNotReserved
		}
		return refuseOwned(ctx, tx, objectKeys)
	})
	if err != nil {
		return failed("reserving "+strings.Join(objectKeys, ", "), err)
	}
	return nil
}

// refuseOwned keeps the bytes of a row from being collected, should anybody reserve them once more.
func refuseOwned(ctx context.Context, tx bun.Tx, objectKeys []string) error {
	for _, model := range []any{(*assetRow)(nil), (*derivedRow)(nil), (*mezzanineRow)(nil)} {
		owned, err := tx.NewSelect().Model(model).Where("object_key IN (?)", bun.List(objectKeys)).Exists(ctx)
		if err != nil {
			return err
		}
		if owned {
			return ErrExists
		}
	}
	return nil
}

// takeObject ends a reservation because a row owns the object from now on.
func takeObject(ctx context.Context, tx bun.Tx, objectKey string) error {
	result, err := tx.NewDelete().Model((*garbageRow)(nil)).Where("object_key = ? AND NOT claimed", objectKey).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return fmt.Errorf("object %s: %w", objectKey, ErrNotReserved)
}

// discardObject turns objects that no row owns any more into garbage, due now.
func (l *Library) discardObject(ctx context.Context, tx bun.Tx, objectKeys ...string) error {
	if len(objectKeys) == 0 {
		return nil
	}
	rows := make([]garbageRow, len(objectKeys))
	for i, key := range objectKeys {
		rows[i] = garbageRow{ObjectKey: key, Due: micros(l.now())}
	}
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (object_key) DO UPDATE").Set("due = EXCLUDED.due").Exec(ctx)
	return err
}

// Discarded is an object that no row owns.
type Discarded struct {
	ObjectKey string
	// Multipart is the upload that it may still be instead; empty for none.
	Multipart string
}

// Garbage claims up to max objects that are due at now, the longest due first: the caller
// deletes them from the bucket and then calls ForgetGarbage. No row can take them any more. Those that are not forgotten
// are given out again some minutes later, so that neither a crash nor an object that cannot be deleted blocks the rest.
func (l *Library) Garbage(ctx context.Context, now time.Time, max int) ([]Discarded, error) {
	var rows []garbageRow
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		rows = nil
		query := tx.NewSelect().Model(&rows).Where("due <= ?", micros(now)).
			// What waits for the backup is kept until it is copied.
			Where("NOT EXISTS (SELECT 1 FROM asset_versions AS v WHERE v.source_key = g.object_key AND v.source_key <> '')").
			Order("due", "object_key").Limit(int64(max))
		if l.driver == config.DatabasePostgres {
			// What another transaction holds is being taken, renewed or collected.
			query = query.For("UPDATE SKIP LOCKED")
		}
		if err := query.Scan(ctx); err != nil || len(rows) == 0 {
			return err
		}
		_, err := tx.NewUpdate().Model((*garbageRow)(nil)).
			Set("claimed = ?", true).Set("due = ?", micros(now.Add(claimPeriod))).
			Where("object_key IN (?)", bun.List(keys(rows))).Exec(ctx)
		if err != nil {
			return err
		}
		return loseChunks(ctx, tx, keys(rows))
	})
	if err != nil {
		return nil, failed("claiming garbage", err)
	}
	discarded := make([]Discarded, len(rows))
	for i, row := range rows {
		discarded[i] = Discarded{row.ObjectKey, row.Multipart}
	}
	return discarded, nil
}

func keys(rows []garbageRow) []string {
	keys := make([]string, len(rows))
	for i, row := range rows {
		keys[i] = row.ObjectKey
	}
	return keys
}

// ForgetGarbage drops objects that Garbage gave and that are deleted now.
func (l *Library) ForgetGarbage(ctx context.Context, objectKeys []string) error {
	if len(objectKeys) == 0 {
		return nil
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewDelete().Model((*garbageRow)(nil)).Where("object_key IN (?) AND claimed", bun.List(objectKeys)).Exec(ctx)
		return err
	})
	if err != nil {
		return failed("forgetting garbage", err)
	}
	return nil
}
