package library_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// pictures stores assets and gives their IDs by their public IDs.
func pictures(t *testing.T, l *library.Library, publicIDs ...string) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for _, id := range publicIDs {
		asset := picture(id)
		if err := l.ReserveObject(t.Context(), asset.ObjectKey, time.Now().Add(1000*time.Hour)); err != nil {
			t.Fatal(err)
		}
		stored, err := l.StoreAsset(t.Context(), asset, library.StoreOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ids[id] = stored.Asset.AssetID
	}
	return ids
}

// order are the public IDs of the assets of a collection, read in pages of two.
func order(t *testing.T, l *library.Library, id string) string {
	t.Helper()
	var names []string
	for next := ""; ; {
		assets, more, err := l.Members(t.Context(), id, 2, next)
		if err != nil {
			t.Fatal(err)
		}
		for _, asset := range assets {
			names = append(names, asset.PublicID)
		}
		if next = more; next == "" {
			return strings.Join(names, "")
		}
	}
}

func TestCollectionsKeepTheirOrder(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		newClock(l)
		ids := pictures(t, l, "a", "b", "c", "d", "e")
		collection, err := l.CreateCollection(t.Context(), &library.Collection{Name: "Summer"})
		if err != nil {
			t.Fatal(err)
		}
		place := func(position int, names string, want string) {
			t.Helper()
			var given []string
			for _, name := range names {
				given = append(given, ids[string(name)])
			}
			if _, err := l.PlaceMembers(t.Context(), collection.ID, given, position); err != nil {
				t.Fatal(err)
			}
			if got := order(t, l, collection.ID); got != want {
				t.Errorf("after %q at %d the order is %q, want %q", names, position, got, want)
			}
		}
		place(-1, "abc", "abc")
		place(100, "d", "abcd")
		place(0, "d", "dabc")
		place(2, "e", "daebc")
		place(1, "cd", "acdeb")
		place(3, "acd", "ebacd")
		place(100, "ee", "bacde")
		placed, err := l.PlaceMembers(t.Context(), collection.ID, []string{ids["a"], "missing"}, 0)
		if err != nil || fmt.Sprint(placed) != fmt.Sprint(library.Placement{Moved: []string{ids["a"]}, Missing: []string{"missing"}}) {
			t.Errorf("%+v, %v", placed, err)
		}
		removed, err := l.RemoveMembers(t.Context(), collection.ID, []string{ids["c"], ids["c"], "missing"})
		if err != nil || len(removed) != 1 || order(t, l, collection.ID) != "abde" {
			t.Errorf("%v, %v, %q", removed, err, order(t, l, collection.ID))
		}
		// An asset that is deleted leaves the collection, one that is overwritten stays.
		if _, _, err := l.DeleteAsset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "b"}, library.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		keep(t, l, "d", "o/d", nil)
		if got := order(t, l, collection.ID); got != "ade" {
			t.Errorf("the order is %q", got)
		}
		if got, err := l.Collection(t.Context(), collection.ID); err != nil || got.Members != 3 {
			t.Errorf("%+v, %v", got, err)
		}
		if _, _, err := l.Members(t.Context(), "other", 2, cursorOf(t, l, collection.ID)); problem.From(err).Status != 400 {
			t.Errorf("a cursor of another collection: %v", err)
		}
		for _, missing := range []string{"missing", "a\x00"} {
			if _, err := l.PlaceMembers(t.Context(), missing, []string{ids["a"]}, 0); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("a collection that is not there: %v", err)
			}
			if _, err := l.RemoveMembers(t.Context(), missing, []string{ids["a"]}); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("a collection that is not there: %v", err)
			}
		}
		if err := l.DeleteCollection(t.Context(), collection.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := l.AssetByID(t.Context(), ids["a"]); err != nil {
			t.Errorf("an asset of a deleted collection: %v", err)
		}
	})
}

func cursorOf(t *testing.T, l *library.Library, id string) string {
	t.Helper()
	_, next, err := l.Members(t.Context(), id, 1, "")
	if err != nil || next == "" {
		t.Fatalf("%q, %v", next, err)
	}
	return next
}

