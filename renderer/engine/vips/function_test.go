package vips

import (
	"image/color"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/wasm/wasmtest"
)

// withFile is a rendering of a picture with a file beside it.
func withFile(t testing.TB, raw string, source []byte, name string, content []byte) rendering {
	t.Helper()
	return rendering{raw: raw, source: asset(t, source), layers: map[string]engine.Source{engine.FileKey(name): asset(t, content)}}
}

func TestCustomFunction(t *testing.T) {
	picture := pngOf(t, plain(60, 40, rgb(10, 130, 250)))
	for _, raw := range []string{"fn_wasm:effects:invert.wasm", "c_scale,w_30,fn_wasm:effects:invert.wasm", "e_negate/fn_wasm:effects:invert.wasm/e_negate"} {
		t.Run(raw, func(t *testing.T) {
			s := withFile(t, raw, picture, "effects/invert.wasm", wasmtest.Invert()).do(t)
			s.wantAt(t, 5, 5, rgb(245, 125, 5), 1)
		})
	}
	half := withFile(t, "fn_wasm:invert.wasm", pngOf(t, plain(20, 20, color.NRGBA{10, 130, 250, 100})), "invert.wasm", wasmtest.Invert()).do(t)
	half.wantAt(t, 5, 5, color.NRGBA{245, 125, 5, 100}, 1)
}

func TestCustomFunctionOnALayer(t *testing.T) {
	r := withFile(t, "l_logo/fn_wasm:invert.wasm/fl_layer_apply,g_north_west", pngOf(t, plain(60, 40, red)), "invert.wasm", wasmtest.Invert())
	r.layers["upload/logo"] = asset(t, pngOf(t, plain(20, 20, black)))
	s := r.do(t)
	s.wantAt(t, 5, 5, white255, 0)
	s.wantAt(t, 50, 30, red, 0)
}

func TestCustomFunctionsThatFail(t *testing.T) {
	picture := pngOf(t, plain(8, 8, red))
	for name, c := range map[string]struct {
		module []byte
		reason string
	}{
		"endless": {wasmtest.Endless(), "it ran for too long"},
		"trap":    {wasmtest.Traps(), "transform failed"},
		"none":    {[]byte("hello"), "it is no valid WebAssembly module"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := withFile(t, "fn_wasm:f.wasm", picture, "f.wasm", c.module).try(t)
			wantProblem(t, err, 400, "Custom function f.wasm failed - "+c.reason)
		})
	}
	_, _, err := withFile(t, "fn_wasm:other.wasm", picture, "f.wasm", wasmtest.Invert()).try(t)
	wantProblem(t, err, 404, "Resource not found - other.wasm")
}

func TestColorProfileOfTheEnvironment(t *testing.T) {
	picture := pngOf(t, plain(20, 20, rgb(200, 30, 60)))
	data, _, err := func() ([]byte, *engine.RenderResult, error) {
		r := withFile(t, "cs_icc:brand:swapped.icc", picture, "brand/swapped.icc", swappedProfile("swapped"))
		r.format = "jpg"
		return r.try(t)
	}()
	if err != nil {
		t.Fatal(err)
	}
	// Red and blue change places in the numbers; who reads the profile sees the same colour.
	look(t, data).wantAt(t, 5, 5, rgb(60, 30, 200), 16)
	render(t, "c_scale,w_10", data).wantAt(t, 5, 5, rgb(200, 30, 60), 12)

	_, _, err = withFile(t, "cs_icc:none.icc", picture, "other.icc", swappedProfile("x")).try(t)
	wantProblem(t, err, 404, "Resource not found - none.icc")
	_, _, err = withFile(t, "cs_icc:bad.icc", picture, "bad.icc", []byte("this is not a profile")).try(t)
	wantProblem(t, err, 400, "Invalid color profile - bad.icc")
	broken := swappedProfile("x")[:140]
	_, _, err = withFile(t, "cs_icc:bad.icc", picture, "bad.icc", broken).try(t)
	wantProblem(t, err, 400, "Invalid color profile - bad.icc")
}

func TestMaskChannelsOfTIFF(t *testing.T) {
	masked, _, err := rendering{source: asset(t, pngOf(t, plain(20, 20, color.NRGBA{200, 30, 60, 0}))), format: "tiff"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	render(t, "c_scale,w_10", masked).wantAlpha(t, 5, 5, 0, 0)
	s := render(t, "fl_ignore_mask_channels/c_scale,w_10", masked)
	s.wantAlpha(t, 5, 5, 255, 0)
}
