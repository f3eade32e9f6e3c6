package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// Mezzanine is what is known of the smaller copies of a picture that later sizes of it are made from.
type Mezzanine struct {
	// ObjectKey is where they are in the bucket; empty when there are none.
	ObjectKey string
	Bytes     int64
	// Due says that it is time to have them made: there are none, nobody makes them, and a file was derived from the picture
	// before.
	Due bool
}

// mezzanineRow is a mezzanine as it is stored, or the claim of whoever makes it.
type mezzanineRow struct {
	bun.BaseModel `bun:"table:mezzanines,alias:m"`

	AssetID      string `bun:"asset_id,pk"`
	VersionID    string `bun:"version_id"`
	ObjectKey    string `bun:"object_key"`
	Bytes        int64  `bun:"bytes"`
	ClaimedUntil int64  `bun:"claimed_until"`
}

// Mezzanine tells what there is of a version of an asset at now.
func (l *Library) Mezzanine(ctx context.Context, assetID, versionID string, now time.Time) (*Mezzanine, error) {
	row := &mezzanineRow{}
	err := l.reader.NewSelect().Model(row).Where("asset_id = ? AND version_id = ?", assetID, versionID).Scan(ctx)
	missing := errors.Is(err, sql.ErrNoRows)
	switch {
	case err != nil && !missing:
		return nil, failed("reading the mezzanine of asset "+assetID, err)
	case row.ObjectKey != "":
		return &Mezzanine{ObjectKey: row.ObjectKey, Bytes: row.Bytes}, nil
	case !missing && row.ClaimedUntil > micros(now):
		return &Mezzanine{}, nil
	}
	derived, err := l.reader.NewSelect().Model((*derivedRow)(nil)).Where("asset_id = ? AND version_id = ?", assetID, versionID).Exists(ctx)
	if err != nil {
		return nil, failed("looking for derived files of asset "+assetID, err)
	}
	return &Mezzanine{Due: derived}, nil
}

// ClaimMezzanine tells whether the caller is to make the mezzanine of a version of an asset: it has from now until then
// to store it, and nobody else makes one meanwhile. It is false when there is one, when somebody else makes it, and when the version is
// gone.
func (l *Library) ClaimMezzanine(ctx context.Context, assetID, versionID string, now, until time.Time) (claimed bool, err error) {
	err = l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		claimed = false
		if current, err := l.holdVersion(ctx, tx, assetID, versionID); err != nil || !current {
			return err
		}
		row := &mezzanineRow{AssetID: assetID, VersionID: versionID, ClaimedUntil: micros(until)}
		result, err := tx.NewInsert().Model(row).On("CONFLICT (asset_id) DO UPDATE").
			Set("version_id = EXCLUDED.version_id").Set("claimed_until = EXCLUDED.claimed_until").
			Where("m.object_key = ''").Where("m.claimed_until <= ? OR m.version_id <> EXCLUDED.version_id", micros(now)).Exec(ctx)
		if err != nil {
			return err
		}
		changed, err := result.RowsAffected()
		claimed = changed > 0
		return err
	})
	if err != nil {
		return false, failed("claiming the mezzanine of asset "+assetID, err)
	}
	return claimed, nil
}

// holdVersion tells whether a version of an asset is the current one, which it then stays until the transaction ends.
func (l *Library) holdVersion(ctx context.Context, tx bun.Tx, assetID, versionID string) (bool, error) {
	var asset string
	query := tx.NewSelect().Model((*assetRow)(nil)).Column("asset_id").Where("asset_id = ? AND version_id = ?", assetID, versionID)
	if l.driver == config.DatabasePostgres {
		query = query.For("SHARE")
	}
	err := query.Scan(ctx, &asset)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// StoreMezzanine stores the mezzanine of a version of an asset, whose object must have been reserved by ReserveObject. When
// there is one already, or the version is gone, the object becomes garbage, which is no error. The error is ErrNotReserved
// when the reservation has run out.
func (l *Library) StoreMezzanine(ctx context.Context, assetID, versionID, objectKey string, bytes int64) error {
	if objectKey == "" {
		return errors.New("storing a mezzanine: it needs an object key")
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		current, err := l.holdVersion(ctx, tx, assetID, versionID)
		if err != nil {
			return err
		}
		if !current {
			return l.discardObject(ctx, tx, objectKey)
		}
		row := &mezzanineRow{AssetID: assetID, VersionID: versionID, ObjectKey: objectKey, Bytes: bytes}
		result, err := tx.NewInsert().Model(row).On("CONFLICT (asset_id) DO UPDATE").
			Set("version_id = EXCLUDED.version_id").Set("object_key = EXCLUDED.object_key").Set("bytes = EXCLUDED.bytes").Set("claimed_until = 0").
			Where("m.object_key = ''").Exec(ctx)
		if err != nil {
			return err
		}
		if changed, err := result.RowsAffected(); err != nil || changed == 0 {
			return errors.Join(err, l.discardObject(ctx, tx, objectKey))
		}
		return takeObject(ctx, tx, objectKey)
	})
	if err != nil {
		return failed("storing the mezzanine of asset "+assetID, err)
	}
	return nil
}

// DropMezzanine forgets a mezzanine that cannot be used; its object becomes garbage. Nobody makes another one before until. It
// does nothing when that object is nobody's mezzanine any more.
func (l *Library) DropMezzanine(ctx context.Context, objectKey string, until time.Time) error {
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*mezzanineRow)(nil)).Set("object_key = ''").Set("bytes = 0").Set("claimed_until = ?", micros(until)).
			Where("object_key = ?", objectKey).Exec(ctx)
		if err != nil {
			return err
		}
		if changed, err := result.RowsAffected(); err != nil || changed == 0 {
			return err
		}
		return l.discardObject(ctx, tx, objectKey)
	})
	if err != nil {
		return failed(fmt.Sprintf("dropping mezzanine %s", objectKey), err)
	}
	return nil
}

// discardMezzanine deletes the mezzanine of an asset; its object becomes garbage.
func (l *Library) discardMezzanine(ctx context.Context, tx bun.Tx, assetID string) error {
	var objects []string
	err := tx.NewDelete().Model((*mezzanineRow)(nil)).Where("asset_id = ?", assetID).Returning("object_key").Scan(ctx, &objects)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for _, object := range objects {
		if object != "" {
			return l.discardObject(ctx, tx, object)
		}
	}
	return nil
}
