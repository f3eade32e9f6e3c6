package library

import (
	"context"

	"github.com/uptrace/bun"
)

// SaveSnapshot keeps data under name, instead of what was there.
func (l *Library) SaveSnapshot(ctx context.Context, name string, data []byte) error {
	if data == nil {
		data = []byte{}
	}
	row := &snapshotRow{Name: name, Data: data, SavedAt: micros(l.now())}
	err := l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).
			On("CONFLICT (name) DO UPDATE").Set("data = EXCLUDED.data").Set("saved_at = EXCLUDED.saved_at").Exec(ctx)
		return err
	})
	if err != nil {
		return failed("saving snapshot "+name, err)
	}
	return nil
}

// LoadSnapshot reads what was saved under name. The error is ErrNotFound when nothing was.
func (l *Library) LoadSnapshot(ctx context.Context, name string) ([]byte, error) {
	row := &snapshotRow{}
	if err := l.reader.NewSelect().Model(row).Where("name = ?", name).Scan(ctx); err != nil {
		return nil, failed("loading snapshot "+name, err)
	}
	return row.Data, nil
}
