package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api"
	sdk "github.com/cloudinary/cloudinary-go/v2/api/admin"
	"github.com/cloudinary/cloudinary-go/v2/api/admin/search"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
)

func (r *reply) list(name string) string {
	var list []string
	values, _ := r.body[name].([]any)
	for _, value := range values {
		if object, ok := value.(map[string]any); ok {
			value = object["path"]
		}
		list = append(list, fmt.Sprint(value))
	}
	return strings.Join(list, " ")
}

func searched(f *fixture) {
	f.store("image", "upload", "pets/kitten", func(a *library.Asset) {
		a.UploadedBy = library.Uploader{Kind: library.UploaderKey, Name: "1234"}
		a.Tags, a.Context, a.Bytes, a.Width, a.Height = []string{"kitten", "cute"}, map[string]string{"alt": "a cat"}, 2<<20, 1600, 900
		a.Faces, a.Alpha = [][4]int{{1, 2, 3, 4}}, true
	})
	f.store("image", "private", "pets/puppy", func(a *library.Asset) { a.Tags, a.Format = []string{"puppy"}, "jpg" })
	f.store("raw", "upload", "notes.txt", func(a *library.Asset) { a.Format, a.Width, a.Height, a.Bytes = "", 0, 0, 3 })
}

func TestSearchBySDK(t *testing.T) {
	f := newFixture(t)
	searched(f)
	client := f.sdk()
	found, err := client.Search(t.Context(), search.Query{
		Expression: "resource_type:image AND tags=kitten AND uploaded_at>1d AND bytes>1m",
		SortBy:     []search.SortByField{{"public_id": search.Descending}},
		WithField:  []search.WithField{search.TagsField, search.ContextField, search.ImageMetadataField, search.ImageAnalysisField},
		MaxResults: 30,
	})
	if err != nil || found.Error.Message != "" || found.TotalCount != 1 || len(found.Assets) != 1 {
		t.Fatalf("found %+v, %v", found, err)
	}
	a := found.Assets[0]
	if a.PublicID != "pets/kitten" || a.Folder != "pets" || a.Filename != "kitten" || a.Pixels != 1600*900 || a.AspectRatio != 1.77778 ||
		a.Status != "active" || !slices.Equal(a.Tags, []string{"kitten", "cute"}) || a.UploadedAt.IsZero() || a.ImageAnalysis.FaceCount != 1 ||
		!a.ImageAnalysis.Transparent || a.URL == "" || a.LastUpdated.UpdatedAt.IsZero() {
		t.Errorf("asset %+v", a)
	}
	page, err := client.Search(t.Context(), search.Query{MaxResults: 2, SortBy: []search.SortByField{{"bytes": search.Ascending}}})
	if err != nil || page.TotalCount != 3 || page.NextCursor == "" || page.Assets[0].PublicID != "notes.txt" || page.Assets[0].Width != 0 {
		t.Fatalf("page %+v, %v", page, err)
	}
	rest, err := client.Search(t.Context(), search.Query{MaxResults: 2, SortBy: []search.SortByField{{"bytes": search.Ascending}}, NextCursor: page.NextCursor})
	if err != nil || rest.TotalCount != 3 || rest.NextCursor != "" || len(rest.Assets) != 1 || rest.Assets[0].PublicID != "pets/kitten" {
		t.Errorf("rest %+v, %v", rest, err)
	}
	other, err := client.Search(t.Context(), search.Query{Expression: "kitten", NextCursor: page.NextCursor})
	if err != nil || !strings.Contains(other.Error.Message, "it belongs to another query") {
		t.Errorf("with the cursor of another query %+v, %v", other.Error, err)
	}
	broken, err := client.Search(t.Context(), search.Query{Expression: "tags:(kitten"})
	if err != nil || broken.Error.Message != "Invalid expression: this parenthesis is not closed, at position 6" {
		t.Errorf("broken expression: %+v, %v", broken.Error, err)
	}
}

