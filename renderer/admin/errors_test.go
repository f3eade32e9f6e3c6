package admin

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// TestErrorsHaveOneShape causes an error of each status that the contract names.
func TestErrorsHaveOneShape(t *testing.T) {
	f, _ := configurable(t, nil...)
	broken := newFixture(t, func(f *fixture, options *Options) { options.Library = brokenLibrary{f.library} })
	limited := newFixture(t, func(_ *fixture, options *Options) { options.HourlyLimit = 1 })
	limited.get("ping")
	f.send(http.MethodPost, "/transformations", map[string]any{"name": "taken", "transformation": "w_10"})
	unknown, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+"/v1_1/demo/ping", nil)
	if err != nil {
		t.Fatal(err)
	}
	for status, got := range map[int]*reply{
		http.StatusBadRequest:          f.get("resources/image?max_results=0"),
		http.StatusUnauthorized:        f.do(unknown),
		http.StatusForbidden:           f.get("resources/visual_search?text=x"),
		http.StatusNotFound:            f.get("resources/image/upload/none"),
		http.StatusConflict:            f.send(http.MethodPost, "/transformations", map[string]any{"name": "taken", "transformation": "w_10"}),
		problem.StatusRateLimited:      limited.get("ping"),
		http.StatusInternalServerError: broken.get("resources/image"),
	} {
		message := got.message()
		if want := map[string]any{"error": map[string]any{"message": message}}; got.status != status || message == "" || !reflect.DeepEqual(got.body, want) {
			t.Errorf("%d: answer %d %v", status, got.status, got.body)
		}
		if got.header.Get("X-Cld-Error") != message || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
			t.Errorf("%d: headers %v", status, got.header)
		}
	}
}

func TestCursorsOfOtherQueries(t *testing.T) {
	f := newFixture(t)
	for _, id := range []string{"a/1", "a/2", "a/3"} {
		f.store("image", "upload", id, func(asset *library.Asset) { asset.Tags = []string{"t"} })
	}
	cursor := func(path string) string {
		t.Helper()
		next, _ := f.get(path).body["next_cursor"].(string)
		if next == "" {
			t.Fatalf("%s has one page", path)
		}
		return url.QueryEscape(next)
	}
	ofPrefix, ofTag := cursor("resources/image/upload?prefix=a/&max_results=1"), cursor("resources/image/tags/t?max_results=1")
	const other, damaged = "Invalid value for parameter next_cursor: it belongs to another query", "Invalid value for parameter next_cursor: it is damaged"
	for path, message := range map[string]string{
		"resources/image/upload?prefix=a/&direction=asc&next_cursor=" + ofPrefix: other,
		"resources/image/upload?prefix=a&next_cursor=" + ofPrefix:                other,
		"resources/image/tags/t?next_cursor=" + ofPrefix:                         other,
		"resources/image/upload?prefix=a/&next_cursor=" + ofTag:                  other,
		"resources/video/upload?prefix=a/&next_cursor=" + ofPrefix:               other,
		"resources/image/upload?next_cursor=zz":                                  damaged,
		"tags/image?next_cursor=!":                                               damaged,
		"folders?next_cursor=!":                                                  damaged,
		"resources/search?next_cursor=zz":                                        damaged,
	} {
		f.expectRefused(f.get(path), http.StatusBadRequest, message)
	}
	if got := f.get("resources/image/upload?prefix=a/&max_results=1&next_cursor=" + ofPrefix); got.ids() != "a/2" {
		t.Errorf("its own query: %d %v", got.status, got.body)
	}
}
