package upload

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// rename calls the endpoint with signed parameters, given as name, value, name, value.
func (f *fixture) rename(resourceType string, pairs ...string) *reply {
	f.Helper()
	return f.post("/"+resourceType+"/rename", "", strings.NewReader(signed(pairs...).Encode()))
}

func (f *fixture) stored(resourceType, deliveryType, publicID string) *library.Asset {
	f.Helper()
	asset, err := f.library.Asset(f.Context(), library.Key{ResourceType: resourceType, Type: deliveryType, PublicID: publicID})
	if err != nil {
		f.Fatalf("%s/%s/%s: %v", resourceType, deliveryType, publicID, err)
	}
	return asset
}

func (f *fixture) expectMissing(resourceType, deliveryType, publicID string) {
	f.Helper()
	if asset, err := f.library.Asset(f.Context(), library.Key{ResourceType: resourceType, Type: deliveryType, PublicID: publicID}); err == nil {
		f.Errorf("%s/%s/%s is there: %+v", resourceType, deliveryType, publicID, asset)
	}
}

func TestRename(t *testing.T) {
	onEach(t, func(f *fixture) {
		uploaded := f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "old/name", "tags", "t", "context", "k=v", "metadata", "note=n")).body
		got := f.expect(f.rename("image", "from_public_id", "old/name", "to_public_id", " /new//name/ ", "invalidate", "true")).body

		want := map[string]any{}
		for _, name := range []string{"asset_id", "version", "version_id", "width", "height", "format", "resource_type", "created_at", "tags", "pages", "bytes",
			"type", "etag", "placeholder", "access_mode", "asset_folder", "display_name"} {
			want[name] = uploaded[name]
		}
		version := uploaded["version"].(json.Number).String()
		number, _ := uploaded["version"].(json.Number).Int64()
		want["public_id"] = "new/name"
		want["url"] = "http://media.example.com/demo/image/upload/v" + version + "/new/name.png"
		want["secure_url"] = "https://media.example.com/demo/image/upload/v" + version + "/new/name.png"
		want["signature"] = sign.Response("new/name", number, apiSecret, sign.SHA1)
		if !reflect.DeepEqual(got, want) {
			f.Errorf("answer\n got %s\nwant %s", pretty(got), pretty(want))
		}
		f.expectMissing("image", "upload", "old/name")
		if asset := f.stored("image", "upload", "new/name"); asset.Context["k"] != "v" || asset.Metadata["note"] != "n" || len(asset.Tags) != 1 {
			f.Errorf("stored %+v", asset)
		}
		f.expectStored(1)

		// Context and metadata are shown to those who ask for them; nobody has set them by that.
		got = f.expect(f.rename("image", "from_public_id", "new/name", "to_public_id", "b", "context", "true", "metadata", "1")).body
		if !reflect.DeepEqual(got["context"], map[string]any{"custom": map[string]any{"k": "v"}}) || !reflect.DeepEqual(got["metadata"], map[string]any{"note": "n"}) {
			f.Errorf("answer %s", pretty(got))
		}
		multipart := f.multipart("/image/rename", parts(signed("from_public_id", "b", "to_public_id", "c", "context", "0"))...)
		if got := f.expect(multipart).body; got["public_id"] != "c" || got["context"] != nil || got["metadata"] != nil {
			f.Errorf("answer %s", pretty(got))
		}
	})
}

