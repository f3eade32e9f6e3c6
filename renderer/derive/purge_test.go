package derive

import (
	"context"
	"fmt"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestNoReplicaServesADerivedFileThatWasDeleted(t *testing.T) {
	e := newEnvironment(t)
	e.engine.render = func(context.Context, *engine.RenderRequest) ([]byte, error) {
		return fmt.Appendf(nil, "made %d", e.engine.calls), nil
	}
	asset := e.store(t, "photo", "photo")
	replicas := []*Deriver{e.deriver(t, nil), e.deriver(t, nil)}
	find := func(d *Deriver, transformation string) *File {
		t.Helper()
		file, err := d.Find(t.Context(), ask(t, asset, transformation))
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	made := map[string]string{}
	for _, transformation := range []string{"w_1", "w_2"} {
		for _, replica := range replicas {
			made[transformation] = content(t, find(replica, transformation))
		}
	}
	derived, _, err := e.library.ListDerived(t.Context(), asset.AssetID, 10, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range derived {
		if file.Transformation == "w_1" {
			if _, err := e.library.DeleteDerived(t.Context(), file.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Both replicas look the asset up, as delivery does.
	if asset, err = e.library.Asset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "photo"}); err != nil || asset.PurgedAt.IsZero() {
		t.Fatalf("%+v, %v", asset, err)
	}
	if exists, err := replicas[1].Exists(t.Context(), ask(t, asset, "w_1")); err != nil || exists {
		t.Errorf("the deleted file exists: %v", err)
	}
	again := find(replicas[0], "w_1")
	if again.From != FromEngine {
		t.Errorf("the deleted file comes from %s", again.From)
	}
	if got := content(t, again); got == made["w_1"] {
		t.Errorf("the deleted file has %q", got)
	} else if other := content(t, find(replicas[1], "w_1")); other != got {
		t.Errorf("another replica has %q, want %q", other, got)
	}
	// What was not deleted is found in the bucket.
	for _, replica := range replicas {
		kept := find(replica, "w_2")
		if kept.From != FromBucket {
			t.Errorf("what was not deleted comes from %s", kept.From)
		}
		if got := content(t, kept); got != made["w_2"] {
			t.Errorf("what was not deleted has %q", got)
		}
	}
}
