package vips

import (
	"fmt"
	"image"
	"image/color"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/test/photos"
)

// TestWorkedExamplesB are the rows of section B of the contract's worked examples that are about pixels.
func TestWorkedExamplesB(t *testing.T) {
	camera := jpegOf(t, position(640, 427))
	little := jpegOf(t, position(100, 67))
	shop := pngOf(t, position(400, 300))
	brown, green := rgb(165, 42, 42), rgb(0, 128, 0)
	sizes := []struct {
		row, raw string
		source   []byte
		w, h     int
	}{
		{"B1", "c_scale,w_150", camera, 150, 100},
		{"B2", "c_scale,h_150,w_150", camera, 150, 150},
		{"B4", "c_scale,w_0.5", camera, 320, 214},
		{"B5", "c_scale,h_0.3", jpegOf(t, position(1000, 800)), 300, 240},
		{"B7", "c_limit,h_150,w_150", camera, 150, 100},
		{"B7 small", "c_limit,h_150,w_150", little, 100, 67},
		{"B8", "c_mfit,h_20,w_20", camera, 640, 427},
		{"B10", "c_fill,g_east,h_150,w_150", camera, 150, 150},
		{"B11", "ar_1.0,c_fill,g_north_east,w_250", jpegOf(t, position(1280, 853)), 250, 250},
		{"B13", "c_lfill,h_150,w_150", camera, 150, 150},
		{"B13 small", "c_lfill,h_150,w_150", little, 100, 67},
		{"B14", "w_150,h_150,c_pad,b_brown", camera, 150, 150},
		{"B16", "b_green,c_lpad,h_150,w_400", camera, 400, 150},
		{"B17", "b_green,c_mpad,h_150,w_150", little, 150, 150},
		{"B19", "c_lpad,fl_ignore_aspect_ratio,w_450", little, 450, 67},
		{"B20", "c_crop,g_south,h_150,w_200", shop, 200, 150},
		{"B22", "ar_1.5,c_crop", camera, 640, 427},
		{"B23", "c_crop,h_200,w_300", jpegOf(t, position(864, 576)), 300, 200},
		{"B25", "c_scale,h_150/dpr_2.0", camera, 450, 300},
		{"B29", "c_auto,g_auto,ar_16:9,h_150", camera, 267, 150},
	}
	for _, c := range sizes {
		t.Run(c.row+" size", func(t *testing.T) {
			render(t, c.raw, c.source).wantSize(t, c.w, c.h)
		})
	}
	t.Run("B2 shows the whole picture squeezed", func(t *testing.T) {
		s := render(t, "c_scale,h_150,w_150", camera)
		if l, r := s.at(0, 75).R, s.at(-1, 75).R; l > 8 || r < 247 {
			t.Errorf("left is %d, right is %d", l, r)
		}
	})
	t.Run("B10 keeps the right edge", func(t *testing.T) {
		s := render(t, "c_fill,g_east,h_150,w_150", camera)
		if l, r := s.at(0, 75).R, s.at(-1, 75).R; diff(l, 85) > 8 || r < 247 {
			t.Errorf("left is %d, right is %d", l, r)
		}
	})
	t.Run("B14 bars", func(t *testing.T) {
		s := rendering{raw: "w_150,h_150,c_pad,b_brown", source: asset(t, camera)}.do(t)
		for _, y := range []int{0, 24, 125, 149} {
			s.wantAt(t, 75, y, brown, 3)
		}
		for _, y := range []int{26, 123} {
			if near(s.at(75, y), brown, 20) {
				t.Errorf("row %d is a bar", y)
			}
		}
	})
	t.Run("B16 bars", func(t *testing.T) {
		s := render(t, "b_green,c_lpad,h_150,w_400", camera)
		for _, x := range []int{0, 86, -1, -87} {
			s.wantAt(t, x, 75, green, 3)
		}
		for _, x := range []int{88, -90} {
			if near(s.at(x, 75), green, 20) {
				t.Errorf("column %d is a bar", x)
			}
		}
	})
	t.Run("B17 leaves the picture unscaled", func(t *testing.T) {
		s := render(t, "b_green,c_mpad,h_150,w_150", little)
		s.wantAt(t, 24, 75, green, 3)
		s.wantAt(t, 75, 40, green, 3)
		original := look(t, little)
		s.wantAt(t, 25, 41, original.at(0, 0), 8)
		s.wantAt(t, 124, 107, original.at(-1, -1), 8)
	})
	t.Run("B19 pads horizontally only", func(t *testing.T) {
		s := render(t, "c_lpad,fl_ignore_aspect_ratio,w_450,b_green", little)
		s.wantAt(t, 10, 0, green, 3)
		s.wantAt(t, 175, 0, look(t, little).at(0, 0), 8)
	})
	t.Run("B20 does not touch pixels", func(t *testing.T) {
		s, source := render(t, "c_crop,g_south,h_150,w_200", shop), look(t, shop)
		for _, p := range []image.Point{{0, 0}, {199, 0}, {0, 149}, {199, 149}, {77, 60}} {
			s.wantAt(t, p.X, p.Y, source.at(p.X+100, p.Y+150), 0)
		}
	})
	t.Run("B25 is rendered from the source", func(t *testing.T) {
		photo := photos.Path(t, photos.Coffee)
		source := func() engine.Source { return engine.Source{File: opened(t, photo)} }
		sharp := rendering{raw: "c_scale,h_150/dpr_2.0", source: source()}.do(t)
		blurry := rendering{raw: "c_scale,h_150/c_scale,h_300", source: source()}.do(t)
		if a, b := detail(sharp), detail(blurry); a < b*1.1 {
			t.Errorf("gradient energy %v, of the enlarged one %v", a, b)
		}
	})
	flat := painted(200, 100, func(x, y int) color.NRGBA {
		if x > 60 && x < 120 && y > 30 && y < 80 {
			return rgb(uint8(x), uint8(2*y), 7)
		}
		return rgb(20, 200, 90)
	})
	t.Run("B26 pads with the predominant colour", func(t *testing.T) {
		s := render(t, "b_auto:predominant,c_pad,h_150,w_150", pngOf(t, flat))
		s.wantSize(t, 150, 150)
		s.wantAt(t, 75, 3, rgb(20, 200, 90), 3)
		s.wantAt(t, 75, -3, rgb(20, 200, 90), 3)
	})
	t.Run("B28 pads with a gradient of the palette", func(t *testing.T) {
		s := render(t, "b_auto:predominant_gradient:4:palette_red_green_blue_orange,c_pad,h_150,w_150", pngOf(t, position(200, 100)))
		for _, p := range []image.Point{{0, 0}, {-1, 0}, {0, -1}, {-1, -1}} {
			c := s.at(p.X, p.Y)
			listed := false
			for _, l := range []color.NRGBA{red, green, blue, rgb(255, 165, 0)} {
				listed = listed || near(c, l, 3)
			}
			if !listed {
				t.Errorf("corner %v is %v", p, c)
			}
		}
	})
}

