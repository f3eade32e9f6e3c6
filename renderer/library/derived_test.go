package library_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// derivedOf is a derived file whose object is called after its key.
func derivedOf(asset *library.Asset, key string) *library.Derived {
	return &library.Derived{AssetID: asset.AssetID, VersionID: asset.VersionID, Key: key, Transformation: "c_fill,w_10",
		Format: "webp", Bytes: 5, Width: 10, Height: 7, ETag: "e", ObjectKey: "derived/" + key}
}

func TestDerived(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		if _, err := l.Derived(t.Context(), asset.AssetID, asset.VersionID, "k"); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("before storing: %v, want ErrNotFound", err)
		}
		stored := librarytest.StoreDerived(t, l, derivedOf(asset, "k"))
		want := derivedOf(asset, "k")
		want.ID, want.CreatedAt = stored.ID, clock.time
		if len(stored.ID) != 32 || !reflect.DeepEqual(stored, want) {
			t.Errorf("stored %+v, want %+v", stored, want)
		}
		read, err := l.Derived(t.Context(), asset.AssetID, asset.VersionID, "k")
		if err != nil || !reflect.DeepEqual(read, want) {
			t.Errorf("read %+v, %v, want %+v", read, err, want)
		}

		// The first one stays, and the second one's object is garbage at once.
		second := derivedOf(asset, "k")
		second.ObjectKey, second.Bytes = "derived/loser", 6
		if got := librarytest.StoreDerived(t, l, second); !reflect.DeepEqual(got, want) {
			t.Errorf("second store gave %+v, want the first %+v", got, want)
		}
		if keys := garbage(t, l, clock.time); !slices.Equal(keys, []string{"derived/loser"}) {
			t.Errorf("garbage %v, want the loser", keys)
		}
		// Storing the winner once more, after an answer that was lost, does not make its object garbage.
		if got, err := l.StoreDerived(t.Context(), derivedOf(asset, "k")); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("stored again: %+v, %v", got, err)
		}
		if keys := garbage(t, l, clock.time); len(keys) != 0 {
			t.Errorf("garbage %v after storing again", keys)
		}
	})
}

func TestDerivedOfAVersionThatIsGone(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		old := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		after := picture("a")
		after.ObjectKey = "originals/after"
		librarytest.Store(t, l, after, overwrite())
		garbage(t, l, clock.time)

		librarytest.Reserve(t, l, "derived/late")
		if _, err := l.StoreDerived(t.Context(), derivedOf(old, "late")); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("StoreDerived: %v, want ErrNotFound", err)
		}
		if keys := garbage(t, l, clock.time); !slices.Equal(keys, []string{"derived/late"}) {
			t.Errorf("garbage %v, want the late object", keys)
		}
	})
}

func TestDerivedNeedsAReservation(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		if _, err := l.StoreDerived(t.Context(), derivedOf(asset, "k")); !errors.Is(err, library.ErrNotReserved) {
			t.Errorf("StoreDerived: %v, want ErrNotReserved", err)
		}
		if _, err := l.Derived(t.Context(), asset.AssetID, asset.VersionID, "k"); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("it was stored: %v", err)
		}
	})
}

func TestDerivedRace(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		const racers = 8
		got := make([]*library.Derived, racers)
		errs := make([]error, racers)
		for i := range racers {
			librarytest.Reserve(t, l, fmt.Sprintf("derived/%d", i))
		}
		var group sync.WaitGroup
		for i := range racers {
			group.Go(func() {
				d := derivedOf(asset, "k")
				d.ObjectKey = fmt.Sprintf("derived/%d", i)
				got[i], errs[i] = l.StoreDerived(t.Context(), d)
			})
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		for _, d := range got {
			if !reflect.DeepEqual(d, got[0]) {
				t.Errorf("%+v and %+v have both won", d, got[0])
			}
		}
		keys := garbage(t, l, time.Now())
		if len(keys) != racers-1 || slices.Contains(keys, got[0].ObjectKey) {
			t.Errorf("garbage %v, want all but the winner %s", keys, got[0].ObjectKey)
		}
	})
}

func TestListDerived(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		other := librarytest.Store(t, l, picture("b"), library.StoreOptions{}).Asset
		librarytest.StoreDerived(t, l, derivedOf(other, "foreign"))
		var want []string
		for i := range 7 {
			// Some are of the same microsecond.
			if i%3 == 0 {
				clock.advance(time.Second)
			}
			want = append(want, librarytest.StoreDerived(t, l, derivedOf(asset, fmt.Sprint(i))).ID)
		}
		var got []string
		var last time.Time
		for cursor, pages := "", 0; ; pages++ {
			page, next, err := l.ListDerived(t.Context(), asset.AssetID, 3, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range page {
				if !last.IsZero() && d.CreatedAt.After(last) {
					t.Errorf("%v comes after %v", d.CreatedAt, last)
				}
				last = d.CreatedAt
				got = append(got, d.ID)
			}
			if next == "" {
				if pages != 2 {
					t.Errorf("%d full pages before the last, want 2", pages)
				}
				break
			}
			if pages > 2 {
				t.Fatal("the list does not end")
			}
			if _, _, err := l.ListDerived(t.Context(), other.AssetID, 3, next); problem.From(err) == nil || problem.From(err).Status != http.StatusBadRequest {
				t.Errorf("the cursor of another asset: %v, want a 400", err)
			}
			cursor = next
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("listed %v, want %v", got, want)
		}
	})
}

func TestCountsOfDerivedFilesAreApartFromOtherValues(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		stored := pictures(t, l, "a", "b")
		values := func() []string {
			t.Helper()
			return rows(t, l, "SELECT "+textOf("asset_id", "field", "number")+" FROM asset_values ORDER BY asset_id, field, number")
		}
		if err := l.Exec(t.Context(), "INSERT INTO asset_values (asset_id, field, number, text, created_at) SELECT asset_id, 'test', 0, '', created_at FROM assets"); err != nil {
			t.Fatal(err)
		}
		before := values()
		if len(before) < 2 {
			t.Fatalf("%q", before)
		}
		asset, err := l.Asset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"})
		if err != nil || asset.AssetID != stored["a"] {
			t.Fatalf("%+v, %v", asset, err)
		}
		derived := derivedOf(asset, "w_1")
		if err := l.ReserveObject(t.Context(), derived.ObjectKey, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		kept, err := l.StoreDerived(t.Context(), derived)
		if err != nil || slices.Equal(values(), before) {
			t.Fatalf("%v, %q", err, values())
		}
		if _, err := l.DeleteDerived(t.Context(), kept.ID); err != nil {
			t.Fatal(err)
		}
		if after := values(); !slices.Equal(after, before) {
			t.Errorf("%q became %q", before, after)
		}
	})
}
