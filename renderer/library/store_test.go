package library_test

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func full() *library.Asset {
	return &library.Asset{
		PublicID: "folder/O'Brien \\ \"ünï\" 100% ?", ResourceType: library.Image, Type: "authenticated",
		Format: "png", Bytes: 1 << 40, Width: 5312, Height: 2988, Pages: 3, ETag: "d41d8cd98f00b204e9800998ecf8427e",
		ObjectKey: "originals/full", OriginalFilename: "IMG 1.png", DisplayName: "O'Brien", AssetFolder: "folder", AccessMode: "public",
		Alpha: true, Tags: []string{"zebra", "apple", "émile, 'quoted'"},
		Context:  map[string]string{"caption": "it's <b>&\"x\"</b>?", "alt": "Ω"},
		Metadata: map[string]any{"color": "red", "count": int64(9007199254740993), "ratio": 0.5, "nested": map[string]any{"n": []any{int64(1)}}, "sizes": []any{"s", "m"}, "none": nil},
		Faces:    [][4]int{{1, 2, 3, 4}, {5, 6, 7, 8}}, Custom: [][4]int{{-1, 0, 10, 20}}, Sample: true,
		Regions:   map[string][][2]int{"shoes": {{1, 2}, {3, 4}}},
		TextStyle: &library.TextStyle{Style: "Arial_12", Color: "red"},
	}
}

func TestStoreAndRead(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		given := full()
		stored := librarytest.Store(t, l, given, library.StoreOptions{})
		if !reflect.DeepEqual(given, full()) {
			t.Error("StoreAsset has changed its argument")
		}
		if stored.Existing || stored.Overwritten {
			t.Errorf("stored = %+v, want neither existing nor overwritten", stored)
		}
		want := full()
		want.AssetID, want.VersionID = stored.Asset.AssetID, stored.Asset.VersionID
		want.Version, want.CreatedAt, want.UpdatedAt, want.UploadedAt = clock.time.Unix(), clock.time, clock.time, clock.time
		if !reflect.DeepEqual(stored.Asset, want) {
			t.Errorf("stored\n%+v, want\n%+v", stored.Asset, want)
		}
		for _, id := range []string{stored.Asset.AssetID, stored.Asset.VersionID} {
			if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
				t.Errorf("ID %q is not 32 lower-case hex characters", id)
			}
		}
		byName, err := l.Asset(t.Context(), library.Key{ResourceType: want.ResourceType, Type: want.Type, PublicID: want.PublicID})
		if err != nil || !reflect.DeepEqual(byName, want) {
			t.Errorf("Asset = %+v, %v, want\n%+v", byName, err, want)
		}
		byID, err := l.AssetByID(t.Context(), want.AssetID)
		if err != nil || !reflect.DeepEqual(byID, want) {
			t.Errorf("AssetByID = %+v, %v, want\n%+v", byID, err, want)
		}
	})
}

func TestReadMissing(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		librarytest.Store(t, l, picture("a"), library.StoreOptions{})
		for _, key := range []library.Key{
			{ResourceType: library.Image, Type: "upload", PublicID: "A"},
			{ResourceType: library.Image, Type: "private", PublicID: "a"},
			{ResourceType: library.Raw, Type: "upload", PublicID: "a"},
			{ResourceType: library.Image, Type: "upload", PublicID: "a\x00"},
			{ResourceType: library.Image, Type: "upload", PublicID: "\xff"},
			{},
		} {
			if _, err := l.Asset(t.Context(), key); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("Asset(%q): %v, want ErrNotFound", key, err)
			}
			if _, _, err := l.DeleteAsset(t.Context(), key, library.DeleteOptions{}); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("DeleteAsset(%q): %v, want ErrNotFound", key, err)
			}
		}
		if _, err := l.AssetByID(t.Context(), "\x00"); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("AssetByID: %v, want ErrNotFound", err)
		}
	})
}

func TestSamePublicIDOfOtherTypes(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		for _, kind := range [][2]string{{library.Image, "upload"}, {library.Image, "private"}, {library.Raw, "upload"}} {
			asset := picture("same")
			asset.ResourceType, asset.Type = kind[0], kind[1]
			asset.ObjectKey = "originals/" + kind[0] + kind[1]
			if stored := librarytest.Store(t, l, asset, library.StoreOptions{}); stored.Existing {
				t.Errorf("%v exists already", kind)
			}
		}
	})
}

