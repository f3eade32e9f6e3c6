package upload

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// field adds or replaces a metadata field.
func (f *fixture) field(field catalog.MetadataField) {
	f.snapshot.MetadataFields = maps.Clone(f.snapshot.MetadataFields)
	f.snapshot.MetadataFields[field.ExternalID] = field
}

func TestMetadataOfUploads(t *testing.T) {
	content := picture("png", 5, 4)
	number := func(text string) json.Number { return json.Number(text) }
	for title, test := range map[string]struct {
		pairs   []string
		want    map[string]any
		refusal string
	}{
		"typed":         {pairs: []string{"metadata", `size=42|colors=["r","g"]|note=a\|b\=c`}, want: map[string]any{"size": number("42"), "colors": []any{"r", "g"}, "note": "a|b=c"}},
		"one of a set":  {pairs: []string{"metadata", "colors=g"}, want: map[string]any{"colors": []any{"g"}}},
		"none":          {},
		"cleared":       {pairs: []string{"metadata", "note="}},
		"unknown":       {pairs: []string{"metadata", "x=1"}, refusal: `Metadata External IDs do not exist: ["x"]`},
		"wrong type":    {pairs: []string{"metadata", "size=big"}, refusal: `Value "big" is invalid for metadata field size: it is no integer`},
		"validation":    {pairs: []string{"metadata", "size=100"}, refusal: `Value "100" is invalid for metadata field size: it must be below 100`},
		"inactive":      {pairs: []string{"metadata", `colors=["old"]`}, refusal: `Value "["old"]" is invalid for metadata field colors: "old" is inactive in its datasource`},
		"clear_invalid": {pairs: []string{"metadata", "size=big|note=n", "clear_invalid", "1"}, want: map[string]any{"note": "n"}},
		"clear_invalid clears no unknown": {pairs: []string{"metadata", "x=1", "clear_invalid", "true"},
			refusal: `Metadata External IDs do not exist: ["x"]`},
		"no pairs": {pairs: []string{"metadata", "true"}, refusal: `Invalid metadata: "true" is not id=value`},
	} {
		t.Run(title, func(t *testing.T) {
			onEach(t, func(f *fixture) {
				got := f.upload("/image/upload", "a.png", content, append(test.pairs, "public_id", "a")...)
				if test.refusal != "" {
					f.expectRefused(got, 400, test.refusal)
					f.expectStored(0)
					return
				}
				if shown, _ := f.expect(got).body["metadata"].(map[string]any); !reflect.DeepEqual(shown, test.want) {
					f.Errorf("metadata %v, want %v", shown, test.want)
				}
				f.expectStored(1)
			})
		})
	}
}