func TestCollectionsAreListedByName(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		ids := pictures(t, l, "a")
		made := map[string]*library.Collection{}
		for _, name := range []string{"Winter", "Summer", "Summer 2", "Über"} {
			collection, err := l.CreateCollection(t.Context(), &library.Collection{Name: name, Description: "d", CreatedBy: "ann"})
			if err != nil || collection.Members != 0 || collection.CreatedBy != "ann" {
				t.Fatalf("%+v, %v", collection, err)
			}
			made[name] = collection
		}
		if _, err := l.PlaceMembers(t.Context(), made["Summer"].ID, []string{ids["a"]}, 0); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			filter library.CollectionFilter
			want   string
		}{
			{library.CollectionFilter{}, "Summer:1,Summer 2:0,Winter:0,Über:0"},
			{library.CollectionFilter{Prefix: "Summer"}, "Summer:1,Summer 2:0"},
			{library.CollectionFilter{Prefix: "Ü"}, "Über:0"},
			{library.CollectionFilter{AssetID: ids["a"]}, "Summer:1"},
			{library.CollectionFilter{AssetID: ids["a"], Prefix: "W"}, ""},
			{library.CollectionFilter{Prefix: "\x00"}, ""},
		} {
			var names []string
			var total int64
			for next := ""; ; {
				page, count, more, err := l.Collections(t.Context(), test.filter, 1, next)
				if err != nil {
					t.Fatal(err)
				}
				total = count
				for _, collection := range page {
					names = append(names, fmt.Sprint(collection.Name, ":", collection.Members))
				}
				if next = more; next == "" {
					break
				}
			}
			if got := strings.Join(names, ","); got != test.want || total != int64(len(names)) {
				t.Errorf("%+v: %s of %d, want %s", test.filter, got, total, test.want)
			}
		}
		if _, err := l.CreateCollection(t.Context(), &library.Collection{Name: "Winter"}); !errors.Is(err, library.ErrExists) {
			t.Errorf("a name that is taken: %v", err)
		}
		if _, err := l.CreateCollection(t.Context(), &library.Collection{Name: "a\x00"}); problem.From(err).Status != 400 {
			t.Errorf("a name that cannot be stored: %v", err)
		}
		if _, err := l.UpdateCollection(t.Context(), made["Summer"].ID, func(c *library.Collection) error { c.Name = "Winter"; return nil }); !errors.Is(err, library.ErrExists) {
			t.Errorf("a name that is taken: %v", err)
		}
		until := clock.time.Add(time.Hour).Truncate(time.Microsecond)
		shared, err := l.UpdateCollection(t.Context(), made["Summer"].ID, func(c *library.Collection) error {
			c.Name, c.Share, c.ShareUntil = "Spring", "token", until
			return nil
		})
		if err != nil || shared.Name != "Spring" || shared.Members != 1 {
			t.Errorf("%+v, %v", shared, err)
		}
		if found, err := l.SharedCollection(t.Context(), "token", clock.time); err != nil || found.ID != shared.ID || !found.ShareUntil.Equal(until) {
			t.Errorf("%+v, %v", found, err)
		}
		for _, share := range []string{"token", "other", "", "a\x00"} {
			if _, err := l.SharedCollection(t.Context(), share, until); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("link %q: %v", share, err)
			}
		}
		if err := l.DeleteCollection(t.Context(), "missing"); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestWhatIsPlacedComesAfterTheLastOfItsCollection(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		ids := pictures(t, l, "a", "b", "c", "d")
		var made []*library.Collection
		for n := range 4 {
			collection, err := l.CreateCollection(t.Context(), &library.Collection{Name: string(rune('A' + n))})
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, collection)
			members := []string{ids["a"], ids["b"], ids["c"]}
			if n == 2 {
				slices.Reverse(members)
			}
			if _, err := l.PlaceMembers(t.Context(), collection.ID, members, -1); err != nil {
				t.Fatal(err)
			}
		}
		clock.advance(time.Minute)
		for i, want := range map[int]string{1: "abcd", 2: "cbad"} {
			if _, err := l.PlaceMembers(t.Context(), made[i].ID, []string{ids["d"]}, -1); err != nil || order(t, l, made[i].ID) != want {
				t.Errorf("%s, %v, not %s", order(t, l, made[i].ID), err, want)
			}
		}
		for i, collection := range made {
			found, err := l.Collection(t.Context(), collection.ID)
			if changed := i == 1 || i == 2; err != nil || found.UpdatedAt.Equal(clock.time.Truncate(time.Microsecond)) != changed {
				t.Errorf("%d was changed at %s, %v", i, found.UpdatedAt, err)
			}
		}
	})
}