// detail is the mean squared difference of neighbours.
func detail(s *seen) float64 {
	sum, n := 0.0, 0
	for y := range s.Bounds().Dy() {
		for x := range s.Bounds().Dx() - 1 {
			d := float64(s.at(x, y).G) - float64(s.at(x+1, y).G)
			sum += d * d
			n++
		}
	}
	return sum / float64(n)
}

// TestGravityKeepsItsEdge: red grows to the right, green downwards.
func TestGravityKeepsItsEdge(t *testing.T) {
	wide, high := pngOf(t, position(300, 100)), pngOf(t, position(100, 300))
	for _, mode := range []string{"fill", "lfill", "crop", "thumb", "auto"} {
		for _, c := range []struct {
			gravity string
			left    uint8 // red of the left edge of what is kept of a wide picture
			top     uint8 // green of the top edge of what is kept of a high one
		}{
			{"north_west", 0, 0}, {"north", 85, 0}, {"north_east", 170, 0},
			{"west", 0, 85}, {"center", 85, 85}, {"east", 170, 85},
			{"south_west", 0, 170}, {"south", 85, 170}, {"south_east", 170, 170},
		} {
			t.Run(mode+" "+c.gravity, func(t *testing.T) {
				raw := fmt.Sprintf("c_%s,g_%s,w_100,h_100", mode, c.gravity)
				s := render(t, raw, wide)
				s.wantSize(t, 100, 100)
				if got := s.at(0, 50).R; diff(got, c.left) > 2 {
					t.Errorf("left edge %d, want %d", got, c.left)
				}
				s = render(t, raw, high)
				if got := s.at(50, 0).G; diff(got, c.top) > 2 {
					t.Errorf("top edge %d, want %d", got, c.top)
				}
			})
		}
	}
}

