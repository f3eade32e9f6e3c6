package vips

import (
	"bytes"
	"image/color"
	"testing"
)

func containsBytes(data []byte, text string) bool { return bytes.Contains(data, []byte(text)) }

// TestWorkedExamplesC are the rows of section C of the contract's worked examples that are about pixels.
func TestWorkedExamplesC(t *testing.T) {
	sheep := pngOf(t, quadrants(900, 600))
	chicken := pngOf(t, position(600, 400))
	leaves := jpegOf(t, position(800, 600))
	t.Run("C1", func(t *testing.T) {
		s := render(t, "a_90", sheep)
		s.wantSize(t, 600, 900)
		s.wantAt(t, -1, 0, red, 0)
		s.wantAt(t, 0, 0, blue, 0)
	})
	t.Run("C2", func(t *testing.T) {
		s := render(t, "a_vflip.20", sheep)
		if got := s.size(); max(got.w-1051, 1051-got.w, got.h-872, 872-got.h) > 2 {
			t.Errorf("size %v", got)
		}
		s.wantAlpha(t, 0, 0, 0, 0)
		// Flipped first: blue is at the top left of the turned picture, which lies near the top.
		s.wantAt(t, s.size().w*2/5, 150, blue, 3)
	})
	t.Run("C4", func(t *testing.T) {
		s := render(t, "r_max", chicken)
		for _, p := range [][2]int{{0, 0}, {-1, 0}, {0, -1}, {-1, -1}, {60, 60}} {
			s.wantAlpha(t, p[0], p[1], 0, 0)
		}
		for _, p := range [][2]int{{300, 200}, {300, 1}, {300, -2}, {1, 200}, {-2, 200}} {
			s.wantAlpha(t, p[0], p[1], 255, 0)
		}
	})
	t.Run("C5", func(t *testing.T) {
		s := rendering{raw: "ar_1.0,c_fill,w_250/r_max", source: asset(t, chicken), format: "webp"}.do(t)
		s.wantSize(t, 250, 250)
		s.wantAlpha(t, 0, 0, 0, 0)
		s.wantAlpha(t, 125, 125, 255, 0)
	})
	t.Run("C7", func(t *testing.T) {
		s := render(t, "r_20:80", chicken)
		s.wantAlpha(t, 3, 3, 0, 0)
		s.wantAlpha(t, 590, 10, 0, 0)
		s.wantAlpha(t, 10, 390, 0, 0)
		s.wantAlpha(t, 597, 397, 0, 0)
		s.wantAlpha(t, 22, 22, 255, 0)
		s.wantAlpha(t, 577, 377, 255, 0)
	})
	t.Run("C8", func(t *testing.T) {
		s := render(t, "bo_5px_solid_blue,r_80", chicken)
		s.wantSize(t, 610, 410)
		s.wantAlpha(t, 0, 0, 0, 0)
		s.wantAt(t, 1, 205, blue, 3)
		s.wantAt(t, 300, 1, blue, 3)
		// On the diagonal of the top left corner: outside, on the ring, inside.
		ring := 26 // 85 less 82.5 divided by the square root of two
		s.wantAt(t, ring, ring, blue, 3)
		s.wantAlpha(t, 20, 20, 0, 0)
		s.wantAt(t, 35, 35, look(t, chicken).at(30, 30), 3)
	})
	t.Run("C8 has no seam", func(t *testing.T) {
		s := render(t, "bo_5px_solid_blue,r_80", pngOf(t, plain(600, 400, blue)))
		for i := range 200 {
			if c := s.at(30+i, 30); c.A < 254 || c.B < 254 {
				t.Fatalf("pixel %d is %v", i, c)
			}
		}
	})
	t.Run("C10", func(t *testing.T) {
		s := render(t, "bo_40px_solid_brown", leaves)
		s.wantSize(t, 880, 680)
		s.wantAt(t, 0, 0, rgb(165, 42, 42), 3)
		s.wantAt(t, 39, 300, rgb(165, 42, 42), 3)
		s.wantAt(t, 40, 40, look(t, leaves).at(0, 0), 8)
	})
	t.Run("C11", func(t *testing.T) {
		s := rendering{raw: "bo_60px_solid_rgb:00390b60", source: asset(t, leaves), format: "jpg"}.do(t)
		s.wantSize(t, 920, 720)
		s.wantAt(t, 10, 300, rgb(159, 180, 163), 8)
	})
	t.Run("C13", func(t *testing.T) {
		s := render(t, "ar_1.0,c_fill,h_250/bo_5px_solid_lightblue", leaves)
		s.wantSize(t, 260, 260)
		s.wantAt(t, 2, 130, rgb(173, 216, 230), 3)
	})
	t.Run("C14", func(t *testing.T) {
		flat := jpegOf(t, plain(64, 64, rgb(100, 50, 200)))
		s := rendering{raw: "o_30", source: asset(t, flat), format: "jpg"}.do(t)
		s.wantAt(t, 32, 32, rgb(209, 194, 239), 8)
	})
	t.Run("C16", func(t *testing.T) {
		s := render(t, "co_rgb:20a020,e_colorize:50", pngOf(t, plain(20, 20, rgb(100, 50, 200))))
		s.wantAt(t, 10, 10, rgb(66, 105, 116), 3)
	})
}

