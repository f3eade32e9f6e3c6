package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // The driver named "sqlite".

	"github.com/darkroom-media/darkroom/renderer/config"
)

// Errors of the library, to be compared by errors.Is.
var (
	// ErrNotFound says that there is no such row.
	ErrNotFound = errors.New("not found in the library")
	// ErrExists says that an ID or object key that must be unique belongs to another row.
	ErrExists = errors.New("exists in the library already")
	// ErrNotReserved says that an object cannot be given to a row because it has no reservation, or because its
	// reservation has run out and the object may be deleted by now. See ReserveObject.
	ErrNotReserved = errors.New("the object is not reserved")
)

// Library is an open library. It is safe for concurrent use.
type Library struct {
	driver string
	// writer and reader are the same pool on PostgreSQL. On SQLite there is one writing connection, so that
	// writers queue in the process instead of failing on the lock of the file.
	writer *bun.DB
	reader *bun.DB
	now    func() time.Time
	// enqueued tells that jobs were committed.
	enqueued chan struct{}
}

// Sizes of the connection pools.
const (
	sqliteReaders       = 4
	postgresConnections = 16
	postgresIdle        = 4
	postgresLifetime    = 30 * time.Minute
)

// Open opens a library and brings its schema up to date. driver is config.DatabaseSQLite, with dsn the path of a file,
// which is created with its directory, or config.DatabasePostgres, with dsn a connection string.
func Open(ctx context.Context, driver, dsn string) (*Library, error) {
	l := &Library{driver: driver, now: time.Now, enqueued: make(chan struct{}, 1)}
	var err error
	switch driver {
	case config.DatabaseSQLite:
		err = l.openSQLite(dsn)
	case config.DatabasePostgres:
		err = l.openPostgres(dsn)
	default:
		err = fmt.Errorf("driver %q is neither %s nor %s", driver, config.DatabaseSQLite, config.DatabasePostgres)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the library: %w", err)
	}
	if err := l.migrate(ctx, migrationFiles); err != nil {
		return nil, errors.Join(fmt.Errorf("preparing the library's schema: %w", err), l.Close())
	}
	return l, nil
}

func (l *Library) openSQLite(path string) error {
	if path == "" {
		return errors.New("the path of the SQLite file is empty")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	writer, err := sql.Open("sqlite", sqliteDSN(path, "_txlock=immediate"))
	if err != nil {
		return err
	}
	writer.SetMaxOpenConns(1)
	reader, err := sql.Open("sqlite", sqliteDSN(path, "_pragma=query_only(1)"))
	if err != nil {
		return errors.Join(err, writer.Close())
	}
	reader.SetMaxOpenConns(sqliteReaders)
	reader.SetMaxIdleConns(sqliteReaders)
	l.writer, l.reader = bun.NewDB(writer, sqlitedialect.New()), bun.NewDB(reader, sqlitedialect.New())
	return nil
}

// sqliteDSN sets what SQLite forgets from connection to connection. synchronous(FULL) makes a commit in WAL mode
// durable before it returns.
func sqliteDSN(path, extra string) string {
	file := url.URL{Scheme: "file", Path: path}
	return file.String() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&" + extra
}

func (l *Library) openPostgres(dsn string) error {
	settings, err := pgx.ParseConfig(dsn)
	if err != nil {
		// pgx's error quotes the connection string; its password is masked there.
		return err
	}
	// bun writes values into the statement, so that preparing each one would only fill caches; and poolers that share
	// connections between transactions know the simple protocol.
	settings.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	// bun's quoting relies on it.
	settings.RuntimeParams["standard_conforming_strings"] = "on"
	db := stdlib.OpenDB(*settings)
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresIdle)
	db.SetConnMaxLifetime(postgresLifetime)
	l.writer = bun.NewDB(db, pgdialect.New())
	l.reader = l.writer
	return nil
}

// Close closes the library. On SQLite it folds the write-ahead log into the file.
func (l *Library) Close() error {
	if l.reader == l.writer {
		return l.writer.Close()
	}
	return errors.Join(l.reader.Close(), l.writer.Close())
}

// Ping fails when the database cannot be read.
func (l *Library) Ping(ctx context.Context) error {
	var one int
	if err := l.reader.NewRaw("SELECT 1").Scan(ctx, &one); err != nil {
		return failed("reaching the library", err)
	}
	return nil
}
