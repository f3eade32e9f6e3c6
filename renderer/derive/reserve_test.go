package derive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// reservingLibrary notes how many keys are reserved at a time, and can be broken.
type reservingLibrary struct {
	*library.Library
	sizes  []int
	broken error
}

func (l *reservingLibrary) ReserveObjects(ctx context.Context, keys []string, until time.Time) error {
	if l.broken != nil {
		return l.broken
	}
	l.sizes = append(l.sizes, len(keys))
	return l.Library.ReserveObjects(ctx, keys, until)
}

func TestReservingAhead(t *testing.T) {
	e := newEnvironment(t)
	rows := &reservingLibrary{Library: e.library}
	d := e.deriver(t, func(o *Options) { o.Library = rows })
	seen := map[string]bool{}
	take := func(n int) {
		t.Helper()
		for range n {
			key, err := d.reserve(t.Context())
			if err != nil || seen[key] {
				t.Fatalf("%q, %v", key, err)
			}
			seen[key] = true
		}
	}
	take(1 + 2 + 4 + 8 + 16 + 1)
	if want := []int{1, 2, 4, 8, 16, 16}; !slices.Equal(rows.sizes, want) {
		t.Errorf("%d keys were reserved at a time, want %d", rows.sizes, want)
	}
	// What is in stock for long is left to the collector, and a quiet time begins with one key.
	e.clock.advance(reservation/2 + time.Second)
	rows.sizes = nil
	take(3)
	if want := []int{1, 2}; !slices.Equal(rows.sizes, want) {
		t.Errorf("%d keys were reserved at a time, want %d", rows.sizes, want)
	}
}

func TestReservedKeysAreEnteredOrCollected(t *testing.T) {
	e := newEnvironment(t)
	d := e.deriver(t, nil)
	asset := e.store(t, "photo", "photo")
	for i := range 5 {
		file, err := d.Find(t.Context(), ask(t, asset, fmt.Sprint("w_", i+1)))
		if err != nil {
			t.Fatal(err)
		}
		content(t, file)
	}
	entered, _, err := e.library.ListDerived(t.Context(), asset.AssetID, 10, "")
	if err != nil || len(entered) != 5 {
		t.Fatalf("%d files, %v", len(entered), err)
	}
	collected, err := e.library.Garbage(t.Context(), time.Now().Add(2*reservation), 100)
	if err != nil || len(collected) != 2 { // 1 + 2 + 4 were reserved
		t.Errorf("collected are %q, %v", collected, err)
	}
	for _, file := range entered {
		if slices.Contains(collected, library.Discarded{ObjectKey: file.ObjectKey}) {
			t.Errorf("a file that is there is garbage")
		}
	}
}

func TestNothingIsWrittenWithoutAReservation(t *testing.T) {
	e := newEnvironment(t)
	rows := &reservingLibrary{Library: e.library, broken: errors.New("broken")}
	d := e.deriver(t, func(o *Options) { o.Library = rows })
	asset := e.store(t, "photo", "photo")
	_, err := d.Find(t.Context(), ask(t, asset, "w_1"))
	if p := problem.From(err); p.Status != 503 || !errors.Is(err, rows.broken) {
		t.Errorf("%v", err)
	}
	rows.broken = nil
	file, err := d.Find(t.Context(), ask(t, asset, "w_1"))
	if err != nil {
		t.Fatal(err)
	}
	content(t, file)
}
