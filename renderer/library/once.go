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

// Marked says whether the mark was left, by LeaveMark or a StoreAsset.
func (l *Library) Marked(ctx context.Context, mark string) (bool, error) {
	if !storable(mark) {
		return false, nil
	}
	marked, err := l.reader.NewSelect().Model((*markRow)(nil)).Where("name = ?", mark).Exists(ctx)
	if err != nil {
		return false, failed("looking for the mark "+mark, err)
	}
	return marked, nil
}

// LeaveMark leaves a mark for good; that it was left before is no error.
func (l *Library) LeaveMark(ctx context.Context, mark string) error {
	if !storable(mark) {
		return unstorable("mark")
	}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := l.leaveMark(ctx, tx, mark)
		return err
	})
	if err != nil {
		return failed("leaving the mark "+mark, err)
	}
	return nil
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
