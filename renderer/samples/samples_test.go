package samples

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/gif"
	_ "image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

func TestTheSetIsSmallAndVaried(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	size, names := 0, []string{}
	for _, sample := range all {
		size += len(sample.Content)
		names = append(names, sample.PublicID)
		if sample.Raw {
			continue
		}
		if _, _, err := image.Decode(bytes.NewReader(sample.Content)); err != nil {
			t.Errorf("%s: %v", sample.PublicID, err)
		}
	}
	if size >= 1<<20 {
		t.Errorf("the samples are %d bytes", size)
	}
	want := []string{"samples/landscape", "samples/logo", "samples/night-sky", "samples/readme.txt", "samples/spinner", "samples/still-life", "samples/swatch"}
	if !slices.Equal(names, want) {
		t.Errorf("the samples are %v", names)
	}
	logo, err := png.Decode(bytes.NewReader(all[1].Content))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, alpha := logo.At(1, 1).RGBA(); alpha != 0 {
		t.Error("the logo's corner is not transparent")
	}
	animation, err := gif.DecodeAll(bytes.NewReader(all[4].Content))
	if err != nil || len(animation.Image) < 2 {
		t.Errorf("the animation: %v", err)
	}
	for _, sample := range all {
		if !strings.Contains(string(all[3].Content), sample.PublicID) {
			t.Errorf("the text does not mention %s", sample.PublicID)
		}
	}
}

// wish is a catalog whose environment can change its mind.
type wish struct{ wanted bool }

func (w *wish) Current() *catalog.Snapshot {
	return &catalog.Snapshot{Environment: catalog.Environment{SampleAssets: w.wanted}}
}

func TestSamplesAreStoredWhenTheyAreWantedAndTriedAgainWhenThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		wanted, tick, ended := &wish{}, make(chan time.Time), make(chan error)
		var stored []string
		broken := true
		go func() {
			ended <- Run(ctx, Options{Catalog: wanted, Tick: tick, Store: func(_ context.Context, sample Sample) error {
				if broken && sample.PublicID == "samples/logo" {
					return errors.New("the engine is away")
				}
				stored = append(stored, sample.PublicID)
				return nil
			}})
		}()
		look := func() {
			tick <- time.Time{}
			synctest.Wait()
		}
		look()
		if len(stored) != 0 {
			t.Errorf("%v stored unasked", stored)
		}
		wanted.wanted = true
		look()
		if len(stored) != 6 {
			t.Errorf("%v stored in spite of one that failed", stored)
		}
		broken = false
		look()
		if len(stored) != 13 || !slices.Contains(stored, "samples/logo") {
			t.Errorf("%v stored", stored)
		}
		look()
		if len(stored) != 13 {
			t.Errorf("%v stored once more", stored)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
