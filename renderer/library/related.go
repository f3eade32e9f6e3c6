package library

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// relatedRow says that two assets belong together. Both directions have a row.
type relatedRow struct {
	bun.BaseModel `bun:"table:related_assets,alias:r"`

	AssetID   string `bun:"asset_id,pk"`
	RelatedID string `bun:"related_id,pk"`
	CreatedAt int64  `bun:"created_at"`
}

// RelationJobs gives the jobs that a change of relations causes, by what became of each: nil, ErrExists or ErrNotFound. They are
// enqueued in the same transaction. It may be called more than once, for a transaction that is run again.
type RelationJobs func(outcomes []error) ([]NewJob, error)

// Relate says that an asset and each of the others belong together, in one transaction. An outcome is ErrExists where that was
// said before, and ErrNotFound where one of the two is not there. jobs may be nil.
func (l *Library) Relate(ctx context.Context, assetID string, relatedIDs []string, jobs RelationJobs) (outcomes []error, err error) {
	return l.changeRelations(ctx, relatedIDs, jobs, "relating asset "+assetID, func(ctx context.Context, tx bun.Tx, relatedID string) error {
		if err := bothThere(ctx, tx, assetID, relatedID); err != nil {
			return err
		}
		now := micros(l.now())
		rows := []relatedRow{{AssetID: min(assetID, relatedID), RelatedID: max(assetID, relatedID), CreatedAt: now}}
		rows = append(rows, relatedRow{AssetID: rows[0].RelatedID, RelatedID: rows[0].AssetID, CreatedAt: now})
		result, err := tx.NewInsert().Model(&rows).On("CONFLICT (asset_id, related_id) DO NOTHING").Exec(ctx)
		if err != nil {
			return err
		}
		if written, err := result.RowsAffected(); err != nil || written > 0 {
			return err
		}
		return ErrExists
	})
}

// Unrelate takes back that an asset and each of the others belong together, in one transaction. An outcome is ErrNotFound where
// they do not. jobs may be nil.
func (l *Library) Unrelate(ctx context.Context, assetID string, relatedIDs []string, jobs RelationJobs) (outcomes []error, err error) {
	return l.changeRelations(ctx, relatedIDs, jobs, "unrelating asset "+assetID, func(ctx context.Context, tx bun.Tx, relatedID string) error {
		result, err := tx.NewDelete().Model((*relatedRow)(nil)).
			Where("(asset_id = ? AND related_id = ?) OR (asset_id = ? AND related_id = ?)", assetID, relatedID, relatedID, assetID).Exec(ctx)
		if err != nil {
			return err
		}
		if deleted, err := result.RowsAffected(); err != nil || deleted > 0 {
			return err
		}
		return ErrNotFound
	})
}

// changeRelations applies change to each of the others. Two calls that change the same relations lock them in the same order.
func (l *Library) changeRelations(ctx context.Context, relatedIDs []string, jobs RelationJobs, doing string,
	change func(ctx context.Context, tx bun.Tx, relatedID string) error) (outcomes []error, err error) {
	order := make([]int, len(relatedIDs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(relatedIDs[a], relatedIDs[b]) })
	var caused []NewJob
	err = l.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		outcomes = make([]error, len(relatedIDs))
		for _, i := range order {
			outcomes[i] = change(ctx, tx, relatedIDs[i])
			if outcomes[i] != nil && !errors.Is(outcomes[i], ErrExists) && !errors.Is(outcomes[i], ErrNotFound) {
				return outcomes[i]
			}
		}
		if jobs == nil {
			return nil
		}
		if caused, err = jobs(outcomes); err != nil {
			return err
		}
		return l.enqueue(ctx, tx, caused)
	})
	if err != nil {
		return nil, failed(doing, err)
	}
	l.wake(len(caused))
	return outcomes, nil
}

// bothThere returns ErrNotFound when one of two assets is not there.
func bothThere(ctx context.Context, tx bun.Tx, assetID, otherID string) error {
	if !storable(assetID) || !storable(otherID) {
		return ErrNotFound
	}
	var there int
	if err := tx.NewRaw("SELECT COUNT(*) FROM assets WHERE asset_id IN (?, ?)", assetID, otherID).Scan(ctx, &there); err != nil {
		return err
	}
	if there != 2 {
		return ErrNotFound
	}
	return nil
}

// Related lists the assets that belong to an asset, by asset ID, at most max of them. The second result is the cursor of
// the next page, empty on the last one. A damaged cursor is a *problem.Problem with status 400.
func (l *Library) Related(ctx context.Context, assetID string, max int, cursorText string) ([]*Asset, string, error) {
	after, err := base64.RawURLEncoding.DecodeString(cursorText)
	if err != nil || !storable(string(after)) {
		return nil, "", problem.BadRequest("Invalid value for parameter related_next_cursor: it is damaged")
	}
	limit := pageSize(max)
	var ids []string
	query := l.reader.NewSelect().Model((*relatedRow)(nil)).Column("related_id").Where("asset_id = ? AND related_id > ?", assetID, string(after)).
		Order("related_id").Limit(int64(limit) + 1)
	if err := query.Scan(ctx, &ids); err != nil {
		return nil, "", failed("listing the assets related to "+assetID, err)
	}
	next := ""
	if len(ids) > limit {
		ids = ids[:limit]
		next = base64.RawURLEncoding.EncodeToString([]byte(ids[limit-1]))
	}
	if len(ids) == 0 {
		return nil, "", nil
	}
	assets, err := l.assetsByIDs(ctx, ids)
	if err != nil {
		return nil, "", failed("reading the assets related to "+assetID, err)
	}
	return assets, next, nil
}
