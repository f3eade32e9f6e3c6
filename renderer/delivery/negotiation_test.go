package delivery

import (
	"net/http"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestFormats(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "photo", "photo", nil)
	e.store(t, "icon", "icon", func(a *library.Asset) { a.Format, a.Alpha = "png", true })
	e.store(t, "clip", "clip", func(a *library.Asset) { a.Format, a.Pages = "gif", 7 })
	e.store(t, "layers", "layers", func(a *library.Asset) { a.Format, a.Alpha = "psd", true })
	e.store(t, "scan", "scan", func(a *library.Asset) { a.Format = "tiff" })
	const chrome = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
	for _, test := range []struct{ path, accept, body, contentType, vary string }{
		{"photo.png", "", "photo as png", "image/png", ""},
		{"f_webp/photo.jpg", "", "photo as webp", "image/webp", ""},
		{"f_png/c_scale,w_9/photo.jpg", "", "photo as png", "image/png", ""},
		{"c_scale,w_9/icon", "", "icon as png", "image/png", ""},
		{"c_scale,w_9/scan", "", "scan as tif", "image/tiff", ""},
		{"c_scale,w_9/layers", "", "layers as png", "image/png", ""},
		{"f_auto/photo.jpg", chrome, "photo as webp", "image/webp", "Accept"},
		{"f_auto/photo.png", "image/png, image/WEBP;q=0.5", "photo as webp", "image/webp", "Accept"},
		{"f_auto/photo.png", "image/webp;q=0, */*", "photo as jpg", "image/jpeg", "Accept"},
		{"f_auto/photo.png", "image/webp;q=0.000;x=1, image/*", "photo as jpg", "image/jpeg", "Accept"},
		{"f_auto/photo.png", "image/webpx", "photo as jpg", "image/jpeg", "Accept"},
		{"f_auto/photo.png", "*/*", "photo as jpg", "image/jpeg", "Accept"},
		{"f_auto/photo", "", "photo as jpg", "image/jpeg", "Accept"},
		{"f_auto/icon", "", "icon as png", "image/png", "Accept"},
		{"f_auto/clip", "", "clip as gif", "image/gif", "Accept"},
		{"r_max/f_auto/photo.jpg", "", "photo as png", "image/png", "Accept"},
		{"a_20/f_auto/photo.jpg", "", "photo as png", "image/png", "Accept"},
		{"a_90/f_auto/photo.jpg", "", "photo as jpg", "image/jpeg", "Accept"},
		{"f_auto,q_auto/photo.jpg", "image/webp", "photo as webp", "image/webp", "Accept, Save-Data"},
	} {
		var headers []string
		if test.accept != "" {
			headers = []string{"Accept", test.accept}
		}
		answer := e.get(t, "/demo/image/upload/"+test.path, headers...)
		answer.expect(t, 200, test.body)
		if answer.Header.Get("Content-Type") != test.contentType || answer.Header.Get("Vary") != test.vary {
			t.Errorf("%s for %q: %s, Vary %q", test.path, test.accept, answer.Header.Get("Content-Type"), answer.Header.Get("Vary"))
		}
	}
}

