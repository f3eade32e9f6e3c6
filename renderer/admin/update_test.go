package admin

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2"
	"github.com/cloudinary/cloudinary-go/v2/api"
	sdk "github.com/cloudinary/cloudinary-go/v2/api/admin"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// newUpdateFixture has two fields and the asset f/a, with values of both.
func newUpdateFixture(t *testing.T, l *library.Library) (*fixture, *library.Asset) {
	t.Helper()
	f := newFixture(t, func(f *fixture, options *Options) { f.library, options.Library = l, l })
	f.snapshot.MetadataFields = map[string]catalog.MetadataField{
		"size": {ExternalID: "size", Type: catalog.MetadataInteger},
		"must": {ExternalID: "must", Type: catalog.MetadataString, Mandatory: true, Position: 1},
	}
	return f, f.store("image", "upload", "f/a", func(asset *library.Asset) {
		asset.Tags, asset.Context = []string{"old"}, map[string]string{"k": "v"}
		asset.Metadata = map[string]any{"size": "was a text", "must": "x"}
	})
}

func TestUpdates(t *testing.T) {
	for title, test := range map[string]struct {
		body string
		want map[string]any
	}{
		"nothing":        {`{}`, nil},
		"tags":           {`{"tags":"b,a"}`, map[string]any{"tags": []any{"a", "b"}}},
		"tags as a list": {`{"tags":["b","a"]}`, map[string]any{"tags": []any{"a", "b"}}},
		"context":        {`{"context":"a=b\\|c"}`, map[string]any{"context": map[string]any{"custom": map[string]any{"a": "b|c"}}}},
		"metadata":       {`{"metadata":"size=7"}`, map[string]any{"metadata": map[string]any{"size": json.Number("7"), "must": "x"}}},
		"metadata as an object": {`{"metadata":{"size":7,"must":"y"}}`,
			map[string]any{"metadata": map[string]any{"size": json.Number("7"), "must": "y"}}},
		"cleared":       {`{"metadata":"size="}`, map[string]any{"metadata": map[string]any{"must": "x"}}},
		"clear_invalid": {`{"clear_invalid":true}`, map[string]any{"metadata": map[string]any{"must": "x"}}},
		"coordinates": {`{"face_coordinates":"1,2,3,4","custom_coordinates":"5,6,7,8","coordinates":true}`,
			map[string]any{"coordinates": map[string]any{
				"faces":  []any{[]any{json.Number("1"), json.Number("2"), json.Number("3"), json.Number("4")}},
				"custom": []any{[]any{json.Number("5"), json.Number("6"), json.Number("7"), json.Number("8")}},
			}}},
		"display name": {`{"display_name":"New"}`, map[string]any{"display_name": "New"}},
	} {
		t.Run(title, func(t *testing.T) {
			databases.Each(t, func(t *testing.T, l *library.Library) {
				f, asset := newUpdateFixture(t, l)
				before := f.get("resources/image/upload/f/a").body
				for _, call := range [][2]string{{http.MethodPost, "resources/image/upload/f%2Fa"}, {http.MethodPut, "resources/" + asset.AssetID}} {
					got := f.call(call[0], "demo/"+call[1], "application/json", test.body)
					if got.status != http.StatusOK {
						t.Fatalf("%s: answer %d %s", call[0], got.status, got.message())
					}
					// What is not mentioned stays.
					want := maps.Clone(before)
					maps.Copy(want, test.want)
					want["last_updated"] = got.body["last_updated"]
					if title == "coordinates" {
						want["version_id"] = got.body["version_id"]
					}
					if !reflect.DeepEqual(got.body, want) {
						t.Errorf("%s: answer %v\nwant %v", call[0], got.body, want)
					}
				}
			})
		})
	}
}