func TestRenameDescribes(t *testing.T) {
	onEach(t, func(f *fixture) {
		url, arrived := f.receive()
		for _, event := range []string{notify.ContextChanged, notify.MetadataChanged, notify.TagsChanged} {
			f.snapshot.Triggers = append(f.snapshot.Triggers, catalog.Trigger{Name: event, EventType: event, URI: url + "/" + event})
		}
		f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a", "context", "k=v|old=1", "metadata", "note=n|size=3"))
		got := f.expect(f.rename("image", "from_public_id", "a", "to_public_id", "b", "context", `k=w\|x|new=2`, "metadata", "size=4")).body
		context, values := map[string]any{"k": "w|x", "new": "2"}, map[string]any{"note": "n", "size": json.Number("4")}
		if !reflect.DeepEqual(got["context"], map[string]any{"custom": context}) || !reflect.DeepEqual(got["metadata"], values) {
			f.Errorf("answer %s", pretty(got))
		}
		told := []string{(<-arrived).path, (<-arrived).path}
		if slices.Sort(told); !slices.Equal(told, []string{"/" + notify.ContextChanged, "/" + notify.MetadataChanged}) {
			f.Errorf("told at %q", told)
		}
		if asset := f.stored("image", "upload", "b"); !reflect.DeepEqual(asset.Context, map[string]string{"k": "w|x", "new": "2"}) || asset.Metadata["note"] != "n" || asset.Metadata["size"] != int64(4) {
			f.Errorf("stored %+v", asset)
		}
		found, err := f.library.Search(f.Context(), library.SearchOptions{Expression: "context.new=2 AND metadata.size=4"})
		if err != nil || len(found.Assets) != 1 {
			f.Errorf("found %+v, %v", found, err)
		}

		// One that fails renames nothing, and says nothing.
		f.expectRefused(f.rename("image", "from_public_id", "b", "to_public_id", "c", "context", "k=lost", "metadata", "size=x"), 400, `Value "x" is invalid for metadata field size: it is no integer`)
		if asset := f.stored("image", "upload", "b"); asset.Context["k"] != "w|x" {
			f.Errorf("stored %+v", asset)
		}
		got = f.expect(f.rename("image", "from_public_id", "b", "to_public_id", "c", "context[k]", "z")).body
		if !reflect.DeepEqual(got["context"], map[string]any{"custom": map[string]any{"k": "z"}}) || got["metadata"] != nil {
			f.Errorf("answer %s", pretty(got))
		}
	})
}

func TestRenameToATakenName(t *testing.T) {
	onEach(t, func(f *fixture) {
		source := f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a")).body
		f.expect(f.upload("/image/upload", "b.png", picture("png", 6, 4), "public_id", "b"))
		for _, pairs := range [][]string{nil, {"overwrite", "false"}, {"overwrite", "0"}} {
			f.expectRefused(f.rename("image", append(pairs, "from_public_id", "a", "to_public_id", "b")...), 400, "to_public_id(b) already exists")
		}
		if a, b := f.stored("image", "upload", "a"), f.stored("image", "upload", "b"); a.Width != 5 || b.Width != 6 {
			f.Errorf("refused renamings left %+v and %+v", a, b)
		}
		got := f.expect(f.rename("image", "from_public_id", "a", "to_public_id", "b", "overwrite", "true")).body
		if b := f.stored("image", "upload", "b"); b.Width != 5 || got["asset_id"] != source["asset_id"] || b.AssetID != source["asset_id"] {
			f.Errorf("answer %s, stored %+v", pretty(got), b)
		}
		f.expectMissing("image", "upload", "a")
		// The bytes of the replaced one are garbage, which the sweeper deletes.
		garbage := f.garbage()
		if len(garbage) != 1 {
			f.Fatalf("garbage %v", garbage)
		}
		if err := errors.Join(f.bucket.Delete(f.Context(), garbage[0]), f.library.ForgetGarbage(f.Context(), garbage)); err != nil {
			f.Fatal(err)
		}
		f.expectStored(1)
		f.expectRefused(f.rename("image", "from_public_id", "b", "to_public_id", "b", "overwrite", "true"), 400, "to_public_id(b) already exists")
	})
}

