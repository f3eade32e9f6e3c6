package upload

import (
	"fmt"
	"strings"
	"testing"
)

func TestManifest(t *testing.T) {
	// A public URL, as SDKs write it.
	couple := "aHR0cHM6Ly9yZXMuY2xvdWRpbmFyeS5jb20vZGVtby9pbWFnZS91cGxvYWQvY291cGxl"
	for name, test := range map[string]struct{ transformed, json, want string }{
		"from URLs": {
			transformed: "fn_render:w_352;h_240;du_5;fps_25;vars_(slides_((media_s64:" + couple + ");(media_s64:" + couple + ")))",
			want:        "{352 240 25 5 [{ https://res.cloudinary.com/demo/image/upload/couple {3 fade 1 false}} { https://res.cloudinary.com/demo/image/upload/couple {3 fade 1 false}}]}",
		},
		"from assets, with what is said of one slide": {
			transformed: "fn_render:w_500;h_400;vars_(sdur_3500;tdur_1500;transition_s:circlecrop;slides_((media_i:docs:cat);(media_i:dog;sdur_500;tdur_250;transition_s:FadeBlack)))",
			want:        "{500 400 30 0 [{docs/cat  {3.5 circlecrop 1.5 false}} {dog  {0.5 fadeblack 0.25 false}}]}",
		},
		"a video":                  {transformed: "fn_render:w_4;h_2;vars_(slides_((media_v:a:b;sdur_500)))", want: "{4 2 30 0 [{a/b  {0.5 fade 1 true}}]}"},
		"one slide":                {transformed: "fn_render:w_4;h_2;vars_(slides_((media_i:a)))", want: "{4 2 30 0 [{a  {3 fade 1 false}}]}"},
		"an ID with an underscore": {transformed: "fn_render:w_4;h_2;vars_(slides_((media_i:a_b)))", want: "{4 2 30 0 [{a_b  {3 fade 1 false}}]}"},
		"JSON": {
			json: `{"w":848,"h":480,"du":6,"fps":30,"vars":{"sdur":500,"tdur":"500","slides":[{"media":"i:protests9"},{"media":"i:protests8","transition":"s:wipeleft"}]}}`,
			want: "{848 480 30 6 [{protests9  {0.5 fade 0.5 false}} {protests8  {0.5 wipeleft 0.5 false}}]}",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseManifest(test.transformed, test.json)
			if err != nil || fmt.Sprint(*got) != test.want {
				t.Errorf("%v, %v\nwant %s", got, err, test.want)
			}
		})
	}
	many := strings.Repeat("(media_i:a);", 101)
	for text, message := range map[string]string{
		"w_1":               "Invalid manifest_transformation - w_1: it must be fn_render:…",
		"fn_render:w_4;h_2": "Invalid manifest: it has no slides",
		"fn_render:h_2;vars_(slides_((media_i:a)))":                                               "Invalid manifest: w is missing",
		"fn_render:w_5000;h_2;vars_(slides_((media_i:a)))":                                        "Invalid manifest: w must be from 2 to 4096",
		"fn_render:w_x;h_2;vars_(slides_((media_i:a)))":                                           "Invalid manifest: w must be from 2 to 4096",
		"fn_render:w_nan;h_2;vars_(slides_((media_i:a)))":                                         "Invalid manifest: w must be from 2 to 4096",
		"fn_render:w_4;h_2;fps_90;vars_(slides_((media_i:a)))":                                    "Invalid manifest: fps must be from 1 to 60",
		"fn_render:w_4;h_2;du_-1;vars_(slides_((media_i:a)))":                                     "Invalid manifest: du must be from 0 to 600",
		"fn_render:w_4;h_2;vars_(slides_((media_i:a))":                                            "Invalid manifest: its parentheses do not match",
		"fn_render:w_4;h_2;vars_(slides_((media_i:a))))":                                          "Invalid manifest: its parentheses do not match",
		"fn_render:w_4;h_2;vars_(slides_(" + strings.Repeat("(media_v:a);", 10) + "(media_v:a)))": "Too many videos as slides. Got 11. Maximum is 10.",
		"fn_render:w_4;h_2;vars_(slides_((media_x:a)))":                                           "Invalid manifest: media is i:<public ID>, v:<public ID> or s64:<base64 of a URL>, not x:a",
		"fn_render:w_4;h_2;vars_(slides_((media_i:)))":                                            "Invalid manifest: a slide has no media",
		"fn_render:w_4;h_2;vars_(slides_((media_s64:*)))":                                         "Invalid manifest: * is no base64",
		"fn_render:w_4;h_2;vars_(transition_s:explode;slides_((media_i:a)))":                      "Invalid manifest: there is no transition s:explode",
		"fn_render:w_4;h_2;vars_(transition_s:fade=1;slides_((media_i:a)))":                       "Invalid manifest: there is no transition s:fade=1",
		"fn_render:w_4;h_2;vars_(sdur_500000;slides_((media_i:a);(media_i:b)))":                   "The slideshow is too long. Got 1002 seconds. Maximum is 600.",
		"fn_render:w_4;h_2;vars_(slides_(" + many + "(media_i:a)))":                               "Too many slides. Got 102. Maximum is 100.",
		"fn_render:w_4;h_2;vars_" + strings.Repeat("(a_", 50) + strings.Repeat(")", 50):           "Invalid manifest: too many parentheses",
		"fn_render:nothing": "Invalid manifest: nothing is no key_value",
	} {
		if _, err := parseManifest(text, ""); err == nil || err.Error() != message {
			t.Errorf("%s: %v\nwant %s", text, err, message)
		}
	}
	for _, text := range []string{"[]", "{", "null", `{"w":4,"h":2,"vars":{"slides":[1]}}`, `{"w":4,"h":2,"vars":[]}`} {
		if _, err := parseManifest("", text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

// FuzzManifest: whatever comes is a manifest within the bounds, or refused.
func FuzzManifest(f *testing.F) {
	f.Add("fn_render:w_500;h_400;du_5;fps_20;vars_(sdur_3500;tdur_1500;transition_s:circlecrop;slides_((media_i:docs:cat);(media_s64:aHR0cA==)))", "")
	f.Add("", `{"w":848,"h":480,"vars":{"slides":[{"media":"i:a"}]}}`)
	f.Fuzz(func(t *testing.T, transformed, text string) {
		m, err := parseManifest(transformed, text)
		if err != nil {
			return
		}
		if m.width < 2 || m.height < 2 || m.width > maxSlideshowSide || m.height > maxSlideshowSide || m.rate < 1 || m.rate > maxSlideshowRate || len(m.slides) == 0 {
			t.Errorf("%+v", m)
		}
		for _, slide := range m.slides {
			if (slide.publicID == "") == (slide.url == "") {
				t.Errorf("%+v", slide)
			}
		}
	})
}