func TestMandatoryAndDefaultMetadata(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.field(catalog.MetadataField{ExternalID: "must", Type: catalog.MetadataDate, Mandatory: true, Position: 3})
		f.field(catalog.MetadataField{ExternalID: "level", Type: catalog.MetadataInteger, Default: []string{"7"}, Position: 4})
		content := picture("png", 5, 4)
		f.expectRefused(f.upload("/image/upload", "a.png", content), 400, "Metadata field must is mandatory")
		f.expectRefused(f.upload("/raw/upload", "a.txt", "text", "metadata", "note=x"), 400, "Metadata field must is mandatory")
		f.expectStored(0)
		got := f.expect(f.upload("/image/upload", "a.png", content, "metadata", "must=2026-01-31")).body
		if want := map[string]any{"must": "2026-01-31", "level": json.Number("7")}; !reflect.DeepEqual(got["metadata"], want) {
			f.Errorf("metadata %v, want %v", got["metadata"], want)
		}

		// A preset can supply it, also for those who may not sign.
		for _, name := range []string{"signed", "unsigned"} {
			preset := f.snapshot.Presets[name]
			preset.Parameters = map[string]json.RawMessage{"metadata": json.RawMessage(`{"must":"2026-02-01","size":"5","colors":["r"]}`)}
			f.snapshot.Presets[name] = preset
		}
		want := map[string]any{"must": "2026-02-01", "level": json.Number("7"), "size": json.Number("5"), "colors": []any{"r"}, "note": "mine"}
		unsigned := f.expect(f.multipart("/image/upload", part{name: "upload_preset", value: "unsigned"}, part{name: "metadata", value: "note=mine|size=6"}, part{"file", "a.png", content})).body
		if !reflect.DeepEqual(unsigned["metadata"], want) {
			f.Errorf("unsigned: metadata %v, want %v", unsigned["metadata"], want)
		}
		want["size"] = json.Number("6")
		signed := f.expect(f.upload("/image/upload", "a.png", content, "upload_preset", "signed", "metadata", "note=mine|size=6")).body
		if !reflect.DeepEqual(signed["metadata"], want) {
			f.Errorf("signed: metadata %v, want %v", signed["metadata"], want)
		}
		preset := f.snapshot.Presets["unsigned"]
		preset.Parameters = map[string]json.RawMessage{"metadata": json.RawMessage(`{"gone":"1"}`)}
		f.snapshot.Presets["unsigned"] = preset
		f.expectRefused(f.multipart("/image/upload", part{name: "upload_preset", value: "unsigned"}, part{"file", "a.png", content}), 400, `Metadata External IDs do not exist: ["gone"]`)
		f.expectStored(3)
	})
}

func TestMetadataRulesOfUploadsAndUpdates(t *testing.T) {
	onEach(t, func(f *fixture) {
		large := catalog.MetadataCondition{FieldID: "size", Test: catalog.TestEquals, Values: []string{"9"}}
		f.field(catalog.MetadataField{ExternalID: "reason", Type: catalog.MetadataString, Disabled: true, Position: 3})
		f.snapshot.MetadataRules = []catalog.MetadataRule{
			{FieldID: "reason", Condition: large, Enable: new(true), Mandatory: new(true)},
			{FieldID: "colors", Condition: large, Activate: &catalog.MetadataActivation{ExternalIDs: []string{"g"}}, Apply: []string{"g"}},
		}
		content := picture("png", 5, 4)
		f.expectRefused(f.upload("/image/upload", "a.png", content, "metadata", "reason=x"), 400, `Value "x" is invalid for metadata field reason: the field is disabled`)
		f.expectRefused(f.upload("/image/upload", "a.png", content, "metadata", "size=9"), 400, "Metadata field reason is mandatory")
		f.expectRefused(f.upload("/image/upload", "a.png", content, "metadata", `size=9|reason=x|colors=["r"]`), 400,
			`Value "["r"]" is invalid for metadata field colors: "r" is inactive in its datasource`)
		f.expectStored(0)
		got := f.expect(f.upload("/image/upload", "a.png", content, "metadata", "size=9|reason=x", "public_id", "a")).body
		if want := map[string]any{"size": json.Number("9"), "reason": "x", "colors": []any{"g"}}; !reflect.DeepEqual(got["metadata"], want) {
			f.Errorf("metadata %v, want %v", got["metadata"], want)
		}
		f.expect(f.upload("/image/upload", "b.png", content, "public_id", "b"))
		f.expectRefused(f.post("/image/metadata", "", strings.NewReader(signed("public_ids", "b", "metadata", "size=9").Encode())), 400, "Metadata field reason is mandatory")
		f.expect(f.post("/image/metadata", "", strings.NewReader(signed("public_ids", "b", "metadata", "size=9|reason=y").Encode())))
		stored, err := f.library.Asset(f.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "b"})
		if err != nil || !reflect.DeepEqual(stored.Metadata["colors"], []any{"g"}) || stored.Metadata["reason"] != "y" {
			f.Errorf("stored %v, %v", stored, err)
		}
	})
}