func TestUpdatesRefused(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f, asset := newUpdateFixture(t, l)
		for body, message := range map[string]string{
			"tags=new&metadata=x%3D1":       `Metadata External IDs do not exist: ["x"]`,
			"tags=new&metadata=size%3Dbig":  `Value "big" is invalid for metadata field size: it is no integer`,
			"tags=new&metadata=must%3D":     "Metadata field must is mandatory",
			"tags=new&clear_invalid=maybe":  `Invalid value for clear_invalid: "maybe" is neither true nor false`,
			"tags=new&context=x":            `Invalid context: "x" is not key=value`,
			"tags=new&face_coordinates=x":   `Invalid face_coordinates: "x" is not x,y,width,height`,
			"tags=new&custom_coordinates=1": `Invalid custom_coordinates: "1" is not x,y,width,height`,
			"tags=new&regions=x":            `Invalid regions: "x" is not an object of lists of corners [x,y] by name`,
			"tags=new&display_name=a/b":     `Invalid display_name "a/b": at most 255 characters and no slashes are allowed`,
			"tags=new&ocr=adv_ocr":          "Illegal value for ocr: it is not available",
			"tags=new&notification_url=x":   "Invalid notification_url: it must be an http or https URL of at most 2048 bytes",
		} {
			f.expectRefused(f.call(http.MethodPost, "demo/resources/image/upload/f/a", "application/x-www-form-urlencoded", body), 400, message)
		}
		f.expectRefused(f.call(http.MethodPost, "demo/resources/image/private/f/a", "", "tags=new"), 404, "Resource not found - f/a")
		const nobody = "0123456789abcdef0123456789abcdef"
		f.expectRefused(f.call(http.MethodPut, "demo/resources/"+nobody, "", "tags=new"), 404, "Resource not found - "+nobody)
		if now, err := f.library.AssetByID(t.Context(), asset.AssetID); err != nil || !reflect.DeepEqual(now, asset) {
			t.Errorf("refused updates left %+v, %v", now, err)
		}
	})
}

func TestSDKUpdates(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f, asset := newUpdateFixture(t, l)
		client, err := cloudinary.NewFromURL("cloudinary://" + apiKey + ":" + apiSecret + "@" + cloud + "?upload_prefix=" + url.QueryEscape(f.server.URL))
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Admin.UpdateAsset(t.Context(), sdk.UpdateAssetParams{
			PublicID: "f/a", Tags: api.CldAPIArray{"b", "a"}, Context: api.CldAPIMap{"alt": "A face"},
			CustomCoordinates: api.Coordinates{{1, 2, 3, 4}},
		})
		if err != nil || got.Error.Message != "" || got.AssetID != asset.AssetID || len(got.Tags) != 2 {
			t.Fatalf("update: %+v %v", got, err)
		}
		now, err := f.library.AssetByID(t.Context(), asset.AssetID)
		if err != nil || now.Context["alt"] != "A face" || !reflect.DeepEqual(now.Custom, [][4]int{{1, 2, 3, 4}}) || now.Metadata["must"] != "x" {
			t.Errorf("stored %+v, %v", now, err)
		}
	})
}

func TestUpdatesFollowMetadataRules(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f, asset := newUpdateFixture(t, l)
		f.snapshot.MetadataFields["why"] = catalog.MetadataField{ExternalID: "why", Type: catalog.MetadataString, Position: 2}
		f.snapshot.MetadataRules = []catalog.MetadataRule{{
			FieldID: "why", Condition: catalog.MetadataCondition{FieldID: "must", Test: catalog.TestEquals, Values: []string{"y"}}, Mandatory: new(true),
		}}
		update := func(metadata string) *reply {
			return f.call(http.MethodPost, "demo/resources/image/upload/f/a", "application/x-www-form-urlencoded", url.Values{"metadata": {metadata}}.Encode())
		}
		f.expectRefused(update("must=y"), 400, "Metadata field why is mandatory")
		if got := update("must=y|why=z"); got.status != http.StatusOK {
			t.Fatalf("answer %d %s", got.status, got.message())
		}
		if now, err := l.AssetByID(t.Context(), asset.AssetID); err != nil || now.Metadata["why"] != "z" || now.Metadata["must"] != "y" {
			t.Errorf("stored %+v, %v", now, err)
		}
	})
}

func TestUpdatesByAssetIDAndWhenTheyWere(t *testing.T) {
	f := newFixture(t)
	asset := f.store("image", "upload", "f/a", nil)
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		got := f.call(method, "demo/resources/"+asset.AssetID, "application/json", `{"tags":"`+method+`"}`)
		if tags := asJSON(t, got.body["tags"]); got.status != http.StatusOK || tags != `["`+method+`"]` {
			t.Errorf("%s: %d %s, tags %s", method, got.status, got.message(), tags)
		}
	}
	last := func() map[string]any {
		t.Helper()
		return f.get("resources/image/upload/f/a").body["last_updated"].(map[string]any)
	}
	if last()["access_control_updated_at"] != nil {
		t.Errorf("before rules were given: %v", last())
	}
	f.call(http.MethodPost, "demo/resources/image/upload/f/a", "application/json", `{"access_control":"[{\"access_type\":\"token\"}]"}`)
	if at := last()["access_control_updated_at"]; at == nil || at != last()["updated_at"] {
		t.Errorf("after rules were given: %v", last())
	}
	f.expectRefused(f.get("resources/image/upload/f/a?pages=perhaps"), http.StatusBadRequest, `Invalid value for pages: "perhaps" is neither true nor false`)
}
