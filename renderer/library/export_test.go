package library

import (
	"context"
	"io/fs"
	"time"
)

// SetNow sets the clock of a library.
func (l *Library) SetNow(now func() time.Time) { l.now = now }

// Migrate brings the schema to the newest step in files.
func (l *Library) Migrate(ctx context.Context, files fs.FS) error { return l.migrate(ctx, files) }

// MigrationFiles are the embedded steps.
func MigrationFiles() fs.FS { return migrationFiles }

// Exec executes a statement past the query layer.
func (l *Library) Exec(ctx context.Context, statement string) error {
	_, err := l.writer.ExecContext(ctx, statement)
	return err
}

// Ints reads one column past the query layer.
func (l *Library) Ints(ctx context.Context, query string) (values []int64, err error) {
	return values, l.reader.NewRaw(query).Scan(ctx, &values)
}

// Strings reads one column past the query layer.
func (l *Library) Strings(ctx context.Context, query string) (values []string, err error) {
	return values, l.reader.NewRaw(query).Scan(ctx, &values)
}

// SetStatementTimeout sets how long a statement may take.
func (l *Library) SetStatementTimeout(d time.Duration) { l.deadlines.statement = d }
