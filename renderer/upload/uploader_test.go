package upload

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/migration/source"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// form sends an unsigned request.
func (f *fixture) form(path string, pairs ...string) *reply {
	f.Helper()
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return f.post(path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
}

// TestUploaders stores an asset in every way there is and looks at whom it is said to be of.
func TestUploaders(t *testing.T) {
	onEach(t, func(f *fixture) {
		roomy(f)
		origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, picture("png", 9, 9)) }))
		defer origin.Close()
		signer := library.Uploader{Kind: library.UploaderKey, Name: apiKey}
		preset := library.Uploader{Kind: library.UploaderPreset, Name: "unsigned"}
		slow := library.Uploader{Kind: library.UploaderPreset, Name: "slow"}
		f.snapshot.Presets["slow"] = catalog.Preset{Name: "slow", Unsigned: true, Parameters: map[string]json.RawMessage{"async": json.RawMessage("true")}}
		expect := func(title string, asset *library.Asset, created, uploaded library.Uploader) {
			f.Helper()
			if asset.CreatedBy != created || asset.UploadedBy != uploaded {
				f.Errorf("%s: created by %+v, uploaded by %+v, want %+v and %+v", title, asset.CreatedBy, asset.UploadedBy, created, uploaded)
			}
		}
		named := func(got *reply) *library.Asset {
			f.Helper()
			asset, err := f.library.AssetByID(f.Context(), f.expect(got).body["asset_id"].(string))
			if err != nil {
				f.Fatal(err)
			}
			return asset
		}
		later := func(got *reply) *library.Asset {
			f.Helper()
			f.expect(got)
			if _, err := f.runJob(); err != nil {
				f.Fatal(err)
			}
			kind := "image"
			if got.body["resource_type"] == nil {
				kind = "video"
			}
			return f.stored(kind, "upload", got.body["public_id"].(string))
		}

		expect("signed", named(f.upload("/image/upload", "a.png", picture("png", 8, 8), "public_id", "a", "tags", "logo")), signer, signer)
		expect("unsigned", named(f.multipart("/image/upload", part{name: "upload_preset", value: "unsigned"}, part{name: "public_id", value: "b"}, part{"file", "b.png", picture("png", 8, 8)})), preset, preset)
		expect("of a URL", named(f.form("/image/upload", "upload_preset", "unsigned", "file", origin.URL)), preset, preset)
		expect("signed with a preset", named(f.upload("/image/upload", "a.png", picture("png", 8, 8), "upload_preset", "signed")), signer, signer)
		expect("overwritten", named(f.upload("/image/upload", "b.png", picture("png", 7, 7), "public_id", "b", "tags", "logo")), preset, signer)
		content := noise(2 * chunkBytes)
		f.expect(f.sendChunk(f.server, "x", content, 0, chunkBytes-1, "-1", "public_id", "large.bin"))
		expect("in chunks", named(f.sendChunk(f.server, "x", content, chunkBytes, 2*chunkBytes-1, fmt.Sprint(len(content)), "public_id", "large.bin")), signer, signer)
		expect("async", later(f.upload("/image/upload", "a.png", picture("png", 8, 8), "async", "1")), signer, signer)
		expect("async and unsigned", later(f.form("/image/upload", "upload_preset", "slow", "file", origin.URL)), slow, slow)
		show := strings.ReplaceAll(ofTwo, "folder:b", "b")
		expect("slideshow", later(f.call("/video/create_slideshow", "manifest_transformation", show)), signer, signer)
		expect("unsigned slideshow", later(f.form("/video/create_slideshow", "manifest_transformation", show, "upload_preset", "unsigned")), preset, preset)
		expect("archive", named(f.call("/image/generate_archive", "tags", "logo")), signer, signer)
		f.expect(f.call("/image/multi", "tag", "logo"))
		expect("multi", f.stored("image", "multi", "logo"), signer, signer)
		f.storeSamples()
		samples := library.Uploader{Kind: library.UploaderSystem, Name: library.SystemSamples}
		expect("sample", f.image("samples/landscape"), samples, samples)
		if err := f.handler.Compose(f.Context(), "sprite", "logo", "", "png"); err != nil {
			f.Fatal(err)
		}
		asked := library.Uploader{Kind: library.UploaderSystem, Name: library.SystemDelivery}
		expect("sprite of a URL", f.stored("image", "sprite", "logo"), asked, asked)
		imported := library.Uploader{Kind: library.UploaderImport, Name: "old-cloud"}
		if _, err := f.handler.Import(f.Context(), "old-cloud", &source.Asset{ResourceType: "image", Type: "upload", PublicID: "old", URL: origin.URL, Filename: "old.png"}, false); err != nil {
			f.Fatal(err)
		}
		expect("import", f.image("old"), imported, imported)
		if _, err := f.handler.Import(f.Context(), "old-cloud", &source.Asset{ResourceType: "image", Type: "upload", PublicID: "a", URL: origin.URL, Filename: "a.png"}, true); err != nil {
			f.Fatal(err)
		}
		expect("import over another", f.image("a"), signer, imported)
		// What changes no bytes changes no uploader.
		f.expect(f.call("/image/explicit", "public_id", "b", "type", "upload", "tags", "other"))
		f.expect(f.call("/image/rename", "from_public_id", "b", "to_public_id", "c"))
		expect("described and renamed", f.image("c"), preset, signer)
	})
}
