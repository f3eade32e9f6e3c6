package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// names are the names of a list of transformations.
func names(list any) string {
	var names []string
	for _, entry := range list.([]any) {
		names = append(names, entry.(map[string]any)["name"].(string))
	}
	return strings.Join(names, " ")
}

func TestUnnamedTransformations(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f := newFixture(t, func(f *fixture, options *Options) {
			memory := catalog.NewMemory(f.snapshot, "shop", nil)
			f.library, options.Library, options.Catalog, options.Objects = l, l, memory, memory
		})
		for _, name := range []string{"one", "two"} {
			f.send(http.MethodPost, "/transformations", map[string]any{"name": name, "transformation": "w_9"})
		}
		a, b := f.store("image", "upload", "a", nil), f.store("image", "private", "b", nil)
		f.derive(a, "t_one")
		f.derive(a, "c_fill,h_50,w_100")
		newest := f.derive(b, "c_fill,h_50,w_100")
		f.derive(a, "e_sepia/t_two")

		for query, want := range map[string]string{
			"":             "t_one t_two c_fill,h_50,w_100 e_sepia/t_two",
			"?named=true":  "t_one t_two",
			"?named=false": "c_fill,h_50,w_100 e_sepia/t_two",
		} {
			if got := names(f.send(http.MethodGet, "/transformations"+query, nil).body["transformations"]); got != want {
				t.Errorf("list%s: %s, want %s", query, got, want)
			}
			// By pages of one.
			var paged []string
			cursor, separator := "", "?"
			if query != "" {
				separator = "&"
			}
			for range 5 {
				answer := f.send(http.MethodGet, "/transformations"+query+separator+"max_results=1&next_cursor="+cursor, nil)
				paged = append(paged, names(answer.body["transformations"]))
				if cursor, _ = answer.body["next_cursor"].(string); cursor == "" {
					break
				}
			}
			if got := strings.Join(paged, " "); got != want {
				t.Errorf("pages%s: %s, want %s", query, got, want)
			}
		}
		shown := f.send(http.MethodGet, "/transformations?max_results=1&transformation="+url.QueryEscape("c_fill,h_50,w_100"), nil)
		derived := shown.body["derived"].([]any)[0].(map[string]any)
		if shown.body["named"] != false || shown.body["used"] != true || asJSON(t, shown.body["info"]) != `[{"crop":"fill","height":50,"width":100}]` ||
			derived["public_id"] != "b" || derived["id"] != newest.ID || !strings.Contains(derived["url"].(string), "/image/private/s--") {
			t.Errorf("shown %v", shown.body)
		}
		rest := f.send(http.MethodGet, "/transformations?transformation="+url.QueryEscape("c_fill,h_50,w_100")+"&next_cursor="+shown.body["next_cursor"].(string), nil)
		if idsOf(rest.body["derived"]) != "a" || rest.body["next_cursor"] != nil {
			t.Errorf("the next page: %v", rest.body)
		}
		if named := f.send(http.MethodGet, "/transformations?transformation=one", nil); idsOf(named.body["derived"]) != "a" {
			t.Errorf("of a name: %v", named.body)
		}
		f.expectRefused(f.send(http.MethodGet, "/transformations?transformation=w_1&next_cursor="+shown.body["next_cursor"].(string), nil), http.StatusNotFound, "Can't find transformation w_1")
		f.expectRefused(f.send(http.MethodGet, "/transformations?transformation=one&next_cursor="+shown.body["next_cursor"].(string), nil), http.StatusBadRequest, "Invalid value for parameter next_cursor: it belongs to another query")
		f.expectRefused(f.send(http.MethodGet, "/transformations?next_cursor=eA", nil), http.StatusBadRequest, `Invalid next_cursor "eA"`)

		// Strict mode.
		allow := func(transformation string, body map[string]any) *reply {
			body["transformation"] = transformation
			return f.send(http.MethodPut, "/transformations", body)
		}
		if updated := allow("c_fill,h_50,w_100", map[string]any{"allowed_for_strict": true}); updated.body["message"] != "updated" {
			t.Errorf("allowed: %d %s", updated.status, updated.message())
		}
		if shown := f.send(http.MethodGet, "/transformations?transformation="+url.QueryEscape("c_fill,h_50,w_100"), nil); shown.body["allowed_for_strict"] != true {
			t.Errorf("after it was allowed: %v", shown.body)
		}
		f.expectRefused(allow("c_fill,h_50,w_100", map[string]any{"unsafe_update": "w_1"}), http.StatusBadRequest, "Transformation c_fill,h_50,w_100 has no name, so that unsafe_update cannot change what it means")
		f.expectRefused(allow("c_fill,h_50,w_100", map[string]any{}), http.StatusBadRequest, "Missing required parameter - allowed_for_strict")
		f.expectRefused(allow("t_none", map[string]any{"allowed_for_strict": true}), http.StatusNotFound, "Can't find transformation t_none")
		f.expectRefused(allow("w_abc", map[string]any{"allowed_for_strict": true}), http.StatusNotFound, "Can't find transformation w_abc")

		// What is deleted takes its files along.
		if deleted := f.send(http.MethodDelete, "/transformations", map[string]any{"transformation": "c_fill,h_50,w_100"}); deleted.body["message"] != "deleted" {
			t.Errorf("deleted: %d %s", deleted.status, deleted.message())
		}
		f.expectRefused(f.send(http.MethodGet, "/transformations?transformation="+url.QueryEscape("c_fill,h_50,w_100"), nil), http.StatusNotFound, "Can't find transformation c_fill,h_50,w_100")
		f.expectRefused(f.send(http.MethodDelete, "/transformations", map[string]any{"transformation": "c_fill,h_50,w_100"}), http.StatusNotFound, "Can't find transformation c_fill,h_50,w_100")
		if left, _, err := l.ListDerived(t.Context(), b.AssetID, 10, ""); err != nil || len(left) != 0 {
			t.Errorf("files that are left: %v, %v", left, err)
		}
	})
}

