package library

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// A database that is paused, or whose machine is gone, does not answer at all: nothing but a clock of ours ends the wait.
const (
	// connectTimeout bounds a new connection where the connection string says nothing about it.
	connectTimeout = 5 * time.Second
	// statementTimeout bounds one statement, the wait for a connection included.
	statementTimeout = 10 * time.Second
	// transactionTimeout bounds one try of a transaction, migrationTimeout one step of the schema.
	transactionTimeout = 15 * time.Second
	migrationTimeout   = 10 * time.Minute
)

// deadlines gives every statement its deadline.
type deadlines struct{ statement time.Duration }

// cancelKey is where the end of a statement finds its cancellation.
type cancelKey struct{}

// BeforeQuery starts the clock of a statement. The context of a BEGIN goes on with its transaction, which has one of its own.
func (d *deadlines) BeforeQuery(ctx context.Context, event *bun.QueryEvent) context.Context {
	if event.Query == "BEGIN" {
		return ctx
	}
	ctx, cancel := context.WithTimeout(ctx, d.statement)
	event.Stash = map[any]any{cancelKey{}: cancel}
	return ctx
}

// AfterQuery stops it. The rows of a statement are read by then.
func (*deadlines) AfterQuery(_ context.Context, event *bun.QueryEvent) {
	if cancel, ok := event.Stash[cancelKey{}].(context.CancelFunc); ok {
		cancel()
	}
}
