package delivery

import (
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestUploadMappings(t *testing.T) {
	e := newEnvironment(t)
	o := newOrigin(t)
	e.configure(func(s *catalog.Snapshot) {
		opened(s)
		s.Environment.DynamicFolders = true
		s.Mappings = []catalog.Mapping{{Folder: "legacy", Template: o.URL + "/images/"}}
	})
	o.put("/images/shop/a%20b.jpg", "picture")
	o.put("/images/logo.png", "logo")
	o.put("/images/text.jpg", "no picture")
	o.put("/images/manual.pdf", "manual")
	e.get(t, "/demo/image/upload/w_9/legacy/shop/a%20b.jpg").expect(t, 200, "picture as jpg")
	e.get(t, "/demo/image/upload/legacy/shop/a%20b.jpg").expect(t, 200, "picture")
	e.get(t, "/demo/raw/upload/legacy/manual.pdf").expect(t, 200, "manual")
	if o.asked.Load() != 2 {
		t.Errorf("the source was asked %d times for two files", o.asked.Load())
	}
	asset, err := e.library.Asset(t.Context(), library.Key{ResourceType: "image", Type: "upload", PublicID: "legacy/shop/a b"})
	if err != nil || asset.UploadedBy != (library.Uploader{Kind: library.UploaderMapping, Name: "legacy"}) || asset.AssetFolder != "legacy/shop" || asset.DisplayName != "a b" || asset.Format != "jpg" {
		t.Errorf("%+v, %v", asset, err)
	}
	e.store(t, "base", "base", nil)
	e.get(t, "/demo/image/upload/l_legacy:logo.png/fl_layer_apply/base.jpg").expect(t, 200, "base as jpg")
	if _, ok := e.engine.asked().Layers["upload/legacy/logo"]; !ok {
		t.Errorf("layers: %v", e.engine.asked().Layers)
	}

	for range 2 {
		e.get(t, "/demo/image/upload/legacy/none.jpg").refused(t, 404, "Resource not found - legacy/none")
	}
	asked := o.asked.Load()
	e.get(t, "/demo/image/private/legacy/logo.png").refused(t, 404, "Resource not found - legacy/logo")
	e.get(t, "/demo/image/upload/elsewhere/logo.png").refused(t, 404, "Resource not found - elsewhere/logo")
	if o.asked.Load() != asked {
		t.Error("the source was asked for what is not mapped")
	}
	e.get(t, "/demo/image/upload/legacy/text.jpg").refused(t, 400, "Unsupported image format or file")
	e.get(t, "/demo/image/upload/d_base.jpg/legacy/none.jpg").expect(t, 200, "base")

	// What was uploaded is never compared with its source.
	o.put("/images/shop/a%20b.jpg", "another picture")
	e.get(t, "/demo/image/upload/w_10/legacy/shop/a%20b.jpg").expect(t, 200, "picture as jpg")
}

func TestRootMappingIsALiveMigration(t *testing.T) {
	e := newEnvironment(t)
	o := newOrigin(t)
	e.configure(func(s *catalog.Snapshot) {
		opened(s)
		s.Mappings = []catalog.Mapping{{Template: o.URL + "/old/{resource_type}/upload/{public_id}"}}
	})
	o.put("/old/image/upload/shop/lamp", "picture")
	o.put("/old/raw/upload/terms.pdf", "terms")
	o.put("/old/image/private/secret", "secret")
	o.put("/old/image/upload/secret", "secret")
	// The extension that is asked for first says nothing about the original that comes.
	e.get(t, "/demo/image/upload/c_fill,w_9/v1699999999/shop/lamp.png").expect(t, 200, "picture as png")
	e.get(t, "/demo/image/upload/v1/shop/lamp").expect(t, 200, "picture")
	e.get(t, "/demo/raw/upload/v1/terms.pdf").expect(t, 200, "terms")
	if asked := o.asked.Load(); asked != 2 {
		t.Errorf("the old cloud was asked %d times for two files", asked)
	}
	asset, err := e.library.Asset(t.Context(), library.Key{ResourceType: "image", Type: "upload", PublicID: "shop/lamp"})
	if err != nil || asset.Format != "jpg" {
		t.Errorf("%+v, %v", asset, err)
	}
	// What is not for everybody does not come this way, whoever asks.
	e.get(t, "/demo/image/private/secret.jpg").refused(t, 404, "Resource not found - secret")
	e.get(t, "/demo/image/authenticated/secret.jpg").refused(t, 401, "Unsigned request for an authenticated asset")
	if asked := o.asked.Load(); asked != 2 {
		t.Errorf("the old cloud was asked for what is private: %d times", asked)
	}
	for range 3 {
		e.get(t, "/demo/image/upload/w_5/gone.jpg").refused(t, 404, "Resource not found - gone")
	}
	if asked := o.asked.Load(); asked != 3 {
		t.Errorf("the old cloud was asked %d times for what it does not have", asked-2)
	}
}