func TestRightAnglesAreLossless(t *testing.T) {
	source := position(60, 40)
	for raw, at := range map[string]func(x, y int) color.NRGBA{
		"a_90":             func(x, y int) color.NRGBA { return source.NRGBAAt(y, 39-x) },
		"a_180":            func(x, y int) color.NRGBA { return source.NRGBAAt(59-x, 39-y) },
		"a_270":            func(x, y int) color.NRGBA { return source.NRGBAAt(59-y, x) },
		"a_-90":            func(x, y int) color.NRGBA { return source.NRGBAAt(59-y, x) },
		"a_hflip":          func(x, y int) color.NRGBA { return source.NRGBAAt(59-x, y) },
		"a_vflip":          func(x, y int) color.NRGBA { return source.NRGBAAt(x, 39-y) },
		"a_hflip.90":       func(x, y int) color.NRGBA { return source.NRGBAAt(59-y, 39-x) },
		"a_360":            source.NRGBAAt,
		"c_scale,w_60,a_0": source.NRGBAAt,
	} {
		t.Run(raw, func(t *testing.T) {
			s := render(t, raw, pngOf(t, source))
			for y := range s.size().h {
				for x := range s.size().w {
					if got, want := s.at(x, y), at(x, y); got != want {
						t.Fatalf("%d,%d is %v, want %v", x, y, got, want)
					}
				}
			}
		})
	}
}

func TestTurning(t *testing.T) {
	source := pngOf(t, plain(200, 100, blue))
	t.Run("corners are transparent", func(t *testing.T) {
		s := render(t, "a_45", source)
		s.wantAlpha(t, 0, 0, 0, 0)
		s.wantAt(t, s.size().w/2, s.size().h/2, blue, 0)
	})
	t.Run("corners take the background", func(t *testing.T) {
		render(t, "a_45,b_red", source).wantAt(t, 0, 0, red, 0)
	})
	t.Run("corners are white in a jpeg", func(t *testing.T) {
		rendering{raw: "a_45", source: asset(t, source), format: "jpg"}.do(t).wantAt(t, 0, 0, white255, 3)
	})
	t.Run("large pictures are scaled down first", func(t *testing.T) {
		s := render(t, "a_45", pngOf(t, plain(4000, 20, blue)))
		if w := s.size().w; w < 2125 || w > 2140 {
			t.Errorf("%d wide", w)
		}
	})
}

