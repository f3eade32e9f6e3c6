// Package librarytest gives tests real libraries: SQLite in a temporary directory, and PostgreSQL where Debian's package
// is installed, one server for each test binary and one database for each test.
package librarytest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/test/postgres"
)

// Databases runs tests on both databases. The zero value is ready; PostgreSQL is started by the first test that wants
// it. Keep one for a package and Close it at the end of TestMain.
type Databases struct {
	start  sync.Once
	server *postgres.Server
	// prepared is the name of an empty library's database, to be copied: faster than taking all steps of the schema again.
	prepared string
	err      error
}

// Each runs a test on an empty library of each kind, as the subtests "sqlite" and "postgres". The latter is skipped
// where PostgreSQL is not installed.
func (d *Databases) Each(t *testing.T, run func(t *testing.T, l *library.Library)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { run(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { run(t, d.Postgres(t)) })
}

// EachDSN is Each for tests that open the library themselves. The database is empty.
func (d *Databases) EachDSN(t *testing.T, run func(t *testing.T, driver, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		run(t, config.DatabaseSQLite, sqlitePath(t))
	})
	t.Run("postgres", func(t *testing.T) {
		run(t, config.DatabasePostgres, d.PostgresDSN(t))
	})
}

// PostgresDSN makes an empty database for a test, gone at its end, and skips the test where PostgreSQL is not installed.
func (d *Databases) PostgresDSN(t testing.TB) (dsn string) {
	t.Helper()
	return d.database(t, (*postgres.Server).Create)
}

// database makes a database for a test, gone at its end, and skips the test where PostgreSQL is not installed.
func (d *Databases) database(t testing.TB, make func(*postgres.Server, context.Context) (string, error)) (dsn string) {
	t.Helper()
	d.start.Do(func() {
		if d.server, d.err = postgres.Launch(""); d.err == nil {
			d.prepared, d.err = prepare(d.server)
		}
	})
	if errors.Is(d.err, postgres.ErrUnavailable) {
		t.Skip(d.err)
	}
	if d.err != nil {
		t.Fatalf("starting PostgreSQL: %v", d.err)
	}
	name, err := make(d.server, t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.server.Drop(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return d.server.Socket(name)
}

// Postgres opens an empty library that is closed at the end of the test, and skips the test where PostgreSQL is not installed.
func (d *Databases) Postgres(t testing.TB) *library.Library {
	t.Helper()
	return open(t, config.DatabasePostgres, d.database(t, func(s *postgres.Server, ctx context.Context) (string, error) { return s.Copy(ctx, d.prepared) }))
}

// Large gives what runs after the tests of a package an empty database, gone when it returns.
func (d *Databases) Large(driver string, run func(dsn string) error) error {
	if driver == config.DatabaseSQLite {
		folder, err := os.MkdirTemp("", "darkroom-library-")
		if err != nil {
			return err
		}
		return errors.Join(run(filepath.Join(folder, "library.db")), os.RemoveAll(folder))
	}
	name, err := d.server.Create(context.Background())
	if err != nil {
		return err
	}
	return errors.Join(run(d.server.Socket(name)), d.server.Drop(context.Background(), name))
}

// prepare makes a database with an empty library.
func prepare(server *postgres.Server) (name string, err error) {
	if name, err = server.Create(context.Background()); err != nil {
		return "", err
	}
	l, err := library.Open(context.Background(), config.DatabasePostgres, server.Socket(name))
	if err != nil {
		return "", err
	}
	return name, l.Close()
}

// Close stops PostgreSQL, if it was started, and removes its files.
func (d *Databases) Close() error {
	if d.server == nil {
		return nil
	}
	return d.server.Close()
}

// SQLite opens an empty library that is closed at the end of the test.
func SQLite(t testing.TB) *library.Library {
	t.Helper()
	return open(t, config.DatabaseSQLite, sqlitePath(t))
}

// sqlitePath has characters that a path may have and a URI may not.
func sqlitePath(t testing.TB) string { return filepath.Join(t.TempDir(), "data", "a %3f?#library.db") }

func open(t testing.TB, driver, dsn string) *library.Library {
	t.Helper()
	l, err := library.Open(t.Context(), driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("closing the library: %v", err)
		}
	})
	return l
}