func TestClientHints(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "car", "car", func(a *library.Asset) { a.Width, a.Height = 1500, 1000 })
	for _, test := range []struct {
		transformation string
		hints          []string
		width, dpr     float64
		quality        string
	}{
		{"c_limit,w_auto:100:387", nil, 400, 0, ""},
		{"c_limit,w_auto:100:387", []string{"Sec-CH-Width", "512"}, 600, 0, ""},
		{"c_limit,w_auto:20:350", []string{"Width", "351"}, 360, 0, ""},
		{"c_limit,w_auto", nil, 1500, 0, ""},
		{"c_limit,w_auto", []string{"Viewport-Width", "330", "DPR", "2"}, 700, 0, ""},
		{"c_limit,dpr_auto,w_auto", []string{"Width", "800", "DPR", "2"}, 400, 2, ""},
		{"c_scale,dpr_auto,w_100", nil, 100, 1, ""},
		{"c_scale,dpr_auto,w_100", []string{"DPR", "1.3"}, 100, 2, ""},
		{"c_scale,dpr_auto,w_100", []string{"Sec-CH-DPR", "40"}, 100, 5, ""},
		{"c_scale,q_auto,w_100", nil, 100, 0, "good"},
		{"c_scale,q_auto,w_100", []string{"Save-Data", "on"}, 100, 0, "eco"},
		{"if_w_gt_100/c_limit,w_auto/if_end", []string{"Width", "250"}, 300, 0, ""},
	} {
		before := e.engine.renders()
		answer := e.get(t, "/demo/image/upload/"+test.transformation+"/car.jpg", test.hints...)
		answer.expect(t, 200, "car as jpg")
		if e.engine.renders() == before {
			t.Errorf("%s %v: another request's file", test.transformation, test.hints)
		}
		plan := e.engine.asked().Plan
		component := plan.Components[0]
		if component.Branch != nil {
			component = component.Branch.Then[0]
		}
		if resize := component.Resize; resize.WidthAuto != "" || resize.Width == nil || resize.Width.Value != test.width {
			t.Errorf("%s %v: %+v, want width %g", test.transformation, test.hints, resize, test.width)
		}
		if dpr := plan.Output.DPR; plan.Output.DPRAuto || (dpr == nil) != (test.dpr == 0) || dpr != nil && dpr.Value != test.dpr {
			t.Errorf("%s %v: dpr %+v, want %g", test.transformation, test.hints, dpr, test.dpr)
		}
		if got := plan.Output.Quality.Auto; got != test.quality {
			t.Errorf("%s %v: quality %q", test.transformation, test.hints, got)
		}
	}
	answer := e.get(t, "/demo/image/upload/c_limit,w_auto/car.jpg")
	if got := answer.Header.Get("Vary"); got != "Sec-CH-DPR, DPR, Sec-CH-Width, Width, Sec-CH-Viewport-Width, Viewport-Width" {
		t.Errorf("Vary: %s", got)
	}
	for _, hints := range [][]string{nil, {"Width", "nonsense"}, {"Width", "9999999"}, {"Width", "-5"}} {
		before := e.engine.renders()
		e.get(t, "/demo/image/upload/c_limit,w_auto/car.jpg", hints...)
		if e.engine.renders() != before {
			t.Errorf("%v: rendered again", hints)
		}
	}
}

func TestWhatTheEngineIsTold(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "car", "car", func(a *library.Asset) {
		a.Faces = [][4]int{{1, 2, 3, 4}}
		a.Tags = []string{"red"}
		a.Context = map[string]string{"alt": "a car"}
		a.Metadata = map[string]any{"doors": 4}
	})
	e.get(t, "/demo/image/upload/c_scale,w_9/car.png").expect(t, 200, "car as png")
	asked := e.engine.asked()
	source := asked.Source
	if source.Format != "jpg" || source.Width != 640 || source.Height != 427 || source.PublicID != "car" || len(source.Faces) != 1 ||
		len(source.Tags) != 1 || source.Context["alt"] != "a car" || source.Metadata["doors"] != "4" {
		t.Errorf("source: %+v", source)
	}
	if asked.Format != "png" || asked.Limits.MaxInputPixels != 50e6 || asked.Limits.MaxOutputPixels != 25e6 {
		t.Errorf("request: %+v", asked)
	}
}

func TestAcceptLists(t *testing.T) {
	for header, want := range map[string]bool{
		"image/webp": true, "IMAGE/WEBP": true, "text/html, image/webp ; q=0.1": true, "image/webp;q=1.0;a=b": true,
		"": false, "image/*": false, "*/*": false, "image/webp;q=0": false, "image/webp;q=0.0": false, "image/webp;q=x": false,
		"image/webp2": false, "ximage/webp": false, "image/webp;q=2": false,
	} {
		if got := lists([]string{header}, "image/webp"); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
	if !lists([]string{"text/html", "image/webp"}, "image/webp") {
		t.Error("the second line was not read")
	}
	if lists(http.Header{}["Accept"], "image/webp") {
		t.Error("no header lists something")
	}
}
