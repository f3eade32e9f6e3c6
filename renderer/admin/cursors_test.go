package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
)

// Each list refuses the cursors of the others, and of itself for another question.
func TestCursorsBelongToTheirQuery(t *testing.T) {
	f, _ := configurable(t)
	for n := range 3 {
		f.store("image", "upload", fmt.Sprintf("p%d", n), nil)
		for path, body := range map[string]map[string]any{
			"/upload_presets":  {"name": fmt.Sprintf("preset%d", n)},
			"/upload_mappings": {"folder": fmt.Sprintf("m%d", n), "template": "https://example.com/"},
			"/transformations": {"name": fmt.Sprintf("t%d", n), "transformation": "w_10"},
		} {
			if got := f.send(http.MethodPost, path, body); got.status != http.StatusOK {
				t.Fatalf("%s: %d %s", path, got.status, got.message())
			}
		}
		for _, folder := range []string{"/folders/%d", "/folders/in/%d"} {
			if got := f.send(http.MethodPost, fmt.Sprintf(folder, n), nil); got.status != http.StatusOK {
				t.Fatalf("%s: %d %s", folder, got.status, got.message())
			}
		}
		got := f.call(http.MethodPost, fmt.Sprintf("demo/resources/image/upload/p%d", n), "application/json", fmt.Sprintf(`{"tags":"tag%d,other%d"}`, n, n))
		if got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.message())
		}
	}
	lists := []string{
		"resources/image?", "resources/image/upload?", "resources/image/upload?direction=asc", "resources/search?expression=p*", "folders?", "folders/in?",
		"tags/image?", "tags/image?prefix=tag", "tags/image?prefix=other", "upload_presets?", "upload_presets?direction=desc", "upload_presets?order_by=id",
		"upload_mappings?", "upload_mappings?direction=desc", "transformations?", "folders/search?expression=",
	}
	cursors := map[string]string{}
	for _, list := range lists {
		got := f.get(list + "&max_results=1")
		cursor, _ := got.body["next_cursor"].(string)
		if got.status != http.StatusOK || cursor == "" {
			t.Fatalf("%s: %d %v", list, got.status, got.body)
		}
		cursors[list] = cursor
		if next := f.get(list + "&max_results=1&next_cursor=" + url.QueryEscape(cursor)); next.status != http.StatusOK || next.body["next_cursor"] == cursor {
			t.Errorf("%s goes on with %d %v", list, next.status, next.body)
		}
	}
	for _, list := range lists {
		for other, cursor := range cursors {
			if other == list {
				continue
			}
			if got := f.get(list + "&next_cursor=" + url.QueryEscape(cursor)); got.status != http.StatusBadRequest {
				t.Errorf("%s takes the cursor of %s: %d %v", list, other, got.status, got.body)
			}
		}
		if got := f.get(list + "&next_cursor=nonsense"); got.status != http.StatusBadRequest {
			t.Errorf("%s takes nonsense: %d %v", list, got.status, got.body)
		}
	}
}