func TestTransformationsInTheWordsOfTheAnswers(t *testing.T) {
	f, memory := configurable(t)
	const text = "if_w_gt_100,c_scale,e_sepia:50,g_north_east,w_10/a_45,fl_lossy.progressive/f_auto,q_80"
	shown := []any{
		map[string]any{"if": "w_gt_100", "width": 10, "crop": "scale", "gravity": "north_east", "effect": "sepia:50"},
		map[string]any{"angle": 45, "flags": []any{"lossy", "progressive"}}, map[string]any{"raw_transformation": "f_auto,q_80"},
	}
	expect := func(step string, got *reply) {
		t.Helper()
		if got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", step, got.status, got.message())
		}
	}
	expect("created", f.send(http.MethodPost, "/transformations", map[string]any{"name": "a", "transformation": shown}))
	expect("changed", f.send(http.MethodPost, "/transformations", map[string]any{"name": "b", "transformation": "w_1"}))
	expect("changed", f.send(http.MethodPut, "/transformations", map[string]any{"transformation": "b", "unsafe_update": shown}))
	for _, name := range []string{"a", "b"} {
		if got := memory.Current().Transformations[name].Transformation; got != text {
			t.Errorf("%s is %s", name, got)
		}
	}
	// What is shown can be sent back.
	again := f.send(http.MethodGet, "/transformations/a", nil).body["info"]
	expect("sent back", f.send(http.MethodPost, "/transformations", map[string]any{"name": "c", "transformation": again}))
	if got := memory.Current().Transformations["c"].Transformation; !strings.HasPrefix(got, "if_w_gt_100,c_scale,e_sepia:50,g_north_east,w_10/") {
		t.Errorf("sent back as %s", got)
	}
	expect("a preset", f.send(http.MethodPost, "/upload_presets", map[string]any{"name": "p", "transformation": shown[:1], "eager": []any{[]any{map[string]any{"width": 5}, map[string]any{"angle": 9}}, map[string]any{"height": 6}, "w_7"}}))
	if preset := memory.Current().Presets["p"]; string(preset.Parameters["transformation"]) != `"if_w_gt_100,c_scale,e_sepia:50,g_north_east,w_10"` || string(preset.Parameters["eager"]) != `["w_5/a_9","h_6","w_7"]` {
		t.Errorf("the preset is %s, %s", preset.Parameters["transformation"], preset.Parameters["eager"])
	}
	expect("a profile", f.send(http.MethodPost, "/streaming_profiles", map[string]any{"name": "s", "representations": []any{
		map[string]any{"transformation": []any{map[string]any{"crop": "limit", "width": 640, "height": 360, "bit_rate": "500k"}}}, map[string]any{"transformation": "c_limit,w_320"},
	}}))
	if profile := f.send(http.MethodGet, "/streaming_profiles/s", nil); !strings.Contains(fmt.Sprint(profile.body), "bit_rate:500k") || !strings.Contains(fmt.Sprint(profile.body), "width:320") {
		t.Errorf("the profile is %v", profile.body)
	}
	for body, message := range map[string]string{`{"colour":"red"}`: "Invalid value for transformation: the parameter colour of a transformation is not known", `[{]`: `Invalid value for transformation: "[{]" is no JSON`} {
		f.expectRefused(f.send(http.MethodPost, "/transformations", map[string]any{"name": "d", "transformation": body}), http.StatusBadRequest, message)
	}
}
