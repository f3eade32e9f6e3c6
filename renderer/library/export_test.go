package library

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// SetNow sets the clock of a library.
func (l *Library) SetNow(now func() time.Time) { l.now = now }

// SetIndexedAtOnce sets how many assets are indexed anew in one transaction, and returns what it was.
func SetIndexedAtOnce(n int64) (before int64) {
	before, indexedAtOnce = indexedAtOnce, n
	return before
}

// Migrate brings the schema to the newest step in files.
func (l *Library) Migrate(ctx context.Context, files fs.FS) error { return l.migrate(ctx, files) }

// MigrationFiles are the embedded steps.
func MigrationFiles() fs.FS { return migrationFiles }

// Exec executes a statement past the query layer.
func (l *Library) Exec(ctx context.Context, statement string) error {
	_, err := l.writer.ExecContext(past(ctx), statement)
	return err
}

// Ints reads one column past the query layer.
func (l *Library) Ints(ctx context.Context, query string) (values []int64, err error) {
	return values, l.reader.NewRaw(query).Scan(past(ctx), &values)
}

// Strings reads one column past the query layer.
func (l *Library) Strings(ctx context.Context, query string) (values []string, err error) {
	return values, l.reader.NewRaw(query).Scan(past(ctx), &values)
}

// pastLibrary marks the statements of tests, which are none of the library.
type pastLibrary struct{}

func past(ctx context.Context) context.Context { return context.WithValue(ctx, pastLibrary{}, true) }

// SetStatementTimeout sets how long a statement may take.
func (l *Library) SetStatementTimeout(d time.Duration) { l.deadlines.statement = d }

// Explain runs f and explains every SELECT that it makes, as the plans of the database.
func (l *Library) Explain(ctx context.Context, f func() error) (plans []string, err error) {
	recorder := &recorder{}
	reader := l.reader
	l.reader = reader.WithQueryHook(recorder)
	err = f()
	l.reader = reader
	if err != nil {
		return nil, err
	}
	for _, query := range recorder.queries {
		plan, err := l.explain(ctx, query)
		if err != nil {
			return nil, err
		}
		plans = append(plans, query+"\n"+plan)
	}
	return plans, nil
}

// Record notes every statement that the library makes from now on.
func (l *Library) Record(note func(driver, statement string)) {
	hook := noting(func(statement string) { note(l.driver, statement) })
	if l.reader == l.writer {
		l.writer = l.writer.WithQueryHook(hook)
		l.reader = l.writer
		return
	}
	l.writer, l.reader = l.writer.WithQueryHook(hook), l.reader.WithQueryHook(hook)
}

// noting is a hook that notes statements.
type noting func(statement string)

// BeforeQuery notes a statement.
func (n noting) BeforeQuery(ctx context.Context, event *bun.QueryEvent) context.Context {
	if ctx.Value(pastLibrary{}) == nil {
		n(event.Query)
	}
	return ctx
}

// AfterQuery does nothing.
func (noting) AfterQuery(context.Context, *bun.QueryEvent) {}

// ExplainStatement is the plan of a statement on the library, which is large.
func (l *Library) ExplainStatement(ctx context.Context, statement string) (plan string, err error) {
	return l.explain(ctx, statement)
}

// explain is the plan of a query. A table that PostgreSQL reads from end to end because it is small is explained as if
// it were large: by an index, if there is one.
func (l *Library) explain(ctx context.Context, query string) (plan string, err error) {
	connection, err := l.reader.DB.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	if l.driver != config.DatabasePostgres {
		return planOf(ctx, connection, "EXPLAIN QUERY PLAN "+query)
	}
	plan, err = planOf(ctx, connection, "EXPLAIN "+query)
	if err != nil || !strings.Contains(plan, "Seq Scan") {
		return plan, err
	}
	if _, err := connection.ExecContext(ctx, "SET enable_seqscan = off"); err != nil {
		return "", err
	}
	plan, err = planOf(ctx, connection, "EXPLAIN "+query)
	_, reset := connection.ExecContext(ctx, "RESET enable_seqscan")
	return plan, errors.Join(err, reset)
}

func planOf(ctx context.Context, connection *sql.Conn, explain string) (plan string, err error) {
	rows, err := connection.QueryContext(ctx, explain)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rows.Err(), rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	for rows.Next() {
		// The line is the last column of both.
		var line string
		targets := make([]any, len(columns))
		for i := range targets {
			targets[i] = new(any)
		}
		targets[len(columns)-1] = &line
		if err := rows.Scan(targets...); err != nil {
			return "", err
		}
		plan += line + "\n"
	}
	return plan, nil
}

// recorder notes the SELECTs.
type recorder struct {
	mu      sync.Mutex
	queries []string
}

// BeforeQuery notes a statement.
func (r *recorder) BeforeQuery(ctx context.Context, event *bun.QueryEvent) context.Context {
	if strings.HasPrefix(event.Query, "SELECT") || strings.HasPrefix(event.Query, "WITH") {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.queries = append(r.queries, event.Query)
	}
	return ctx
}

// AfterQuery does nothing.
func (*recorder) AfterQuery(context.Context, *bun.QueryEvent) {}
