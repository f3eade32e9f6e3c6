package library_test

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

var pictureA = library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"}

func TestUpdateAsset(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		given := picture("a")
		given.Tags, given.Context, given.Metadata = []string{"x", "y"}, map[string]string{"k": "v"}, map[string]any{"n": int64(1), "l": []string{"p"}}
		stored := librarytest.Store(t, l, given, library.StoreOptions{}).Asset
		clock.advance(time.Minute)

		updated, err := l.UpdateAsset(t.Context(), pictureA, func(asset *library.Asset) error {
			if !reflect.DeepEqual(asset, stored) {
				t.Errorf("change sees\n%+v, want\n%+v", asset, stored)
			}
			asset.Tags = []string{"z", "y", "z"}
			asset.Context["k2"] = "w"
			asset.Metadata["n"] = int64(2)
			asset.DisplayName, asset.AssetFolder = "A", "f"
			// What is no description stays.
			asset.PublicID, asset.Version, asset.ObjectKey, asset.Bytes = "b", 1, "originals/b", 1
			return nil
		})
		want := *stored
		want.Tags, want.Context, want.Metadata = []string{"z", "y"}, map[string]string{"k": "v", "k2": "w"}, map[string]any{"n": int64(2), "l": []any{"p"}}
		want.DisplayName, want.AssetFolder, want.UpdatedAt = "A", "f", clock.time
		want.Changed = map[string]time.Time{library.PartTags: clock.time, library.PartContext: clock.time, library.PartMetadata: clock.time}
		if err != nil || !reflect.DeepEqual(updated, &want) {
			t.Errorf("updated\n%+v, %v, want\n%+v", updated, err, &want)
		}
		if read, err := l.Asset(t.Context(), pictureA); err != nil || !reflect.DeepEqual(read, &want) {
			t.Errorf("read\n%+v, %v, want\n%+v", read, err, &want)
		}
		for tag, found := range map[string]int{"x": 0, "y": 1, "z": 1} {
			page, err := l.List(t.Context(), library.ListOptions{Tag: tag, MaxResults: 10})
			if err != nil || len(page.Assets) != found {
				t.Errorf("%d assets with tag %s, %v; want %d", len(page.Assets), tag, err, found)
			}
		}

		clock.advance(time.Minute)
		same, err := l.UpdateAsset(t.Context(), pictureA, func(asset *library.Asset) error {
			asset.Metadata = map[string]any{"l": []string{"p"}, "n": int64(2)}
			return nil
		})
		if err != nil || !same.UpdatedAt.Equal(want.UpdatedAt) {
			t.Errorf("an update that changes nothing was written at %v, %v", same, err)
		}
	})
}

func TestUpdateOfCoordinatesDiscardsDerived(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		derive := func(asset *library.Asset) {
			t.Helper()
			key := "derived/" + asset.VersionID
			if err := l.ReserveObject(t.Context(), key, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			derived := &library.Derived{AssetID: asset.AssetID, VersionID: asset.VersionID, Key: "k", ObjectKey: key}
			if _, err := l.StoreDerived(t.Context(), derived); err != nil {
				t.Fatal(err)
			}
		}
		derive(asset)
		tagged, err := l.UpdateAsset(t.Context(), pictureA, func(asset *library.Asset) error { asset.Tags = []string{"t"}; return nil })
		if err != nil || tagged.VersionID != asset.VersionID || len(garbage(t, l, time.Now())) != 0 {
			t.Errorf("a tag made a new version: %+v, %v", tagged, err)
		}
		cropped, err := l.UpdateAsset(t.Context(), pictureA, func(asset *library.Asset) error { asset.Custom = [][4]int{{1, 2, 3, 4}}; return nil })
		if err != nil || cropped.VersionID == asset.VersionID || cropped.Version != asset.Version {
			t.Errorf("version %d %s, %v; want version %d and a new ID", cropped.Version, cropped.VersionID, err, asset.Version)
		}
		if keys := garbage(t, l, time.Now().Add(time.Minute)); !slices.Equal(keys, []string{"derived/" + asset.VersionID}) {
			t.Errorf("garbage %v, want what was derived", keys)
		}
	})
}

func TestUpdateRefuses(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		stored := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		unchanged := func(*library.Asset) error { return nil }
		for _, id := range []string{"missing", "a\x00"} {
			if _, err := l.UpdateAsset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: id}, unchanged); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("updating %q: %v, want ErrNotFound", id, err)
			}
		}
		errChange := errors.New("no such value")
		_, err := l.UpdateAsset(t.Context(), pictureA, func(asset *library.Asset) error { asset.Tags = []string{"t"}; return errChange })
		if !errors.Is(err, errChange) {
			t.Errorf("error %v, want that of the change", err)
		}
		_, err = l.UpdateAsset(t.Context(), pictureA, func(asset *library.Asset) error { asset.Tags = []string{"\x00"}; return nil })
		if problem.From(err).Status != http.StatusBadRequest {
			t.Errorf("error %v, want a 400", err)
		}
		if read, err := l.Asset(t.Context(), pictureA); err != nil || !reflect.DeepEqual(read, stored) {
			t.Errorf("a refused update has changed the asset to %+v, %v", read, err)
		}
	})
}

func TestStoreDescribes(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		var seen []*library.Asset
		options := library.StoreOptions{Overwrite: true, Describe: func(next, previous *library.Asset) error {
			seen = append(seen, previous)
			next.Tags = append(next.Tags, "described")
			if previous != nil {
				next.Context = previous.Context
			}
			return nil
		}}
		first := picture("a")
		first.Context = map[string]string{"k": "v"}
		stored := librarytest.Store(t, l, first, options).Asset
		if !slices.Equal(stored.Tags, []string{"described"}) || first.Tags != nil {
			t.Errorf("tags %v of the stored, %v of the given asset", stored.Tags, first.Tags)
		}
		second := picture("a")
		second.ObjectKey = "originals/second"
		replaced := librarytest.Store(t, l, second, options).Asset
		if replaced.Context["k"] != "v" || len(seen) != 2 || seen[0] != nil || !reflect.DeepEqual(seen[1], stored) {
			t.Errorf("replaced %+v, having seen %+v", replaced, seen)
		}

		third := picture("a")
		third.ObjectKey = "originals/third"
		options.Overwrite = false
		if existing := librarytest.Store(t, l, third, options); !existing.Existing || len(seen) != 2 {
			t.Errorf("an asset that stays as it is was described: %v", seen)
		}

		refusal := problem.BadRequest("no")
		options = library.StoreOptions{Overwrite: true, Describe: func(*library.Asset, *library.Asset) error { return refusal }}
		if err := l.ReserveObject(t.Context(), "originals/fourth", time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		fourth := picture("a")
		fourth.ObjectKey = "originals/fourth"
		if _, err := l.StoreAsset(t.Context(), fourth, options); !errors.Is(err, refusal) {
			t.Errorf("error %v, want the refusal", err)
		}
		if read, err := l.Asset(t.Context(), pictureA); err != nil || !reflect.DeepEqual(read, replaced) {
			t.Errorf("a refused overwrite left %+v, %v", read, err)
		}
		options.Describe = func(next, _ *library.Asset) error { next.Tags = []string{"\xff"}; return nil }
		if _, err := l.StoreAsset(t.Context(), fourth, options); problem.From(err).Status != http.StatusBadRequest {
			t.Errorf("error %v, want a 400", err)
		}
	})
}
