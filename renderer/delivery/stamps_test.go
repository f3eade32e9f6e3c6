package delivery

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// countedRows counts queries, and may hold or fail those for stamps.
type countedRows struct {
	*library.Library
	rows, looks atomic.Int64
	// asked gets a value when stamps were read, which are then given once release gives one.
	asked, release chan struct{}
	failure        error
}

func (c *countedRows) Asset(ctx context.Context, key library.Key) (*library.Asset, error) {
	c.rows.Add(1)
	return c.Library.Asset(ctx, key)
}

func (c *countedRows) Stamps(ctx context.Context, keys []library.Key) (map[library.Key]string, error) {
	c.looks.Add(1)
	found, err := c.Library.Stamps(ctx, keys)
	if c.asked != nil {
		c.asked <- struct{}{}
		<-c.release
	}
	return found, errors.Join(err, c.failure)
}

// expectQueries checks how many queries there were for rows and for stamps, and begins to count anew.
func (c *countedRows) expectQueries(t *testing.T, rows, looks int64) {
	t.Helper()
	if r, l := c.rows.Swap(0), c.looks.Swap(0); r != rows || l != looks {
		t.Errorf("%d queries for rows and %d for stamps, want %d and %d", r, l, rows, looks)
	}
}

// replica is one of several on a library with an asset, which others change.
func replica(t *testing.T) (*environment, *Assets, *countedRows, library.Key) {
	t.Helper()
	rows := &countedRows{Library: databases.Postgres(t)}
	shared := NewSharedAssets(rows, 100)
	e := newEnvironmentOn(t, rows.Library, shared)
	e.assets = NewAssets(rows, 0) // that of another replica
	return e, shared, rows, keyOf(e.store(t, "sheep", "first", nil))
}

// expectETag looks an asset up and wants it in this state.
func expectETag(t *testing.T, assets *Assets, want *library.Asset) {
	t.Helper()
	got, err := assets.Asset(t.Context(), keyOf(want))
	if err != nil || got.ETag != want.ETag {
		t.Errorf("%+v, %v, want ETag %s", got, err, want.ETag)
	}
}

func TestARowIsReadAgainOnlyWhenItHasChanged(t *testing.T) {
	e, assets, rows, key := replica(t)
	read := func() *library.Asset {
		t.Helper()
		asset, err := assets.Asset(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return asset
	}
	read()
	rows.expectQueries(t, 1, 0)
	known := read() // It is asked for again: what it is worth to know whether it changes.
	rows.expectQueries(t, 1, 1)
	for range 3 {
		if read() != known || assets.Remembered(key) != known {
			t.Error("another row")
		}
	}
	rows.expectQueries(t, 0, 6)
	for _, content := range []string{"second", "third"} {
		changed := e.store(t, "sheep", content, nil)
		if assets.Remembered(key) != nil {
			t.Error("a row that has changed is remembered")
		}
		expectETag(t, assets, changed)
		expectETag(t, assets, changed)
		rows.expectQueries(t, 1, 3)
	}
	if _, _, err := e.library.DeleteAsset(t.Context(), key, library.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := assets.Asset(t.Context(), key); !errors.Is(err, library.ErrNotFound) || assets.Remembered(key) != nil {
		t.Errorf("a deleted asset: %v", err)
	}
}

func TestNobodySharesALookThatHadBegun(t *testing.T) {
	e, assets, rows, key := replica(t)
	for range 2 {
		if _, err := assets.Asset(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	rows.expectQueries(t, 2, 1)
	rows.asked, rows.release = make(chan struct{}), make(chan struct{})
	var early, late sync.WaitGroup
	early.Go(func() {
		if _, err := assets.Asset(t.Context(), key); err != nil {
			t.Error(err)
		}
	})
	<-rows.asked
	// Stamps were read, and are on their way.
	changed := e.store(t, "sheep", "second", nil)
	const many = 20
	for i := range many {
		late.Go(func() { expectETag(t, assets, changed) })
		late.Go(func() {
			if got := assets.stamps.of(t.Context(), library.Key{PublicID: fmt.Sprint(i)}); got != "" {
				t.Errorf("the stamp %q of an asset that there is not", got)
			}
		})
	}
	waiting := func() int {
		assets.stamps.mu.Lock()
		defer assets.stamps.mu.Unlock()
		if assets.stamps.next == nil {
			return 0
		}
		return len(assets.stamps.next.keys)
	}
	for end := time.Now().Add(10 * time.Second); waiting() < many+1 && time.Now().Before(end); {
		runtime.Gosched()
	}
	rows.release <- struct{}{}
	early.Wait()
	<-rows.asked
	rows.release <- struct{}{}
	late.Wait()
	if n := rows.looks.Load(); n != 2 {
		t.Errorf("%d queries for all", n)
	}
}

func TestWithoutStampsRowsAreRead(t *testing.T) {
	for name, spoil := range map[string]func(rows *countedRows, assets *Assets){
		"the query fails": func(rows *countedRows, _ *Assets) { rows.failure = errors.New("away") },
		"the query is silent": func(rows *countedRows, assets *Assets) {
			assets.stamps.patience, rows.asked = time.Millisecond, make(chan struct{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, assets, rows, _ := replica(t)
			asset := e.store(t, "sheep", "first", nil)
			expectETag(t, assets, asset)
			spoil(rows, assets)
			expectETag(t, assets, asset)
			if n := rows.rows.Load(); n != 2 {
				t.Errorf("%d queries", n)
			}
			if rows.asked != nil {
				rows.release = make(chan struct{}, 1)
				rows.release <- struct{}{}
				<-rows.asked
			}
		})
	}
}

// TestReplicasTakeTheShortcut changes a hot picture behind the back of a replica.
func TestReplicasTakeTheShortcut(t *testing.T) {
	e, _, rows, key := replica(t)
	const path = "/demo/image/upload/c_scale,w_9/sheep.jpg"
	for _, content := range []string{"first", "second"} {
		e.store(t, "sheep", content, nil)
		e.heat(t, path, content+" as jpg")
		rows.rows.Store(0)
		if !e.heat(t, path, content+" as jpg") {
			t.Error("a hot picture took the long way")
		}
		if n := rows.rows.Load(); n != 0 {
			t.Errorf("%d queries for rows", n)
		}
	}
	if _, _, err := e.library.DeleteAsset(t.Context(), key, library.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	e.get(t, path).refused(t, 404, "Resource not found - sheep")
}
