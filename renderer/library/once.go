package library

import (
	"context"

	"github.com/uptrace/bun"
)

// markRow says that something was done that must not be done again.
type markRow struct {
	bun.BaseModel `bun:"table:marks,alias:k"`

	Name   string `bun:"name,pk"`
	LeftAt int64  `bun:"left_at"`
}

// Marked says whether a StoreAsset has left the mark.
func (l *Library) Marked(ctx context.Context, mark string) (bool, error) {
	marked, err := l.reader.NewSelect().Model((*markRow)(nil)).Where("name = ?", mark).Exists(ctx)
	if err != nil {
		return false, failed("looking for the mark "+mark, err)
	}
	return marked, nil
}

// leaveMark leaves a mark and says whether it is the first to do so. It waits for another transaction that is about to
// leave the same.
func (l *Library) leaveMark(ctx context.Context, tx bun.Tx, mark string) (first bool, err error) {
	result, err := tx.NewInsert().Model(&markRow{Name: mark, LeftAt: micros(l.now())}).On("CONFLICT (name) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