func TestOverwritesClearOrKeepDescriptions(t *testing.T) {
	described := []string{"public_id", "a", "tags", "t", "context", "k=v", "metadata", "size=1|note=n"}
	for title, test := range map[string]struct {
		keep     bool
		pairs    []string
		tags     []any
		context  map[string]any
		metadata map[string]any
		refusal  string
	}{
		"cleared":               {tags: []any{}},
		"cleared, others given": {pairs: []string{"tags", "u", "metadata", "note=m"}, tags: []any{"u"}, metadata: map[string]any{"note": "m"}},
		"kept": {keep: true, tags: []any{"t"}, context: map[string]any{"custom": map[string]any{"k": "v"}},
			metadata: map[string]any{"size": json.Number("1"), "note": "n"}},
		"kept, others given": {keep: true, pairs: []string{"tags", "u", "context", "l=w", "metadata", "note=m"}, tags: []any{"u"},
			context: map[string]any{"custom": map[string]any{"l": "w"}}, metadata: map[string]any{"size": json.Number("1"), "note": "m"}},
		"refused at the end": {keep: true, pairs: []string{"metadata", "size=big"}, refusal: `Value "big" is invalid for metadata field size: it is no integer`},
	} {
		t.Run(title, func(t *testing.T) {
			onEach(t, func(f *fixture) {
				f.snapshot.Environment.KeepMetadataOnOverwrite = test.keep
				f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), described...))
				got := f.upload("/image/upload", "b.png", picture("png", 6, 4), append(test.pairs, "public_id", "a")...)
				if test.refusal != "" {
					f.expectRefused(got, 400, test.refusal)
					// Neither bytes nor a reservation are left of it.
					f.expectStored(1)
					return
				}
				body := f.expect(got).body
				context, _ := body["context"].(map[string]any)
				metadata, _ := body["metadata"].(map[string]any)
				if body["width"] != json.Number("6") || !reflect.DeepEqual(body["tags"], test.tags) || !reflect.DeepEqual(context, test.context) || !reflect.DeepEqual(metadata, test.metadata) {
					f.Errorf("answer %s", pretty(body))
				}
			})
		})
	}
}

func TestOverwritesKeepMandatoryMetadata(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.snapshot.Environment.KeepMetadataOnOverwrite = true
		f.field(catalog.MetadataField{ExternalID: "note", Type: catalog.MetadataString, Mandatory: true})
		f.expectRefused(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a"), 400, "Metadata field note is mandatory")
		f.expectStored(0)
		f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a", "metadata", "note=n"))
		f.expect(f.upload("/image/upload", "b.png", picture("png", 6, 4), "public_id", "a"))
		asset, err := f.library.Asset(f.Context(), library.Key{ResourceType: "image", Type: "upload", PublicID: "a"})
		if err != nil || asset.Width != 6 || asset.Metadata["note"] != "n" {
			f.Errorf("asset %+v, %v", asset, err)
		}
	})
}

func TestDeletedFieldsAreNotShown(t *testing.T) {
	f := newFixture(t)
	f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a", "metadata", "note=n"))
	f.snapshot.MetadataFields = nil
	unsigned := f.expect(f.multipart("/image/upload", part{name: "upload_preset", value: "unsigned"}, part{name: "public_id", value: "a"}, part{"file", "a.png", picture("png", 5, 4)})).body
	if unsigned["existing"] != true || unsigned["metadata"] != nil {
		t.Errorf("answer %s", pretty(unsigned))
	}
}

