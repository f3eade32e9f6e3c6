package delivery

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestOverwrittenAndDeletedAssets(t *testing.T) {
	e := newEnvironment(t)
	paths := map[string]string{"/demo/image/upload/sheep.jpg": "", "/demo/image/upload/c_scale,w_9/sheep.jpg": " as jpg"}
	for _, content := range []string{"first", "second", "third"} {
		e.store(t, "sheep", content, nil)
		for path, suffix := range paths {
			for range 2 {
				e.get(t, path).expect(t, 200, content+suffix)
			}
		}
	}
	if n := e.engine.renders(); n != 3 {
		t.Errorf("%d renders", n)
	}
	key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "sheep"}
	if _, _, err := e.library.DeleteAsset(t.Context(), key, library.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	e.assets.Invalidate(key)
	for path := range paths {
		e.get(t, path).refused(t, 404, "Resource not found - sheep")
	}
}

func TestAnAssetReplacedDuringTheRender(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "old", nil)
	e.engine.before = func() { e.store(t, "sheep", "new", nil) }
	e.get(t, "/demo/image/upload/c_scale,w_9/sheep.jpg").expect(t, 200, "new as jpg")
	if n := e.engine.renders(); n != 2 {
		t.Errorf("%d renders", n)
	}
}

func TestAnOriginalSweptBehindTheRow(t *testing.T) {
	e := newEnvironment(t)
	old := e.store(t, "sheep", "old", nil)
	e.get(t, "/demo/image/upload/sheep.jpg").expect(t, 200, "old")
	// Another process overwrote the asset and swept the old bytes: nobody told this one.
	key := keyOf(old)
	e.store(t, "sheep", "new", nil)
	if err := e.bucket.Delete(t.Context(), old.ObjectKey); err != nil {
		t.Fatal(err)
	}
	e.assets.mu.Lock()
	e.assets.insert(key, &rememberedRow{asset: old})
	e.assets.mu.Unlock()
	e.get(t, "/demo/image/upload/sheep.jpg").expect(t, 200, "new")
	// Bytes that are lost for good are an internal error, and end.
	lost := e.store(t, "lost", "lost", nil)
	if err := e.bucket.Delete(t.Context(), lost.ObjectKey); err != nil {
		t.Fatal(err)
	}
	e.get(t, "/demo/image/upload/lost.jpg").refused(t, 500, "General Error")
}

func TestNamedTransformationsAreLive(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	e.get(t, "/demo/image/upload/t_thumb/sheep.jpg").refused(t, 400, "Named transformation not found - thumb")
	for _, width := range []string{"50", "60"} {
		e.configure(func(s *catalog.Snapshot) {
			s.Transformations = map[string]catalog.Transformation{"thumb": {Name: "thumb", Transformation: "c_scale,w_" + width}}
		})
		e.get(t, "/demo/image/upload/t_thumb/sheep.jpg").expect(t, 200, "sheep as jpg")
	}
	if n := e.engine.renders(); n != 2 {
		t.Errorf("%d renders for two definitions", n)
	}
	e.get(t, "/demo/image/upload/w_60,c_scale/sheep.jpg").expect(t, 200, "sheep as jpg")
	if n := e.engine.renders(); n != 2 {
		t.Errorf("the same plan in other words was rendered again")
	}
}

// slowRows lets a test act between the query and its return.
type slowRows struct {
	Rows
	during func()
	calls  int
}

func (s *slowRows) Asset(ctx context.Context, key library.Key) (*library.Asset, error) {
	s.calls++
	asset, err := s.Rows.Asset(ctx, key)
	if s.during != nil {
		s.during()
	}
	return asset, err
}

