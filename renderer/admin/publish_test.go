package admin

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
)

// told are the notifications that wait, as their types, to whom they go, and their bodies.
func told(t *testing.T, l *library.Library) (types []string, bodies map[string]map[string]any) {
	t.Helper()
	waiting, err := l.PendingJobs(t.Context(), notify.JobKind, 100)
	if err != nil {
		t.Fatal(err)
	}
	bodies = map[string]map[string]any{}
	for _, job := range waiting {
		var payload struct {
			URL  string
			Body map[string]any
		}
		if err := json.Unmarshal(job.Payload, &payload); err != nil {
			t.Fatal(err)
		}
		kind, _ := payload.Body["notification_type"].(string)
		types = append(types, kind+" to "+payload.URL)
		bodies[kind] = payload.Body
	}
	slices.Sort(types)
	return types, bodies
}

// ids are the public IDs of a list in an answer, sorted.
func idsOf(list any) string {
	var ids []string
	entries, _ := list.([]any)
	for _, entry := range entries {
		ids = append(ids, entry.(map[string]any)["public_id"].(string))
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func TestPublishing(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f := newFixture(t, func(f *fixture, options *Options) { f.library, options.Library = l, l })
		f.snapshot.Triggers = []catalog.Trigger{{Name: "mine", EventType: notify.Published, URI: "http://hooks/mine"}}
		f.store("image", "private", "a/1", nil)
		f.store("image", "authenticated", "a/2", nil)
		f.store("image", "authenticated", "b", func(asset *library.Asset) { asset.Tags = []string{"t"} })
		f.store("image", "private", "taken", nil)
		f.store("image", "upload", "taken", nil)

		published := f.send(http.MethodPost, "/resources/image/publish_resources", map[string]any{"public_ids": []string{"a/1", "none"}, "type": "private"})
		if idsOf(published.body["published"]) != "a/1" || len(published.body["failed"].([]any)) != 0 {
			t.Fatalf("by public ID: %d %v", published.status, published.body)
		}
		item := published.body["published"].([]any)[0].(map[string]any)
		if url := item["url"].(string); item["type"] != "upload" || !strings.Contains(url, "/image/upload/v") {
			t.Errorf("published %v", item)
		}
		if shown := f.send(http.MethodGet, "/resources/image/private/a%2F1", nil); shown.status != http.StatusNotFound {
			t.Errorf("the private name is still known: %d", shown.status)
		}
		// By prefix, of both types unless one is given.
		if published := f.send(http.MethodPost, "/resources/image/publish_resources", map[string]any{"prefix": "a/"}); idsOf(published.body["published"]) != "a/2" {
			t.Errorf("by prefix: %v", published.body)
		}
		if published := f.send(http.MethodPost, "/resources/image/publish_resources", map[string]any{"tag": "t"}); idsOf(published.body["published"]) != "b" {
			t.Errorf("by tag: %v", published.body)
		}
		// What is there stays, unless it may be overwritten.
		refused := f.send(http.MethodPost, "/resources/image/publish_resources", map[string]any{"public_ids": "taken"})
		if idsOf(refused.body["published"]) != "" || idsOf(refused.body["failed"]) != "taken" {
			t.Errorf("a name that is taken: %v", refused.body)
		}
		overwritten := f.send(http.MethodPost, "/resources/image/publish_resources", map[string]any{"public_ids": "taken", "overwrite": true})
		if idsOf(overwritten.body["published"]) != "taken" {
			t.Errorf("overwritten: %v", overwritten.body)
		}
		if nothing := f.send(http.MethodPost, "/resources/image/publish_resources", map[string]any{"prefix": "none"}); asJSON(t, nothing.body) != `{"failed":[],"published":[]}` {
			t.Errorf("nothing: %v", nothing.body)
		}
		types, bodies := told(t, l)
		if !slices.Equal(types, slices.Repeat([]string{"publish to http://hooks/mine"}, 4)) || bodies["publish"]["request_id"] == nil {
			t.Errorf("told %q: %v", types, bodies)
		}
	})
}

