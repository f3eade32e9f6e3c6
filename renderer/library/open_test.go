package library_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestReopen(t *testing.T) {
	databases.EachDSN(t, func(t *testing.T, driver, dsn string) {
		for _, id := range []string{"first", "second"} {
			l, err := library.Open(t.Context(), driver, dsn)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Ping(t.Context()); err != nil {
				t.Error(err)
			}
			librarytest.Store(t, l, picture(id), library.StoreOptions{})
			if numbers, err := l.Ints(t.Context(), "SELECT number FROM schema_migrations ORDER BY number"); err != nil || int64(len(numbers)) != newest(t) || !slices.IsSorted(numbers) || len(slices.Compact(numbers)) != int(newest(t)) {
				t.Errorf("migrations %v, %v, want each once", numbers, err)
			}
			if id == "second" {
				if ids := publicIDs(t, l, library.ListOptions{}); !slices.Equal(ids, []string{"second", "first"}) {
					t.Errorf("after reopening: %v", ids)
				}
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if err := l.Ping(t.Context()); err == nil {
				t.Error("a closed library answers")
			}
		}
	})
}

func TestOpenTogether(t *testing.T) {
	databases.EachDSN(t, func(t *testing.T, driver, dsn string) {
		errs := make([]error, 4)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() {
				l, err := library.Open(t.Context(), driver, dsn)
				if err == nil {
					err = l.Close()
				}
				errs[i] = err
			})
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
	})
}

// newest is the number of the newest embedded step.
func newest(t *testing.T) int64 {
	t.Helper()
	names, err := fs.Glob(library.MigrationFiles(), "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return int64(len(names))
}

// withStep is the embedded schema and one more step.
func withStep(t *testing.T, name, sql string) fs.FS {
	t.Helper()
	files := fstest.MapFS{"migrations/" + name: {Data: []byte(sql)}}
	names, err := fs.Glob(library.MigrationFiles(), "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(library.MigrationFiles(), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

func TestMigrationIsAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		librarytest.Store(t, l, picture("kept"), library.StoreOptions{})
		broken := withStep(t, fmt.Sprintf("%04d_broken.sql", newest(t)+1), "CREATE TABLE half (a BIGINT); DELETE FROM asset_tags; DELETE FROM assets; SELECT nonsense FROM nowhere;")
		if err := l.Migrate(t.Context(), broken); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("migration %d (broken)", newest(t)+1)) {
			t.Fatalf("%v, want an error that names the step", err)
		}
		if ids := publicIDs(t, l, library.ListOptions{}); !slices.Equal(ids, []string{"kept"}) {
			t.Errorf("after the broken step: %v", ids)
		}
		if err := l.Exec(t.Context(), "INSERT INTO half VALUES (1)"); err == nil {
			t.Error("a part of the broken step was kept")
		}
		// Corrected, it goes through, question marks and all.
		fixed := withStep(t, fmt.Sprintf("%04d_fixed.sql", newest(t)+1), "CREATE TABLE half (a {{text}}); INSERT INTO half VALUES ('?');")
		if err := l.Migrate(t.Context(), fixed); err != nil {
			t.Fatal(err)
		}
		if values, err := l.Strings(t.Context(), "SELECT a FROM half"); err != nil || !slices.Equal(values, []string{"?"}) {
			t.Errorf("half holds %q, %v", values, err)
		}
		// An older program does not touch it any more.
		if err := l.Migrate(t.Context(), library.MigrationFiles()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("schema %d", newest(t)+1)) {
			t.Errorf("%v, want a refusal of a newer schema", err)
		}
	})
}

func TestMigrationNumbers(t *testing.T) {
	l := librarytest.SQLite(t)
	for _, name := range []string{fmt.Sprintf("%04d_gap.sql", newest(t)+2), "0001_twice.sql", "x_none.sql"} {
		if err := l.Migrate(t.Context(), withStep(t, name, "")); err == nil || !strings.Contains(err.Error(), "should have number ") {
			t.Errorf("%s: %v, want an error about its number", name, err)
		}
	}
}

func TestSQLiteSettings(t *testing.T) {
	l := librarytest.SQLite(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "query_only": "1"} {
		if got, err := l.Strings(t.Context(), "PRAGMA "+pragma); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%s of a reader is %v, %v, want %s", pragma, got, err, want)
		}
	}
	if err := l.Exec(t.Context(), "INSERT INTO asset_tags (asset_id, tag, created_at) VALUES ('nobody', 'x', 1)"); err == nil {
		t.Error("the writer does not check foreign keys")
	}
}

func TestOpenFails(t *testing.T) {
	directory := t.TempDir()
	notADatabase := filepath.Join(directory, "text")
	if err := os.WriteFile(notADatabase, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ driver, dsn, want string }{
		"unknown driver":   {"mysql", "x", `driver "mysql"`},
		"empty path":       {config.DatabaseSQLite, "", "empty"},
		"not a database":   {config.DatabaseSQLite, notADatabase, "not a database"},
		"a file as folder": {config.DatabaseSQLite, filepath.Join(notADatabase, "x.db"), "not a directory"},
		"bad DSN":          {config.DatabasePostgres, "postgres://user:hunter2@host:port/", ""},
		"nobody there":     {config.DatabasePostgres, "host=" + directory + " user=u dbname=d password=hunter2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := library.Open(t.Context(), test.driver, test.dsn)
			if err == nil {
				_ = l.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v, want %q, and no password", err, test.want)
			}
		})
	}
}

func TestDatabaseAway(t *testing.T) {
	databases.EachDSN(t, func(t *testing.T, driver, dsn string) {
		if driver != config.DatabasePostgres {
			t.Skip("SQLite is in the process")
		}
		l, err := library.Open(t.Context(), driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		// The server takes no connections of this database any more, and ends those that there are.
		settings, err := pgx.ParseConfig(dsn)
		if err != nil {
			t.Fatal(err)
		}
		name := settings.Database
		settings.Database = "postgres"
		admin, err := pgx.ConnectConfig(t.Context(), settings)
		if err != nil {
			t.Fatal(err)
		}
		defer admin.Close(context.Background())
		for _, statement := range []string{
			"ALTER DATABASE " + name + " ALLOW_CONNECTIONS false",
			"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '" + name + "'",
		} {
			if _, err := admin.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		_, err = l.Asset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"})
		if p := problem.From(err); p == nil || p.Status != http.StatusServiceUnavailable || !p.Transient || strings.Contains(p.Message, name) {
			t.Errorf("%v, want a 503 without details", err)
		}
	})
}

func TestCancelled(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		librarytest.Reserve(t, l, "originals/a")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := l.StoreAsset(ctx, picture("a"), library.StoreOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("StoreAsset: %v, want Canceled", err)
		}
		if _, err := l.List(ctx, library.ListOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("List: %v, want Canceled", err)
		}
		if _, err := l.StoreAsset(t.Context(), picture("a"), library.StoreOptions{}); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