func TestRadiusAndBorderAcrossComponents(t *testing.T) {
	source := pngOf(t, plain(200, 200, blue))
	t.Run("the same component follows the curve", func(t *testing.T) {
		s := render(t, "r_20,bo_5px_solid_black", source)
		s.wantSize(t, 210, 210)
		s.wantAlpha(t, 0, 0, 0, 0)
		s.wantAt(t, 0, 105, black, 0)
		s.wantAt(t, 5, 105, blue, 0)
	})
	t.Run("another component draws a frame", func(t *testing.T) {
		s := render(t, "r_20/bo_5px_solid_black", source)
		s.wantAt(t, 0, 0, black, 0)
		s.wantAlpha(t, 6, 6, 0, 0)
	})
	t.Run("borders stack outwards", func(t *testing.T) {
		s := render(t, "bo_5px_solid_black/bo_5px_solid_red", source)
		s.wantSize(t, 220, 220)
		s.wantAt(t, 0, 0, red, 0)
		s.wantAt(t, 5, 5, black, 0)
		s.wantAt(t, 10, 10, blue, 0)
	})
	t.Run("an ellipse with a border", func(t *testing.T) {
		s := render(t, "r_max,bo_10px_solid_red", source)
		s.wantSize(t, 220, 220)
		s.wantAt(t, 110, 1, red, 3)
		s.wantAt(t, 1, 110, red, 3)
		s.wantAlpha(t, 5, 5, 0, 0)
	})
	t.Run("rounded corners take the background", func(t *testing.T) {
		s := rendering{raw: "r_20,b_green", source: asset(t, source), format: "jpg"}.do(t)
		s.wantAt(t, 1, 1, green, 20)
	})
	t.Run("a later component keeps the background for the end", func(t *testing.T) {
		s := rendering{raw: "b_green/r_20", source: asset(t, source), format: "jpg"}.do(t)
		s.wantAt(t, 1, 1, green, 20)
	})
	t.Run("rounding twice keeps both", func(t *testing.T) {
		s := render(t, "r_40:0:0:0/r_0:40:0:0", source)
		s.wantAlpha(t, 0, 0, 0, 0)
		s.wantAlpha(t, -1, 0, 0, 0)
		s.wantAlpha(t, 0, -1, 255, 0)
	})
}

func TestBackground(t *testing.T) {
	half := pngOf(t, plain(50, 50, color.NRGBA{0, 0, 255, 128}))
	t.Run("paints transparent areas", func(t *testing.T) {
		s := render(t, "b_red", half)
		s.wantAt(t, 25, 25, rgb(127, 0, 128), 2)
	})
	t.Run("translucent colours stay translucent", func(t *testing.T) {
		s := render(t, "b_rgb:ff000080", half)
		if c := s.at(25, 25); diff(c.A, 192) > 2 {
			t.Errorf("pixel %v", c)
		}
	})
	t.Run("padding of a transparent picture is transparent", func(t *testing.T) {
		s := render(t, "c_pad,w_100,h_50", half)
		s.wantAlpha(t, 0, 25, 0, 0)
	})
	t.Run("padding of an opaque picture is white", func(t *testing.T) {
		s := render(t, "c_pad,w_100,h_50", pngOf(t, plain(50, 50, blue)))
		s.wantAt(t, 0, 25, white255, 0)
	})
	t.Run("transparent padding can be asked for", func(t *testing.T) {
		s := render(t, "c_pad,w_100,h_50,b_transparent", pngOf(t, plain(50, 50, blue)))
		s.wantAlpha(t, 0, 25, 0, 0)
		s.wantAt(t, 50, 25, blue, 0)
	})
	t.Run("blurred", func(t *testing.T) {
		s := render(t, "c_pad,w_200,h_50,b_blurred:400:15", pngOf(t, quadrants(50, 50)))
		s.wantSize(t, 200, 50)
		s.wantAt(t, 80, 5, red, 3)
		if c := s.at(2, 25); c.A != 255 || c == white255 {
			t.Errorf("padding is %v", c)
		}
	})
	t.Run("border colour", func(t *testing.T) {
		framed := painted(60, 60, func(x, y int) color.NRGBA {
			if x < 3 || y < 3 || x > 56 || y > 56 {
				return rgb(200, 100, 50)
			}
			return blue
		})
		s := render(t, "c_pad,w_120,h_60,b_auto", pngOf(t, framed))
		s.wantAt(t, 2, 30, rgb(200, 100, 50), 3)
	})
}

func TestOpacity(t *testing.T) {
	source := pngOf(t, plain(20, 20, rgb(10, 20, 30)))
	for raw, want := range map[string]uint8{"o_0": 0, "o_50": 128, "o_100": 255, "o_50/o_50": 64} {
		t.Run(raw, func(t *testing.T) { render(t, raw, source).wantAlpha(t, 10, 10, want, 1) })
	}
}