func TestStoreWithoutOverwrite(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		first := librarytest.Store(t, l, picture("a"), library.StoreOptions{})
		second := picture("a")
		second.ObjectKey, second.Bytes = "originals/second", 99
		stored := librarytest.Store(t, l, second, library.StoreOptions{})
		if !stored.Existing || stored.Overwritten || !reflect.DeepEqual(stored.Asset, first.Asset) {
			t.Errorf("stored %+v %+v, want the first asset %+v, existing", stored, stored.Asset, first.Asset)
		}
		if keys := garbage(t, l, time.Now()); len(keys) != 0 {
			t.Errorf("garbage before the reservation ends: %v", keys)
		}
		if keys := garbage(t, l, time.Now().Add(2*time.Hour)); !slices.Equal(keys, []string{"originals/second"}) {
			t.Errorf("garbage after the reservation has ended: %v, want the second object only", keys)
		}
	})
}

func TestOverwrite(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		before := picture("a")
		before.Tags, before.Context, before.Faces = []string{"old", "both"}, map[string]string{"k": "v"}, [][4]int{{1, 2, 3, 4}}
		first := librarytest.Store(t, l, before, library.StoreOptions{})
		librarytest.StoreDerived(t, l, derivedOf(first.Asset, "thumb"))
		created := clock.time

		// The clock has gone backwards, and versions grow all the same.
		clock.advance(-time.Hour)
		after := picture("a")
		after.ObjectKey, after.Tags = "originals/after", []string{"new", "both", "new"}
		second := librarytest.Store(t, l, after, overwrite())
		if !second.Overwritten || second.Existing {
			t.Errorf("stored = %+v, want overwritten", second)
		}
		a := second.Asset
		if a.AssetID != first.Asset.AssetID || !a.CreatedAt.Equal(created) || !a.UpdatedAt.Equal(clock.time) {
			t.Errorf("ID %s created %v updated %v, want %s %v %v", a.AssetID, a.CreatedAt, a.UpdatedAt, first.Asset.AssetID, created, clock.time)
		}
		if a.Version != first.Asset.Version+1 || a.VersionID == first.Asset.VersionID {
			t.Errorf("version %d %s after %d %s", a.Version, a.VersionID, first.Asset.Version, first.Asset.VersionID)
		}
		if !slices.Equal(a.Tags, []string{"new", "both"}) || a.Context != nil || a.Faces != nil {
			t.Errorf("tags %v context %v faces %v, want those of the second", a.Tags, a.Context, a.Faces)
		}
		for tag, want := range map[string]int{"old": 0, "both": 1, "new": 1} {
			page, err := l.List(t.Context(), library.ListOptions{Tag: tag})
			if err != nil || len(page.Assets) != want {
				t.Errorf("%d assets with tag %s, %v, want %d", len(page.Assets), tag, err, want)
			}
		}
		if _, err := l.Derived(t.Context(), a.AssetID, first.Asset.VersionID, "thumb"); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("derived of the first version: %v, want ErrNotFound", err)
		}
		keys := garbage(t, l, clock.time)
		slices.Sort(keys)
		if !slices.Equal(keys, []string{"derived/thumb", "originals/a"}) {
			t.Errorf("garbage %v, want the objects of the first version", keys)
		}

		// With the clock ahead again, the version is the time.
		clock.advance(48 * time.Hour)
		after.ObjectKey = "originals/third"
		if third := librarytest.Store(t, l, after, overwrite()); third.Asset.Version != clock.time.Unix() {
			t.Errorf("version %d, want %d", third.Asset.Version, clock.time.Unix())
		}
	})
}

func TestGivenVersion(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		asset := picture("a")
		asset.AssetID, asset.VersionID, asset.Version = strings.Repeat("a", 32), strings.Repeat("b", 32), clock.time.Unix()+5
		first := librarytest.Store(t, l, asset, library.StoreOptions{}).Asset
		if first.AssetID != asset.AssetID || first.VersionID != asset.VersionID || first.Version != asset.Version {
			t.Errorf("stored %s %s %d, want what was given", first.AssetID, first.VersionID, first.Version)
		}
		asset.ObjectKey, asset.AssetID, asset.Version, asset.VersionID = "originals/2", strings.Repeat("c", 32), first.Version+7, strings.Repeat("d", 32)
		second := librarytest.Store(t, l, asset, overwrite()).Asset
		if second.AssetID != first.AssetID || second.VersionID != asset.VersionID || second.Version != first.Version+7 {
			t.Errorf("overwritten with %s %s %d, want the given version of the first asset", second.AssetID, second.VersionID, second.Version)
		}
		asset.ObjectKey = "originals/3"
		third := librarytest.Store(t, l, asset, overwrite()).Asset
		if third.VersionID == second.VersionID || third.Version != second.Version+1 {
			t.Errorf("overwritten with version %d %s, want a new one after %d %s", third.Version, third.VersionID, second.Version, second.VersionID)
		}
	})
}

