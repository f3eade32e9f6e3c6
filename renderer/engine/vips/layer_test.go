package vips

import (
	"image/color"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/test/photos"
)

// icon is white where it is opaque: a disc on nothing.
func icon(t *testing.T, side int) []byte {
	t.Helper()
	r := float64(side) / 2
	return pngOf(t, painted(side, side, func(x, y int) color.NRGBA {
		dx, dy := float64(x)+0.5-r, float64(y)+0.5-r
		if dx*dx+dy*dy <= r*r {
			return white255
		}
		return color.NRGBA{255, 255, 255, 0}
	}))
}

// TestGuide are the rows A1 and A2: the picture of the onboarding guide.
func TestGuide(t *testing.T) {
	for _, gravity := range []string{"g_face", "g_center"} {
		guide := func(middle string) *seen {
			return rendering{
				raw:    "c_thumb," + gravity + ",h_200,w_200/" + middle + "/l_cloudinary_icon_white,o_50,w_0.25,fl_relative,g_north_east,y_10,x_10",
				source: engine.Source{File: opened(t, photos.Path(t, photos.Astronaut))},
				layers: map[string]engine.Source{"upload/cloudinary_icon_white": asset(t, icon(t, 300))},
			}.do(t)
		}
		// The icon is a quarter of 210: 52.5, which rounds to 53. Its right edge is 10 px from the right.
		const left, right, top = 210 - 10 - 53, 210 - 10 - 1, 10
		t.Run("A1 "+gravity, func(t *testing.T) {
			s := guide("r_20,bo_5px_solid_black")
			s.wantSize(t, 210, 210)
			s.wantAlpha(t, 0, 0, 0, 0)
			s.wantAt(t, 0, 105, black, 3)
			s.wantAt(t, 4, 105, black, 3)
			bare := rendering{
				raw:    "c_thumb," + gravity + ",h_200,w_200/r_20,bo_5px_solid_black",
				source: engine.Source{File: opened(t, photos.Path(t, photos.Astronaut))},
			}.do(t)
			for _, p := range [][2]int{{left + 26, top + 26}, {left + 2, top + 26}, {right - 2, top + 26}, {left + 26, top + 2}} {
				under := bare.at(p[0], p[1])
				s.wantAt(t, p[0], p[1], rgb(mean(under.R), mean(under.G), mean(under.B)), 3)
			}
			for _, p := range [][2]int{{left - 2, top + 26}, {right + 2, top + 26}, {left + 26, top - 2}, {left + 26, top + 55}} {
				s.wantAt(t, p[0], p[1], bare.at(p[0], p[1]), 3)
			}
		})
		t.Run("A2 "+gravity, func(t *testing.T) {
			s := guide("r_20/bo_5px_solid_black")
			s.wantSize(t, 210, 210)
			s.wantAt(t, 0, 0, black, 3)
			s.wantAlpha(t, 6, 6, 0, 0)
		})
	}
}

// mean is half way to white.
func mean(v uint8) uint8 { return uint8((int(v) + 255) / 2) }

