package admin

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
)

// texts are those of a list of comments.
func texts(got *reply) string {
	var list []string
	for _, comment := range got.body["comments"].([]any) {
		list = append(list, fmt.Sprint(comment.(map[string]any)["text"]))
	}
	return strings.Join(list, ",")
}

func TestComments(t *testing.T) {
	f := newFixture(t)
	asset := f.store("image", "upload", "a", nil)
	say := func(text, parent string, more map[string]any) *reply {
		body := map[string]any{"asset_id": asset.AssetID, "author": "ann", "text": text}
		if parent != "" {
			body["parent_id"] = parent
		}
		maps.Copy(body, more)
		return f.json("POST", "comments", body)
	}
	got := say("Too dark, brighter?", "", map[string]any{"position": map[string]any{"x": 0.5, "y": 0.25, "width": 0.5}})
	first := fmt.Sprint(got.body["id"])
	if got.status != 200 || shown(got.body, "asset_id", "version_id", "author", "text", "resolved", "reply_count", "parent_id") !=
		fmt.Sprint(asset.AssetID, asset.VersionID, "ann", "Too dark, brighter?", false, json.Number("0"), nil) || shown(got.body["position"], "x", "y", "width") != fmt.Sprint(json.Number("0.5"), json.Number("0.25"), json.Number("0.5")) {
		t.Fatalf("%d %v", got.status, got.body)
	}
	second := fmt.Sprint(say("Second", "", nil).body["id"])
	for _, text := range []string{"Yes", "No"} {
		if got := say(text, first, nil); got.status != 200 || got.body["parent_id"] != first {
			t.Fatalf("%d %v", got.status, got.body)
		}
	}
	of := "comments?asset_id=" + asset.AssetID
	if got := f.get(of + "&max_results=1"); texts(got) != "Too dark, brighter?" || fmt.Sprint(got.body["total_count"]) != "2" || shown(got.body["comments"].([]any)[0], "reply_count") != "2" {
		t.Errorf("%v", got.body)
	} else if got := f.get(of + "&max_results=1&next_cursor=" + fmt.Sprint(got.body["next_cursor"])); texts(got) != "Second" || got.body["next_cursor"] != nil {
		t.Errorf("%v", got.body)
	}
	if got := f.get("comments/" + first + "/replies"); texts(got) != "Yes,No" {
		t.Errorf("%v", got.body)
	}
	got = f.json("POST", "comments/"+second+"/resolve", map[string]any{"author": "bob"})
	if got.status != 200 || shown(got.body, "resolved", "resolved_by") != fmt.Sprint(true, "bob") || got.body["resolved_at"] == nil {
		t.Errorf("%d %v", got.status, got.body)
	}
	// Resolved again it stays as it was.
	if got := f.json("POST", "comments/"+second+"/resolve", map[string]any{"author": "eve"}); got.body["resolved_by"] != "bob" {
		t.Errorf("%v", got.body)
	}
	if open, done := texts(f.get(of+"&resolved=false")), texts(f.get(of+"&resolved=true")); open != "Too dark, brighter?" || done != "Second" {
		t.Errorf("open %q, resolved %q", open, done)
	}
	if got := f.json("POST", "comments/"+second+"/reopen", nil); got.status != 200 || got.body["resolved"] != false || got.body["resolved_by"] != nil {
		t.Errorf("%d %v", got.status, got.body)
	}
	if got := f.json("PUT", "comments/"+second, map[string]any{"text": "Changed", "position": map[string]any{"x": 1, "y": 1, "page": 3, "time": 0.5}}); shown(got.body, "text") != "Changed" || shown(got.body["position"], "page", "time") != fmt.Sprint(json.Number("3"), json.Number("0.5")) {
		t.Errorf("%v", got.body)
	}

	reply := fmt.Sprint(f.get("comments/" + first + "/replies").body["comments"].([]any)[0].(map[string]any)["id"])
	f.expectRefused(say("x", reply, nil), 400, "Invalid parent_id "+reply+": it is a reply itself")
	f.expectRefused(f.json("POST", "comments/"+reply+"/resolve", map[string]any{"author": "bob"}), 400, "Comment "+reply+" is a reply: resolve what it replies to, "+first)
	f.expectRefused(f.json("POST", "comments/"+second+"/resolve", nil), 400, "Missing required parameter - author")
	f.expectRefused(say("x", "gone", nil), 404, "Can't find asset "+asset.AssetID+" with comment gone")
	f.expectRefused(say("", "", nil), 400, "Missing required parameter - text")
	f.expectRefused(say(" ", "", nil), 400, "Invalid text: it is empty")
	f.expectRefused(say(strings.Repeat("x", 10_001), "", nil), 400, "Invalid text: it has 10001 characters. Maximum is 10000.")
	none := strings.Repeat("0", 32)
	f.expectRefused(say("x", "", map[string]any{"asset_id": none}), 404, "Resource not found - "+none)
	f.expectRefused(f.get("comments?asset_id="+none), 404, "Resource not found - "+none)
	f.expectRefused(f.get("comments"), 400, "Missing required parameter - asset_id")
	f.expectRefused(f.get("comments?asset_id=a/b"), 400, "Invalid asset_id: a/b is no asset ID")
	for position, message := range map[string]string{
		`{"x":1.1,"y":0}`:            "Invalid position: x is 1.1, and must be a fraction of the picture within it",
		`{"x":0.6,"y":0,"width":.5}`: "Invalid position: it must be an object of x, y, width, height, page and time",
		`{"x":0.6,"width":0.5}`:      "Invalid position: width is 0.5, and must be a fraction of the picture within it",
		`{"x":0,"y":-1}`:             "Invalid position: y is -1, and must be a fraction of the picture within it",
		`{"x":0,"page":-1}`:          "Invalid position: page and time must not be negative",
		`{"left":1}`:                 "Invalid position: it must be an object of x, y, width, height, page and time",
		`middle`:                     "Invalid position: it must be an object of x, y, width, height, page and time",
	} {
		f.expectRefused(say("x", "", map[string]any{"position": position}), 400, message)
	}
	f.expect(f.call("DELETE", "demo/comments/"+first, "", ""), `{"message":"deleted","deleted_count":3}`)
	for _, call := range [][2]string{{"GET", ""}, {"PUT", ""}, {"DELETE", ""}, {"GET", "/replies"}, {"POST", "/reopen"}} {
		f.expectRefused(f.json(call[0], "comments/"+first+call[1], nil), 404, "Can't find comment "+first)
	}
	f.expectRefused(f.json("POST", "comments/"+first+"/other", nil), 404, "No such endpoint: POST /comments/"+first+"/other")
}
