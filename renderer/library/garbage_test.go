package library_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

func TestGarbageIsClaimedOnce(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for i, key := range []string{"c", "a", "b", "later"} {
			due := now.Add(time.Duration(i-2) * time.Minute)
			if err := l.ReserveObject(t.Context(), key, due); err != nil {
				t.Fatal(err)
			}
		}
		first, err := l.Garbage(t.Context(), now, 2)
		if err != nil || !slices.Equal(first, []library.Discarded{{ObjectKey: "c"}, {ObjectKey: "a"}}) {
			t.Fatalf("first claim %v, %v, want the two that are due the longest", first, err)
		}
		if second := garbage(t, l, now); !slices.Equal(second, []string{"b"}) {
			t.Errorf("second claim %v, want the rest of what is due", second)
		}
		if err := l.ForgetGarbage(t.Context(), []string{"c", "unknown", "later"}); err != nil {
			t.Fatal(err)
		}
		// What was claimed and not forgotten comes back; what was never claimed is not forgotten.
		again := garbage(t, l, now.Add(time.Hour))
		slices.Sort(again)
		if !slices.Equal(again, []string{"a", "b", "later"}) {
			t.Errorf("an hour later %v, want a, b and later", again)
		}
		if err := l.ForgetGarbage(t.Context(), nil); err != nil {
			t.Errorf("forgetting nothing: %v", err)
		}
	})
}

func TestClaimedObjectCannotBeTaken(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		now := time.Now()
		asset := picture("slow")
		if err := l.ReserveObject(t.Context(), asset.ObjectKey, now); err != nil {
			t.Fatal(err)
		}
		if keys := garbage(t, l, now); len(keys) != 1 {
			t.Fatalf("garbage %v", keys)
		}
		if _, err := l.StoreAsset(t.Context(), asset, library.StoreOptions{}); !errors.Is(err, library.ErrNotReserved) {
			t.Errorf("StoreAsset: %v, want ErrNotReserved", err)
		}
		if err := l.ReserveObject(t.Context(), asset.ObjectKey, now.Add(time.Hour)); !errors.Is(err, library.ErrNotReserved) {
			t.Errorf("ReserveObject: %v, want ErrNotReserved", err)
		}
	})
}

func TestOwnedObjectCannotBeReserved(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		asset := librarytest.Store(t, l, picture("a"), library.StoreOptions{}).Asset
		derived := librarytest.StoreDerived(t, l, derivedOf(asset, "k"))
		for _, key := range []string{asset.ObjectKey, derived.ObjectKey} {
			if err := l.ReserveObject(t.Context(), key, time.Now()); !errors.Is(err, library.ErrExists) {
				t.Errorf("ReserveObject(%s): %v, want ErrExists", key, err)
			}
		}
		if keys := garbage(t, l, time.Now().Add(time.Hour)); len(keys) != 0 {
			t.Errorf("garbage %v, want none", keys)
		}
	})
}

func TestReservationCanBeProlonged(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		now := time.Now()
		asset := picture("slow")
		for _, until := range []time.Duration{-time.Minute, time.Hour} {
			if err := l.ReserveObject(t.Context(), asset.ObjectKey, now.Add(until)); err != nil {
				t.Fatal(err)
			}
		}
		if keys := garbage(t, l, now); len(keys) != 0 {
			t.Errorf("garbage %v, want none", keys)
		}
		if _, err := l.StoreAsset(t.Context(), asset, library.StoreOptions{}); err != nil {
			t.Error(err)
		}
		if keys := garbage(t, l, now.Add(24*time.Hour)); len(keys) != 0 {
			t.Errorf("the object of an asset is garbage: %v", keys)
		}
		if err := l.ReserveObject(t.Context(), "", now); err == nil {
			t.Error("an empty key was reserved")
		}
	})
}

// TestCollectorAgainstUploads lets uploads finish while their reservations run out: each object ends as an asset's or as
// garbage, never as both and never as neither.
func TestCollectorAgainstUploads(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		const uploads = 40
		now := time.Now()
		for i := range uploads {
			if err := l.ReserveObject(t.Context(), fmt.Sprintf("originals/%d", i), now); err != nil {
				t.Fatal(err)
			}
		}
		var group sync.WaitGroup
		stored := make([]bool, uploads)
		errs := make([]error, 3)
		for worker := range 2 {
			group.Go(func() {
				for i := worker; i < uploads; i += 2 {
					_, err := l.StoreAsset(t.Context(), picture(fmt.Sprint(i)), library.StoreOptions{})
					if stored[i] = err == nil; err != nil && !errors.Is(err, library.ErrNotReserved) {
						errs[worker] = err
						return
					}
				}
			})
		}
		var collected []string
		group.Go(func() {
			// The oldest keys first, from the other end than the uploads.
			for {
				claimed, err := l.Garbage(t.Context(), now, 1)
				if err != nil || len(claimed) == 0 {
					errs[2] = err
					return
				}
				collected = append(collected, claimed[0].ObjectKey)
			}
		})
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		// The collector may have been skipping objects that were just being taken.
		collected = append(collected, garbage(t, l, now)...)
		for i := range uploads {
			if isGarbage := slices.Contains(collected, fmt.Sprintf("originals/%d", i)); isGarbage == stored[i] {
				t.Errorf("object %d: stored %v, garbage %v", i, stored[i], isGarbage)
			}
		}
	})
}

func TestSnapshots(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		if _, err := l.LoadSnapshot(t.Context(), "catalog"); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("before saving: %v, want ErrNotFound", err)
		}
		for _, data := range [][]byte{[]byte("{\"a\":\"it's ? \\\\\"}"), {0, 1, 0xff, '\''}, {}, nil} {
			if err := l.SaveSnapshot(t.Context(), "catalog", data); err != nil {
				t.Fatal(err)
			}
			if got, err := l.LoadSnapshot(t.Context(), "catalog"); err != nil || string(got) != string(data) {
				t.Errorf("loaded %q, %v, want %q", got, err, data)
			}
		}
		librarytest.Reserve(t, l, "k")
	})
}
