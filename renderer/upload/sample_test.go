package upload

import (
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/samples"
)

func (f *fixture) storeSamples() {
	f.Helper()
	all, err := samples.All()
	if err != nil {
		f.Fatal(err)
	}
	for _, sample := range all {
		if err := f.handler.StoreSample(f.Context(), sample); err != nil {
			f.Fatal(err)
		}
	}
}

func TestSamplesAreStoredWhateverTheEnvironmentAsksOfUploads(t *testing.T) {
	f := newFixture(t, func(f *fixture, _ *Options) {
		f.snapshot.Environment.MaxImageBytes, f.snapshot.Environment.MaxRawBytes, f.snapshot.Environment.MaxImagePixels = 1, 1, 1
		f.snapshot.MetadataFields["must"] = catalog.MetadataField{ExternalID: "must", Type: catalog.MetadataString, Mandatory: true}
	})
	f.storeSamples()
	if totals, err := f.library.Totals(t.Context()); err != nil || totals.Assets != 0 || totals.Bytes != 0 {
		t.Errorf("samples count: %+v, %v", totals, err)
	}
	landscape, err := f.library.Asset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "samples/landscape"})
	if err != nil {
		t.Fatal(err)
	}
	if !landscape.Sample || landscape.Format != "jpg" || landscape.Width != 1200 || landscape.AssetFolder != "samples" || landscape.DisplayName != "landscape" || landscape.AccessMode != "public" {
		t.Errorf("stored %+v", landscape)
	}
	text, err := f.library.Asset(t.Context(), library.Key{ResourceType: library.Raw, Type: "upload", PublicID: "samples/readme.txt"})
	if err != nil || !text.Sample || text.Format != "txt" {
		t.Errorf("stored %+v, %v", text, err)
	}
}

func TestADeletedSampleStaysDeletedAndAnOwnAssetStaysOwn(t *testing.T) {
	f := newFixture(t)
	f.expect(f.upload("/image/upload", "a.png", picture("png", 8, 8), "public_id", "samples/swatch"))
	f.storeSamples()
	f.expect(f.post("/image/destroy?"+signed("public_id", "samples/logo").Encode(), "", nil))
	f.expect(f.upload("/image/upload", "a.png", picture("png", 9, 9), "public_id", "samples/spinner"))
	f.storeSamples()
	for id, width := range map[string]int{"samples/swatch": 8, "samples/spinner": 9} {
		asset, err := f.library.Asset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: id})
		if err != nil || asset.Sample || asset.Width != width {
			t.Errorf("%s is %+v, %v", id, asset, err)
		}
	}
	if _, err := f.library.Asset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "samples/logo"}); err == nil {
		t.Error("the deleted sample is back")
	}
	if count, err := f.library.Uploaded(t.Context()); err != nil || count != 2 {
		t.Errorf("%d assets count, %v", count, err)
	}
}

func TestASampleThatFailsIsStoredLater(t *testing.T) {
	f := newFixture(t)
	all, err := samples.All()
	if err != nil {
		t.Fatal(err)
	}
	f.engine.fail = problem.Unavailable("The engine", nil)
	if err := f.handler.StoreSample(t.Context(), all[0]); err == nil {
		t.Fatal("no error without an engine")
	}
	if left := f.objects(); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
	f.engine.fail = nil
	f.storeSamples()
	if left := f.objects(); len(left) != len(all) {
		t.Errorf("%d objects of %d samples", len(left), len(all))
	}
}
