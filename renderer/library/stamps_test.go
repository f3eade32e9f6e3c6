package library_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

func TestStamps(t *testing.T) {
	l := databases.Postgres(t)
	keyOf := func(publicID string) library.Key {
		return library.Key{ResourceType: library.Image, Type: "upload", PublicID: publicID}
	}
	for _, publicID := range []string{"a", "b", "it's (b), or \"c\""} {
		librarytest.Store(t, l, picture(publicID), library.StoreOptions{})
	}
	read := func(publicIDs ...string) map[library.Key]string {
		t.Helper()
		var keys []library.Key
		for _, publicID := range publicIDs {
			keys = append(keys, keyOf(publicID))
		}
		stamps, err := l.Stamps(t.Context(), keys)
		if err != nil {
			t.Fatal(err)
		}
		return stamps
	}
	all := []string{"a", "b", "it's (b), or \"c\"", "none", "no\x00text"}
	before := read(all...)
	if len(before) != 3 || slices.Contains(slices.Collect(maps.Values(before)), "") {
		t.Fatalf("%q", before)
	}
	if again := read(all...); !maps.Equal(again, before) {
		t.Errorf("%q, and %q when nothing has changed", before, again)
	}
	if none := read("no\x00text"); len(none) != 0 {
		t.Errorf("%q", none)
	}
	for name, change := range map[string]func() error{
		"description": func() error {
			_, err := l.UpdateAsset(t.Context(), keyOf("a"), func(asset *library.Asset) error { asset.Tags = []string{"new"}; return nil })
			return err
		},
		"overwrite": func() error {
			after := picture("a")
			after.ObjectKey = "originals/after"
			librarytest.Store(t, l, after, overwrite())
			return nil
		},
		"derived files are deleted": func() error {
			asset, err := l.Asset(t.Context(), keyOf("a"))
			if err != nil {
				return err
			}
			librarytest.StoreDerived(t, l, derivedOf(asset, "k"))
			_, err = l.DeleteDerivedOf(t.Context(), keyOf("a"), nil)
			return err
		},
	} {
		if err := change(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		after := read(all...)
		if after[keyOf("a")] == before[keyOf("a")] || after[keyOf("b")] != before[keyOf("b")] {
			t.Errorf("%s: %q, and %q before", name, after, before)
		}
		before = after
	}
	if _, _, err := l.DeleteAsset(t.Context(), keyOf("a"), library.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if after := read("a"); len(after) != 0 {
		t.Errorf("%q of an asset that is gone", after)
	}
}