func TestOffsets(t *testing.T) {
	wide := pngOf(t, position(301, 100))
	cases := []struct {
		name, raw string
		left      int // column of the source at the left edge
	}{
		{"fill to the right", "c_fill,g_west,x_30,w_100,h_100", 30},
		{"fill from the east counts back", "c_fill,g_east,x_30,w_100,h_100", 171},
		{"fill stays inside", "c_fill,g_west,x_1000,w_100,h_100", 201},
		{"crop by x", "c_crop,x_40,w_100,h_100", 40},
		{"crop by a fraction", "c_crop,x_0.5,w_0.2", 151},
		{"xy_center", "c_fill,g_xy_center,x_100,y_50,w_100,h_100", 50},
		{"xy_center of a crop", "c_crop,g_xy_center,x_100,y_50,w_60,h_60", 70},
		{"xy_center at the border", "c_crop,g_xy_center,x_5,y_50,w_60,h_60", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want := look(t, wide).at(c.left, 0).R
			if got := render(t, c.raw, wide).at(0, 0).R; diff(got, want) > 1 {
				t.Errorf("left edge %d, want %d", got, want)
			}
		})
	}
}

func TestCustomCoordinates(t *testing.T) {
	source := asset(t, pngOf(t, position(400, 200)))
	source.Custom = [][4]int{{10, 10, 20, 20}, {300, 100, 60, 60}}
	s := rendering{raw: "c_crop,g_custom", source: source}.do(t)
	s.wantSize(t, 60, 60)
	s.wantAt(t, 0, 0, position(400, 200).NRGBAAt(300, 100), 0)

	t.Run("behind another component", func(t *testing.T) {
		s := rendering{raw: "c_crop,g_east,w_200,h_200/c_scale,w_100/c_crop,g_custom", source: source}.do(t)
		s.wantSize(t, 30, 30)
		s.wantAt(t, 0, 0, position(400, 200).NRGBAAt(300, 100), 4)
	})
	t.Run("win over attention", func(t *testing.T) {
		s := rendering{raw: "c_fill,g_auto,w_100,h_100", source: source}.do(t)
		if got := s.at(-1, 50).R; got < 245 {
			t.Errorf("right edge %d", got)
		}
	})
	t.Run("none are the center", func(t *testing.T) {
		s := render(t, "c_crop,g_custom,w_100,h_100", pngOf(t, position(400, 200)))
		s.wantAt(t, 0, 0, position(400, 200).NRGBAAt(150, 50), 0)
	})
}

func TestAttention(t *testing.T) {
	// A colourful patch on a grey field.
	field := painted(600, 200, func(x, y int) color.NRGBA {
		if x >= 450 && x < 550 && y >= 60 && y < 140 && (x/6+y/6)%2 == 0 {
			return rgb(230, 60, 40)
		}
		return rgb(128, 128, 128)
	})
	for _, mode := range []string{"fill", "auto", "thumb", "crop", "lfill"} {
		t.Run(mode, func(t *testing.T) {
			s := render(t, "c_"+mode+",g_auto,w_200,h_200", pngOf(t, field))
			s.wantSize(t, 200, 200)
			found := 0
			for x := range 200 {
				if s.at(x, 99).R > 180 {
					found++
				}
			}
			if found < 30 {
				t.Errorf("%d coloured pixels in the middle row", found)
			}
		})
	}
}

