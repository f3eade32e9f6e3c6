package library_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// maxPages is more than any test here has.
const maxPages = 50

// publicIDs reads all pages of a list.
func publicIDs(t *testing.T, l *library.Library, options library.ListOptions) []string {
	t.Helper()
	var ids []string
	for pages := 0; ; pages++ {
		page, err := l.List(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		for _, asset := range page.Assets {
			ids = append(ids, asset.PublicID)
		}
		if page.NextCursor == "" {
			return ids
		}
		if options.Cursor = page.NextCursor; len(page.Assets) == 0 || pages == maxPages {
			t.Fatalf("a page of %d assets, after %d pages, has a next one", len(page.Assets), pages)
		}
	}
}

func TestListOrder(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		for _, id := range []string{"first", "second", "third"} {
			librarytest.Store(t, l, picture(id), library.StoreOptions{})
			clock.advance(time.Microsecond)
		}
		if got, want := publicIDs(t, l, library.ListOptions{}), []string{"third", "second", "first"}; !slices.Equal(got, want) {
			t.Errorf("listed %v, want %v", got, want)
		}
		if got, want := publicIDs(t, l, library.ListOptions{Ascending: true, MaxResults: 2}), []string{"first", "second", "third"}; !slices.Equal(got, want) {
			t.Errorf("ascending %v, want %v", got, want)
		}
		// An overwrite changes nothing about the order.
		again := picture("first")
		again.ObjectKey = "originals/again"
		librarytest.Store(t, l, again, overwrite())
		if got, want := publicIDs(t, l, library.ListOptions{}), []string{"third", "second", "first"}; !slices.Equal(got, want) {
			t.Errorf("after an overwrite %v, want %v", got, want)
		}
	})
}

func TestListFilters(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		ids := map[string]string{}
		for i, a := range []struct {
			resourceType, kind, publicID string
			tags                         []string
		}{
			{library.Image, "upload", "cats/a", []string{"cat"}},
			{library.Image, "upload", "cats/B", []string{"cat", "Dog"}},
			{library.Image, "private", "cats/c", []string{"cat"}},
			{library.Raw, "upload", "cats/d.txt", []string{"dog"}},
			{library.Image, "upload", "cats", nil},
			{library.Image, "upload", "Cats/e", nil},
			{library.Image, "upload", "catz", nil},
			{library.Image, "upload", "100%_done", nil},
			{library.Image, "upload", "100%xdone", nil},
			{library.Image, "upload", "\U0010ffff\U0010ffff", nil},
			{library.Image, "upload", "\ud7ff!", nil},
		} {
			asset := picture(a.publicID)
			asset.ResourceType, asset.Type, asset.Tags, asset.ObjectKey = a.resourceType, a.kind, a.tags, fmt.Sprint(i)
			ids[a.publicID] = librarytest.Store(t, l, asset, library.StoreOptions{}).Asset.AssetID
		}
		for name, test := range map[string]struct {
			options library.ListOptions
			want    []string
		}{
			"resource type":             {library.ListOptions{ResourceType: library.Raw}, []string{"cats/d.txt"}},
			"type":                      {library.ListOptions{Type: "private"}, []string{"cats/c"}},
			"prefix":                    {library.ListOptions{ResourceType: library.Image, Type: "upload", Prefix: "cats/"}, []string{"cats/B", "cats/a"}},
			"prefix without slash":      {library.ListOptions{Prefix: "cats", Type: "upload"}, []string{"cats", "cats/B", "cats/a", "cats/d.txt"}},
			"prefix with wildcards":     {library.ListOptions{Prefix: "100%_"}, []string{"100%_done"}},
			"prefix of the last rune":   {library.ListOptions{Prefix: "\U0010ffff"}, []string{"\U0010ffff\U0010ffff"}},
			"prefix next to surrogates": {library.ListOptions{Prefix: "\ud7ff"}, []string{"\ud7ff!"}},
			"prefix that is no text":    {library.ListOptions{Prefix: "\x00"}, nil},
			"tag":                       {library.ListOptions{Tag: "cat"}, []string{"cats/B", "cats/a", "cats/c"}},
			"tag in another case":       {library.ListOptions{Tag: "Dog"}, []string{"cats/B"}},
			"tag and type":              {library.ListOptions{Tag: "cat", ResourceType: library.Image, Type: "private"}, []string{"cats/c"}},
			"tag that nobody has":       {library.ListOptions{Tag: "ca"}, nil},
			"public IDs":                {library.ListOptions{PublicIDs: []string{"cats", "catz", "nobody", "\x00"}}, []string{"cats", "catz"}},
			"public IDs, all unknown":   {library.ListOptions{PublicIDs: []string{"\x00"}}, nil},
			"public IDs and type":       {library.ListOptions{PublicIDs: []string{"cats/c", "cats/a"}, Type: "upload"}, []string{"cats/a"}},
			"asset IDs":                 {library.ListOptions{AssetIDs: []string{ids["cats/c"], ids["catz"], "f"}}, []string{"cats/c", "catz"}},
		} {
			t.Run(name, func(t *testing.T) {
				test.options.MaxResults = 2
				got := publicIDs(t, l, test.options)
				slices.Sort(got)
				if !slices.Equal(got, test.want) {
					t.Errorf("listed %q, want %q", got, test.want)
				}
			})
		}
	})
}

