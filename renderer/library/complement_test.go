package library_test

import (
	"slices"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestComplementsAreOfOneAsset(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		ids := pictures(t, l, "a", "b", "c", "d")
		want := []string{ids["c"], ids["d"]}
		slices.Sort(want)
		for _, pair := range [][2]string{{ids["a"], want[1]}, {ids["a"], want[0]}, {ids["b"], ids["a"]}} {
			if err := l.Complement(t.Context(), pair[0], pair[1], "kind", nil); err != nil {
				t.Fatal(err)
			}
		}
		found, err := l.Complements(t.Context(), ids["a"])
		if err != nil || len(found) != 2 || found[0].Asset.AssetID != want[0] || found[1].Asset.AssetID != want[1] {
			t.Errorf("%v, %v, not %q", found, err, want)
		}
	})
}
