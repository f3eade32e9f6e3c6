package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// publicIDs are those of a list of assets.
func publicIDs(got *reply) string {
	var names []string
	for _, asset := range got.body["resources"].([]any) {
		names = append(names, fmt.Sprint(asset.(map[string]any)["public_id"]))
	}
	return strings.Join(names, ",")
}

func (f *fixture) json(method, path string, body map[string]any) *reply {
	f.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		f.Fatal(err)
	}
	return f.call(method, "demo/"+path, "application/json", string(text))
}

func TestCollections(t *testing.T) {
	f := newFixture(t)
	var ids []string
	for _, name := range []string{"a", "b", "c"} {
		ids = append(ids, f.store("image", "upload", name, nil).AssetID)
	}
	got := f.json("POST", "collections", map[string]any{"name": " Summer ", "description": "Sun", "created_by": "ann"})
	id := fmt.Sprint(got.body["id"])
	if got.status != 200 || !assetID.MatchString(id) || shown(got.body, "name", "description", "created_by", "asset_count", "share") != fmt.Sprint("Summer", "Sun", "ann", json.Number("0"), nil) {
		t.Fatalf("%d %v", got.status, got.body)
	}
	path := "collections/" + id
	f.expect(f.json("POST", path+"/assets", map[string]any{"asset_ids": ids[:2]}), fmt.Sprintf(`{"added":[%q,%q],"moved":[],"not_found":[]}`, ids[0], ids[1]))
	none := strings.Repeat("0", 32)
	f.expect(f.json("PUT", path+"/assets", map[string]any{"asset_ids": []string{ids[2], ids[1], none}, "position": 0}),
		fmt.Sprintf(`{"added":[%q],"moved":[%q],"not_found":[%q]}`, ids[2], ids[1], none))
	if got := f.get(path + "/assets?max_results=2"); publicIDs(got) != "c,b" || fmt.Sprint(got.body["total_count"]) != "3" {
		t.Errorf("%v", got.body)
	} else if got := f.get(path + "/assets?max_results=2&next_cursor=" + fmt.Sprint(got.body["next_cursor"])); publicIDs(got) != "a" || got.body["next_cursor"] != nil {
		t.Errorf("%v", got.body)
	}
	f.expect(f.json("DELETE", path+"/assets", map[string]any{"asset_ids": []string{ids[2], none}}), fmt.Sprintf(`{"removed":[%q]}`, ids[2]))
	if got := f.json("PUT", path, map[string]any{"name": "Spring"}); shown(got.body, "name", "description") != fmt.Sprint("Spring", "Sun") {
		t.Errorf("%v", got.body)
	}
	if got := f.get("collections?prefix=Spr&asset_id=" + ids[0]); len(got.body["collections"].([]any)) != 1 || fmt.Sprint(got.body["total_count"]) != "1" {
		t.Errorf("%v", got.body)
	}
	f.json("POST", "collections", map[string]any{"name": "Autumn"})
	first := f.get("collections?max_results=1")
	second := f.get("collections?max_results=1&next_cursor=" + fmt.Sprint(first.body["next_cursor"]))
	for name, got := range map[string]*reply{"Autumn": first, "Spring": second} {
		if list := got.body["collections"].([]any); len(list) != 1 || list[0].(map[string]any)["name"] != name || fmt.Sprint(got.body["total_count"]) != "2" {
			t.Errorf("%v, want %s", got.body, name)
		}
	}
	if second.body["next_cursor"] != nil {
		t.Errorf("the last page leads on: %v", second.body)
	}
	f.expectRefused(f.json("POST", "collections", map[string]any{"name": "Spring"}), 409, "Collection Spring already exists")
	f.expectRefused(f.json("POST", "collections", nil), 400, "Missing required parameter - name")
	f.expectRefused(f.json("POST", "collections", map[string]any{"name": "  "}), 400, "Invalid name: it is empty")
	f.expectRefused(f.json("POST", "collections", map[string]any{"name": strings.Repeat("ü", 256)}), 400, "Invalid name: it has 256 characters. Maximum is 255.")
	f.expectRefused(f.json("POST", path+"/assets", nil), 400, "Missing required parameter - asset_ids")
	f.expectRefused(f.json("POST", path+"/assets", map[string]any{"asset_ids": []string{"x"}}), 400, "Invalid asset_ids: x is no asset ID")
	f.expectRefused(f.json("POST", path+"/assets", map[string]any{"asset_ids": ids, "position": -1}), 400, `Invalid value for position: "-1" is no integer between 0 and 10000`)
	f.expectRefused(f.get("collections?next_cursor=x"), 400, "Invalid value for parameter next_cursor: it is damaged")
	for _, call := range [][2]string{{"GET", ""}, {"PUT", ""}, {"DELETE", ""}, {"GET", "/assets"}, {"POST", "/share"}, {"DELETE", "/share"}} {
		f.expectRefused(f.json(call[0], "collections/gone"+call[1], nil), 404, "Can't find collection gone")
	}
	for _, call := range [][2]string{{"POST", "/assets"}, {"DELETE", "/assets"}} {
		f.expectRefused(f.json(call[0], "collections/gone"+call[1], map[string]any{"asset_ids": ids}), 404, "Can't find collection gone")
	}
	f.expect(f.call("DELETE", "demo/"+path, "", ""), `{"message":"deleted"}`)
	f.expectRefused(f.get(path), 404, "Can't find collection "+id)
}