func TestLayers(t *testing.T) {
	base := func() engine.Source { return asset(t, pngOf(t, plain(200, 100, blue))) }
	layers := func(w, h int, c color.NRGBA) map[string]engine.Source {
		return map[string]engine.Source{"upload/logo": asset(t, pngOf(t, plain(w, h, c)))}
	}
	with := func(t *testing.T, raw string, layers map[string]engine.Source) *seen {
		t.Helper()
		return rendering{raw: raw, source: base(), layers: layers}.do(t)
	}
	t.Run("placed by gravity and inward offset", func(t *testing.T) {
		for gravity, corner := range map[string][2]int{
			"north_west": {5, 7}, "north_east": {200 - 20 - 5, 7}, "south_west": {5, 100 - 10 - 7}, "south_east": {200 - 20 - 5, 100 - 10 - 7},
			"center": {95, 52}, "north": {95, 7}, "south": {95, 83}, "east": {175, 52}, "west": {5, 52},
		} {
			s := with(t, "l_logo/fl_layer_apply,g_"+gravity+",x_5,y_7", layers(20, 10, red))
			s.wantSize(t, 200, 100)
			s.wantAt(t, corner[0], corner[1], red, 0)
			s.wantAt(t, corner[0]+19, corner[1]+9, red, 0)
			s.wantAt(t, corner[0]-1, corner[1], blue, 0)
			s.wantAt(t, corner[0], corner[1]-1, blue, 0)
			s.wantAt(t, corner[0]+20, corner[1]+9, blue, 0)
		}
	})
	t.Run("center is the default", func(t *testing.T) {
		s := with(t, "l_logo/fl_layer_apply", layers(20, 10, red))
		s.wantAt(t, 90, 45, red, 0)
		s.wantAt(t, 109, 54, red, 0)
		s.wantAt(t, 110, 55, blue, 0)
	})
	t.Run("fractions of an offset are of the base", func(t *testing.T) {
		s := with(t, "l_logo/fl_layer_apply,g_north_west,x_0.5,y_0.5", layers(20, 10, red))
		s.wantAt(t, 100, 50, red, 0)
		s.wantAt(t, 99, 49, blue, 0)
	})
	t.Run("fractions of a size are of the layer", func(t *testing.T) {
		s := with(t, "l_logo/c_scale,w_0.5/fl_layer_apply,g_north_west", layers(40, 20, red))
		s.wantAt(t, 19, 9, red, 0)
		s.wantAt(t, 20, 10, blue, 0)
	})
	t.Run("E1 fl_relative is of the base", func(t *testing.T) {
		s := with(t, "l_logo/c_scale,fl_relative,w_0.3/fl_layer_apply,g_north_east", layers(40, 20, red))
		s.wantSize(t, 200, 100)
		s.wantAt(t, 140, 29, red, 0)
		s.wantAt(t, 139, 29, blue, 0)
		s.wantAt(t, 140, 30, blue, 0)
	})
	t.Run("E2 the base is scaled first", func(t *testing.T) {
		s := with(t, "c_scale,w_100/l_logo/c_thumb,g_center,w_30/fl_layer_apply,g_north_west", layers(40, 20, red))
		s.wantSize(t, 100, 50)
		s.wantAt(t, 29, 14, red, 0)
		s.wantAt(t, 30, 14, blue, 0)
	})
	t.Run("E4 the canvas grows", func(t *testing.T) {
		s := with(t, "l_logo/fl_layer_apply", layers(300, 40, red))
		s.wantSize(t, 300, 100)
		s.wantAt(t, 0, 50, red, 0)
		s.wantAlpha(t, 0, 0, 0, 0)
		s.wantAt(t, 60, 0, blue, 0)
	})
	t.Run("E4 unless told not to", func(t *testing.T) {
		s := with(t, "l_logo/fl_layer_apply,fl_no_overflow", layers(300, 40, red))
		s.wantSize(t, 200, 100)
		s.wantAt(t, 0, 50, red, 0)
		s.wantAt(t, 199, 50, red, 0)
		s.wantAt(t, 0, 0, blue, 0)
	})
	t.Run("beside each other", func(t *testing.T) {
		s := with(t, "l_logo/fl_layer_apply,g_west,x_200", layers(50, 100, red))
		s.wantSize(t, 250, 100)
		s.wantAt(t, 249, 50, red, 0)
		s.wantAt(t, 199, 50, blue, 0)
	})
	t.Run("E5 tiled", func(t *testing.T) {
		tile := map[string]engine.Source{"upload/logo": asset(t, pngOf(t, quadrants(20, 20)))}
		s := with(t, "l_logo/fl_layer_apply,fl_tiled,g_north_west,x_5", tile)
		s.wantSize(t, 200, 100)
		for _, x := range []int{5, 25, 185} {
			s.wantAt(t, x, 0, red, 0)
			s.wantAt(t, x+10, 0, green, 0)
			s.wantAt(t, x, 90, blue, 0)
		}
		s.wantAt(t, 0, 0, green, 0)
	})
	t.Run("E7 screen lightens", func(t *testing.T) {
		s := with(t, "l_logo/e_screen,fl_layer_apply", layers(200, 100, rgb(100, 100, 0)))
		s.wantAt(t, 50, 50, rgb(100, 100, 255), 2)
	})
	t.Run("multiply darkens", func(t *testing.T) {
		s := with(t, "l_logo/e_multiply,fl_layer_apply", layers(200, 100, rgb(128, 128, 128)))
		s.wantAt(t, 50, 50, rgb(0, 0, 128), 2)
	})
	t.Run("E8 grey overlay changes nothing", func(t *testing.T) {
		s := with(t, "l_logo/e_overlay,fl_layer_apply", layers(200, 100, rgb(128, 128, 128)))
		s.wantAt(t, 50, 50, blue, 3)
	})
	t.Run("E10 cut out", func(t *testing.T) {
		s := with(t, "l_logo/e_cut_out,fl_layer_apply,g_south_west,x_20,y_20", layers(50, 30, red))
		s.wantSize(t, 200, 100)
		s.wantAlpha(t, 20, 79, 0, 0)
		s.wantAlpha(t, 69, 50, 0, 0)
		s.wantAlpha(t, 70, 50, 255, 0)
		s.wantAlpha(t, 19, 79, 255, 0)
	})
	t.Run("E11 cutter", func(t *testing.T) {
		s := with(t, "l_logo/fl_cutter,fl_layer_apply", layers(50, 30, color.NRGBA{9, 9, 9, 128}))
		s.wantSize(t, 200, 100)
		s.wantAlpha(t, 0, 0, 0, 0)
		s.wantAlpha(t, 100, 50, 128, 1)
		if c := s.at(100, 50); diff(c.B, 255) > 2 {
			t.Errorf("pixel %v", c)
		}
	})
	t.Run("mask keeps what is white", func(t *testing.T) {
		mask := map[string]engine.Source{"upload/logo": asset(t, pngOf(t, painted(200, 100, func(x, _ int) color.NRGBA {
			if x < 100 {
				return white255
			}
			return black
		})))}
		s := with(t, "l_logo/e_mask,fl_layer_apply", mask)
		s.wantAlpha(t, 50, 50, 255, 0)
		s.wantAlpha(t, 150, 50, 0, 0)
	})
	t.Run("E13 underlay", func(t *testing.T) {
		phone := painted(100, 100, func(x, y int) color.NRGBA {
			if x > 30 && x < 70 {
				return green
			}
			return color.NRGBA{}
		})
		s := rendering{raw: "u_logo/c_fill,fl_layer_apply,fl_relative,h_1.0,w_1.0", source: asset(t, pngOf(t, phone)), layers: layers(40, 30, red)}.do(t)
		s.wantSize(t, 100, 100)
		s.wantAt(t, 50, 50, green, 0)
		s.wantAt(t, 0, 0, red, 0)
		s.wantAt(t, 99, 99, red, 0)
	})
	t.Run("underlay larger than the base", func(t *testing.T) {
		s := with(t, "u_logo/fl_layer_apply", layers(220, 120, red))
		s.wantSize(t, 220, 120)
		s.wantAt(t, 5, 5, red, 0)
		s.wantAt(t, 15, 15, blue, 0)
	})
	t.Run("layers inside layers", func(t *testing.T) {
		sources := layers(60, 40, red)
		sources["upload/dot"] = asset(t, pngOf(t, plain(10, 10, green)))
		s := with(t, "l_logo/l_dot/fl_layer_apply,g_north_west/fl_layer_apply,g_south_east", sources)
		s.wantAt(t, 140, 60, green, 0)
		s.wantAt(t, 150, 70, red, 0)
		s.wantAt(t, 139, 59, blue, 0)
	})
	t.Run("transformed layers", func(t *testing.T) {
		s := with(t, "l_logo/a_90/r_max/o_50/fl_layer_apply,g_north_west", layers(60, 40, red))
		s.wantAt(t, 20, 30, rgb(128, 0, 127), 2)
		s.wantAt(t, 0, 0, blue, 0)
		s.wantAt(t, 40, 30, blue, 0)
	})
	t.Run("a layer on every face", func(t *testing.T) {
		source := base()
		source.Faces = [][4]int{{20, 20, 20, 20}, {120, 40, 20, 20}}
		s := rendering{raw: "l_logo/fl_layer_apply,g_faces", source: source, layers: layers(10, 10, red)}.do(t)
		s.wantAt(t, 30, 30, red, 0)
		s.wantAt(t, 130, 50, red, 0)
		s.wantAt(t, 80, 40, blue, 0)
	})
	t.Run("E26 sized by the region", func(t *testing.T) {
		source := base()
		source.Faces = [][4]int{{20, 20, 20, 20}, {120, 40, 40, 40}}
		s := rendering{raw: "l_logo/c_scale,fl_region_relative,w_1.5/fl_layer_apply,g_faces", source: source, layers: layers(10, 10, red)}.do(t)
		s.wantAt(t, 16, 30, red, 0)
		s.wantAt(t, 14, 30, blue, 0)
		s.wantAt(t, 111, 60, red, 0)
		s.wantAt(t, 109, 60, blue, 0)
	})
	t.Run("large layers on a large base", func(t *testing.T) {
		source := asset(t, pngOf(t, plain(1200, 900, blue)))
		source.Faces = [][4]int{{200, 200, 20, 20}, {900, 700, 20, 20}, {500, 400, 20, 20}}
		s := rendering{raw: "l_logo/c_scale,w_300/fl_layer_apply,g_faces/l_logo/fl_layer_apply,g_south", source: source, layers: layers(600, 400, red)}.do(t)
		s.wantAt(t, 210, 210, red, 0)
		s.wantAt(t, 910, 710, red, 0)
		s.wantAt(t, 600, 880, red, 0)
		s.wantAt(t, 20, 880, blue, 0)
	})
	t.Run("a layer outside changes nothing", func(t *testing.T) {
		s := with(t, "l_logo/fl_layer_apply,fl_no_overflow,g_west,x_500", layers(20, 10, red))
		s.wantSize(t, 200, 100)
		s.wantAt(t, 199, 50, blue, 0)
	})
	t.Run("no face, no layer", func(t *testing.T) {
		s := with(t, "l_logo/fl_layer_apply,g_face", layers(10, 10, red))
		s.wantAt(t, 100, 50, blue, 0)
	})
	t.Run("an opaque base stays opaque", func(t *testing.T) {
		s := with(t, "l_logo,o_50/fl_layer_apply", layers(20, 10, red))
		s.wantAlpha(t, 100, 50, 255, 0)
	})
	t.Run("over a jpeg", func(t *testing.T) {
		s := rendering{raw: "c_scale,w_100/l_logo/fl_layer_apply,g_north_west", source: asset(t, jpegOf(t, plain(800, 400, blue))),
			layers: layers(20, 10, red), format: "jpg"}.do(t)
		s.wantSize(t, 100, 50)
		s.wantAt(t, 5, 4, red, 40)
		s.wantAt(t, 60, 40, blue, 8)
	})
}

