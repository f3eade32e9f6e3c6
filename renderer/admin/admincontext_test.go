package admin

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api"
	sdk "github.com/cloudinary/cloudinary-go/v2/api/admin"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestAdminContext(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f := newFixture(t, func(f *fixture, options *Options) { f.library, options.Library = l, l })
		stored := f.store("image", "upload", "f/a", nil)
		if shown := f.get("resources/image/upload/f/a").body["admin_context"]; shown != nil {
			t.Errorf("an asset without has %v", shown)
		}
		for _, step := range []struct{ body, want string }{
			{`{"admin_context":[{"name":"b","value":["x","y","x"],"type":"array","op":"="},{"name":"a","value":"one"}]}`, `[{"name":"a","value":["one"]},{"name":"b","value":["x","y"]}]`},
			{`{"tags":"t"}`, `[{"name":"a","value":["one"]},{"name":"b","value":["x","y"]}]`},
			{`{"admin_context":"[{\"name\":\"b\",\"value\":[\"z\",\"x\"],\"op\":\"+\"}]"}`, `[{"name":"a","value":["one"]},{"name":"b","value":["x","y","z"]}]`},
			{`{"admin_context":[{"name":"b","value":["x"],"op":"-"},{"name":"a","value":["one","two"],"op":"-"}]}`, `[{"name":"b","value":["y","z"]}]`},
			{`{"admin_context":[{"name":"b","value":[]}]}`, `null`},
		} {
			got := f.call(http.MethodPost, "demo/resources/image/upload/f%2Fa", "application/json", step.body)
			text, err := json.Marshal(got.body["admin_context"])
			if err != nil || got.status != http.StatusOK || string(text) != step.want {
				t.Errorf("%s: %d %s %s, want %s", step.body, got.status, got.message(), text, step.want)
			}
		}
		// The Go SDK, by the asset's name.
		updated, err := f.sdk().UpdateAsset(t.Context(), sdk.UpdateAssetParams{AssetType: api.Image, DeliveryType: api.Upload, PublicID: "f/a",
			AdminContext: []api.AdminContext{{Name: "team", Value: []string{"web"}, Type: api.AdminContextTypeArray, Op: api.AdminContextOpAdd}}})
		if err != nil || updated.Error.Message != "" || len(updated.AdminContext) != 1 || updated.AdminContext[0].Name != "team" {
			t.Errorf("by the SDK: %+v, %v", updated, err)
		}
		// An upload of other bytes cannot say anything of it.
		f.store("image", "upload", "other", nil)
		again := *stored
		again.ObjectKey, again.AdminContext = "originals/again", nil
		if err := f.library.ReserveObject(t.Context(), again.ObjectKey, stored.CreatedAt.AddDate(1, 0, 0)); err != nil {
			t.Fatal(err)
		}
		if overwritten, err := f.library.StoreAsset(t.Context(), &again, library.StoreOptions{Overwrite: true}); err != nil || overwritten.Asset.AdminContext["team"] == nil {
			t.Errorf("overwritten %+v, %v", overwritten, err)
		}
	})
}

func TestAdminContextIsChecked(t *testing.T) {
	f := newFixture(t)
	f.store("image", "upload", "a", nil)
	many := strings.TrimSuffix(strings.Repeat(`{"name":"N","value":"x"},`, 101), ",")
	for i := 0; strings.Contains(many, `"N"`); i++ {
		many = strings.Replace(many, `"N"`, `"n`+strings.Repeat("n", i)+`"`, 1)
	}
	values := strings.TrimSuffix(strings.Repeat(`"V",`, 101), ",")
	for i := 0; strings.Contains(values, `"V"`); i++ {
		values = strings.Replace(values, `"V"`, `"v`+strings.Repeat("v", i)+`"`, 1)
	}
	for _, test := range []struct{ given, message string }{
		{`"team"`, `Invalid admin_context: "[team]" is not a list of objects with name, value, type and op`},
		{`[{"value":["x"]}]`, "Invalid admin_context: a name has 1 to 1024 characters"},
		{`[{"name":"a","value":["x"],"type":"map"}]`, `Invalid admin_context: the type "map" of a is not array`},
		{`[{"name":"a","value":["x"],"op":"*"}]`, `Invalid admin_context: the op "*" of a is not +, - or =`},
		{`[{"name":"a","value":{"x":1}}]`, "Invalid admin_context: the value of a is no list of texts"},
		{`[{"name":"a","value":"` + strings.Repeat("x", 1025) + `"}]`, "Invalid admin_context: a value of a is longer than 1024 characters"},
		{`[` + many + `]`, "Too many names in admin_context. Got 101. Maximum is 100."},
		{`[{"name":"a","value":[` + values + `]}]`, "Too many values of a in admin_context. Got 101. Maximum is 100."},
		{`[{"name":"a","value":"\u0000"}]`, "Invalid value for parameter admin_context: it is not text in UTF-8, or holds a NUL character"},
	} {
		f.expectRefused(f.call(http.MethodPost, "demo/resources/image/upload/a", "application/json", `{"admin_context":`+test.given+`}`), http.StatusBadRequest, test.message)
	}
}

// The fields that lists have only where they are named.
func TestListsShowNamedFields(t *testing.T) {
	f := newFixture(t)
	stored := f.store("image", "upload", "f/a", nil)
	f.store("raw", "upload", "notes.txt", func(a *library.Asset) { a.Format, a.Width, a.Height = "", 0, 0 })
	for path, want := range map[string]string{
		"resources/image/upload?fields=filename,pixels,aspect_ratio,status": `{"asset_id":"` + stored.AssetID + `","public_id":"f/a","folder":"f","filename":"a","pixels":12,"aspect_ratio":1.33333,"status":"active"}`,
		"resources/image/upload?fields[]=version_id":                        `{"asset_id":"` + stored.AssetID + `","public_id":"f/a","folder":"f","version_id":"` + stored.VersionID + `"}`,
	} {
		got, _ := f.get(path).body["resources"].([]any)
		var wanted map[string]any
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || asJSON(t, got[0]) != asJSON(t, wanted) {
			t.Errorf("%s: %s, want %s", path, asJSON(t, got), asJSON(t, wanted))
		}
	}
	signed := f.get("resources/image/upload?fields=signature,uploaded_at").body["resources"].([]any)[0].(map[string]any)
	if signature, _ := signed["signature"].(string); len(signature) != 40 || signed["uploaded_at"] == nil {
		t.Errorf("signed %v", signed)
	}
	if file := f.get("resources/raw/upload?fields=pixels,aspect_ratio,filename").body["resources"].([]any)[0].(map[string]any); file["pixels"] != nil || file["aspect_ratio"] != nil || file["filename"] != "notes.txt" {
		t.Errorf("a file without pixels: %v", file)
	}
	if plain := f.get("resources/image/upload").body["resources"].([]any)[0].(map[string]any); plain["pixels"] != nil || plain["version_id"] != nil {
		t.Errorf("what nobody names: %v", plain)
	}
}