func TestFaces(t *testing.T) {
	portrait := func() engine.Source { return engine.Source{File: opened(t, photos.Path(t, photos.Astronaut))} }
	faceCenter := image.Point{223, 112} // between the eyes and the mouth of the astronaut
	t.Run("thumb is around the face", func(t *testing.T) {
		s := rendering{raw: "c_thumb,g_face,w_200,h_200", source: portrait()}.do(t)
		s.wantSize(t, 200, 200)
		crop := s.result.Trace[0].Crop
		if crop == nil {
			t.Fatal("the trace has no crop")
		}
		r := rect{crop[0], crop[1], crop[2], crop[3]}
		x, y := r.center()
		if max(x-float64(faceCenter.X), float64(faceCenter.X)-x, y-float64(faceCenter.Y), float64(faceCenter.Y)-y) > 25 {
			t.Errorf("centered at %v,%v, the face is at %v", x, y, faceCenter)
		}
		if r.w < 130 || r.w > 220 {
			t.Errorf("%d pixels wide", r.w)
		}
	})
	t.Run("crop keeps the face", func(t *testing.T) {
		s := rendering{raw: "c_crop,g_face,w_150,h_150", source: portrait()}.do(t)
		crop := s.result.Trace[0].Crop
		if !holds(*crop, faceCenter) {
			t.Errorf("crop %v", *crop)
		}
	})
	t.Run("zoom shows less", func(t *testing.T) {
		far := rendering{raw: "c_thumb,g_face,w_100,h_100,z_0.8", source: portrait()}.do(t).result.Trace[0].Crop
		close := rendering{raw: "c_thumb,g_face,w_100,h_100,z_1.4", source: portrait()}.do(t).result.Trace[0].Crop
		if close[2] >= far[2] {
			t.Errorf("%d pixels at 1.4, %d at 0.8", close[2], far[2])
		}
	})
	t.Run("found after another component", func(t *testing.T) {
		s := rendering{raw: "a_hflip/c_crop,g_face,w_150,h_150", source: portrait()}.do(t)
		if crop := s.result.Trace[1].Crop; !holds(*crop, image.Point{511 - faceCenter.X, faceCenter.Y}) {
			t.Errorf("crop %v", *crop)
		}
	})
	t.Run("in a jpeg too", func(t *testing.T) {
		s := rendering{raw: "c_fill,g_face,w_100,h_300", source: engine.Source{File: opened(t, photos.Path(t, photos.Footballer))}}.do(t)
		if crop := s.result.Trace[0].Crop; !holds(*crop, image.Point{240, 105}) {
			t.Errorf("crop %v", *crop)
		}
	})
	t.Run("stored faces override detection", func(t *testing.T) {
		source := portrait()
		source.Faces = [][4]int{{400, 400, 20, 20}, {300, 300, 50, 50}}
		s := rendering{raw: "c_crop,g_face", source: source}.do(t)
		if crop := s.result.Trace[0].Crop; *crop != [4]int{300, 300, 50, 50} {
			t.Errorf("crop %v", *crop)
		}
		s = rendering{raw: "c_crop,g_faces", source: source}.do(t)
		if crop := s.result.Trace[0].Crop; *crop != [4]int{300, 300, 120, 120} {
			t.Errorf("crop of all %v", *crop)
		}
	})
	t.Run("no face falls back to the north", func(t *testing.T) {
		s := render(t, "c_fill,g_face,w_100,h_100", pngOf(t, position(100, 300)))
		if got := s.at(50, 0).G; got > 2 {
			t.Errorf("top edge %d", got)
		}
		s = render(t, "c_fill,g_face:center,w_100,h_100", pngOf(t, position(100, 300)))
		if got := s.at(50, 0).G; diff(got, 85) > 2 {
			t.Errorf("top edge of face:center %d", got)
		}
	})
	t.Run("none where there are none", func(t *testing.T) {
		for _, path := range []string{photos.Path(t, photos.Coffee), photos.Path(t, photos.Bridge), photos.Path(t, photos.Dragonfly)} {
			if n := countFaces(t, path); n != 0 {
				t.Errorf("%d faces on %s", n, path)
			}
		}
		if n := countFaces(t, photos.Path(t, photos.Astronaut)); n != 1 {
			t.Errorf("%d faces on the portrait", n)
		}
	})
}

