package library_test

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

func mezzanineOf(t *testing.T, l *library.Library, asset *library.Asset, now time.Time, want library.Mezzanine) {
	t.Helper()
	got, err := l.Mezzanine(t.Context(), asset.AssetID, asset.VersionID, now)
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

func claimMezzanine(t *testing.T, l *library.Library, asset *library.Asset, now time.Time, want bool) {
	t.Helper()
	if claimed, err := l.ClaimMezzanine(t.Context(), asset.AssetID, asset.VersionID, now, now.Add(time.Minute)); err != nil || claimed != want {
		t.Errorf("claimed %t, %v, want %t", claimed, err, want)
	}
}

func storeMezzanine(t *testing.T, l *library.Library, asset *library.Asset, objectKey string) {
	t.Helper()
	librarytest.Reserve(t, l, objectKey)
	if err := l.StoreMezzanine(t.Context(), asset.AssetID, asset.VersionID, objectKey, 7); err != nil {
		t.Fatal(err)
	}
}

func TestMezzanine(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		mezzanineOf(t, l, asset, clock.time, library.Mezzanine{})
		librarytest.StoreDerived(t, l, derivedOf(asset, "k"))
		mezzanineOf(t, l, asset, clock.time, library.Mezzanine{Due: true})

		claimMezzanine(t, l, asset, clock.time, true)
		claimMezzanine(t, l, asset, clock.time, false)
		mezzanineOf(t, l, asset, clock.time, library.Mezzanine{})
		// Whoever had it has not come back.
		clock.advance(time.Minute)
		mezzanineOf(t, l, asset, clock.time, library.Mezzanine{Due: true})
		claimMezzanine(t, l, asset, clock.time, true)

		storeMezzanine(t, l, asset, "derived/mezzanine")
		stored := library.Mezzanine{ObjectKey: "derived/mezzanine", Bytes: 7}
		mezzanineOf(t, l, asset, clock.time, stored)
		clock.advance(time.Hour)
		claimMezzanine(t, l, asset, clock.time, false)
		// The first one stays.
		storeMezzanine(t, l, asset, "derived/late")
		mezzanineOf(t, l, asset, clock.time, stored)
		if keys := garbage(t, l, clock.time); !slices.Equal(keys, []string{"derived/late"}) {
			t.Errorf("garbage %v, want the late one", keys)
		}
		if err := l.ReserveObject(t.Context(), "derived/mezzanine", clock.time); !errors.Is(err, library.ErrExists) {
			t.Errorf("reserved once more: %v, want ErrExists", err)
		}
		garbage(t, l, clock.time)

		// It is no derived file.
		derived, _, err := l.ListDerived(t.Context(), asset.AssetID, 10, "")
		if err != nil || len(derived) != 1 {
			t.Errorf("%d derived files, %v", len(derived), err)
		}
		totals, err := l.Totals(t.Context())
		if err != nil || totals.Derived != 1 || totals.DerivedBytes != 5 {
			t.Errorf("%+v, %v", totals, err)
		}
	})
}

func TestMezzanineGoesWithDerivedFiles(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, l *library.Library, asset *library.Asset) error{
		"overwrite": func(t *testing.T, l *library.Library, _ *library.Asset) error {
			after := picture("a")
			after.ObjectKey = "originals/after"
			librarytest.Store(t, l, after, overwrite())
			return nil
		},
		"delete": func(t *testing.T, l *library.Library, asset *library.Asset) error {
			_, _, err := l.DeleteAsset(t.Context(), library.Key{ResourceType: asset.ResourceType, Type: asset.Type, PublicID: asset.PublicID}, library.DeleteOptions{})
			return err
		},
		"delete derived files": func(t *testing.T, l *library.Library, asset *library.Asset) error {
			deleted, err := l.DeleteDerivedOf(t.Context(), library.Key{ResourceType: asset.ResourceType, Type: asset.Type, PublicID: asset.PublicID}, nil)
			if deleted != 0 {
				t.Errorf("%d derived files were counted", deleted)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, l *library.Library) {
				clock := newClock(l)
				asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
				claimMezzanine(t, l, asset, clock.time, true)
				storeMezzanine(t, l, asset, "derived/mezzanine")
				if err := end(t, l, asset); err != nil {
					t.Fatal(err)
				}
				if keys := garbage(t, l, clock.time); !slices.Contains(keys, "derived/mezzanine") {
					t.Errorf("garbage %v, want the mezzanine in it", keys)
				}
				mezzanineOf(t, l, asset, clock.time, library.Mezzanine{})
			})
		})
	}
}

func TestMezzanineOfAVersionThatIsGone(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		old := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		claimMezzanine(t, l, old, clock.time, true)
		after := picture("a")
		after.ObjectKey = "originals/after"
		current := librarytest.Store(t, l, after, overwrite()).Asset
		garbage(t, l, clock.time)

		storeMezzanine(t, l, old, "derived/late")
		if keys := garbage(t, l, clock.time); !slices.Equal(keys, []string{"derived/late"}) {
			t.Errorf("garbage %v, want the late one", keys)
		}
		claimMezzanine(t, l, old, clock.time, false)
		mezzanineOf(t, l, current, clock.time, library.Mezzanine{})
		claimMezzanine(t, l, current, clock.time, true)
	})
}

func TestMezzanineThatCannotBeUsed(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		librarytest.StoreDerived(t, l, derivedOf(asset, "k"))
		storeMezzanine(t, l, asset, "derived/mezzanine")
		for range 2 {
			if err := l.DropMezzanine(t.Context(), "derived/mezzanine", clock.time.Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		if keys := garbage(t, l, clock.time); !slices.Equal(keys, []string{"derived/mezzanine"}) {
			t.Errorf("garbage %v, want the mezzanine", keys)
		}
		mezzanineOf(t, l, asset, clock.time, library.Mezzanine{})
		claimMezzanine(t, l, asset, clock.time, false)
		clock.advance(time.Minute)
		mezzanineOf(t, l, asset, clock.time, library.Mezzanine{Due: true})
		claimMezzanine(t, l, asset, clock.time, true)
	})
}

func TestOneMakesTheMezzanine(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		const racers = 8
		var claimed [racers]bool
		var errs [racers]error
		var group sync.WaitGroup
		for i := range racers {
			group.Go(func() {
				claimed[i], errs[i] = l.ClaimMezzanine(t.Context(), asset.AssetID, asset.VersionID, time.Now(), time.Now().Add(time.Hour))
			})
		}
		group.Wait()
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatal(err)
		}
		winners := 0
		for _, won := range claimed {
			if won {
				winners++
			}
		}
		if winners != 1 {
			t.Errorf("%d of %d may make it", winners, racers)
		}
	})
}