func TestPublishingIsBounded(t *testing.T) {
	f := newFixture(t)
	f.handler.deleteLimit, f.handler.deletePage = 4, 2
	ids := []string{"a", "b", "c", "d", "e"}
	for _, id := range ids {
		f.store("image", "private", id, nil)
		f.store("image", "authenticated", "z"+id, nil)
		f.store("image", "upload", id+id, nil)
	}
	f.store("image", "private", "x", nil)
	all := append([]string{"za", "zb", "zc", "zd", "ze"}, ids...)
	for _, test := range []struct {
		path, name string
		body       map[string]any
		pages      []int
	}{
		{"/resources/image/publish_resources", "published", map[string]any{"public_ids": all}, []int{4, 5, 1}},
		{"/resources/image/upload/update_access_mode", "updated", map[string]any{"public_ids": []string{"aa", "bb", "cc", "dd", "ee"}, "access_mode": "authenticated"}, []int{4, 1}},
	} {
		seen, cursor := map[string]bool{}, ""
		for i, want := range test.pages {
			test.body["next_cursor"] = cursor
			got := f.send(http.MethodPost, test.path, test.body)
			changed, _ := got.body[test.name].([]any)
			for _, asset := range changed {
				seen[asset.(map[string]any)["public_id"].(string)] = true
			}
			cursor, _ = got.body["next_cursor"].(string)
			if last := i == len(test.pages)-1; len(changed) != want || (got.body["partial"] == true) == last || (cursor == "") != last {
				t.Errorf("%s: call %d: %v", test.name, i, got.body)
			}
		}
		if total := test.body["public_ids"].([]string); len(seen) != len(total) {
			t.Errorf("%s: %v", test.name, seen)
		}
	}
	for cursor, reason := range map[string]string{"upload.x": "it belongs to another query", "x": "it is damaged", "private.!": "it is damaged"} {
		f.expectRefused(f.send(http.MethodPost, "/resources/image/publish_resources", map[string]any{"prefix": "a", "next_cursor": cursor}), 400,
			"Invalid value for parameter next_cursor: "+reason)
	}
}

func TestAccessMode(t *testing.T) {
	f := newFixture(t)
	f.store("image", "upload", "a/1", nil)
	f.store("image", "upload", "b", nil)
	updated := f.send(http.MethodPost, "/resources%2Fimage%2Fupload%2Fupdate_access_mode", map[string]any{"access_mode": "authenticated", "prefix": "a/"})
	if idsOf(updated.body["updated"]) != "a/1" || updated.body["updated"].([]any)[0].(map[string]any)["access_mode"] != "authenticated" {
		t.Errorf("updated %d %v", updated.status, updated.body)
	}
	for id, want := range map[string]string{"a%2F1": "authenticated", "b": "public"} {
		if shown := f.send(http.MethodGet, "/resources/image/upload/"+id, nil); shown.body["access_mode"] != want {
			t.Errorf("%s: %v", id, shown.body["access_mode"])
		}
	}
}

// TestAccessModeOfAFewAtATime sends what the SDKs for Java and Ruby make of max_results and next_cursor.
func TestAccessModeOfAFewAtATime(t *testing.T) {
	f := newFixture(t)
	for _, id := range []string{"a1", "a2", "a3", "b"} {
		f.store("image", "upload", id, nil)
	}
	seen, cursor := "", ""
	for i, want := range []int{2, 1} {
		form := "access_mode=authenticated&prefix=a&max_results=2&next_cursor=" + cursor
		got := f.call(http.MethodPost, "demo/resources/image/upload/update_access_mode", "application/x-www-form-urlencoded", form)
		updated, _ := got.body["updated"].([]any)
		cursor, _ = got.body["next_cursor"].(string)
		if len(updated) != want || (cursor == "") != (i == 1) {
			t.Fatalf("call %d: %d %v", i, got.status, got.body)
		}
		seen += idsOf(updated) + " "
	}
	if ids := strings.Fields(seen); len(ids) != 3 || strings.Contains(seen, "b") {
		t.Errorf("updated %s", seen)
	}
	f.expectRefused(f.call(http.MethodPost, "demo/resources/image/upload/update_access_mode", "", "access_mode=public&prefix=a&max_results=0"), http.StatusBadRequest,
		`Invalid value for max_results: "0" is no integer between 1 and 500`)
}

