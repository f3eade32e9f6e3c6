package library_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestRelatedAssetsArePaged(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		var ids []string
		for i := range 5 {
			ids = append(ids, keep(t, l, fmt.Sprint("p", i), fmt.Sprint("o/", i), nil).AssetID)
		}
		// Those of another asset are not among them.
		for _, relation := range [][]string{ids[:4], {ids[4], ids[1]}} {
			if _, err := l.Relate(t.Context(), relation[0], relation[1:], nil); err != nil {
				t.Fatal(err)
			}
		}
		want := slices.Sorted(slices.Values(ids[1:4]))
		var found []string
		cursor, pages := "", 0
		for more := true; more; more = cursor != "" {
			assets, next, err := l.Related(t.Context(), ids[0], 2, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, asset := range assets {
				found = append(found, asset.AssetID)
			}
			cursor = next
			pages++
		}
		if !slices.Equal(found, want) || pages != 2 {
			t.Errorf("%q on %d pages, want %q", found, pages, want)
		}
		if _, next, err := l.Related(t.Context(), ids[0], 3, ""); err != nil || next != "" {
			t.Errorf("the only page leads on to %q, %v", next, err)
		}
		for _, damaged := range []string{"*", "AA"} {
			if _, _, err := l.Related(t.Context(), ids[0], 2, damaged); err == nil || problem.From(err).Status != http.StatusBadRequest {
				t.Errorf("cursor %q: %v", damaged, err)
			}
		}
	})
}
