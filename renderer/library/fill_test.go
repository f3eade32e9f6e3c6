package library_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

// TestFill holds the bulk statements of librarytest to what the library writes itself.
func TestFill(t *testing.T) {
	databases.EachDSN(t, func(t *testing.T, driver, dsn string) {
		const i, n = 137, 250
		l := openAt(t, driver, dsn)
		if err := librarytest.Fill(t.Context(), driver, dsn, n); err != nil {
			t.Fatal(err)
		}
		filled, err := l.Asset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: fmt.Sprintf("catalog/d%d/item_%d", i%100, i)})
		if err != nil {
			t.Fatal(err)
		}
		read := func() (rows []string) {
			t.Helper()
			for _, query := range []string{
				"SELECT term || '|' || fields || '|' || resource_type || '|' || type || '|' || format || '|' || bytes || '|' || width || '|' || height || '|' || public_id || created_at FROM asset_terms WHERE asset_id = '%s'",
				"SELECT field || '|' || COALESCE(number, -1) || '|' || text || '|' || created_at FROM asset_values WHERE asset_id = '%s'",
				"SELECT text FROM asset_texts WHERE asset_id = '%s'",
				"SELECT tag || '|' || created_at || '|' || resource_type FROM asset_tags WHERE asset_id = '%s'",
				"SELECT pixels || '|' || aspect_ratio || '|' || face_count FROM assets WHERE asset_id = '%s'",
			} {
				some, err := l.Strings(t.Context(), fmt.Sprintf(query, filled.AssetID))
				if err != nil {
					t.Fatal(err)
				}
				slices.Sort(some)
				rows = append(rows, some...)
			}
			return rows
		}
		bulk := read()
		if err := l.Exec(t.Context(), "UPDATE search_index SET version = 0"); err != nil {
			t.Fatal(err)
		}
		// Opening it again makes the index anew, in steps.
		if err := l.Exec(t.Context(), "DELETE FROM asset_terms WHERE term LIKE '=tags%'"); err != nil {
			t.Fatal(err)
		}
		defer library.SetIndexedAtOnce(library.SetIndexedAtOnce(7))
		openAt(t, driver, dsn)
		tags, err := l.Ints(t.Context(), "SELECT COUNT(DISTINCT asset_id) FROM asset_terms WHERE term LIKE '=tags%'")
		if err != nil || tags[0] != n {
			t.Errorf("%d assets have their tags back, %v", tags, err)
		}
		if own := read(); !slices.Equal(bulk, own) {
			for _, row := range own {
				if !slices.Contains(bulk, row) {
					t.Errorf("bulk statements lack %q", row)
				}
			}
			for _, row := range bulk {
				if !slices.Contains(own, row) {
					t.Errorf("the library does not write %q", row)
				}
			}
		}
	})
}

func openAt(t *testing.T, driver, dsn string) *library.Library {
	t.Helper()
	l, err := library.Open(t.Context(), driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
