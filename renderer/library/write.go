package library

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// attempts is how often a transaction is tried that the database has ended in favour of another one.
const attempts = 4

// write runs f in a transaction, again when the database asks for that. f must not keep results of an earlier run.
func (l *Library) write(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	return l.writeWithin(ctx, transactionTimeout, f)
}

// writeWithin is write with another deadline for each run.
func (l *Library) writeWithin(ctx context.Context, timeout time.Duration, f func(ctx context.Context, tx bun.Tx) error) error {
	run := func() error {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return l.writer.RunInTx(ctx, nil, f)
	}
	for attempt := 1; ; attempt++ {
		err := run()
		if err == nil || attempt == attempts || !lostToAnother(err) || ctx.Err() != nil {
			return err
		}
	}
}

// SQLSTATEs of PostgreSQL.
const (
	stateUniqueViolation      = "23505"
	stateSerializationFailure = "40001"
	stateDeadlock             = "40P01"
	stateDiskFull             = "53100"
)

func lostToAnother(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == stateSerializationFailure || pg.Code == stateDeadlock
	}
	return sqliteCode(err) == sqlite3.SQLITE_BUSY
}

func isUniqueViolation(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == stateUniqueViolation
	}
	lite, ok := errors.AsType[*sqlite.Error](err)
	return ok && (lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// isAway tells whether the database cannot be reached, or not in time, as opposed to having refused a statement.
func isAway(err error) bool {
	for _, broken := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, broken) {
			return true
		}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Classes 08, 53, 57 and 58: broken connection, out of resources, shut down by an operator, broken system.
		return slices.Contains([]string{"08", "53", "57", "58"}, pg.Code[:2])
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	switch sqliteCode(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}

// isFull tells whether the disk of the database is full.
func isFull(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == stateDiskFull
	}
	return sqliteCode(err) == sqlite3.SQLITE_FULL
}

// sqliteCode is the primary result code of an error of SQLite, 0 for others.
func sqliteCode(err error) int {
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code() & 0xff
	}
	return 0
}

// failed adds what we were doing to err and sorts it: ErrNotFound for a missing row, a 507 for one whose disk is full, a 503 for
// one that is away. A context that has ended stays itself.
func failed(doing string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	wrapped := fmt.Errorf("%s: %w", doing, err)
	if isFull(err) {
		return problem.Full(wrapped)
	}
	if isAway(err) && !errors.Is(err, context.Canceled) {
		return problem.Unavailable("The database", wrapped)
	}
	return wrapped
}
