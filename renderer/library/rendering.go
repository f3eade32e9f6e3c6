package library

import (
	"context"
	"time"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// ClaimRendering tells whether the caller is to make the derived file of a key: it has from now until then to store it, and no
// other replica makes it meanwhile. On SQLite, where there is one replica, it is always true.
func (l *Library) ClaimRendering(ctx context.Context, key string, now, until time.Time) (bool, error) {
	if l.driver != config.DatabasePostgres {
		return true, nil
	}
	const claim = "INSERT INTO renderings (key, claimed_until) VALUES (?, ?) " +
		"ON CONFLICT (key) DO UPDATE SET claimed_until = EXCLUDED.claimed_until WHERE renderings.claimed_until <= ?"
	result, err := l.writer.NewRaw(claim, key, micros(until), micros(now)).Exec(ctx)
	if err != nil {
		return false, failed("claiming the rendering of "+key, err)
	}
	claimed, err := result.RowsAffected()
	if err != nil {
		return false, failed("claiming the rendering of "+key, err)
	}
	return claimed > 0, nil
}

// ReleaseRendering gives up the claim of a key that was made until then; that it has passed to somebody else is no error. Claims
// that have run out at now are forgotten, too.
func (l *Library) ReleaseRendering(ctx context.Context, key string, now, until time.Time) error {
	if l.driver != config.DatabasePostgres {
		return nil
	}
	const release = "DELETE FROM renderings WHERE key = ? AND claimed_until = ? OR claimed_until <= ?"
	if _, err := l.writer.NewRaw(release, key, micros(until), micros(now)).Exec(ctx); err != nil {
		return failed("giving up the rendering of "+key, err)
	}
	return nil
}
