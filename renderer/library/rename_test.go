package library_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

func reserve(t *testing.T, l *library.Library, objectKey string) {
	t.Helper()
	librarytest.Reserve(t, l, objectKey)
}

func uploaded(publicID string) library.Key {
	return library.Key{ResourceType: library.Image, Type: "upload", PublicID: publicID}
}

func TestRenameMovesTheRowOnly(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		asset := picture("a")
		asset.Tags, asset.Context = []string{"x"}, map[string]string{"alt": "text"}
		before := librarytest.Store(t, l, asset, library.StoreOptions{}).Asset
		librarytest.StoreDerived(t, l, &library.Derived{AssetID: before.AssetID, VersionID: before.VersionID, Key: "k", ObjectKey: "derived/k"})
		clock.advance(time.Minute)
		to := library.Key{ResourceType: library.Image, Type: "private", PublicID: "folder/b"}
		after, err := l.RenameAsset(t.Context(), uploaded("a"), to, library.RenameOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if after.PublicID != "folder/b" || after.Type != "private" || after.AssetID != before.AssetID || after.Version != before.Version ||
			after.ObjectKey != before.ObjectKey || !after.CreatedAt.Equal(before.CreatedAt) || !after.UpdatedAt.After(before.UpdatedAt) ||
			!slices.Equal(after.Tags, before.Tags) || after.Context["alt"] != "text" {
			t.Errorf("renamed %+v", after)
		}
		if _, err := l.Asset(t.Context(), uploaded("a")); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("the old name: %v", err)
		}
		if read, err := l.Asset(t.Context(), to); err != nil || read.AssetID != before.AssetID {
			t.Errorf("the new name: %+v, %v", read, err)
		}
		if _, err := l.Derived(t.Context(), before.AssetID, before.VersionID, "k"); err != nil {
			t.Errorf("the derived file: %v", err)
		}
		if tagged, err := l.List(t.Context(), library.ListOptions{Tag: "x"}); err != nil || len(tagged.Assets) != 1 {
			t.Errorf("found by tag: %v, %v", tagged, err)
		}
		if thrown := garbage(t, l, clock.time.Add(24*time.Hour)); len(thrown) != 0 {
			t.Errorf("bytes became garbage: %q", thrown)
		}
	})
}

func TestRenameToATakenName(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		a := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		b := librarytest.Store(t, l, picture("b"), library.StoreOptions{}).Asset
		librarytest.StoreDerived(t, l, &library.Derived{AssetID: b.AssetID, VersionID: b.VersionID, Key: "k", ObjectKey: "derived/k"})
		if _, err := l.RenameAsset(t.Context(), uploaded("a"), uploaded("b"), library.RenameOptions{}); !errors.Is(err, library.ErrExists) {
			t.Errorf("a taken name: %v", err)
		}
		for name, test := range map[string]struct {
			from, to library.Key
			want     error
		}{
			"nobody":           {uploaded("none"), uploaded("c"), library.ErrNotFound},
			"no possible name": {uploaded("a\x00"), uploaded("c"), library.ErrNotFound},
			"itself":           {uploaded("a"), uploaded("a"), library.ErrExists},
		} {
			if _, err := l.RenameAsset(t.Context(), test.from, test.to, library.RenameOptions{Overwrite: true}); !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", name, err, test.want)
			}
		}
		for _, to := range []library.Key{uploaded(""), uploaded("\x00"), {ResourceType: library.Raw, Type: "upload", PublicID: "c"}} {
			if _, err := l.RenameAsset(t.Context(), uploaded("a"), to, library.RenameOptions{}); err == nil {
				t.Errorf("renamed to %+v", to)
			}
		}
		if len(garbage(t, l, clock.time.Add(24*time.Hour))) != 0 {
			t.Error("a refused renaming has thrown something away")
		}
		renamed, err := l.RenameAsset(t.Context(), uploaded("a"), uploaded("b"), library.RenameOptions{Overwrite: true})
		if err != nil || renamed.AssetID != a.AssetID {
			t.Fatalf("overwriting: %+v, %v", renamed, err)
		}
		if _, err := l.AssetByID(t.Context(), b.AssetID); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("the overwritten asset: %v", err)
		}
		thrown := garbage(t, l, clock.time.Add(time.Second))
		if slices.Sort(thrown); !slices.Equal(thrown, []string{"derived/k", "originals/b"}) {
			t.Errorf("garbage %q", thrown)
		}
	})
}

// TestRenamingsInParallel swaps two names again and again while a third is stored over and over.
func TestRenamingsInParallel(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		librarytest.Store(t, l, picture("a"), library.StoreOptions{})
		var group sync.WaitGroup
		for _, names := range [][2]string{{"a", "b"}, {"b", "a"}} {
			group.Go(func() {
				for range 20 {
					_, err := l.RenameAsset(t.Context(), uploaded(names[0]), uploaded(names[1]), library.RenameOptions{Overwrite: true})
					if err != nil && !errors.Is(err, library.ErrNotFound) {
						t.Error(err)
					}
				}
			})
		}
		group.Go(func() {
			for i := range 20 {
				asset := picture("b")
				asset.ObjectKey = fmt.Sprintf("originals/again-%d", i)
				reserve(t, l, asset.ObjectKey)
				if _, err := l.StoreAsset(t.Context(), asset, overwrite()); err != nil {
					t.Error(err)
				}
			}
		})
		group.Wait()
		if totals, err := l.Totals(t.Context()); err != nil || totals.Assets < 1 || totals.Assets > 2 {
			t.Errorf("%+v, %v", totals, err)
		}
	})
}