func TestDisplace(t *testing.T) {
	// Red grows by 1 per pixel to the right, so that it tells where a pixel comes from.
	base := func() engine.Source {
		return asset(t, pngOf(t, painted(200, 200, func(x, y int) color.NRGBA { return rgb(uint8(x), uint8(y), 0) })))
	}
	with := func(raw string, chart color.NRGBA) *seen {
		return rendering{raw: raw, source: base(), layers: map[string]engine.Source{"upload/chart": asset(t, pngOf(t, plain(100, 100, chart)))}}.do(t)
	}
	const block = "l_chart/e_displace,fl_layer_apply,"
	for name, c := range map[string]struct {
		raw   string
		chart color.NRGBA
		want  color.NRGBA // of the pixel 100,100
	}{
		"light to the right": {block + "x_20", rgb(255, 128, 0), rgb(120, 100, 0)},
		"dark to the left":   {block + "x_20", rgb(1, 128, 0), rgb(80, 100, 0)},
		"down":               {block + "y_20", rgb(255, 255, 0), rgb(100, 120, 0)},
		"both":               {block + "x_20,y_-10", rgb(255, 255, 255), rgb(120, 90, 0)},
		"grey":               {block + "x_20,y_20", rgb(128, 128, 128), rgb(100, 100, 0)},
		"translucent":        {block + "x_20", color.NRGBA{255, 255, 255, 128}, rgb(110, 100, 0)},
		"beyond the edge":    {block + "x_500", rgb(255, 128, 128), rgb(199, 100, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			s := with(c.raw, c.chart)
			s.wantSize(t, 200, 200)
			s.wantAt(t, 100, 100, c.want, 1)
			s.wantAt(t, 20, 20, rgb(20, 20, 0), 0) // outside of the layer
		})
	}
}