func TestSearchForms(t *testing.T) {
	f := newFixture(t)
	searched(f)
	post := func(body string) *reply {
		return f.call(http.MethodPost, "demo/resources%2Fsearch", "application/json", body)
	}
	if got := post(`{"expression":"pets/*","sort_by":[{"public_id":"asc"}],"max_results":"1"}`); got.ids() != "pets/kitten" {
		t.Errorf("%d %s", got.status, got.ids())
	}
	if got := post(`{"expression":"public_id:pets/*","sort_by":[{"public_id":"asc"}],"max_results":"1","next_cursor":null}`); got.ids() != "pets/kitten" || fmt.Sprint(got.body["total_count"]) != "2" {
		t.Errorf("%v", got.body)
	}
	for _, sort := range []string{"sort_by=public_id:desc", "sort_by=public_id,desc&sort_by=created_at,asc"} {
		if got := f.get("resources/search?expression=" + url.QueryEscape("tags:puppy OR format:png") + "&" + sort); got.ids() != "pets/puppy pets/kitten" {
			t.Errorf("%s: %v", sort, got.body)
		}
	}
	if got := f.get("resources/search?expression=" + url.QueryEscape("tags:puppy OR format:png") + "&sort_by[]=" + url.QueryEscape(`{"public_id":"desc"}`)); got.ids() != "pets/puppy pets/kitten" {
		t.Errorf("GET: %v", got.body)
	}
	got := post(`{"expression":"kitten","fields":["context"]}`)
	resource := got.body["resources"].([]any)[0].(map[string]any)
	for name := range resource {
		if !slices.Contains([]string{"public_id", "asset_id", "created_at", "status", "type", "resource_type", "folder", "context"}, name) {
			t.Errorf("fields=context gives %s", name)
		}
	}
	if fmt.Sprint(resource["context"]) != "map[alt:a cat]" || len(resource) != 8 {
		t.Errorf("fields=context gives %v", resource)
	}
	for expression, want := range map[string]string{
		"uploaded_by:1234": `{"access_key":"1234"}`, "kitten": `{"access_key":"1234"}`, "puppy": "null",
	} {
		resource := post(fmt.Sprintf(`{"expression":%q}`, expression)).body["resources"].([]any)[0].(map[string]any)
		for _, field := range []string{"created_by", "uploaded_by"} {
			if got, there := resource[field]; asJSON(t, got) != want || !there {
				t.Errorf("%s: %s is %s, want %s", expression, field, asJSON(t, got), want)
			}
		}
	}
	f.store("image", "upload", "eiffel", func(a *library.Asset) {
		kept, err := json.Marshal(engine.Analysis{EXIF: map[string]string{"GPSLatitude": "48/1, 51/1, 2961/100", "GPSLatitudeRef": "N", "GPSLongitude": "2/1, 17/1, 402/10", "GPSLongitudeRef": "E"}})
		if err != nil {
			t.Fatal(err)
		}
		a.Analysis = kept
	})
	if got := post(`{"expression":"location:\"48.8582,2.2945 100m\""}`); got.ids() != "eiffel" {
		t.Errorf("by its place: %v", got.body)
	}
	if got := f.call(http.MethodDelete, "demo/resources/image/upload?public_ids[]=eiffel", "", ""); got.status != 200 {
		t.Fatalf("%v", got.body)
	}
	got = post(`{"aggregate":["format","resource_type",{"type":"bytes","ranges":[{"key":"tiny","to":10},{"from":10,"to":1000}]}],"max_results":1}`)
	if fmt.Sprint(got.body["aggregations"]) != "map[bytes:map[10-1000:1 tiny:1] format:map[jpg:1 png:1] resource_type:map[image:2 raw:1]]" {
		t.Errorf("aggregations %v", got.body["aggregations"])
	}
	for body, message := range map[string]string{
		`{"sort_by":[{"colour":"asc"}]}`:      `Invalid value for parameter sort_by: assets cannot be sorted by "colour"`,
		`{"sort_by":[{"bytes":"up"}]}`:        "Invalid value for parameter sort_by: the direction of bytes is neither asc nor desc",
		`{"sort_by":[{"a":"asc","b":"asc"}]}`: `Invalid value for parameter sort_by: {"a":"asc","b":"asc"} has more than one field`,
		`{"aggregate":["tags"]}`:              `Invalid value for parameter aggregate: "tags" cannot be counted by`,
		`{"with_field":["secrets"]}`:          `Invalid value for parameter with_field: "secrets"`,
		`{"aggregate":[{"type":"bytes","ranges":[` + strings.TrimSuffix(strings.Repeat(`{"from":1},`, 51), ",") + `]}]}`: "Invalid value for parameter aggregate: more than 50 ranges",
		`{"aggregate":[{"type":"format","ranges":[{"from":1}]}]}`:                                                        "Invalid value for parameter aggregate: format takes no ranges",
		`{"aggregate":["{"]}`:        "Invalid value for parameter aggregate: { is no type with its ranges",
		`{"max_results":501}`:        `Invalid value for max_results: "501" is no integer between 1 and 500`,
		`{"expression":"tags:*kit"}`: "Invalid expression: a wildcard cannot begin a term, at position 6",
		`{"expression":"a b:c:d"}`:   `Invalid expression: unexpected ":", at position 6`,
	} {
		f.expectRefused(post(body), 400, message)
	}
}

