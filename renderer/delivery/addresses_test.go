package delivery

import (
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestHostsOfAnEnvironment(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	e.configure(func(s *catalog.Snapshot) { s.Environment.Hosts = []string{"img.example.com", "demo-res.example.com"} })
	for host, path := range map[string]string{
		"img.example.com":        "/image/upload/sheep.jpg",
		"IMG.example.com:8080":   "/demo/image/upload/sheep.jpg",
		"a3.img.example.com":     "/image/upload/sheep.jpg",
		"demo-res-5.example.com": "/iu/sheep.jpg",
		"other.example.com":      "/demo/image/upload/sheep.jpg",
		"another.example.com":    "/res/demo/image/upload/sheep.jpg",
	} {
		e.get(t, path, "Host", host).expect(t, 200, "sheep")
	}
	e.get(t, "/image/upload/sheep.jpg", "Host", "a9.img.example.com").refused(t, 401, "Unknown customer image")
	e.get(t, "/image/upload/sheep.jpg", "Host", "b.img.example.com").refused(t, 401, "Unknown customer image")
}

func TestAssetIDs(t *testing.T) {
	e := newEnvironment(t)
	public, secret := e.store(t, "sheep", "sheep", nil), e.store(t, "secret", "secret", ofType("authenticated"))
	private := e.store(t, "private", "private", ofType("private"))
	e.get(t, "/demo/image/asset/"+public.AssetID).expect(t, 200, "sheep")
	e.get(t, "/demo/image/asset/w_9/"+public.AssetID+".png").expect(t, 200, "sheep as png")
	e.get(t, "/demo/video/asset/"+public.AssetID).refused(t, 404, "Resource not found - "+public.AssetID)
	e.get(t, "/demo/image/asset/"+secret.AssetID).refused(t, 401, "Unsigned request for an authenticated asset")
	e.get(t, "/demo/image/asset/w_9/"+secret.AssetID).refused(t, 401, "Unsigned request for an authenticated asset")
	e.get(t, "/demo/image/asset/"+private.AssetID).refused(t, 401, "Unsigned request for the original of a private asset")
	e.get(t, signed("image/asset", "", secret.AssetID)).expect(t, 200, "secret")
}

func TestTextAssets(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "hello", "hello", ofType("text"))
	e.get(t, "/demo/image/text/hello.jpg").expect(t, 200, "hello")
	e.get(t, "/demo/image/sprite/hello.png").refused(t, 404, "Resource not found - hello")
}

// TestPlansThatReadTheAsset holds pictures that depend on tags, context and metadata to what those are now.
func TestPlansThatReadTheAsset(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "pack", "pack", func(a *library.Asset) { a.Tags = []string{"sale"} })
	const path = "/demo/image/upload/if_!sale!_in_tags/w_9/if_end/pack.jpg"
	e.get(t, path).expect(t, 200, "pack as jpg")
	e.get(t, path).expect(t, 200, "pack as jpg")
	if e.engine.renders() != 1 {
		t.Fatalf("%d renders", e.engine.renders())
	}
	_, err := e.library.UpdateAsset(t.Context(), keyOf(asset), func(a *library.Asset) error {
		a.Tags = []string{"new"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	e.assets.Invalidate(keyOf(asset))
	e.get(t, path).expect(t, 200, "pack as jpg")
	if tags := e.engine.asked().Source.Tags; e.engine.renders() != 2 || len(tags) != 1 || tags[0] != "new" {
		t.Errorf("%d renders, tags %v", e.engine.renders(), tags)
	}
	// What does not read them stays.
	e.get(t, "/demo/image/upload/w_9/pack.jpg").expect(t, 200, "pack as jpg")
	renders := e.engine.renders()
	if _, err := e.library.UpdateAsset(t.Context(), keyOf(asset), func(a *library.Asset) error { a.Tags = nil; return nil }); err != nil {
		t.Fatal(err)
	}
	e.assets.Invalidate(keyOf(asset))
	e.get(t, "/demo/image/upload/w_9/pack.jpg").expect(t, 200, "pack as jpg")
	if e.engine.renders() != renders {
		t.Error("a picture that reads no tags was made again")
	}
}

func TestDefaultQuality(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	e.configure(func(s *catalog.Snapshot) { s.Environment.DefaultQuality = "auto:eco" })
	e.get(t, "/demo/image/upload/sheep.jpg").expect(t, 200, "sheep")
	e.get(t, "/demo/image/upload/w_9/sheep.jpg").expect(t, 200, "sheep as jpg")
	if q := e.engine.asked().Plan.Output.Quality; q.Auto != "eco" {
		t.Errorf("%+v", q)
	}
	e.get(t, "/demo/image/upload/q_30,w_9/sheep.jpg").expect(t, 200, "sheep as jpg")
	if q := e.engine.asked().Plan.Output.Quality; q.Value == nil || q.Value.Value != 30 {
		t.Errorf("%+v", q)
	}
	// Another setting gives other files.
	e.configure(func(s *catalog.Snapshot) { s.Environment.DefaultQuality = "70" })
	e.get(t, "/demo/image/upload/w_9/sheep.jpg").expect(t, 200, "sheep as jpg")
	if q := e.engine.asked().Plan.Output.Quality; q.Value == nil || q.Value.Value != 70 {
		t.Errorf("%+v", q)
	}
}

func TestCachingFlags(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "secret", "secret", ofType("authenticated"))
	e.store(t, "holder", "holder", nil)
	e.configure(func(s *catalog.Snapshot) {
		s.Transformations = map[string]catalog.Transformation{"fallback": {Name: "fallback", Transformation: "d_holder.jpg"}}
	})
	const forever = "public, no-transform, immutable, max-age=2592000"
	if got := e.get(t, signed("image/authenticated", "fl_immutable_cache", "secret.jpg")).Header.Get("Cache-Control"); got != forever {
		t.Errorf("fl_immutable_cache: %s", got)
	}
	if got := e.get(t, "/demo/image/upload/t_fallback/none.jpg").Header.Get("Cache-Control"); got != forever {
		t.Errorf("a placeholder out of a named transformation: %s", got)
	}
	if got := e.get(t, "/demo/image/upload/d_holder.jpg/none.jpg").Header.Get("Cache-Control"); got != privateCaching {
		t.Errorf("a placeholder: %s", got)
	}
}