func TestStoreRefuses(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		taken := librarytest.Store(t, l, picture("taken"), library.StoreOptions{}).Asset
		for name, change := range map[string]func(*library.Asset){
			"public_id": func(a *library.Asset) { a.PublicID = "a\x00" },
			"tags":      func(a *library.Asset) { a.Tags = []string{"\xff"} },
			"context":   func(a *library.Asset) { a.Context = map[string]string{"k": "\x00"} },
			"metadata":  func(a *library.Asset) { a.Metadata = map[string]any{"k": []any{map[string]any{"x": "\x00"}}} },
		} {
			asset := picture("bad")
			change(asset)
			_, err := l.StoreAsset(t.Context(), asset, library.StoreOptions{})
			p, ok := errors.AsType[*problem.Problem](err)
			if !ok || p.Status != http.StatusBadRequest || !strings.Contains(p.Message, name) {
				t.Errorf("%s: %v, want a 400 that names it", name, err)
			}
		}

		unreserved := picture("new")
		if _, err := l.StoreAsset(t.Context(), unreserved, library.StoreOptions{}); !errors.Is(err, library.ErrNotReserved) {
			t.Errorf("without a reservation: %v, want ErrNotReserved", err)
		}
		if _, err := l.Asset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "new"}); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("an asset without a reservation was stored: %v", err)
		}
		unreserved = picture("taken")
		unreserved.ObjectKey, unreserved.Tags = "originals/unreserved", []string{"x"}
		if _, err := l.StoreAsset(t.Context(), unreserved, overwrite()); !errors.Is(err, library.ErrNotReserved) {
			t.Errorf("overwriting without a reservation: %v, want ErrNotReserved", err)
		}
		if now, err := l.AssetByID(t.Context(), taken.AssetID); err != nil || !reflect.DeepEqual(now, taken) {
			t.Errorf("after a refused overwrite: %+v, %v, want %+v", now, err, taken)
		}

		sameID := picture("other")
		sameID.AssetID = taken.AssetID
		librarytest.Reserve(t, l, sameID.ObjectKey)
		if _, err := l.StoreAsset(t.Context(), sameID, library.StoreOptions{}); !errors.Is(err, library.ErrExists) {
			t.Errorf("with the ID of another asset: %v, want ErrExists", err)
		}
		sameObject := picture("other")
		sameObject.ObjectKey = taken.ObjectKey
		if _, err := l.StoreAsset(t.Context(), sameObject, overwrite()); !errors.Is(err, library.ErrExists) {
			t.Errorf("with the object of another asset: %v, want ErrExists", err)
		}
		if _, err := l.StoreAsset(t.Context(), &library.Asset{PublicID: "x"}, library.StoreOptions{}); err == nil {
			t.Error("an asset without type and object was stored")
		}
	})
}

func TestDelete(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		asset := picture("a")
		asset.Tags = []string{"x"}
		stored := librarytest.Store(t, l, asset, library.StoreOptions{}).Asset
		librarytest.StoreDerived(t, l, derivedOf(stored, "one"))
		librarytest.StoreDerived(t, l, derivedOf(stored, "two"))
		other := librarytest.Store(t, l, picture("b"), library.StoreOptions{}).Asset
		librarytest.StoreDerived(t, l, derivedOf(other, "three"))

		key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"}
		deleted, derived, err := l.DeleteAsset(t.Context(), key, library.DeleteOptions{})
		if err != nil || derived != 2 || !reflect.DeepEqual(deleted, stored) {
			t.Errorf("DeleteAsset = %+v, %d, %v, want %+v, 2", deleted, derived, err, stored)
		}
		if _, err := l.Asset(t.Context(), key); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("after deleting: %v", err)
		}
		if tags, err := l.Strings(t.Context(), "SELECT tag FROM asset_tags"); err != nil || len(tags) != 0 {
			t.Errorf("tags left: %v, %v", tags, err)
		}
		keys := garbage(t, l, clock.time)
		slices.Sort(keys)
		if !slices.Equal(keys, []string{"derived/one", "derived/two", "originals/a"}) {
			t.Errorf("garbage %v", keys)
		}
		if _, err := l.Derived(t.Context(), other.AssetID, other.VersionID, "three"); err != nil {
			t.Errorf("another asset's derived file: %v", err)
		}
		if _, _, err := l.DeleteAsset(t.Context(), key, library.DeleteOptions{}); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("deleting twice: %v", err)
		}
		totals, err := l.Totals(t.Context())
		if want := (library.Totals{Assets: 1, Bytes: 10, Derived: 1, DerivedBytes: 5, Unowned: 3}); err != nil || totals != want {
			t.Errorf("totals %+v, %v, want %+v", totals, err, want)
		}
	})
}