func TestWhatSearchesAreAskedFor(t *testing.T) {
	f := newFixture(t)
	f.snapshot.MetadataFields = map[string]catalog.MetadataField{"m": {ExternalID: "m", Type: catalog.MetadataString}}
	f.store("image", "upload", "full", func(a *library.Asset) {
		a.Tags, a.Context, a.Metadata = []string{"t"}, map[string]string{"k": "v"}, map[string]any{"m": "1", "gone": "2"}
		a.Moderation = []library.Moderation{{Kind: "first", Status: library.ModerationApproved}, {Kind: "manual", Status: library.ModerationPending}}
	})
	f.store("image", "upload", "bare", nil)
	got := f.get("resources/search?sort_by=public_id&with_field[]=tags&with_field[]=context&with_field[]=metadata")
	if got.ids() != "full bare" {
		t.Fatalf("the last first: %s, %v", got.ids(), got.body)
	}
	for i, want := range []string{`[["t"],{"k":"v"},{"m":"1"},"manual","pending"]`, `[[],{},{},null,null]`} {
		resource := got.body["resources"].([]any)[i].(map[string]any)
		if shown := asJSON(t, []any{resource["tags"], resource["context"], resource["metadata"], resource["moderation_kind"], resource["moderation_status"]}); shown != want {
			t.Errorf("%s is shown as %s, want %s", resource["public_id"], shown, want)
		}
	}
	for _, name := range []string{"tags", "context", "metadata"} {
		if resource := f.get("resources/search?expression=full").body["resources"].([]any)[0].(map[string]any); resource[name] != nil {
			t.Errorf("%s was not asked for: %v", name, resource[name])
		}
	}
	sorted := f.get("resources/search?sort_by=" + url.QueryEscape(`[{"bytes":"asc"},{"public_id":"asc"}]`))
	if sorted.ids() != "bare full" {
		t.Errorf("by a list of JSON: %s", sorted.ids())
	}
	for query, want := range map[string]string{
		"aggregate=format,resource_type": `{"format":{"png":2},"resource_type":{"image":2}}`,
		"aggregate=" + url.QueryEscape(`["format",{"type":"pixels","ranges":[{"key":"a","to":12},{"from":12}]}]`): `{"format":{"png":2},"pixels":{"12-*":2,"a":0}}`,
	} {
		if counted := asJSON(t, f.get("resources/search?" + query).body["aggregations"]); counted != want {
			t.Errorf("%s: %s, want %s", query, counted, want)
		}
	}
}

