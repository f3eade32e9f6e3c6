package library_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// foldersOf makes folders a day apart, the last one an hour before the clock's time, and gives their IDs by path.
func foldersOf(t *testing.T, l *library.Library, c *clock, paths ...string) map[string]string {
	t.Helper()
	ids, now := map[string]string{}, c.time
	for i, path := range paths {
		c.time = now.Add(-time.Hour).AddDate(0, 0, i+1-len(paths))
		folder, err := l.CreateFolder(t.Context(), true, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		ids[path] = folder.ID
	}
	c.time = now
	return ids
}

func pathsOf(folders []*library.Folder) string {
	var paths []string
	for _, folder := range folders {
		paths = append(paths, folder.Path)
	}
	return strings.Join(paths, " ")
}

func TestFoldersAreFound(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		c := newClock(l)                                                       // 31 January 2026, 04:14:53.123456
		ids := foldersOf(t, l, c, "shop", "shop/red shoes", "old", "shop/red") // made on the 28th, 29th, 30th and 31st
		if _, err := l.CreateFolder(t.Context(), false, "fixed", nil); err != nil {
			t.Fatal(err)
		}
		for expression, want := range map[string]string{
			"":                                       "old shop shop/red shop/red shoes",
			"name=red":                               "shop/red",
			"name:red":                               "shop/red shop/red shoes",
			"red":                                    "shop/red shop/red shoes",
			"name=re*":                               "shop/red shop/red shoes",
			"path=shop/red":                          "shop/red",
			"folder:shop/*":                          "shop/red shop/red shoes",
			"path:shop AND NOT name=shop":            "shop/red shop/red shoes",
			"name=old OR name=shop":                  "old shop",
			"external_id=" + ids["old"]:              "old",
			"external_id=" + strings.Repeat("0", 32): "",
			"bytes>1":                                "",
			"created_at=2026-01-29":                  "shop/red shoes",
			"created_at:2026-01-29":                  "shop/red shoes",
			"created_at>2026-01-29":                  "old shop/red",
			"created_at>=2026-01-29":                 "old shop/red shop/red shoes",
			"created_at<2026-01-29":                  "shop",
			"created_at<=2026-01-29":                 "shop shop/red shoes",
			"created_at>1d":                          "shop/red",
			"created_at>1w":                          "old shop shop/red shop/red shoes",
			"created_at<1m":                          "",
			"created_at<2h":                          "old shop shop/red shoes",
			"created_at>999999y":                     "old shop shop/red shop/red shoes",
			"created_at<1y":                          "",
			`created_at="2026-01-30T03:14:53.123456Z"`:        "old",
			`created_at>"2026-01-30T03:14:53.123456Z"`:        "shop/red",
			`created_at>="2026-01-30T03:14:53.123456Z"`:       "old shop/red",
			`created_at<"2026-01-30T03:14:53.123456Z"`:        "shop shop/red shoes",
			`created_at<="2026-01-30T03:14:53.123456Z"`:       "old shop shop/red shoes",
			"created_at:[2026-01-29 TO 2026-01-30]":           "old shop/red shoes",
			"created_at:{2026-01-29 TO 2026-01-30]":           "old",
			"created_at:[2026-01-29 TO 2026-01-30}":           "shop/red shoes",
			"created_at:{2026-01-28 TO 2026-01-31}":           "old shop/red shoes",
			"created_at:[* TO 2026-01-29]":                    "shop shop/red shoes",
			"created_at:[2026-01-30 TO *]":                    "old shop/red",
			"created_at:nonsense":                             "",
			"created_at:*":                                    "old shop shop/red shop/red shoes",
			"created_at:2026*":                                "",
			"name:[a TO z]":                                   "",
			"NOT created_at:[2026-01-29 TO *] AND path=sho*":  "shop",
			"created_at>2026-01-29 AND created_at<2026-01-31": "old",
		} {
			found, total, next, err := l.SearchFolders(t.Context(), library.FolderSearch{Dynamic: true, Expression: expression})
			if err != nil || pathsOf(found) != want || int(total) != len(found) || next != "" {
				t.Errorf("%s finds %q, %d in all, %q, %v; want %q", expression, pathsOf(found), total, next, err, want)
			}
		}
	})
}

// A page begins behind where the one before has ended, in any order, and also when that folder is gone.
func TestFoldersArePaged(t *testing.T) {
	by := func(field string, ascending bool) []library.SortKey {
		return []library.SortKey{{Field: field, Ascending: ascending}}
	}
	for name, test := range map[string]struct {
		sort []library.SortKey
		want []string
	}{
		"by path":                    {nil, []string{"a", "b", "c", "d"}},
		"by path, the last first":    {by("path", false), []string{"d", "c", "b", "a"}},
		"by time":                    {by("created_at", true), []string{"c", "a", "d", "b"}},
		"by time, the newest first":  {by("created_at", false), []string{"b", "d", "a", "c"}},
		"by name, the last first":    {by("name", false), []string{"d", "c", "b", "a"}},
		"by what is the same in all": {[]library.SortKey{{Field: "created_at"}, {Field: "name"}}, []string{"b", "d", "a", "c"}},
	} {
		for _, deleting := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				l := librarytest.SQLite(t)
				foldersOf(t, l, newClock(l), "c", "a", "d", "b")
				var found []string
				options := library.FolderSearch{Dynamic: true, Sort: test.sort, MaxResults: 1}
				for more := true; more; more = options.Cursor != "" {
					page, _, next, err := l.SearchFolders(t.Context(), options)
					if err != nil || len(page) != 1 {
						t.Fatal(page, err)
					}
					found, options.Cursor = append(found, page[0].Path), next
					if !deleting {
						continue
					}
					if _, err := l.DeleteFolder(t.Context(), true, page[0].Path); err != nil {
						t.Fatal(err)
					}
				}
				if strings.Join(found, " ") != strings.Join(test.want, " ") {
					t.Errorf("%q, want %q; deleted meanwhile: %t", found, test.want, deleting)
				}
			})
		}
	}
}

func TestCursorsOfFoldersAreTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		foldersOf(t, l, newClock(l), "a", "b", "c")
		_, total, next, err := l.SearchFolders(t.Context(), library.FolderSearch{Dynamic: true, MaxResults: 2})
		if err != nil || total != 3 || next == "" {
			t.Fatal(total, next, err)
		}
		for name, options := range map[string]library.FolderSearch{
			"another expression":                     {Dynamic: true, Expression: "name=a", MaxResults: 2, Cursor: next},
			"another order":                          {Dynamic: true, Sort: []library.SortKey{{Field: "name"}}, MaxResults: 2, Cursor: next},
			"other folders":                          {MaxResults: 2, Cursor: next},
			"damage":                                 {Dynamic: true, MaxResults: 2, Cursor: next[:len(next)-4]},
			"another order of what is not sorted by": {Dynamic: true, Sort: []library.SortKey{{Field: "bytes"}}},
		} {
			if _, _, _, err := l.SearchFolders(t.Context(), options); err == nil || problem.From(err).Status != http.StatusBadRequest {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