func TestPublishingAndAccessModesRefuse(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		path    string
		body    map[string]any
		message string
	}{
		{"/resources/image/publish_resources", map[string]any{"public_ids": "a", "tag": "t"}, "Invalid parameters: public_ids are given without prefix and tag"},
		{"/resources/image/upload/update_access_mode", map[string]any{"public_ids": "a", "prefix": "b", "access_mode": "public"}, "Invalid parameters: public_ids are given without prefix and tag"},
		{"/resources/image/publish_resources", map[string]any{}, "Missing required parameter - public_ids, prefix or tag"},
		{"/resources/image/publish_resources", map[string]any{"prefix": "a", "type": "upload"}, `Invalid value for parameter type: "upload" is neither private nor authenticated`},
		{"/resources/image/publish_resources", map[string]any{"prefix": "a", "overwrite": "perhaps"}, `Invalid value for overwrite: "perhaps" is neither true nor false`},
		{"/resources/image/publish_resources", map[string]any{"prefix": "a", "notification_url": "mailto:x"}, "Invalid notification_url: it must be an http or https URL of at most 2048 bytes"},
		{"/resources/image/publish_resources", map[string]any{"public_ids": many(101)}, "Too many public_ids. Got 101. Maximum is 100."},
		{"/resources/image/upload/update_access_mode", map[string]any{"prefix": "a"}, "Missing required parameter - access_mode"},
		{"/resources/image/upload/update_access_mode", map[string]any{"access_mode": "public"}, "Missing required parameter - public_ids, prefix or tag"},
		{"/resources/image/upload/update_access_mode", map[string]any{"access_mode": "secret", "prefix": "a"}, "Invalid access_mode secret: it must be public or authenticated"},
	} {
		f.expectRefused(f.send(http.MethodPost, c.path, c.body), http.StatusBadRequest, c.message)
	}
}

func TestWhatUpdatesTell(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f := newFixture(t, func(f *fixture, options *Options) { f.library, options.Library = l, l })
		f.snapshot.Environment.DynamicFolders = true
		f.snapshot.Triggers = []catalog.Trigger{{Name: "all", EventType: catalog.EventTypeAll, URI: "http://hooks/all"}}
		asset := f.store("image", "upload", "a", func(asset *library.Asset) {
			asset.Tags, asset.DisplayName, asset.AssetFolder = []string{"old"}, "Before", "one"
			asset.Moderation = []library.Moderation{{Kind: "manual", Status: library.ModerationPending}}
		})
		path := "/resources/image/upload/a"
		if answer := f.send(http.MethodPost, path, map[string]any{"tags": "new", "context": "k=v", "display_name": "After", "asset_folder": "two", "moderation_status": "approved"}); answer.status != http.StatusOK {
			t.Fatalf("%d %s", answer.status, answer.message())
		}
		types, bodies := told(t, l)
		want := []string{"create_folder to http://hooks/all", "moderation to http://hooks/all", "moderation_summary to http://hooks/all", "move to http://hooks/all",
			"resource_context_changed to http://hooks/all", "resource_display_name_changed to http://hooks/all", "resource_tags_changed to http://hooks/all"}
		if !slices.Equal(types, want) {
			t.Fatalf("told %q, want %q", types, want)
		}
		for kind, want := range map[string]string{
			notify.TagsChanged:        `[{"added":["new"],"asset_id":"` + asset.AssetID + `","public_id":"a","removed":["old"],"resource_type":"image","type":"upload"}]`,
			notify.ContextChanged:     `{"a":{"added":[{"name":"k","value":"v"}],"asset_id":"` + asset.AssetID + `","removed":[],"resource_type":"image","type":"upload","updated":[]}}`,
			notify.Moved:              `{"a":{"asset_id":"` + asset.AssetID + `","display_name":"After","from_asset_folder":"one","resource_type":"image","to_asset_folder":"two","type":"upload"}}`,
			notify.DisplayNameChanged: `{"` + asset.AssetID + `":{"asset_folder":"two","asset_id":"` + asset.AssetID + `","new_display_name":"After","previous_display_name":"Before","public_id":"a","resource_type":"image","type":"upload"}}`,
		} {
			if got := asJSON(t, bodies[kind]["resources"]); got != want {
				t.Errorf("%s: %s, want %s", kind, got, want)
			}
		}
		for _, kind := range []string{notify.Moderated, notify.ModerationSummary} {
			if bodies[kind]["moderation_status"] != "approved" || bodies[kind]["asset_id"] != asset.AssetID || bodies[kind]["request_id"] == nil {
				t.Errorf("%s: %v", kind, bodies[kind])
			}
		}
		// The same again changes nothing, and the call's own URL takes the place of the trigger.
		f.send(http.MethodPost, path, map[string]any{"tags": "new"})
		f.send(http.MethodPost, path, map[string]any{"tags": "newer", "notification_url": "http://call"})
		if again, _ := told(t, l); len(again) != len(want)+1 || !slices.Contains(again, "resource_tags_changed to http://call") {
			t.Errorf("then told %q", again)
		}
		f.expectRefused(f.send(http.MethodPost, path, map[string]any{"tags": "t", "notification_url": "ftp://x"}), http.StatusBadRequest,
			"Invalid notification_url: it must be an http or https URL of at most 2048 bytes")
	})
}