func TestListingsBySDK(t *testing.T) {
	f := newFixture(t)
	searched(f)
	f.store("image", "upload", "queue", func(a *library.Asset) {
		a.Moderation = []library.Moderation{{Kind: "manual", Status: library.ModerationPending}}
	})
	client := f.sdk()
	ids := func(result *sdk.AssetsResult, err error) string {
		t.Helper()
		if err != nil || result.Error.Message != "" {
			t.Fatalf("%v, %v", result, err)
		}
		var ids []string
		for _, asset := range result.Assets {
			ids = append(ids, asset.PublicID)
		}
		return strings.Join(ids, " ")
	}
	for name, got := range map[string][2]string{
		"context":           {ids(client.AssetsByContext(t.Context(), sdk.AssetsByContextParams{Key: "alt"})), "pets/kitten"},
		"context and value": {ids(client.AssetsByContext(t.Context(), sdk.AssetsByContextParams{Key: "alt", Value: "a dog"})), ""},
		"moderation":        {ids(client.AssetsByModeration(t.Context(), sdk.AssetsByModerationParams{Kind: "manual", Status: "pending"})), "queue"},
		"approved":          {ids(client.AssetsByModeration(t.Context(), sdk.AssetsByModerationParams{Kind: "manual", Status: "approved"})), ""},
		"folder":            {ids(client.AssetsByAssetFolder(t.Context(), sdk.AssetsByAssetFolderParams{AssetFolder: "pets"})), "pets/puppy pets/kitten"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %q, want %q", name, got[0], got[1])
		}
	}
	if _, err := client.UpdateAsset(t.Context(), sdk.UpdateAssetParams{PublicID: "queue", ModerationStatus: "approved"}); err != nil {
		t.Fatal(err)
	}
	if got := ids(client.AssetsByModeration(t.Context(), sdk.AssetsByModerationParams{Kind: "manual", Status: "approved"})); got != "queue" {
		t.Errorf("after the approval: %q", got)
	}
	tags, err := client.Tags(t.Context(), sdk.TagsParams{AssetType: api.Image, MaxResults: 2})
	if err != nil || !slices.Equal(tags.Tags, []string{"cute", "kitten"}) || tags.NextCursor == "" {
		t.Fatalf("tags %+v, %v", tags, err)
	}
	if tags, err = client.Tags(t.Context(), sdk.TagsParams{AssetType: api.Image, MaxResults: 2, NextCursor: tags.NextCursor}); err != nil || !slices.Equal(tags.Tags, []string{"puppy"}) || tags.NextCursor != "" {
		t.Errorf("tags %+v, %v", tags, err)
	}
	if got := f.get("tags/image?prefix=k").list("tags"); got != "kitten" {
		t.Errorf("tags with k: %q", got)
	}
	if got := f.get("tags/raw"); got.list("tags") != "" || got.body["tags"] == nil {
		t.Errorf("tags of raw files: %v", got.body)
	}
	future := "resources/image?start_at=2999-01-01T00:00:00Z"
	if got := f.get(future); strings.Count(got.ids(), " ") != 2 {
		t.Errorf("until 2999: %q", got.ids())
	}
	if got := f.get(future + "&direction=asc"); got.ids() != "" {
		t.Errorf("from 2999: %q", got.ids())
	}
}

