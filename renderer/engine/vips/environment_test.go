package vips

import (
	"image"
	"image/draw"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/psd/psdtest"
)

// TestCharacteristics asks for the value of each characteristic by a condition that holds for the right one only.
func TestCharacteristics(t *testing.T) {
	framed := plain(100, 60, white255)
	draw.Draw(framed, image.Rect(10, 10, 50, 30), image.NewUniform(red), image.Point{}, draw.Src)
	picture := pngOf(t, framed)
	layered := psdtest.Document(40, 30, psdtest.Layer{Name: "sky", Bounds: image.Rect(0, 0, 40, 10)}, psdtest.Layer{Name: "tree", Bounds: image.Rect(8, 5, 20, 25)})
	for _, c := range []struct {
		condition string
		source    []byte
	}{
		{"trw_eq_40", picture}, {"trh_eq_20", picture}, {"tar_eq_2", picture},
		{"w_eq_100_and_ih_eq_60", picture}, {"cp_eq_1_and_pc_eq_1", picture}, {"lc_eq_0_and_px_eq_0", picture}, {"idn_eq_72", picture},
		{"du_eq_0_and_idu_eq_0", picture}, {"lc_eq_2_and_pc_eq_2", layered}, {"!sky!_in_pgnames", layered}, {"!sky:tree!_in_page_names", layered}, {"!sea!_nin_pgnames", layered},
	} {
		t.Run(c.condition, func(t *testing.T) {
			s := render(t, "if_"+c.condition+"/c_scale,h_3,w_3/if_end", c.source)
			s.wantSize(t, 3, 3)
		})
	}
	for _, c := range []string{"cp_eq_2", "px_eq_8_and_py_eq_5", "w_eq_12_and_h_eq_20"} {
		t.Run("pg_2 "+c, func(t *testing.T) {
			s := render(t, "pg_2/if_"+c+"/c_scale,h_3,w_3/if_end", layered)
			s.wantSize(t, 3, 3)
		})
	}
}

func TestTrimmedSizeFollowsTheChain(t *testing.T) {
	framed := plain(100, 60, white255)
	draw.Draw(framed, image.Rect(10, 10, 50, 30), image.NewUniform(red), image.Point{}, draw.Src)
	// Cut through the middle of the red part, it is half as wide.
	s := render(t, "c_crop,w_30,h_60,x_0,y_0/$a_trw/c_scale,w_$a", pngOf(t, framed))
	s.wantSize(t, 20, 40)
}

func TestDensityAndPageByVariables(t *testing.T) {
	document, _, err := rendering{source: asset(t, pngOf(t, quadrants(72, 36))), format: "pdf"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	render(t, "$d_144/dn_$d", document).wantSize(t, 144, 72)
	render(t, "dn_idn", document).wantSize(t, 150, 75)
	frames := animation(t, 20, 20, 3)
	s := render(t, "$p_2/pg_$p", frames)
	s.wantAt(t, 5, 5, rgb(25, 0, 255), 8)
	s = rendering{raw: "pg_$p", source: asset(t, frames)}.withContext(t, "$p_ctx:!page!/pg_$p", map[string]string{"page": "3"})
	s.wantAt(t, 5, 5, rgb(50, 0, 255), 8)
	for raw, message := range map[string]string{
		"pg_$p":                 "Undefined variable - $p",
		"$p_w/pg_$p":            "Undefined variable - $p",
		"$d_0/dn_$d":            "Invalid density - 0",
		"dn_$d":                 "Undefined variable - $d",
		"if_w_gt_1/pg_2/if_end": "Invalid page - pg_2 cannot be under a condition",
	} {
		_, _, err := rendering{raw: raw, source: asset(t, frames)}.try(t)
		wantProblem(t, err, 400, message)
	}
}

// withContext renders another transformation with the context of an asset.
func (r rendering) withContext(t testing.TB, raw string, context map[string]string) *seen {
	t.Helper()
	r.raw = raw
	r.source = engine.Source{File: r.source.File, Context: context}
	return r.do(t)
}

// TestOriginalDensityIsKept writes the density of the original into the file.
func TestOriginalDensityIsKept(t *testing.T) {
	first, _, err := rendering{raw: "dn_300", source: asset(t, pngOf(t, plain(20, 20, red))), format: "jpg"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := rendering{raw: "c_scale,w_10/dn_idn", source: asset(t, first), format: "jpg"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	render(t, "if_idn_eq_300/c_scale,w_3,h_3/if_end", again).wantSize(t, 3, 3)
}