func TestASharedCollectionIsSeenByItsLink(t *testing.T) {
	now := time.Now()
	f := newFixture(t, func(_ *fixture, options *Options) { options.Now = func() time.Time { return now } })
	asset := f.store("image", "authenticated", "a", nil)
	got := f.json("POST", "collections", map[string]any{"name": "Summer"})
	path := "collections/" + fmt.Sprint(got.body["id"])
	f.json("POST", path+"/assets", map[string]any{"asset_ids": []string{asset.AssetID}})
	got = f.json("POST", path+"/share", map[string]any{"expires_at": now.Add(time.Hour).Unix()})
	share, _ := got.body["share"].(map[string]any)
	link := fmt.Sprint(share["path"])
	if got.status != 200 || !strings.HasPrefix(link, "/v1_1/demo/collections/shared/") || share["expires_at"] != now.Add(time.Hour).UTC().Format(time.RFC3339) {
		t.Fatalf("%d %v", got.status, got.body)
	}
	// visit follows the link without credentials.
	visit := func(link string) *reply {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+link, nil)
		if err != nil {
			t.Fatal(err)
		}
		return f.do(request)
	}
	seen := visit(link)
	if seen.status != 200 || publicIDs(seen) != "a" || shown(seen.body, "name") != "Summer" {
		t.Errorf("%d %v", seen.status, seen.body)
	}
	if url := fmt.Sprint(seen.body["resources"].([]any)[0].(map[string]any)["url"]); !strings.Contains(url, "/s--") {
		t.Errorf("the URL of a restricted asset is not signed: %s", url)
	}
	const ended = "There is no such link, or it has ended"
	f.expectRefused(visit(link+"x"), 404, ended)
	f.expectRefused(visit(strings.Replace(link, "demo", "other", 1)), 401, "Invalid cloud_name other")
	f.expectRefused(visit("/v1_1/demo/"+path), 401, "Invalid credentials")
	first := link
	got = f.json("POST", path+"/share", nil)
	link = fmt.Sprint(got.body["share"].(map[string]any)["path"])
	f.expectRefused(visit(first), 404, ended)
	now = now.Add(1000 * time.Hour)
	if seen := visit(link); seen.status != 200 {
		t.Errorf("a link that does not end: %d %v", seen.status, seen.body)
	}
	for _, given := range []string{"soon", fmt.Sprint(now.Unix())} {
		if got := f.json("POST", path+"/share", map[string]any{"expires_at": given}); got.status != 400 || !strings.HasPrefix(got.message(), "Invalid value for expires_at: ") {
			t.Errorf("%d %v", got.status, got.body)
		}
	}
	if got := f.call("DELETE", "demo/"+path+"/share", "", ""); got.status != 200 || got.body["share"] != nil {
		t.Errorf("%d %v", got.status, got.body)
	}
	f.expectRefused(visit(link), 404, ended)
	got = f.json("POST", path+"/share", map[string]any{"expires_at": now.Add(time.Hour).Unix()})
	link = fmt.Sprint(got.body["share"].(map[string]any)["path"])
	now = now.Add(2 * time.Hour)
	f.expectRefused(visit(link), 404, ended)
}