func TestAntiRemoval(t *testing.T) {
	sources := map[string]engine.Source{"upload/logo": asset(t, icon(t, 200))}
	render := func(effect string) *seen {
		return rendering{raw: "l_logo/" + effect + "fl_layer_apply,g_north_west,x_50,y_50", source: asset(t, pngOf(t, plain(300, 300, blue))), layers: sources}.do(t)
	}
	plain, mild, strong := render(""), render("e_anti_removal:10,"), render("e_anti_removal:95,")
	differing := func(s *seen) (n int) {
		for y := range 300 {
			for x := range 300 {
				if !near(s.at(x, y), plain.at(x, y), 40) {
					n++
				}
			}
		}
		return n
	}
	a, b := differing(mild), differing(strong)
	if a == 0 || b < 2*a || b > 300*300/10 {
		t.Errorf("%d pixels differ at 10, %d at 95", a, b)
	}
	strong.wantAt(t, 150, 150, white255, 0)
	strong.wantAt(t, 20, 20, blue, 0)
	if again := render("e_anti_removal:95,"); string(again.data) != string(strong.data) {
		t.Error("a second rendering is not the same")
	}
}

func TestVariableLayers(t *testing.T) {
	base := func() engine.Source {
		source := asset(t, pngOf(t, plain(100, 50, blue)))
		source.PublicID = "base"
		return source
	}
	logo := map[string]engine.Source{"upload/logo": asset(t, pngOf(t, plain(10, 10, red)))}
	t.Run("the picture as it was", func(t *testing.T) {
		s := rendering{raw: "$img_current/e_negate/l_$img/c_scale,w_20/fl_layer_apply,g_north_west", source: base()}.do(t)
		s.wantSize(t, 100, 50)
		s.wantAt(t, 19, 9, blue, 0)
		s.wantAt(t, 20, 10, rgb(255, 255, 0), 0)
	})
	t.Run("the original", func(t *testing.T) {
		s := rendering{raw: "$img_current:public_id/c_scale,w_40/e_negate/l_$img/c_scale,w_20/fl_layer_apply,g_north_west", source: base()}.do(t)
		s.wantSize(t, 40, 20)
		s.wantAt(t, 19, 9, blue, 0)
		s.wantAt(t, 20, 10, rgb(255, 255, 0), 0)
	})
	t.Run("the last value counts", func(t *testing.T) {
		s := rendering{raw: "$img_current/$img_ref:!logo!/l_$img/fl_layer_apply,g_north_west", source: base(), layers: logo}.do(t)
		s.wantAt(t, 9, 9, red, 0)
		s.wantAt(t, 10, 10, blue, 0)
	})
	t.Run("where it is put is said inside of it", func(t *testing.T) {
		s := rendering{raw: "l_logo/$k_30/if_w_gt_1/$m_5/if_end/fl_layer_apply,g_north_west,x_$k,y_$m", source: base(), layers: logo}.do(t)
		s.wantSize(t, 100, 50)
		s.wantAt(t, 29, 9, blue, 0)
		s.wantAt(t, 30, 5, red, 0)
		s.wantAt(t, 30, 4, blue, 0)
	})
	t.Run("no picture", func(t *testing.T) {
		_, _, err := rendering{raw: "l_$img/fl_layer_apply", source: base()}.try(t)
		wantProblem(t, err, 400, "$img is not an image")
	})
}

