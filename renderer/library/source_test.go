package library_test

import (
	"errors"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestSources(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		asset := picture("https://example.com/a.jpg")
		asset.Type = "fetch"
		if err := l.ReserveObject(t.Context(), asset.ObjectKey, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		stored, err := l.StoreAsset(t.Context(), asset, overwrite())
		if err != nil {
			t.Fatal(err)
		}
		id := stored.Asset.AssetID
		if _, err := l.Source(t.Context(), id); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("an asset without a source: %v", err)
		}
		until := time.Date(2026, 1, 31, 4, 14, 53, 123456000, time.UTC)
		for _, want := range []library.Source{
			{AssetID: id, ETag: `"a"`, LastModified: "Sat, 31 Jan 2026 04:14:53 GMT", FreshUntil: until},
			{AssetID: id, FreshUntil: until.Add(time.Hour)},
		} {
			if err := l.SaveSource(t.Context(), &want); err != nil {
				t.Fatal(err)
			}
			if got, err := l.Source(t.Context(), id); err != nil || *got != want {
				t.Errorf("%+v, %v, want %+v", got, err, want)
			}
		}
		if err := l.SaveSource(t.Context(), &library.Source{AssetID: id, ETag: "a\x00", FreshUntil: until}); err != nil {
			t.Errorf("a validator with a NUL: %v", err)
		}
		if _, _, err := l.DeleteAsset(t.Context(), library.Key{ResourceType: "image", Type: "fetch", PublicID: asset.PublicID}, library.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Source(t.Context(), id); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("the source of a deleted asset: %v", err)
		}
		if err := l.SaveSource(t.Context(), &library.Source{AssetID: id, FreshUntil: until}); err != nil {
			t.Errorf("noting the source of a deleted asset: %v", err)
		}
	})
}