func TestFoldersBySDK(t *testing.T) {
	f := newFixture(t)
	searched(f)
	client := f.sdk()
	created, err := client.CreateFolder(t.Context(), sdk.CreateFolderParams{Folder: "a/b/c"})
	if err != nil || !created.Success || created.Path != "a/b/c" || created.Name != "c" || created.ExternalID == "" {
		t.Fatalf("created %+v, %v", created, err)
	}
	root, err := client.RootFolders(t.Context(), sdk.RootFoldersParams{MaxResults: 1})
	if err != nil || root.TotalCount != 2 || len(root.Folders) != 1 || root.Folders[0].Path != "a" || root.NextCursor == "" {
		t.Errorf("root %+v, %v", root, err)
	}
	if root, err = client.RootFolders(t.Context(), sdk.RootFoldersParams{MaxResults: 1, NextCursor: root.NextCursor}); err != nil || root.Folders[0].Path != "pets" || root.NextCursor != "" {
		t.Errorf("root %+v, %v", root, err)
	}
	sub, err := client.SubFolders(t.Context(), sdk.SubFoldersParams{Folder: "a"})
	if err != nil || len(sub.Folders) != 1 || sub.Folders[0].Path != "a/b" {
		t.Errorf("sub %+v, %v", sub, err)
	}
	found, err := client.SearchFolders(t.Context(), search.Query{Expression: "path=a/b", MaxResults: 1})
	if err != nil || found.TotalCount != 1 || found.Folders[0].Path != "a/b" || found.Folders[0].CreatedAt.IsZero() {
		t.Errorf("found %+v, %v", found, err)
	}
	for text, want := range map[string]string{
		"":                              "a a/b a/b/c pets",
		"name=pe*":                      "pets",
		"name=c OR path:pets":           "a/b/c pets",
		"path:a/*":                      "a/b a/b/c",
		"path:b":                        "a/b a/b/c",
		"NOT name:a* AND created_at>1d": "a/b a/b/c pets",
		"created_at<1d":                 "",
		"name=A":                        "",
	} {
		if got := f.get("folders/search?expression=" + url.QueryEscape(text)); got.list("folders") != want || fmt.Sprint(got.body["total_count"]) != fmt.Sprint(len(strings.Fields(want))) {
			t.Errorf("%s: %v, want %q", text, got.body, want)
		}
	}
	page := f.call(http.MethodPost, "demo/folders%2Fsearch", "application/json", `{"sort_by":[{"path":"desc"}],"max_results":3}`)
	if page.list("folders") != "pets a/b/c a/b" {
		t.Errorf("page %v", page.body)
	}
	if rest := f.call(http.MethodPost, "demo/folders/search", "application/json", fmt.Sprintf(`{"sort_by":[{"path":"desc"}],"next_cursor":%q}`, page.body["next_cursor"])); rest.list("folders") != "a" || rest.body["next_cursor"] != nil {
		t.Errorf("rest %v", rest.body)
	}
	f.expectRefused(f.get("folders/nowhere"), 404, "Can't find folder with path nowhere")
	f.expectRefused(f.call(http.MethodDelete, "demo/folders/pets", "", ""), 400, "Folder is not empty: pets, or a folder below it, has assets")
	f.expectRefused(f.call(http.MethodDelete, "demo/folders/x", "", ""), 404, "Can't find folder with path x")
	f.expectRefused(f.call(http.MethodPut, "demo/folders/a", "application/json", `{"to_folder":"z"}`), 400, "Folders can be renamed in dynamic folder mode only: in fixed mode they are part of public IDs")
	f.expectRefused(f.call(http.MethodPost, "demo/folders/a/../b", "", ""), 400, `Invalid folder a/../b: ".." is no name of a folder`)
	deleted, err := client.DeleteFolder(t.Context(), sdk.DeleteFolderParams{Folder: "a/b"})
	if err != nil || !slices.Equal(deleted.Deleted, []string{"a/b", "a/b/c"}) {
		t.Errorf("deleted %+v, %v", deleted, err)
	}
}