func TestWhatFoldersAndRelationsTell(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f := newFixture(t, func(f *fixture, options *Options) { f.library, options.Library = l, l })
		f.snapshot.Environment.DynamicFolders = true
		f.snapshot.Triggers = []catalog.Trigger{{Name: "all", EventType: catalog.EventTypeAll, URI: "http://hooks"}}
		a, b := f.store("image", "upload", "a", nil), f.store("image", "upload", "b", nil)
		for _, step := range []struct {
			method, path string
			body         map[string]any
		}{
			{http.MethodPost, "/folders/x/y", nil}, {http.MethodPost, "/folders/x/y", nil}, // The second one changes nothing.
			{http.MethodPost, "/folders/p/q", map[string]any{"notification_url": "http://hooks/mine"}},
			{http.MethodPut, "/folders/x/y", map[string]any{"to_folder": "z"}},
			{http.MethodDelete, "/folders/z", nil},
			{http.MethodPost, "/resources/related_assets/" + a.AssetID, map[string]any{"assets_to_relate": []string{b.AssetID, "x"}}},
			{http.MethodDelete, "/resources/related_assets/" + a.AssetID, map[string]any{"assets_to_unrelate": []string{b.AssetID}}},
		} {
			if answer := f.send(step.method, step.path, step.body); answer.status != http.StatusOK {
				t.Fatalf("%s %s: %d %s", step.method, step.path, answer.status, answer.message())
			}
		}
		types, bodies := told(t, l)
		if want := []string{"create_folder to http://hooks", "create_folder to http://hooks", "create_folder to http://hooks", "create_folder to http://hooks/mine", "delete_folder to http://hooks", "move_or_rename_asset_folder to http://hooks", "related_assets to http://hooks", "related_assets to http://hooks"}; !slices.Equal(types, want) {
			t.Fatalf("told %q", types)
		}
		for kind, want := range map[string]map[string]any{
			notify.FolderDeleted: {"folder_name": "z", "folder_path": "z"},
			notify.FolderMoved:   {"from_path": "x/y", "to_path": "z"}, notify.RelatedAssets: {"asset_id": a.AssetID},
		} {
			for name, value := range want {
				if bodies[kind][name] != value {
					t.Errorf("%s: %v", kind, bodies[kind])
				}
			}
		}
		// Folders that are made on the way are told of, too, but to the call's own URL.
		var made []string
		waiting, err := l.PendingJobs(t.Context(), notify.JobKind, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range waiting {
			var told struct {
				URL  string
				Body struct {
					Type string `json:"notification_type"`
					Name string `json:"folder_name"`
					Path string `json:"folder_path"`
				}
			}
			if err := json.Unmarshal(job.Payload, &told); err != nil {
				t.Fatal(err)
			}
			if told.Body.Type == notify.FolderCreated {
				made = append(made, told.Body.Name+" "+told.Body.Path+" "+told.URL)
			}
		}
		slices.Sort(made)
		if want := []string{"p p http://hooks", "q p/q http://hooks/mine", "x x http://hooks", "y x/y http://hooks"}; !slices.Equal(made, want) {
			t.Errorf("made %q", made)
		}
	})
}

func TestComplementaryAssets(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f := newFixture(t, func(f *fixture, options *Options) { f.library, options.Library = l, l })
		a, b := f.store("video", "upload", "a", nil), f.store("raw", "upload", "a.vtt", nil)
		path := "/resources/related_complementary_assets/" + a.AssetID
		missing := strings.Repeat("0", 32)
		body := map[string]any{"related_asset_ids": []string{b.AssetID, missing, a.AssetID, "x"}, "complementary_type": "subtitles", "metadata": map[string]any{"lang": "de"}}
		answer := f.send(http.MethodPost, path, body)
		codes := map[string]any{}
		for _, part := range []string{"success", "failed"} {
			for _, entry := range answer.body[part].([]any) {
				entry := entry.(map[string]any)
				codes[entry["asset"].(string)] = entry["code"]
			}
		}
		if got, want := asJSON(t, codes), asJSON(t, map[string]any{b.AssetID: "success_ids", missing: "non_existing_ids", a.AssetID: "invalid_relate_to_self_id", "x": "invalid_ids"}); got != want {
			t.Errorf("codes %s, want %s", got, want)
		}
		if again := f.send(http.MethodPost, path, map[string]any{"related_asset_ids": b.AssetID, "complementary_type": "subtitles"}); again.body["failed"].([]any)[0].(map[string]any)["code"] != "already_exists_ids" {
			t.Errorf("again: %v", again.body)
		}
		shown := f.send(http.MethodGet, "/resources/video/upload/a?related=true", nil)
		if got, want := asJSON(t, shown.body["related_complementary_assets"]), `[{"asset_id":"`+b.AssetID+`","complementary_type":"subtitles","metadata":{"lang":"de"},"public_id":"a.vtt","resource_type":"raw","status":"active","type":"upload"}]`; got != want {
			t.Errorf("shown %s, want %s", got, want)
		}
		f.expectRefused(f.send(http.MethodPost, path, map[string]any{"complementary_type": "x"}), http.StatusBadRequest, "Missing required parameter - related_asset_ids")
		f.expectRefused(f.send(http.MethodPost, path, map[string]any{"related_asset_ids": "x"}), http.StatusBadRequest, "Missing required parameter - complementary_type")
		f.expectRefused(f.send(http.MethodPost, path, map[string]any{"related_asset_ids": "x", "complementary_type": "y", "metadata": "no"}), http.StatusBadRequest, "Invalid metadata: it is no JSON object")
		f.expectRefused(f.send(http.MethodPost, "/resources/related_complementary_assets/"+missing, body), http.StatusNotFound, "Resource not found - "+missing)
		// They go with either asset.
		if _, _, err := l.DeleteAsset(t.Context(), keyOf(b), library.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		if shown := f.send(http.MethodGet, "/resources/video/upload/a?related=true", nil); len(shown.body["related_complementary_assets"].([]any)) != 0 {
			t.Errorf("after the deletion: %v", shown.body["related_complementary_assets"])
		}
	})
}

