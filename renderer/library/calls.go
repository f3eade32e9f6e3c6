package library

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// CountCalls adds n calls of the Admin API to those of an hour and returns how many there are then, from all replicas.
// Earlier hours are forgotten.
func (l *Library) CountCalls(ctx context.Context, hour time.Time, n int) (used int64, err error) {
	err = l.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		const add = "INSERT INTO api_calls (hour, used) VALUES (?, ?) ON CONFLICT (hour) DO UPDATE SET used = api_calls.used + excluded.used RETURNING used"
		if err := tx.NewRaw(add, micros(hour), n).Scan(ctx, &used); err != nil || used != int64(n) {
			return err
		}
		// The first of this hour.
		_, err := tx.NewRaw("DELETE FROM api_calls WHERE hour < ?", micros(hour)).Exec(ctx)
		return err
	})
	if err != nil {
		return 0, failed("counting calls", err)
	}
	return used, nil
}
