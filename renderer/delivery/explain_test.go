package delivery

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/delivery/explanation"
)

func TestExplain(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	e.store(t, "secret", "secret", ofType("authenticated"))
	e.configure(func(s *catalog.Snapshot) {
		s.Transformations = map[string]catalog.Transformation{"small": {Name: "small", Transformation: "c_fill,w_9/e_sepia"}}
	})
	authorization := "Basic " + base64.StdEncoding.EncodeToString([]byte("1:a"))
	explain := func(path string, headers ...string) *explanation.Explanation {
		t.Helper()
		answer := e.get(t, path, append(headers, "Authorization", authorization)...)
		if answer.StatusCode != 200 {
			t.Fatalf("%s: %d %s", path, answer.StatusCode, answer.Header.Get("X-Cld-Error"))
		}
		if answer.Header.Get("Cache-Control") != privateCaching {
			t.Errorf("Cache-Control %s", answer.Header.Get("Cache-Control"))
		}
		explained := &explanation.Explanation{}
		if err := json.Unmarshal([]byte(answer.body), explained); err != nil {
			t.Fatal(err)
		}
		return explained
	}
	got := explain("/demo/image/explain/upload/t_small/f_auto/v7/sheep.jpg", "Accept", "image/webp")
	if got.Transformation != "c_fill,w_9/e_sepia/f_auto" || len(got.Components) != 2 || got.Address.Version != "7" || got.Address.PublicID != "sheep" {
		t.Errorf("%+v", got)
	}
	if got.Asset == nil || got.Asset.Width != 640 || got.Cache == nil || got.Cache.Found != "nowhere" || got.Answer.Kind != "derived" || got.Answer.Format != "webp" {
		t.Errorf("%+v %+v", got.Asset, got.Answer)
	}
	if len(got.Steps) != 1 || got.Steps[0].Step != "resize" || got.Cost == nil || got.Cost.CPUMilliseconds != 12 {
		t.Errorf("%+v %+v", got.Steps, got.Cost)
	}
	// Explaining stores nothing, and says what delivery has stored since.
	e.get(t, "/demo/image/upload/t_small/f_auto/v7/sheep.jpg", "Accept", "image/webp").expect(t, 200, "sheep as webp")
	if again := explain("/demo/image/explain/upload/t_small/f_auto/v7/sheep.jpg", "Accept", "image/webp"); again.Cache.Found != "disk" {
		t.Errorf("%+v", again.Cache)
	}
	// The other forms of URLs, as they are.
	if got := explain("/demo/image/explain/images/sheep/seo.jpg"); got.Address.PublicID != "sheep" || got.Answer.Kind != "original" {
		t.Errorf("%+v", got)
	}
	if got := explain("/demo/image/explain/authenticated/w_9/secret.jpg"); len(got.Access) != 1 || !strings.Contains(got.Access[0], "Unsigned request") {
		t.Errorf("%+v", got.Access)
	}
	if got := explain("/demo/image/explain/upload/missing.jpg"); got.Answer.Status != 404 || got.Answer.Error != "Resource not found - missing" {
		t.Errorf("%+v", got.Answer)
	}
	for _, wrong := range []string{"", "Basic " + base64.StdEncoding.EncodeToString([]byte("1:b")), "Basic " + base64.StdEncoding.EncodeToString([]byte(":"))} {
		answer := e.get(t, "/demo/image/explain/upload/sheep.jpg", "Authorization", wrong)
		if answer.StatusCode != 401 || !strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%q: %d %v", wrong, answer.StatusCode, answer.Header)
		}
	}
	// A folder of that name is one where no asset type stands before it.
	e.store(t, "explain/sheep", "in a folder", nil)
	e.get(t, "/demo/explain/sheep.jpg").expect(t, 200, "in a folder")
}

func TestInfo(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "sheep", nil)
	answer := e.get(t, "/demo/image/upload/c_fill,g_auto,w_100,h_67/fl_getinfo/sheep.jpg")
	want := `{"input":{"width":640,"height":427,"bytes":5},"resize":[{"x":10,"y":20,"width":200,"height":134},{"x_factor":0.5,"y_factor":0.5}],` +
		`"g_auto_info":[{"x":10,"y":20,"width":200,"height":134}],"output":{"format":"jpg","width":100,"height":67,"bytes":12}}`
	answer.expect(t, 200, want)
	if answer.Header.Get("Content-Type") != "application/json" || answer.Header.Get("Cache-Control") != "public, no-transform, immutable, max-age=2592000" {
		t.Errorf("%v", answer.Header)
	}
	e.get(t, "/demo/image/upload/c_fill,g_auto,w_100,h_67/fl_getinfo/sheep.jpg").expect(t, 200, want)
	e.get(t, "/demo/image/upload/c_fill,g_auto,w_100,h_67/sheep.jpg").expect(t, 200, "sheep as jpg")
}