func TestDynamicFolders(t *testing.T) {
	f := newFixture(t)
	f.snapshot.Environment.DynamicFolders = true
	for _, folder := range []string{"old", "old/deep", "older"} {
		f.store("image", "upload", "in-"+strings.ReplaceAll(folder, "/", "-"), func(a *library.Asset) { a.AssetFolder = folder })
	}
	client := f.sdk()
	moved, err := client.RenameFolder(t.Context(), sdk.RenameFolderParams{FromPath: "old", ToPath: "new/place"})
	if err != nil || moved.Error.Message != "" || moved.From.Path != "old" || moved.To.Path != "new/place" || moved.To.Name != "place" {
		t.Fatalf("moved %+v, %v", moved, err)
	}
	for path, want := range map[string]string{
		"resources/by_asset_folder?asset_folder=new/place":      "in-old",
		"resources/by_asset_folder?asset_folder=new/place/deep": "in-old-deep",
		"resources/by_asset_folder?asset_folder=old":            "",
		"resources/by_asset_folder?asset_folder=older":          "in-older",
		"resources/search?expression=asset_folder=new/*":        "in-old-deep in-old",
		"resources/search?expression=folder:new/place":          "in-old-deep in-old",
	} {
		if got := f.get(path); got.ids() != want {
			t.Errorf("%s: %v, want %q", path, got.body, want)
		}
	}
	if got := f.get("folders/new/place").list("folders"); got != "new/place/deep" {
		t.Errorf("folders %q", got)
	}
	f.expectRefused(f.call(http.MethodPut, "demo/folders/new", "application/json", `{"to_folder":"new/place/in"}`), 400, "Invalid to_folder new/place/in: a folder cannot be moved into itself")
	f.expectRefused(f.call(http.MethodPut, "demo/folders/gone", "application/json", `{"to_folder":"x"}`), 404, "Can't find folder with path gone")
	if got := f.call(http.MethodPost, "demo/resources/image/upload/in-older", "application/json", `{"asset_folder":"moved"}`); got.body["asset_folder"] != "moved" {
		t.Errorf("updated %v", got.body)
	}
}

func TestRelatedAssetsBySDK(t *testing.T) {
	f := newFixture(t)
	a, b := f.store("image", "upload", "dir/a", nil), f.store("raw", "upload", "b.txt", nil)
	client := f.sdk()
	added, err := client.AddRelatedAssets(t.Context(), sdk.AddRelatedAssetsParams{PublicID: "dir/a", AssetsToRelate: []string{
		"raw/upload/b.txt", "image/upload/none", "image/upload/dir/a", "nonsense"}})
	if err != nil || len(added.Success) != 1 || added.Success[0] != (sdk.RelatedAssetResult{Message: "success", Code: "success_ids", Asset: "raw/upload/b.txt", Status: 200}) {
		t.Fatalf("added %+v, %v", added, err)
	}
	var codes []string
	for _, failed := range added.Failed {
		codes = append(codes, fmt.Sprint(failed.Code, failed.Status))
	}
	if got := strings.Join(codes, " "); got != "non_existing_ids404 invalid_relate_to_self_id400 invalid_ids400" {
		t.Errorf("failed %s", got)
	}
	again, err := client.AddRelatedAssetsByAssetIDs(t.Context(), sdk.AddRelatedAssetsByAssetIDsParams{AssetID: b.AssetID, AssetsToRelate: []string{a.AssetID}})
	if err != nil || len(again.Failed) != 1 || again.Failed[0].Code != "already_exists_ids" {
		t.Errorf("again %+v, %v", again, err)
	}
	// Both directions are there.
	if got := f.get("resources/" + b.AssetID + "?related=true"); fmt.Sprint(got.body["related_assets"]) !=
		fmt.Sprintf("[map[asset_id:%s public_id:dir/a resource_type:image type:upload]]", a.AssetID) {
		t.Errorf("related %v", got.body)
	}
	removed, err := client.DeleteRelatedAssets(t.Context(), sdk.DeleteRelatedAssetsParams{PublicID: "dir/a", AssetsToUnrelate: []string{"raw/upload/b.txt"}})
	if err != nil || len(removed.Success) != 1 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	removed, err = client.DeleteRelatedAssetsByAssetIDs(t.Context(), sdk.DeleteRelatedAssetsByAssetIDsParams{AssetID: a.AssetID, AssetsToUnrelate: []string{b.AssetID}})
	if err != nil || len(removed.Failed) != 1 || removed.Failed[0].Code != "relation_does_not_exist_ids" {
		t.Errorf("removed again %+v, %v", removed, err)
	}
	// A name that comes twice counts once.
	for _, step := range []struct{ method, parameter string }{{http.MethodPost, "assets_to_relate"}, {http.MethodDelete, "assets_to_unrelate"}} {
		query := strings.Repeat(step.parameter+"[]=raw/upload/b.txt&", 2)
		got := f.call(step.method, "demo/resources/related_assets/image/upload/dir/a?"+query, "", "")
		if success, failed := fmt.Sprint(got.body["success"]), fmt.Sprint(got.body["failed"]); strings.Count(success, "b.txt") != 1 || failed != "[]" {
			t.Errorf("%s twice: %v", step.parameter, got.body)
		}
	}
	f.expectRefused(f.call(http.MethodPost, "demo/resources/related_assets/image/upload/none", "application/json", `{"assets_to_relate":["a"]}`), 404, "Resource not found - none")
	f.expectRefused(f.call(http.MethodPost, "demo/resources/related_assets/image/upload/dir/a", "application/json", `{}`), 400, "Missing required parameter - assets_to_relate")
}

