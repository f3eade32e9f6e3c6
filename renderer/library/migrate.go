package library

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/config"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one step of the schema. Its number is its place: 1, 2, 3, …
type migration struct {
	number int
	name   string
	sql    string
}

// migrations reads the steps, 0001_name.sql and so on, in order and without gaps.
func migrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // Sorted.
	if err != nil {
		return nil, err
	}
	steps := make([]migration, len(names))
	for i, name := range names {
		sql, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		base := strings.TrimSuffix(path.Base(name), ".sql")
		digits, title, _ := strings.Cut(base, "_")
		if number, err := strconv.Atoi(digits); err != nil || number != i+1 {
			return nil, fmt.Errorf("migration %s should have number %d", base, i+1)
		}
		steps[i] = migration{number: i + 1, name: title, sql: string(sql)}
	}
	return steps, nil
}

// types are the column types of a driver, and what makes the lines of the other one comments.
func types(driver string) *strings.Replacer {
	if driver == config.DatabasePostgres {
		// Bytes are compared, whatever the locale of the database, as SQLite does.
		return strings.NewReplacer("{{text}}", `TEXT COLLATE "C"`, "{{json}}", "JSONB", "{{blob}}", "BYTEA", "{{postgres}}", "", "{{sqlite}}", "--")
	}
	return strings.NewReplacer("{{text}}", "TEXT", "{{json}}", "TEXT", "{{blob}}", "BLOB", "{{postgres}}", "--", "{{sqlite}}", "")
}

// migrationLock is the advisory lock under which PostgreSQL is migrated, so that replicas take turns. SQLite locks
// the file.
const migrationLock = 0x6461726b726f6f6d // "darkroom"

// migrate brings the schema to the newest step, each in a transaction of its own. A schema that is newer than this
// program is refused: what it means is unknown.
func (l *Library) migrate(ctx context.Context, files fs.FS) error {
	steps, err := migrations(files)
	if err != nil {
		return err
	}
	replacer := types(l.driver)
	for done := false; !done; {
		err := l.writeWithin(ctx, migrationTimeout, func(ctx context.Context, tx bun.Tx) error {
			if err := l.lockMigrations(ctx, tx); err != nil {
				return err
			}
			const table = "CREATE TABLE IF NOT EXISTS schema_migrations (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)"
			if _, err := tx.ExecContext(ctx, table); err != nil {
				return err
			}
			var current int
			if err := tx.NewRaw("SELECT COALESCE(MAX(number), 0) FROM schema_migrations").Scan(ctx, &current); err != nil {
				return err
			}
			if current > len(steps) {
				return fmt.Errorf("the database has schema %d, this version knows %d: use a newer one", current, len(steps))
			}
			if done = current == len(steps); done {
				return nil
			}
			step := steps[current]
			// Past bun, which would take a question mark for a placeholder.
			if _, err := tx.Tx.ExecContext(ctx, replacer.Replace(step.sql)); err != nil {
				return fmt.Errorf("migration %d (%s): %w", step.number, step.name, err)
			}
			_, err := tx.ExecContext(ctx, "INSERT INTO schema_migrations (number, name, applied_at) VALUES (?, ?, ?)", step.number, step.name, micros(l.now()))
			return err
		})
		if err != nil {
			return err
		}
	}
	return l.refreshIndex(ctx)
}

// lockMigrations has replicas take turns; see migrationLock.
func (l *Library) lockMigrations(ctx context.Context, tx bun.Tx) error {
	if l.driver != config.DatabasePostgres {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", int64(migrationLock))
	return err
}