func TestCursorIsStable(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		store := func(id string) {
			asset := picture(id)
			asset.Tags = []string{"all"}
			librarytest.Store(t, l, asset, library.StoreOptions{})
		}
		for i := range 23 {
			// Ties of five, so that pages of four end inside of them.
			if i%5 == 0 {
				clock.advance(time.Second)
			}
			store(fmt.Sprintf("a%02d", i))
		}
		for _, options := range []library.ListOptions{{}, {Ascending: true}, {Tag: "all"}, {Tag: "all", Ascending: true}} {
			seen := map[string]int{}
			options.MaxResults = 4
			for page := 0; ; page++ {
				result, err := l.List(t.Context(), options)
				if err != nil {
					t.Fatal(err)
				}
				for _, asset := range result.Assets {
					seen[asset.PublicID]++
				}
				if options.Cursor = result.NextCursor; options.Cursor == "" {
					break
				}
				if page == maxPages {
					t.Fatalf("%+v does not end", options)
				}
				// What comes and goes in between does not shift the pages, and the size of a page may change.
				clock.advance(time.Second)
				id := fmt.Sprintf("new%d", rand.Int64())
				store(id)
				if page%2 == 0 {
					if _, _, err := l.DeleteAsset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: id}, library.DeleteOptions{}); err != nil {
						t.Fatal(err)
					}
				}
				options.MaxResults = 3
			}
			for i := range 23 {
				if n := seen[fmt.Sprintf("a%02d", i)]; n != 1 {
					t.Errorf("%+v: asset %d was seen %d times", options, i, n)
				}
			}
		}
	})
}

func TestBadCursor(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		for i := range 3 {
			asset := picture(fmt.Sprint(i))
			asset.Tags = []string{"x", "y"}
			librarytest.Store(t, l, asset, library.StoreOptions{})
		}
		page, err := l.List(t.Context(), library.ListOptions{Tag: "x", MaxResults: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.List(t.Context(), library.ListOptions{Tag: "x", MaxResults: 500, Cursor: page.NextCursor}); err != nil {
			t.Errorf("with another size of page: %v", err)
		}
		for name, options := range map[string]library.ListOptions{
			"another tag":   {Tag: "y", Cursor: page.NextCursor},
			"no tag":        {Cursor: page.NextCursor},
			"a prefix":      {Tag: "x", Prefix: "1", Cursor: page.NextCursor},
			"another order": {Tag: "x", Ascending: true, Cursor: page.NextCursor},
			"cut off":       {Tag: "x", Cursor: page.NextCursor[:20]},
			"no base64":     {Tag: "x", Cursor: "!"},
			"no JSON":       {Tag: "x", Cursor: "YWJj"},
			"injection":     {Tag: "x", Cursor: "' OR 1=1 --"},
		} {
			_, err := l.List(t.Context(), options)
			p, ok := errors.AsType[*problem.Problem](err)
			if !ok || p.Status != http.StatusBadRequest || !strings.Contains(p.Message, "next_cursor") {
				t.Errorf("%s: %v, want a 400 about next_cursor", name, err)
			}
		}
	})
}

func TestPageSize(t *testing.T) {
	l := librarytest.SQLite(t)
	for i := range library.MaxMaxResults + 1 {
		librarytest.Store(t, l, picture(fmt.Sprint(i)), library.StoreOptions{})
	}
	for wanted, want := range map[int]int{-1: library.DefaultMaxResults, 0: library.DefaultMaxResults, 7: 7, 10_000: library.MaxMaxResults} {
		page, err := l.List(t.Context(), library.ListOptions{MaxResults: wanted})
		if err != nil || len(page.Assets) != want {
			t.Errorf("MaxResults %d: %d assets, %v, want %d", wanted, len(page.Assets), err, want)
		}
	}
}
