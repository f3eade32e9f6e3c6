package library

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
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
	enqueued  chan struct{}
	deadlines deadlines
	// findAgain is what FindAgain has set.
	findAgain func(analysis json.RawMessage) json.RawMessage
	// frequencies are remembered sizes of terms, by termScan; frequencyCount counts what was stored there.
	frequencies    sync.Map
	frequencyCount atomic.Int64
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
	l, err := New(driver, func() (string, error) { return dsn, nil })
	if err != nil {
		return nil, err
	}
	if err := l.Prepare(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// New makes a library without a look at its database, which may be away. Nothing may be asked of the library before
// Prepare has succeeded. source gives what Open calls dsn; on PostgreSQL it is asked for every new connection, so that a
// password can be changed or put right under a running program.
func New(driver string, source func() (string, error)) (*Library, error) {
	l := &Library{driver: driver, now: time.Now, enqueued: make(chan struct{}, 1), deadlines: deadlines{statementTimeout}}
	var err error
	switch driver {
	case config.DatabaseSQLite:
		err = l.openSQLite(source)
	case config.DatabasePostgres:
		l.openPostgres(source)
	default:
		err = fmt.Errorf("driver %q is neither %s nor %s", driver, config.DatabaseSQLite, config.DatabasePostgres)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the library: %w", err)
	}
	return l, nil
}

// FindAgain sets how the findings of an analysis that an asset keeps are made anew of the rest of it, which is done where the index of all
// assets is: without it they stay as they were found. It is called before Prepare. again gives what it cannot read back as it is.
func (l *Library) FindAgain(again func(analysis json.RawMessage) json.RawMessage) {
	l.findAgain = again
}

// Prepare reaches the database and brings its schema up to date. After an error it can be called again.
func (l *Library) Prepare(ctx context.Context) error {
	if err := l.migrate(ctx, migrationFiles); err != nil {
		return failed("preparing the library's schema", err)
	}
	return nil
}

func (l *Library) openSQLite(source func() (string, error)) error {
	path, err := source()
	if err != nil {
		return err
	}
	if path == "" {
		return errors.New("the path of the SQLite file is empty")
	}
	if path, err = filepath.Abs(path); err != nil {
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
	l.writer, l.reader = l.bounded(writer, sqlitedialect.New()), l.bounded(reader, sqlitedialect.New())
	return nil
}

// bounded is a database whose statements all have a deadline.
func (l *Library) bounded(db *sql.DB, dialect schema.Dialect) *bun.DB {
	return bun.NewDB(db, dialect).WithQueryHook(&l.deadlines)
}

// sqliteDSN sets what SQLite forgets from connection to connection. cache_size is 16 MB a connection, so that the upper
// levels of the indexes stay in memory. synchronous(FULL) makes a commit in WAL mode
// durable before it returns.
func sqliteDSN(path, extra string) string {
	file := url.URL{Scheme: "file", Path: path}
	return file.String() + "?_pragma=busy_timeout(10000)&_pragma=cache_size(-16000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&" + extra
}

func (l *Library) openPostgres(source func() (string, error)) {
	db := sql.OpenDB(stdlib.GetConnector(pgx.ConnConfig{}, stdlib.OptionBeforeConnect(
		func(_ context.Context, settings *pgx.ConnConfig) error {
			dsn, err := source()
			if err != nil {
				return err
			}
			current, err := postgresSettings(dsn)
			if err == nil {
				*settings = *current
			}
			return err
		})))
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresIdle)
	db.SetConnMaxLifetime(postgresLifetime)
	l.writer = l.bounded(db, pgdialect.New())
	l.reader = l.writer
}

// postgresSettings reads a connection string.
func postgresSettings(dsn string) (*pgx.ConnConfig, error) {
	settings, err := pgx.ParseConfig(dsn)
	if err != nil {
		// pgx's error quotes the connection string; its password is masked there.
		return nil, err
	}
	// bun writes values into the statement, so that preparing each one would only fill caches; and poolers that share
	// connections between transactions know the simple protocol.
	settings.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	// bun's quoting relies on it.
	settings.RuntimeParams["standard_conforming_strings"] = "on"
	if settings.ConnectTimeout <= 0 {
		settings.ConnectTimeout = connectTimeout
	}
	return settings, nil
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