// TestNesting: layers inside layers inside layers end at a depth, with a clear word.
func TestNesting(t *testing.T) {
	sources := map[string]engine.Source{"upload/logo": asset(t, pngOf(t, plain(10, 10, red)))}
	nested := func(depth int) string {
		return strings.Repeat("l_logo/", depth) + strings.TrimSuffix(strings.Repeat("fl_layer_apply/", depth), "/")
	}
	rendering{raw: nested(8), source: asset(t, pngOf(t, plain(20, 20, blue))), layers: sources}.do(t)
	_, _, err := rendering{raw: nested(9), source: asset(t, pngOf(t, plain(20, 20, blue))), layers: sources}.try(t)
	wantProblem(t, err, 400, "nested too deeply")
	if _, err := transform.Parse(nested(100), nil); err == nil {
		t.Error("a hundred nested layers are taken")
	}
	// One after the other they are fine.
	rendering{raw: strings.TrimSuffix(strings.Repeat("l_logo/fl_layer_apply/", 50), "/"), source: asset(t, pngOf(t, plain(20, 20, blue))), layers: sources}.do(t)
}

func TestLayerProblems(t *testing.T) {
	source := func() engine.Source { return asset(t, pngOf(t, plain(20, 20, blue))) }
	for _, c := range []struct {
		name, raw string
		layers    map[string]engine.Source
		status    int
		piece     string
	}{
		{"missing asset", "l_docs:logo/fl_layer_apply", nil, 404, "Resource not found - docs/logo"},
		{"not an image", "l_logo/fl_layer_apply", map[string]engine.Source{"upload/logo": asset(t, []byte("no picture at all"))}, 400, "Invalid image file"},
		{"displacement by nothing", "l_logo/e_displace,fl_layer_apply", map[string]engine.Source{"upload/logo": source()}, 400, "e_displace needs x or y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := rendering{raw: c.raw, source: source(), layers: c.layers}.try(t)
			wantProblem(t, err, c.status, c.piece)
		})
	}
}