func TestRenameTypes(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a"))
		f.expect(f.upload("/raw/upload", "a.txt", "text", "public_id", "a"))
		got := f.expect(f.rename("image", "from_public_id", "a", "to_public_id", "a", "to_type", "private")).body
		if url, _ := got["url"].(string); got["type"] != "private" || !strings.Contains(url, "/image/private/") {
			f.Errorf("answer %s", pretty(got))
		}
		f.expectMissing("image", "upload", "a")
		f.stored("raw", "upload", "a")
		// Without to_type it stays as it is; without type it is looked for among the uploaded.
		f.expectRefused(f.rename("image", "from_public_id", "a", "to_public_id", "b"), 404, "Resource not found - a")
		f.expect(f.rename("image", "type", "private", "from_public_id", "a", "to_public_id", "b"))
		f.expect(f.rename("image", "type", "private", "from_public_id", "b", "to_public_id", "c", "to_type", "authenticated"))
		f.stored("image", "authenticated", "c")
		f.expectRefused(f.rename("image", "type", "authenticated", "from_public_id", "c", "to_public_id", "d", "to_type", "fetch"), 400,
			"Invalid to_type fetch: it must be upload, private or authenticated")
		if got := f.expect(f.rename("raw", "from_public_id", "a", "to_public_id", "notes.txt")).body; got["resource_type"] != "raw" || got["public_id"] != "notes.txt" {
			f.Errorf("answer %s", pretty(got))
		}
		f.expectStored(2)
	})
}

func TestRenameRefusals(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a"))
		for message, pairs := range map[string][]string{
			"Missing required parameter - from_public_id":                                     {"to_public_id", "b"},
			"Missing required parameter - to_public_id":                                       {"from_public_id", "a"},
			"to_public_id (b?c) is invalid: the character ? is not allowed":                   {"from_public_id", "a", "to_public_id", "b?c"},
			`Invalid value for overwrite: "x" is neither true nor false`:                      {"from_public_id", "a", "to_public_id", "b", "overwrite", "x"},
			`Invalid value for invalidate: "x" is neither true nor false`:                     {"from_public_id", "a", "to_public_id", "b", "invalidate", "x"},
			`Invalid context: "yes" is not key=value`:                                         {"from_public_id", "a", "to_public_id", "b", "context", "yes"},
			`Metadata External IDs do not exist: ["x"]`:                                       {"from_public_id", "a", "to_public_id", "b", "metadata", "x=n"},
			`Value "n" is invalid for metadata field size: it is no integer`:                  {"from_public_id", "a", "to_public_id", "b", "metadata", "size=n"},
			"Invalid notification_url: it must be an http or https URL of at most 2048 bytes": {"from_public_id", "a", "to_public_id", "b", "notification_url", "mailto:a@example.com"},
		} {
			f.expectRefused(f.rename("image", pairs...), 400, message)
		}
		f.expectRefused(f.rename("image", "from_public_id", "none", "to_public_id", "b"), 404, "Resource not found - none")
		f.expectRefused(f.rename("video", "from_public_id", "a", "to_public_id", "b"), 404, "Resource not found - a")
		f.expectRefused(f.post("/image/rename", "", strings.NewReader("from_public_id=a&to_public_id=b&upload_preset=unsigned")), 400, "Missing required parameter - api_key")
		f.stored("image", "upload", "a")
		f.expectMissing("image", "upload", "b")
	})
}

func TestSDKRename(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a b/ü"))
		f.expect(f.upload("/image/upload", "b.png", picture("png", 6, 4), "public_id", "c"))
		rename := f.sdk("").Upload.Rename
		refused, err := rename(f.Context(), uploader.RenameParams{FromPublicID: "a b/ü", ToPublicID: "c"})
		if err != nil || refused.Error == nil {
			f.Errorf("%+v, %v", refused, err)
		}
		got, err := rename(f.Context(), uploader.RenameParams{FromPublicID: "a b/ü", ToPublicID: "c", Overwrite: new(true), Invalidate: new(true), ToType: "authenticated"})
		if err != nil || got.PublicID != "c" || got.Width != 5 || got.Type != "authenticated" {
			f.Errorf("%+v, %v", got, err)
		}
		if kept := f.stored("image", "upload", "c"); kept.Width != 6 {
			f.Errorf("another type of that name became %+v", kept)
		}
	})
}
