package delivery

import (
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestAccessRules(t *testing.T) {
	e := newEnvironment(t)
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	rules := func(rules ...library.AccessRule) func(*library.Asset) {
		return func(a *library.Asset) { a.AccessControl = rules }
	}
	for id, change := range map[string]func(*library.Asset){
		"token":  rules(library.AccessRule{Type: library.AccessToken}),
		"open":   rules(library.AccessRule{Type: library.AccessToken}, library.AccessRule{Type: library.AccessAnonymous, Start: &past, End: &future}),
		"ended":  rules(library.AccessRule{Type: library.AccessAnonymous, End: &past}),
		"coming": rules(library.AccessRule{Type: library.AccessToken}, library.AccessRule{Type: library.AccessAnonymous, Start: &future}),
	} {
		e.store(t, id, id, change)
	}
	const refused = "Unsigned request for an asset with restricted access"
	for _, source := range []string{"token.jpg", "ended.jpg", "coming.jpg"} {
		e.get(t, "/demo/image/upload/"+source).refused(t, 401, refused)
		e.get(t, "/demo/image/upload/c_scale,w_9/"+source).refused(t, 401, refused)
	}
	for range 2 { // The second answer is not one that was remembered for anybody.
		answer := e.get(t, "/demo/image/upload/c_scale,w_9/open.jpg")
		answer.expect(t, 200, "open as jpg")
		if got := answer.Header.Get("Cache-Control"); got != privateCaching {
			t.Errorf("Cache-Control %q", got)
		}
	}
	for _, id := range []string{"token", "coming"} {
		e.get(t, signed("image/upload", "", id+".jpg")).expect(t, 200, id)
		e.get(t, signed("image/upload", "c_scale,w_9", id+".jpg")).expect(t, 200, id+" as jpg")
		e.get(t, "/demo/image/upload/c_scale,w_9/"+id+".jpg").refused(t, 401, refused)
	}
	e.get(t, signed("image/upload", "", "ended.jpg")).refused(t, 401, refused)
}

func TestHeadersOfAnAsset(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", func(a *library.Asset) {
		a.Headers = []string{"X-Robots-Tag: noindex", "Link: <https://a.example>; rel=\"canonical\"", "Link: <https://b.example>"}
	})
	for _, path := range []string{"/demo/image/upload/sheep.jpg", "/demo/image/upload/c_scale,w_9/sheep.jpg"} {
		for range 2 {
			header := e.get(t, path).Header
			if header.Get("X-Robots-Tag") != "noindex" || len(header["Link"]) != 2 || header["Link"][1] != "<https://b.example>" {
				t.Errorf("%s: %v", path, header)
			}
		}
	}
}

func TestAQualityOverride(t *testing.T) {
	e := newEnvironment(t)
	stored := e.store(t, "sheep", "sheep", func(a *library.Asset) { a.QualityOverride = "37" })
	quality := func(path string) float64 {
		t.Helper()
		before := e.engine.renders()
		e.get(t, path).expect(t, 200, "sheep as jpg")
		if e.engine.renders() == before {
			t.Fatalf("%s was not rendered", path)
		}
		value := e.engine.asked().Plan.Output.Quality.Value
		if value == nil {
			return 0
		}
		return value.Value
	}
	if got := quality("/demo/image/upload/q_auto/sheep.jpg"); got != 37 {
		t.Errorf("q_auto was rendered with %g", got)
	}
	if got := quality("/demo/image/upload/q_80/sheep.jpg"); got != 80 {
		t.Errorf("q_80 was rendered with %g", got)
	}
	// Another override gives another file.
	if _, err := e.library.UpdateAsset(t.Context(), keyOf(stored), func(a *library.Asset) error { a.QualityOverride = "38"; return nil }); err != nil {
		t.Fatal(err)
	}
	e.assets.Invalidate(keyOf(stored))
	if got := quality("/demo/image/upload/q_auto/sheep.jpg"); got != 38 {
		t.Errorf("q_auto was rendered with %g after a change", got)
	}
}
