package delivery

import (
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

func TestSprites(t *testing.T) {
	e := newEnvironment(t)
	sheet := func(a *library.Asset) {
		a.Type, a.Format = typeSprite, "png"
		a.Regions = map[string][][2]int{"b": {{0, 20}, {10, 50}}, "a": {{0, 0}, {30, 20}}}
	}
	plan := mustParse(t, "c_fill,h_7,w_7")
	e.store(t, "logo", "sheet", sheet)
	e.store(t, wire.SpriteID("logo", plan), "small sheet", sheet)
	for path, body := range map[string]string{
		"logo.png":                          "sheet",
		"v1234/logo.png":                    "sheet",
		"logo.jpg":                          "sheet as jpg",
		"c_fill,w_7,h_7/logo.png":           "small sheet",
		"c_fill,h_7,w_7,p_x/v1234/logo.png": "small sheet",
		"logo.json":                         `{"a":{"width":30,"height":20,"x":0,"y":0},"b":{"width":10,"height":30,"x":0,"y":20}}`,
		"p_icon-/logo.css": ".icon-a {background: url('logo.png') no-repeat -0px -0px; width: 30px; height: 20px;}\n" +
			".icon-b {background: url('logo.png') no-repeat -0px -20px; width: 10px; height: 30px;}\n",
	} {
		e.get(t, "/demo/image/sprite/"+path).expect(t, 200, body)
	}
	if got := e.get(t, "/demo/image/sprite/logo.css").Header.Get("Content-Type"); got != "text/css; charset=utf-8" {
		t.Errorf("a style sheet is of the type %q", got)
	}
	e.get(t, "/demo/image/sprite/w_9/logo.png").refused(t, 404, "Resource not found - "+wire.SpriteID("logo", mustParse(t, "w_9")))
	e.get(t, "/demo/image/sprite/none.css").refused(t, 404, "Resource not found - none.css")
	e.configure(func(s *catalog.Snapshot) { s.Environment.RestrictedTypes = []string{typeSprite} })
	e.get(t, "/demo/image/sprite/logo.css").refused(t, 401, "Delivery type sprite is restricted")
}

func mustParse(t *testing.T, raw string) *transform.Plan {
	t.Helper()
	plan, err := transform.Parse(raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestMultis(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "logo", "frames", func(a *library.Asset) { a.Type, a.Format, a.Pages = typeMulti, "gif", 3 })
	e.get(t, "/demo/image/multi/v1234/logo.gif").expect(t, 200, "frames")
	e.get(t, "/demo/image/multi/c_scale,w_9/logo.gif").expect(t, 200, "frames as gif")
	e.get(t, "/demo/image/multi/other.gif").refused(t, 404, "Resource not found - other")
}