func TestWhatTakesModelsIsRefused(t *testing.T) {
	f := newFixture(t)
	f.expectRefused(f.send(http.MethodPost, "/resources/visual_search", map[string]any{"text": "a cat"}), http.StatusForbidden, "Visual search is not enabled for this product environment")
	f.expectRefused(f.send(http.MethodGet, "/resources/visual_search?text=a&image_url=b", nil), http.StatusBadRequest, "Only one of image_url, image_asset_id, text and image_file is allowed")
	f.expectRefused(f.get("video/analytics/views?expression=x"), http.StatusForbidden, "Video analytics are not enabled for this product environment")
	for _, c := range []struct {
		method, path  string
		body          map[string]any
		status        int
		code, message string
	}{
		{http.MethodPost, "/v2/demo/analysis/analyze/uri", map[string]any{"uri": "https://a", "analysis_type": "captioning"}, 403, "forbidden", "You don't have an active subscription for captioning"},
		{http.MethodPost, "/v2/analysis/demo/analyze/coco", map[string]any{"source": map[string]any{"uri": "https://a"}}, 403, "forbidden", "You don't have an active subscription for coco"},
		{http.MethodPost, "/v2/analysis/demo/analyze/coco", map[string]any{}, 400, "bad_request", "Missing required parameter - source"},
		{http.MethodPost, "/v2/demo/analysis/analyze/uri", map[string]any{"uri": "https://a"}, 400, "bad_request", "Missing required parameter - analysis_type"},
		{http.MethodPost, "/v2/demo/analysis/analyze/uri", map[string]any{"uri": "https://a", "analysis_type": "taste"}, 400, "bad_request", `Invalid analysis_type "taste"`},
		{http.MethodGet, "/v2/analysis/demo/tasks/x", nil, 404, "not_found", "Task x not found"},
		{http.MethodPost, "/v2/generate/demo/text_to_image", map[string]any{"prompt": "a cat"}, 403, "forbidden", "Image generation is not enabled for this product environment"},
		{http.MethodPost, "/v2/generate/demo/image_to_image", map[string]any{}, 400, "bad_request", "Missing required parameter - prompt"},
		{http.MethodGet, "/v2/generate/demo/tasks/x", nil, 403, "forbidden", "Image generation is not enabled for this product environment"},
		{http.MethodGet, "/v2/generate/demo/text_to_image", nil, 404, "not_found", "No such endpoint: GET /generate/text_to_image"},
		{http.MethodGet, "/v2/nothing/demo/x", nil, 404, "not_found", "No such endpoint: GET /nothing/x"},
		{http.MethodGet, "/v2/analysis/other/tasks/x", nil, 401, "unauthorized", "cloud_name mismatch"},
	} {
		body := ""
		if c.body != nil {
			body = asJSON(t, c.body)
		}
		answer := f.callPath(c.method, c.path, "application/json", body)
		failure, _ := answer.body["error"].(map[string]any)
		if answer.status != c.status || failure["code"] != c.code || failure["message"] != c.message || answer.body["request_id"] == "" || failure["category"] == "" {
			t.Errorf("%s %s: %d %v", c.method, c.path, answer.status, answer.body)
		}
	}
}