func TestDerivedAndVersions(t *testing.T) {
	f := newFixture(t)
	asset := f.store("image", "upload", "a", nil)
	small, large := f.derive(asset, "w_10"), f.derive(asset, "w_20")
	f.derive(asset, "w_30")
	client := f.sdk()
	deleted, err := client.DeleteDerivedAssets(t.Context(), sdk.DeleteDerivedAssetsParams{DerivedAssetIDs: []string{small.ID, "none"}})
	if err != nil || deleted.Deleted[small.ID] != "deleted" || deleted.Deleted["none"] != "not_found" {
		t.Errorf("deleted %+v, %v", deleted, err)
	}
	deleted, err = client.DeleteDerivedAssetsByTransformation(t.Context(), sdk.DeleteDerivedAssetsByTransformationParams{
		AssetType: api.Image, DeliveryType: api.Upload, PublicIDs: []string{"a"}, Transformations: large.Transformation})
	if err != nil || fmt.Sprint(deleted.DeletedCounts) != "map[a:map[derived:1 original:0]]" {
		t.Errorf("deleted %+v, %v", deleted, err)
	}
	got := f.get("resources/image/upload/a?versions=true")
	if derived := got.body["derived"].([]any); len(derived) != 1 || derived[0].(map[string]any)["transformation"] != "w_30" {
		t.Errorf("derived %v", derived)
	}
	if got := fmt.Sprint(got.body["versions"]); !strings.Contains(got, asset.VersionID) {
		t.Errorf("versions %s", got)
	}
	kept, err := client.DeleteAllAssets(t.Context(), sdk.DeleteAllAssetsParams{AssetType: api.Image, DeliveryType: "upload", KeepOriginal: new(true)})
	if err != nil || kept.Deleted["a"] != "deleted" || fmt.Sprint(kept.DeletedCounts) != "map[a:map[derived:1 original:0]]" {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if f.get("resources/image/upload/a").status != 200 {
		t.Error("keep_original has deleted the original")
	}
	f.expect(f.call(http.MethodPost, "demo/resources/image/upload/restore", "application/json", `{"public_ids":["a","gone"],"versions":[]}`),
		`{"a":{"error":"no_backup"},"gone":{"error":"no_backup"}}`)
	f.expect(f.call(http.MethodDelete, "demo/resources/backup/"+asset.AssetID, "application/json", fmt.Sprintf(`{"version_ids":[%q,"x"]}`, asset.VersionID)), fmt.Sprintf(
		`{"asset_id":%q,"deleted_version_ids":[],"failures":[{"version_id":%q,"error":"there is no backup of this version"},{"version_id":"x","error":"it is no version ID"}]}`, asset.AssetID, asset.VersionID))
}
