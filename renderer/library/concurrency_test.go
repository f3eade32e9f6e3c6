package library_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

// storeTogether stores the same public ID from many goroutines. Each one's object, tag and size carry its number.
func storeTogether(t *testing.T, l *library.Library, goroutines int, options library.StoreOptions) []*library.Stored {
	t.Helper()
	stored := make([]*library.Stored, goroutines)
	errs := make([]error, goroutines)
	var group sync.WaitGroup
	for i := range goroutines {
		asset := picture("same")
		asset.ObjectKey, asset.Bytes, asset.Tags = fmt.Sprintf("originals/%d", i), int64(i), []string{fmt.Sprint(i)}
		librarytest.Reserve(t, l, asset.ObjectKey)
		group.Go(func() { stored[i], errs[i] = l.StoreAsset(t.Context(), asset, options) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestConcurrentOverwrites(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		const goroutines = 8
		stored := storeTogether(t, l, goroutines, overwrite())
		slices.SortFunc(stored, func(a, b *library.Stored) int { return int(a.Asset.Version - b.Asset.Version) })
		for i, s := range stored {
			if s.Existing || s.Overwritten != (i > 0) {
				t.Errorf("store %d: %+v, want only the first not to overwrite", i, s)
			}
			if i > 0 && (s.Asset.Version <= stored[i-1].Asset.Version || s.Asset.VersionID == stored[i-1].Asset.VersionID) {
				t.Errorf("version %d comes after %d", s.Asset.Version, stored[i-1].Asset.Version)
			}
			if s.Asset.AssetID != stored[0].Asset.AssetID {
				t.Errorf("two assets of one name: %s and %s", s.Asset.AssetID, stored[0].Asset.AssetID)
			}
		}
		// What is left is the last one, whole.
		last := stored[goroutines-1].Asset
		now, err := l.AssetByID(t.Context(), last.AssetID)
		if err != nil || now.Version != last.Version || now.ObjectKey != last.ObjectKey || now.Bytes != last.Bytes || now.Tags[0] != last.Tags[0] {
			t.Errorf("%+v, %v is left, want %+v", now, err, last)
		}
		if tags, err := l.Strings(t.Context(), "SELECT tag FROM asset_tags"); err != nil || !slices.Equal(tags, last.Tags) {
			t.Errorf("tags %v, %v, want %v", tags, err, last.Tags)
		}
		if keys := garbage(t, l, time.Now()); len(keys) != goroutines-1 || slices.Contains(keys, last.ObjectKey) {
			t.Errorf("garbage %v, want all objects but %s", keys, last.ObjectKey)
		}
	})
}

func TestConcurrentStoresWithoutOverwrite(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		stored := storeTogether(t, l, 8, library.StoreOptions{})
		winners := 0
		for _, s := range stored {
			if !s.Existing {
				winners++
			}
			if s.Asset.ObjectKey != stored[0].Asset.ObjectKey || s.Asset.VersionID != stored[0].Asset.VersionID {
				t.Errorf("%+v and %+v were both stored", s.Asset, stored[0].Asset)
			}
		}
		if winners != 1 {
			t.Errorf("%d have won", winners)
		}
	})
}

// TestDerivedAgainstOverwrites stores derived files while their asset is overwritten: none may outlive its version.
func TestDerivedAgainstOverwrites(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		const rounds = 20
		librarytest.Store(t, l, picture("a"), library.StoreOptions{})
		var group sync.WaitGroup
		errs := make([]error, 2)
		group.Go(func() {
			for i := range rounds {
				asset := picture("a")
				asset.ObjectKey = fmt.Sprintf("originals/%d", i)
				err := l.ReserveObject(t.Context(), asset.ObjectKey, time.Now().Add(time.Hour))
				if err == nil {
					_, err = l.StoreAsset(t.Context(), asset, overwrite())
				}
				if err != nil {
					errs[0] = err
					return
				}
			}
		})
		group.Go(func() {
			for i := range rounds {
				asset, err := l.Asset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"})
				if err == nil {
					d := derivedOf(asset, fmt.Sprint(i))
					err = l.ReserveObject(t.Context(), d.ObjectKey, time.Now().Add(time.Hour))
					if err == nil {
						_, err = l.StoreDerived(t.Context(), d)
					}
				}
				if err != nil && !errors.Is(err, library.ErrNotFound) {
					errs[1] = err
					return
				}
			}
		})
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		stale, err := l.Strings(t.Context(), "SELECT key FROM derived WHERE version_id NOT IN (SELECT version_id FROM assets)")
		if err != nil || len(stale) != 0 {
			t.Errorf("derived files of versions that are gone: %v, %v", stale, err)
		}
		totals, err := l.Totals(t.Context())
		// Every object is owned or garbage: 1 original and rounds more, and rounds derived ones.
		if owned := totals.Assets + totals.Derived + totals.Unowned; err != nil || owned != 1+2*rounds {
			t.Errorf("%+v, %v: %d objects are accounted for, want %d", totals, err, owned, 1+2*rounds)
		}
	})
}

// TestDerivedWaitsForOverwrite stores a derived file while an overwrite of its asset is about to commit.
func TestDerivedWaitsForOverwrite(t *testing.T) {
	databases.EachDSN(t, func(t *testing.T, driver, dsn string) {
		if driver != config.DatabasePostgres {
			t.Skip("SQLite has one writer")
		}
		l, err := library.Open(t.Context(), driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		librarytest.Reserve(t, l, "derived/k")
		overwriting, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer overwriting.Close(context.Background())
		execute := func(statement string) {
			t.Helper()
			if _, err := overwriting.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		execute("BEGIN; UPDATE assets SET version_id = 'next'")
		done := make(chan error, 1)
		go func() {
			_, err := l.StoreDerived(t.Context(), derivedOf(asset, "k"))
			done <- err
		}()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if waiting, err := l.Ints(t.Context(), "SELECT COUNT(*) FROM pg_locks WHERE NOT granted"); err != nil || waiting[0] > 0 {
				break
			}
			select {
			case err := <-done:
				t.Fatalf("StoreDerived did not wait: %v", err)
			default:
			}
			if time.Now().After(deadline) {
				t.Fatal("StoreDerived neither waits nor ends")
			}
		}
		execute("COMMIT")
		if err := <-done; !errors.Is(err, library.ErrNotFound) {
			t.Errorf("StoreDerived: %v, want ErrNotFound", err)
		}
	})
}
