package library_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

// TestSortsBySamples compares the pages of searches that many assets match, which SQLite sorts with the help of a sample, with what
// sorting all of them in Go gives.
func TestSortsBySamples(t *testing.T) {
	databases.EachDSN(t, func(t *testing.T, driver, dsn string) {
		const n = 6000
		ctx := t.Context()
		l, err := library.Open(ctx, driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		if err := librarytest.Fill(ctx, driver, dsn, n); err != nil {
			t.Fatal(err)
		}
		search := func(expression, field string, ascending bool, cursor string) *library.Found {
			t.Helper()
			found, err := l.Search(ctx, library.SearchOptions{Expression: expression, Sort: []library.SortKey{{Field: field, Ascending: ascending}}, MaxResults: 500, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		less := map[string]func(a, b *library.Asset) int{
			"public_id":    func(a, b *library.Asset) int { return strings.Compare(a.PublicID, b.PublicID) },
			"bytes":        func(a, b *library.Asset) int { return cmp.Compare(a.Bytes, b.Bytes) },
			"width":        func(a, b *library.Asset) int { return cmp.Compare(a.Width, b.Width) },
			"aspect_ratio": func(a, b *library.Asset) int { return cmp.Compare(a.Width, b.Width) },
			"created_at":   func(a, b *library.Asset) int { return a.CreatedAt.Compare(b.CreatedAt) },
		}
		for _, test := range []struct {
			expression, field          string
			ascending, sampled, halved bool
		}{
			{"tags=sx0", "public_id", false, false, false}, // Along an index of their own.
			{"tags=sx0", "public_id", true, false, false},
			{"tags=sx0 AND -format=png", "public_id", false, true, true},
			{"tags=sx0 AND -format=png", "public_id", true, true, true},
			{"tags=sx0", "bytes", true, true, true},
			{"tags=sx0 AND -format=png", "bytes", false, true, true},
			{"tags=sx0 AND -format=png AND bytes>3000", "bytes", false, true, false}, // Along the range.
			{"tags=sx0 AND pages>0", "width", false, true, true},                     // Two assets have each width.
			{"tags=sx0 AND tags=t1000x1 OR bytes:[100 TO 5000]", "created_at", false, false, false},
			{"bytes:[100 TO 5000]", "created_at", false, true, false},
			{"bytes:[100 TO 5000] AND width>0", "created_at", true, true, false},
			{"bytes:[100 TO 5000] AND format=jpg", "created_at", true, false, false}, // In the order of the term.
			{"tags=sx0 AND width:[4900 TO 4999]", "public_id", false, true, false},   // Too few of the sample match.
			{"tags=sx0", "aspect_ratio", false, false, false},                        // Not in the rows of terms.
			{"tags=t1000x3", "public_id", false, false, false},                       // Too few.
		} {
			t.Run(fmt.Sprint(test.expression, " by ", test.field, test.ascending), func(t *testing.T) {
				var got, want []*library.Asset
				found := search(test.expression, "version", false, "")
				for want = found.Assets; found.NextCursor != ""; want = append(want, found.Assets...) {
					found = search(test.expression, "version", false, found.NextCursor)
				}
				slices.SortFunc(want, func(a, b *library.Asset) int {
					order := cmp.Or(less[test.field](a, b), strings.Compare(a.AssetID, b.AssetID))
					if test.ascending {
						return order
					}
					return -order
				})
				found = search(test.expression, test.field, test.ascending, "")
				for got = found.Assets; found.NextCursor != ""; got = append(got, found.Assets...) {
					found = search(test.expression, test.field, test.ascending, found.NextCursor)
				}
				if len(got) != len(want) || len(want) == 0 {
					t.Fatalf("%d assets, want %d", len(got), len(want))
				}
				for i := range got {
					if got[i].AssetID != want[i].AssetID {
						t.Fatalf("asset %d is %s, want %s", i, got[i].PublicID, want[i].PublicID)
					}
				}
				plans, err := l.Explain(ctx, func() error { search(test.expression, test.field, test.ascending, ""); return nil })
				if err != nil {
					t.Fatal(err)
				}
				read := func(what string) bool {
					return slices.ContainsFunc(plans, func(plan string) bool { return strings.Contains(plan, what) })
				}
				sqlite := driver == config.DatabaseSQLite
				if sampled := read("UNION ALL SELECT * FROM (SELECT d."); sampled != (test.sampled && sqlite) {
					t.Errorf("sampled: %t", sampled)
				}
				ordered := test.field == "public_id" && !strings.Contains(test.expression, " AND ")
				along := slices.ContainsFunc(plans, func(plan string) bool {
					return strings.Contains(plan, " ORDER BY d.public_id") && strings.Contains(plan, "asset_terms_by_public_id") && !strings.Contains(plan, "TEMP B-TREE")
				})
				if along != (ordered && sqlite) {
					t.Errorf("read in the order of public IDs: %t", along)
				}
				halved := test.halved && sqlite
				if older, newer := read(" AND d.created_at <= "), read(" AND d.created_at > "); older != halved || newer != halved {
					t.Errorf("an older half is read: %t, and a newer one: %t", older, newer)
				}
			})
		}
	})
}

// TestSamplesThatAreOutOfDate searches again after most of what a term had is gone, as far as the count that is remembered of it
// does not know: the sample holds assets twice then.
func TestSamplesThatAreOutOfDate(t *testing.T) {
	databases.EachDSN(t, func(t *testing.T, driver, dsn string) {
		ctx := t.Context()
		l := openAt(t, driver, dsn)
		if err := librarytest.Fill(ctx, driver, dsn, 3000); err != nil {
			t.Fatal(err)
		}
		options := library.SearchOptions{Expression: "tags=sx0", Sort: []library.SortKey{{Field: "public_id"}}, MaxResults: 100}
		if _, err := l.Search(ctx, options); err != nil {
			t.Fatal(err)
		}
		if err := l.Exec(ctx, "DELETE FROM assets WHERE bytes > 150"); err != nil {
			t.Fatal(err)
		}
		found, err := l.Search(ctx, options)
		if err != nil || len(found.Assets) != 100 || found.Total != 150 {
			t.Fatalf("%d of %d assets, %v", len(found.Assets), found.Total, err)
		}
		options.Cursor = found.NextCursor
		if rest, err := l.Search(ctx, options); err != nil || len(rest.Assets) != 50 {
			t.Errorf("then %d assets, %v", len(rest.Assets), err)
		}
	})
}
