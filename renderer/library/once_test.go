package library_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

func TestWhatIsStoredOnceNeverComesBack(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		once := library.StoreOptions{Once: "sample:a"}
		if marked, err := l.Marked(t.Context(), "sample:a"); err != nil || marked {
			t.Fatalf("marked before: %v, %v", marked, err)
		}
		asset := picture("a")
		if stored := librarytest.Store(t, l, asset, once); stored.Existing || stored.Asset.PublicID != "a" {
			t.Fatalf("stored %+v", stored)
		}
		if marked, err := l.Marked(t.Context(), "sample:a"); err != nil || !marked {
			t.Fatalf("marked after: %v, %v", marked, err)
		}
		if _, _, err := l.DeleteAsset(t.Context(), library.Key{ResourceType: asset.ResourceType, Type: asset.Type, PublicID: "a"}, library.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		again := picture("a")
		again.ObjectKey = "originals/again"
		called := false
		stored := librarytest.Store(t, l, again, library.StoreOptions{Once: "sample:a", Jobs: func(*library.Stored) ([]library.NewJob, error) {
			called = true
			return nil, nil
		}})
		if !stored.Existing || stored.Asset != nil || called {
			t.Errorf("stored %+v, asked for jobs: %v", stored, called)
		}
		if count, err := l.Uploaded(t.Context()); err != nil || count != 0 {
			t.Errorf("%d assets, %v", count, err)
		}
		// The bytes that came too late are nobody's.
		if keys := garbage(t, l, time.Now().Add(2*time.Hour)); len(keys) != 2 {
			t.Errorf("garbage %v", keys)
		}
	})
}

func TestAFailedStoreLeavesNoMark(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		errRefused := errors.New("refused")
		asset := picture("a")
		librarytest.Reserve(t, l, asset.ObjectKey)
		_, err := l.StoreAsset(t.Context(), asset, library.StoreOptions{Once: "m", Describe: func(*library.Asset, *library.Asset) error { return errRefused }})
		if !errors.Is(err, errRefused) {
			t.Fatal(err)
		}
		if marked, err := l.Marked(t.Context(), "m"); err != nil || marked {
			t.Errorf("marked: %v, %v", marked, err)
		}
	})
}

func TestOfReplicasThatStoreOnceTogetherOneDoes(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		const replicas = 8
		stored, errs := make([]*library.Stored, replicas), make([]error, replicas)
		var group sync.WaitGroup
		for i := range replicas {
			asset := picture("a")
			asset.ObjectKey = fmt.Sprintf("originals/%d", i)
			librarytest.Reserve(t, l, asset.ObjectKey)
			group.Go(func() { stored[i], errs[i] = l.StoreAsset(t.Context(), asset, library.StoreOptions{Once: "m"}) })
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		winners := 0
		for _, s := range stored {
			if !s.Existing {
				winners++
			} else if s.Asset != nil {
				t.Errorf("one that came late says %+v", s.Asset)
			}
		}
		if winners != 1 {
			t.Errorf("%d have stored", winners)
		}
	})
}

func TestSamplesCountNothing(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		for _, name := range []string{"sample", "own"} {
			asset := picture(name)
			asset.Sample, asset.Bytes = name == "sample", 1000
			stored := librarytest.Store(t, l, asset, library.StoreOptions{})
			librarytest.StoreDerived(t, l, &library.Derived{AssetID: stored.Asset.AssetID, VersionID: stored.Asset.VersionID, Key: "k", Format: "jpg", Bytes: 10, ObjectKey: "derived/" + name})
		}
		totals, err := l.Totals(t.Context())
		if want := (library.Totals{Assets: 1, Bytes: 1000, Derived: 1, DerivedBytes: 10}); err != nil || totals != want {
			t.Errorf("totals %+v, %v", totals, err)
		}
		if count, err := l.Uploaded(t.Context()); err != nil || count != 1 {
			t.Errorf("%d uploaded, %v", count, err)
		}
	})
}
