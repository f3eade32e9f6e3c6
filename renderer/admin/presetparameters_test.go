package admin

import (
	"net/http"
	"strings"
	"testing"
)

// What takes reading comes back as it was given, in the form of an upload's parameters.
func TestPresetsKeepWhatTheyAreGiven(t *testing.T) {
	f, memory := configurable(t)
	for _, test := range []struct{ parameter, given, settings string }{
		{"moderation", "manual", `"manual"`},
		{"metadata", `size=5|colors=["r","g"]`, `{"colors":["r","g"],"size":"5"}`},
		{"headers", "X-Robots-Tag: noindex\nLink: <a>;rel=b\n", `"X-Robots-Tag: noindex\nLink: \u003ca\u003e;rel=b"`},
		{"headers", `{"X-Robots-Tag":"noindex"}`, `"X-Robots-Tag: noindex"`},
		{"headers", `["X-Robots-Tag: noindex"]`, `"X-Robots-Tag: noindex"`},
		{"face_coordinates", "1,2,3,4|5,6,7,8", `[[1,2,3,4],[5,6,7,8]]`},
		{"custom_coordinates", "1,2,3,4", `[[1,2,3,4]]`},
		{"regions", `{"a":[[1,2],[3,4]],"b":[[5,6],[7,8],[9,10]]}`, `{"a":[[1,2],[3,4]],"b":[[5,6],[7,8],[9,10]]}`},
		{"responsive_breakpoints", `[{"create_derived":"false","bytes_step":20000,"min_width":"200","max_width":1000,"max_images":20,"transformation":"c_fill","format":"jpg"}]`,
			`[{"bytes_step":20000,"create_derived":false,"format":"jpg","max_images":20,"max_width":1000,"min_width":200,"transformation":"c_fill"}]`},
		{"access_control", `[{"access_type":"token"},{"access_type":"anonymous","start":"2026-01-02T03:04:05Z","end":"2027-01-02T03:04:05Z"}]`,
			`[{"access_type":"token"},{"access_type":"anonymous","end":"2027-01-02T03:04:05Z","start":"2026-01-02T03:04:05Z"}]`},
		{"auto_transcription", `{"translate":["fr","es"]}`, `{"translate":["fr","es"]}`},
		{"auto_video_details", `{"fields":["title"]}`, `{"fields":["title"]}`},
		{"transformation", "c_fill,w_5", `[{"crop":"fill","width":5}]`},
	} {
		const name = "kept"
		if got := f.send(http.MethodPost, "/upload_presets", map[string]any{"name": name, test.parameter: test.given}); got.status != http.StatusOK {
			t.Errorf("%s %s: %d %s", test.parameter, test.given, got.status, got.message())
			continue
		}
		settings, _ := f.send(http.MethodGet, "/upload_presets/"+name, nil).body["settings"].(map[string]any)
		if got, want := asJSON(t, settings), `{"`+test.parameter+`":`+test.settings+`}`; got != want {
			t.Errorf("%s is shown as %s\nwant %s", test.given, got, want)
		}
		if len(memory.Current().Presets[name].Parameters[test.parameter]) == 0 {
			t.Errorf("%s is not in use: %v", test.parameter, memory.Current().Presets[name].Parameters)
		}
		f.send(http.MethodDelete, "/upload_presets/"+name, nil)
	}
	for _, test := range [][3]string{
		{"headers", "X-Robots-Tag", `Invalid headers: "X-Robots-Tag" is no Name: value`},
		{"face_coordinates", "1,2,3", `Invalid face_coordinates: "1,2,3" is not x,y,width,height`},
		{"responsive_breakpoints", `[{"min_width":"wide"}]`, `Invalid value for min_width: "wide" is no integer`},
		{"responsive_breakpoints", `[{"create_derived":"perhaps"}]`, `Invalid value for create_derived: "perhaps" is neither true nor false`},
		{"responsive_breakpoints", `[{"min_width":99999999999}]`, `Invalid value for min_width: "99999999999" is no integer`},
		{"access_control", "token", "access_control"},
		{"regions", "a", "regions"},
	} {
		got := f.send(http.MethodPost, "/upload_presets", map[string]any{"name": "bad", test[0]: test[1]})
		if got.status != http.StatusBadRequest || !strings.Contains(got.message(), test[2]) {
			t.Errorf("%s %s: %d %q", test[0], test[1], got.status, got.message())
		}
		if gone := f.send(http.MethodGet, "/upload_presets/bad", nil); gone.status != http.StatusNotFound {
			t.Errorf("%s %s was stored", test[0], test[1])
		}
	}
}
