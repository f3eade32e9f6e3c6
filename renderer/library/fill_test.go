package library_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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

// TestFindingsAreMadeAnewWithTheIndex opens a library whose index is older than the names of colours that analyses are searched by.
func TestFindingsAreMadeAnewWithTheIndex(t *testing.T) {
	databases.EachDSN(t, func(t *testing.T, driver, dsn string) {
		l := openAt(t, driver, dsn)
		stored := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		librarytest.Store(t, l, picture("b"), library.StoreOptions{}) // without an analysis
		if err := l.SetAnalysis(t.Context(), stored.AssetID, stored.VersionID, json.RawMessage(`{"made":"old","findings":{"keywords":{"colors":["blue"]}}}`)); err != nil {
			t.Fatal(err)
		}
		finds := func(l *library.Library, expression string) int {
			t.Helper()
			found, err := l.Search(t.Context(), library.SearchOptions{Expression: expression})
			if err != nil {
				t.Fatal(err)
			}
			return len(found.Assets)
		}
		var asked []string
		again := func() *library.Library {
			t.Helper()
			l, err := library.New(driver, func() (string, error) { return dsn, nil })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			l.FindAgain(func(analysis json.RawMessage) json.RawMessage {
				asked = append(asked, string(analysis))
				return json.RawMessage(`{"made":"new","findings":{"keywords":{"colors":["blue","cyan"]},"numbers":{"colors.cyan":30}}}`)
			})
			if err := l.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			return l
		}
		// An index of this version is left alone.
		if l := again(); len(asked) != 0 || finds(l, "colors:cyan") != 0 || finds(l, "colors:blue") != 1 {
			t.Errorf("findings were made anew of %q", asked)
		}
		if err := l.Exec(t.Context(), "UPDATE search_index SET version = 0"); err != nil {
			t.Fatal(err)
		}
		later := again()
		if len(asked) != 1 || !strings.Contains(asked[0], `"old"`) {
			t.Errorf("findings were made anew of %q", asked)
		}
		if finds(later, "colors:cyan") != 1 || finds(later, "colors.cyan>=30") != 1 || finds(later, "colors:blue") != 1 {
			t.Error("the asset is not found by what was found anew")
		}
		read, err := later.AssetByID(t.Context(), stored.AssetID)
		if err != nil || !strings.Contains(string(read.Analysis), `"new"`) || read.VersionID != stored.VersionID || !read.UpdatedAt.Equal(stored.UpdatedAt) {
			t.Errorf("the asset keeps %s: %+v, %v", read.Analysis, read, err)
		}
	})
}