func countFaces(t *testing.T, path string) int {
	t.Helper()
	j, err := newWorker(t).newJob(&engine.RenderRequest{Source: engine.Source{File: opened(t, path)}})
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	n, err := j.countFaces()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func holds(crop [4]int, p image.Point) bool {
	return p.X >= crop[0] && p.Y >= crop[1] && p.X < crop[0]+crop[2] && p.Y < crop[1]+crop[3]
}

func TestGravityThatIsNotThere(t *testing.T) {
	source := pngOf(t, position(50, 50))
	for raw, piece := range map[string]string{
		"c_fill,g_region_!shoes!,w_10,h_10": "shoes",
	} {
		_, _, err := rendering{raw: raw, source: asset(t, source)}.try(t)
		wantProblem(t, err, 400, piece)
	}
}

func TestShrinkOnLoadShowsTheSame(t *testing.T) {
	// The same picture, once from a format that shrinks on load and once from one that does not.
	photo := position(1200, 900)
	plainPhoto := pngOf(t, photo)
	for _, format := range []string{"jpg", "webp"} {
		shrinking := encodeWith(t, photo, format)
		for _, raw := range []string{"c_scale,w_100", "c_fill,g_east,w_80,h_120", "c_crop,x_600,y_450,w_400,h_400/c_scale,w_50", "c_thumb,g_xy_center,x_400,y_300,w_64,h_64"} {
			t.Run(format+" "+raw, func(t *testing.T) {
				got := render(t, raw, shrinking)
				want := render(t, raw, plainPhoto)
				got.wantSize(t, want.size().w, want.size().h)
				for _, p := range []image.Point{{0, 0}, {-1, 0}, {0, -1}, {-1, -1}, {20, 30}} {
					got.wantAt(t, p.X, p.Y, want.at(p.X, p.Y), 8)
				}
			})
		}
	}
}

// TestOnePass: pixels come from the file once, from top to bottom, and every step must live with that.
func TestOnePass(t *testing.T) {
	photo := position(2000, 1500)
	for _, format := range []string{"jpg", "png"} {
		source := encodeWith(t, photo, format)
		for _, raw := range []string{
			"c_scale,w_30", "c_scale,w_200", "c_scale,w_470", "c_scale,w_1400", "c_scale,w_3100", "c_scale,w_100,h_1900",
			"c_fill,g_south,w_300,h_40", "c_crop,g_south_east,w_500,h_400", "c_crop,g_south,w_900,h_900/c_scale,w_90",
			"r_50/c_scale,w_200", "bo_9px_solid_red/c_scale,w_100/a_30", "e_blur:300/c_scale,w_300", "c_scale,w_300/e_sharpen",
			"o_50/c_pad,w_500,h_500", "a_180/c_scale,w_80", "c_pad,w_300,h_300,b_blurred", "c_pad,w_300,h_300,b_auto:predominant",
		} {
			t.Run(format+" "+raw, func(t *testing.T) {
				if _, _, err := (rendering{raw: raw, source: asset(t, source), format: "jpg"}).try(t); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestScalingIsPremultiplied(t *testing.T) {
	// Transparent green beside opaque red must not bleed.
	source := painted(100, 100, func(x, y int) color.NRGBA {
		if x%2 == 0 {
			return color.NRGBA{0, 255, 0, 0}
		}
		return red
	})
	s := render(t, "c_scale,w_10", pngOf(t, source))
	if c := s.at(5, 5); c.G > 10 || diff(c.A, 128) > 12 {
		t.Errorf("pixel %v", c)
	}
}

func TestDPR(t *testing.T) {
	source := pngOf(t, position(400, 300))
	for _, c := range []struct {
		raw  string
		w, h int
	}{
		{"w_100,dpr_2.0", 200, 150},
		{"w_0.25,dpr_2.0", 100, 75},
		{"c_limit,w_300,dpr_2.0", 400, 300},
		{"w_100/bo_5px_solid_red/dpr_2.0", 220, 170},
		{"r_20/dpr_2.0", 400, 300},
	} {
		t.Run(c.raw, func(t *testing.T) { render(t, c.raw, source).wantSize(t, c.w, c.h) })
	}
}

func TestConditionsAndVariables(t *testing.T) {
	source := pngOf(t, position(400, 300))
	for _, c := range []struct {
		name, raw string
		w, h      int
	}{
		{"holds", "if_w_gt_300/c_scale,w_100/if_else/c_scale,w_50/if_end", 100, 75},
		{"does not hold", "if_w_gt_500/c_scale,w_100/if_else/c_scale,w_50/if_end", 50, 38},
		{"of one component", "if_w_gt_500,c_scale,w_100", 400, 300},
		{"sees the current size", "c_scale,w_100/if_w_eq_100,c_scale,w_40", 40, 30},
		{"sees the original", "c_scale,w_100/c_scale,w_iw_div_2", 200, 150},
		{"variable", "$small_80/c_scale,w_$small", 80, 60},
		{"expression", "$small_80/c_scale,w_$small_mul_2_add_10", 170, 128},
		{"tags", "if_!sale!_in_tags/c_scale,w_10/if_end", 400, 300},
	} {
		t.Run(c.name, func(t *testing.T) { render(t, c.raw, source).wantSize(t, c.w, c.h) })
	}
	t.Run("C17 no face is no face", func(t *testing.T) {
		s := render(t, "$bcolor_!red!/if_fc_gt_0/$bcolor_!rgb:374663!/if_end/c_fill,h_220,w_220/bo_5px_solid_$bcolor", source)
		s.wantSize(t, 230, 230)
		s.wantAt(t, 2, 100, red, 3)
	})
	t.Run("C17 a face is one", func(t *testing.T) {
		s := rendering{
			raw:    "$bcolor_!red!/if_fc_gt_0/$bcolor_!rgb:374663!/if_end/c_fill,h_220,w_220/bo_5px_solid_$bcolor",
			source: engine.Source{File: opened(t, photos.Path(t, photos.Astronaut))},
		}.do(t)
		s.wantAt(t, 2, 100, rgb(0x37, 0x46, 0x63), 3)
	})
	t.Run("E25 tags", func(t *testing.T) {
		src := asset(t, source)
		src.Tags = []string{"sale", "in_stock"}
		s := rendering{raw: "if_!sale:in_stock!_in_tags/c_scale,w_10/if_end", source: src}.do(t)
		s.wantSize(t, 10, 8)
	})
}
