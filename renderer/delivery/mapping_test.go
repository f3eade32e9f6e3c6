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
	if err != nil || asset.AssetFolder != "legacy/shop" || asset.DisplayName != "a b" || asset.Format != "jpg" {
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
