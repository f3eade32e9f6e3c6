package library_test

import (
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestDeletingDerivedFilesIsNotedAtTheirAsset(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		asset := keep(t, l, "a", "o/1", nil)
		key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"}
		derive := func(name string) *library.Derived {
			t.Helper()
			object := "d/" + name
			if err := l.ReserveObject(t.Context(), object, clock.time.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			derived, err := l.StoreDerived(t.Context(), &library.Derived{AssetID: asset.AssetID, VersionID: asset.VersionID, Key: name, Transformation: name, Format: "jpg", ObjectKey: object})
			if err != nil {
				t.Fatal(err)
			}
			return derived
		}
		purged := func(want bool) {
			t.Helper()
			found, err := l.Asset(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			if !want && !found.PurgedAt.IsZero() || want && !found.PurgedAt.After(clock.time) {
				t.Errorf("purged at %s, now it is %s", found.PurgedAt, clock.time)
			}
		}
		purged(false)
		if n, err := l.DeleteDerivedOf(t.Context(), key, []string{"w_9"}); err != nil || n != 0 {
			t.Fatal(n, err)
		}
		purged(false)
		for name, remove := range map[string]func(derived *library.Derived) error{
			"w_1": func(d *library.Derived) error { _, err := l.DeleteDerived(t.Context(), d.ID); return err },
			"w_2": func(*library.Derived) error { _, err := l.DeleteDerivedOf(t.Context(), key, nil); return err },
			"w_3": func(*library.Derived) error {
				_, err := l.DeleteDerivedOf(t.Context(), key, []string{"w_3"})
				return err
			},
			"w_4": func(*library.Derived) error { _, err := l.DeleteTransformation(t.Context(), "w_4"); return err },
		} {
			clock.advance(time.Minute)
			if err := remove(derive(name)); err != nil {
				t.Fatal(name, err)
			}
			purged(true)
		}
		// Another version begins anew.
		keep(t, l, "a", "o/2", nil)
		purged(false)
	})
}