func TestAssetsForgetWhatChangedMeanwhile(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sheep", "old", nil)
	key := keyOf(asset)
	rows := &slowRows{Rows: e.library}
	assets := NewAssets(rows, 10)
	rows.during = func() { assets.Invalidate(key) }
	for range 2 {
		if _, err := assets.Asset(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if rows.calls != 2 {
		t.Errorf("a row that changed while it was read was remembered")
	}
	rows.during = nil
	for range 3 {
		if _, err := assets.Asset(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if rows.calls != 3 {
		t.Errorf("%d queries, want 3", rows.calls)
	}
	if _, err := assets.Asset(t.Context(), library.Key{ResourceType: "image", Type: "upload", PublicID: "none"}); !errors.Is(err, library.ErrNotFound) {
		t.Errorf("missing asset: %v", err)
	}
}

func TestAssetsAreBounded(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sheep", "old", nil)
	for _, limit := range []int{0, 3} {
		rows := &slowRows{Rows: e.library}
		assets := NewAssets(rows, limit)
		for i := range 20 {
			assets.mu.Lock()
			if limit > 0 {
				assets.insert(library.Key{PublicID: strings.Repeat("x", i)}, &rememberedRow{asset: asset})
			}
			assets.mu.Unlock()
			if _, err := assets.Asset(t.Context(), keyOf(asset)); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(assets.young) + len(assets.old); n > 2*limit {
			t.Errorf("limit %d: %d rows are remembered", limit, n)
		}
		if limit == 0 && rows.calls != 20 || limit > 0 && rows.calls != 1 {
			t.Errorf("limit %d: %d queries", limit, rows.calls)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	if got := e.get(t, "/demo/image/upload/sheep.jpg", "X-Request-Id", "from-the.proxy_1").Header.Get("X-Request-Id"); got != "from-the.proxy_1" {
		t.Errorf("a proxy's ID became %q", got)
	}
	seen := make(map[string]bool)
	for _, given := range []string{"", "has space", "quote\"", strings.Repeat("x", 65)} {
		id := e.get(t, "/demo/image/upload/sheep.jpg", "X-Request-Id", given).Header.Get("X-Request-Id")
		if len(id) != 32 || id == given || seen[id] {
			t.Errorf("%q gave ID %q", given, id)
		}
		seen[id] = true
	}
}

func TestMetricsHoldNoNames(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "unmistakable", "sheep", nil)
	e.get(t, "/demo/image/upload/unmistakable.jpg")
	e.get(t, "/demo/image/upload/c_scale,w_77/unmistakable.jpg")
	e.get(t, "/demo/image/upload/c_scale,w_77/unmistakable.jpg")
	e.engine.failWith(problem.Busy(1))
	e.get(t, "/demo/image/upload/c_scale,w_78/unmistakable.jpg")
	e.get(t, "/demo/image/upload/missing.jpg")
	for _, test := range []struct {
		kind  kind
		class int
		want  float64
	}{{kindOriginal, 2, 1}, {kindDerived, 2, 2}, {kindNone, 4, 2}} {
		if got := counted(t, e.handler.metrics.requests[test.kind][test.class]); got != test.want {
			t.Errorf("%s %s: %g, want %g", kindNames[test.kind], classNames[test.class], got, test.want)
		}
	}
	families, err := e.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		// The dearest transformations are shown by their shape, ten of them.
		shapes := strings.HasPrefix(family.GetName(), "darkroom_transformation_")
		if text := family.String(); strings.Contains(text, "unmistakable") || strings.Contains(text, "w_77") && !shapes {
			t.Errorf("%s names a picture", family.GetName())
		}
	}
}

func TestMakeAheadOfTime(t *testing.T) {
	e := newEnvironment(t)
	e.configure(func(s *catalog.Snapshot) { s.Environment.StrictTransformations = true })
	asset := e.store(t, "sheep", "sheep", nil)
	made, isNew, err := e.handler.Make(t.Context(), asset, "c_scale,w_9", "png")
	if err != nil {
		t.Fatal(err)
	}
	if made.Format != "png" || made.Bytes != int64(len("sheep as png")) || made.Width != 100 || !isNew {
		t.Errorf("made %+v", made)
	}
	e.get(t, "/demo/image/upload/c_scale,w_9/sheep.png").expect(t, 200, "sheep as png")
	if _, isNew, err = e.handler.Make(t.Context(), asset, "c_scale,w_9", "png"); err != nil || isNew {
		t.Errorf("made again: %v, %v", isNew, err)
	}
	if _, _, err = e.handler.Make(t.Context(), asset, "c_scale,w_8", ""); err != nil {
		t.Fatal(err)
	}
	e.get(t, "/demo/image/upload/c_scale,w_8/sheep.jpg").expect(t, 200, "sheep as jpg")
	if n := e.engine.renders(); n != 2 {
		t.Errorf("%d renders", n)
	}
	if _, _, err := e.handler.Make(t.Context(), asset, "c_scale,w_x", ""); problem.From(err).Status != 400 {
		t.Errorf("bad transformation: %v", err)
	}
	if made, isNew, err := e.handler.Make(t.Context(), asset, "", "jpg"); err != nil || isNew || made.ETag != asset.ETag {
		t.Errorf("nothing to make: %+v, %v", made, err)
	}
}