func TestUpdateMetadata(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.field(catalog.MetadataField{ExternalID: "must", Type: catalog.MetadataString, Mandatory: true, Position: 3})
		for _, id := range []string{"a", "b"} {
			f.expect(f.upload("/image/upload", id+".png", picture("png", 5, 4), "public_id", id, "metadata", "note="+id+"|must=x"))
		}
		update := func(pairs ...string) *reply {
			f.Helper()
			return f.post("/image/metadata", "", strings.NewReader(signed(pairs...).Encode()))
		}
		stored := func(id string) map[string]any {
			f.Helper()
			asset, err := f.library.Asset(f.Context(), library.Key{ResourceType: "image", Type: "upload", PublicID: id})
			if err != nil {
				f.Fatal(err)
			}
			return asset.Metadata
		}

		got := f.expect(update("metadata", `size=7|colors=["r"]`, "public_ids[]", "a", "public_ids[]", "none", "public_ids[]", "b"))
		if !reflect.DeepEqual(got.body, map[string]any{"public_ids": []any{"a", "b"}}) {
			f.Errorf("answer %s", pretty(got.body))
		}
		want := map[string]any{"size": int64(7), "colors": []any{"r"}, "note": "b", "must": "x"}
		if !reflect.DeepEqual(stored("b"), want) {
			f.Errorf("metadata %v, want %v", stored("b"), want)
		}
		got = f.expect(update("metadata", "size=big|note=", "clear_invalid", "true", "public_ids", "a"))
		if want := map[string]any{"size": int64(7), "colors": []any{"r"}, "must": "x"}; !reflect.DeepEqual(stored("a"), want) {
			f.Errorf("metadata %v, want %v (answer %s)", stored("a"), want, pretty(got.body))
		}
		// The Go SDK escapes nothing.
		result, err := f.sdk("").Upload.UpdateMetadata(f.Context(), uploader.UpdateMetadataParams{PublicIDs: []string{"a", "b"}, Metadata: api.CldAPIMap{"note": "x=y"}})
		if err != nil || result.Error != nil || len(result.PublicIDs) != 2 || stored("a")["note"] != "x=y" {
			f.Errorf("SDK: %+v, %v, stored %v", result, err, stored("a"))
		}
		f.expect(update("metadata", "note=z", "public_ids", "none"))

		before := stored("b")
		for message, pairs := range map[string][]string{
			"Missing required parameter - metadata":                            {"public_ids", "b"},
			"Missing required parameter - public_ids":                          {"metadata", "note=z"},
			`Metadata External IDs do not exist: ["x"]`:                        {"metadata", "x=1", "public_ids", "none"},
			`Value "big" is invalid for metadata field size: it is no integer`: {"metadata", "note=z|size=big", "public_ids", "b"},
			"Metadata field must is mandatory":                                 {"metadata", "must=", "public_ids", "b"},
			`Invalid metadata: "z" is not id=value`:                            {"metadata", "z", "public_ids", "b"},
			`Invalid value for clear_invalid: "x" is neither true nor false`:   {"metadata", "note=z", "public_ids", "b", "clear_invalid", "x"},
			"Too many public_ids. Got 1001. Maximum is 1000.":                  {"metadata", "note=z", "public_ids", strings.Repeat("b,", 1001)},
		} {
			f.expectRefused(update(pairs...), 400, message)
		}
		unsigned := f.post("/image/metadata", "", strings.NewReader("metadata=note%3Dz&public_ids=b&api_key="+apiKey))
		f.expectRefused(unsigned, 400, "Missing required parameter - signature")
		if !reflect.DeepEqual(stored("b"), before) {
			f.Errorf("refused updates left %v", stored("b"))
		}
	})
}

func TestSDKMetadata(t *testing.T) {
	f := newFixture(t)
	got, err := f.sdk("").Upload.Upload(t.Context(), strings.NewReader(picture("png", 5, 4)), uploader.UploadParams{
		Metadata: api.Metadata{"size": 42, "colors": []string{"r", "g"}, "note": "a text"},
	})
	if err != nil || got.Error.Message != "" {
		t.Fatalf("upload: %+v, %v", got, err)
	}
	if want := (api.Metadata{"size": 42.0, "colors": []any{"r", "g"}, "note": "a text"}); !reflect.DeepEqual(got.Metadata, want) {
		t.Errorf("metadata %#v, want %#v", got.Metadata, want)
	}
}
