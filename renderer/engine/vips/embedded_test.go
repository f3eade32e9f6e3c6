package vips

import (
	"image"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine/psd/psdtest"
)

func TestSmartObjects(t *testing.T) {
	document := psdtest.Document(40, 30,
		psdtest.Layer{Name: "ground", Bounds: image.Rect(0, 0, 40, 30)},
		psdtest.Layer{Name: "badge", Bounds: image.Rect(5, 5, 15, 15), Object: "badge.png", Data: pngOf(t, plain(64, 48, red))},
		psdtest.Layer{Name: "star", Bounds: image.Rect(20, 5, 30, 15), Object: "star.svg",
			Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect width="20" height="20" fill="#00f"/></svg>`)})
	for raw, want := range map[string]size{
		"pg_embedded:1": {64, 48}, "pg_embedded:name:badge": {64, 48}, "pg_embedded:name:badge.png/c_scale,w_32": {32, 24},
		"pg_embedded:2": {20, 20}, "dn_192,pg_embedded:name:star": {40, 40},
	} {
		t.Run(raw, func(t *testing.T) { render(t, raw, document).wantSize(t, want.w, want.h) })
	}
	render(t, "pg_embedded:1", document).wantAt(t, 30, 20, red, 0)
	for raw, message := range map[string]string{
		"pg_embedded:3": "there is no embedded object 3", "pg_embedded:name:none": "there is no embedded object none",
		"pg_embedded:0": "there is no embedded object 0", "pg_embedded:x": "there is no embedded object x",
	} {
		_, _, err := rendering{raw: raw, source: asset(t, document)}.try(t)
		wantProblem(t, err, 400, "Invalid page", message)
	}
	_, _, err := rendering{raw: "pg_embedded:1", source: asset(t, pngOf(t, plain(4, 4, red)))}.try(t)
	wantProblem(t, err, 400, "Invalid page - embedded:1: a png has no embedded objects")
	broken := psdtest.Document(40, 30, psdtest.Layer{Name: "bad", Bounds: image.Rect(0, 0, 9, 9), Object: "bad.png", Data: []byte("no picture")})
	_, _, err = rendering{raw: "pg_embedded:1", source: asset(t, broken)}.try(t)
	wantProblem(t, err, 400, "Invalid image file")
}
