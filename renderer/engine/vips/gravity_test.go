package vips

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
)

// marked is grey with a blue square of 40 pixels whose corner is at x,y.
func marked(w, h, x0, y0 int) func(x, y int) color.NRGBA {
	return func(x, y int) color.NRGBA {
		if x >= x0 && x < x0+40 && y >= y0 && y < y0+40 {
			return blue
		}
		return rgb(uint8(120+x*10/w), uint8(120+y*10/h), 120)
	}
}

func TestNamedRegions(t *testing.T) {
	src := asset(t, pngOf(t, painted(400, 300, marked(400, 300, 320, 220))))
	src.Regions = map[string][][2]int{"shoes": {{320, 220}, {360, 260}}, "hat": {{0, 0}, {40, 0}, {20, 40}}}
	for _, raw := range []string{
		"c_crop,g_region_!shoes!,h_60,w_60", "c_fill,g_region_!shoes!,h_300,w_150", "c_auto,g_region_!shoes!,h_150,w_150",
		"c_thumb,g_region_!shoes!,h_100,w_100", "w_200/c_crop,g_region_!shoes!,h_60,w_60",
	} {
		s := rendering{raw: raw, source: src}.do(t)
		found := false
		for y := range s.size().h {
			for x := range s.size().w {
				found = found || near(s.at(x, y), blue, 20)
			}
		}
		if !found {
			t.Errorf("%s does not show the region", raw)
		}
	}
	// Without a size, the crop is the box around the region.
	s := rendering{raw: "c_crop,g_region_!shoes!", source: src}.do(t)
	s.wantSize(t, 40, 40)
	s.wantAt(t, 1, 1, blue, 0)
	rendering{raw: "c_crop,g_region_!hat!", source: src}.do(t).wantSize(t, 40, 40)
	_, _, err := rendering{raw: "c_crop,g_region_!gloves!,h_9,w_9", source: src}.try(t)
	wantProblem(t, err, 400, "gloves")
}

func TestAreaOfInterest(t *testing.T) {
	src := pngOf(t, painted(400, 100, marked(400, 100, 20, 30)))
	for raw, want := range map[string]bool{
		"c_fill,g_auto:aoi_300_20_60_60,h_100,w_100":         false,
		"c_fill,g_auto:aoi_20_30_40_40,h_100,w_100":          true,
		"c_fill,g_auto:aoi_0.05_0.3_0.1_0.4,h_100,w_100":     true,
		"c_thumb,g_auto:subject:aoi_10_10_60_60,h_100,w_100": true,
	} {
		s, found := render(t, raw, src), false
		for x := range 100 {
			found = found || near(s.at(x, 50), blue, 20)
		}
		if found != want {
			t.Errorf("%s shows the square: %v", raw, found)
		}
	}
	for _, raw := range []string{"c_fill,g_auto:aoi_1_2_3,h_9,w_9", "c_thumb,g_auto:400,h_9,w_9"} {
		_, _, err := rendering{raw: raw, source: asset(t, src)}.try(t)
		wantProblem(t, err, 400, "gravity")
	}
}

func TestThumbAggressiveness(t *testing.T) {
	src := asset(t, pngOf(t, painted(400, 300, marked(400, 300, 180, 130))))
	width := func(raw string) int { // of the square, in pixels of the thumb
		s, n := rendering{raw: raw, source: src}.do(t), 0
		for x := range s.size().w {
			if near(s.at(x, s.size().h/2), blue, 60) {
				n++
			}
		}
		return n
	}
	all, close := width("c_thumb,g_auto:100,h_300,w_300"), width("c_thumb,g_auto:0,h_300,w_300")
	if all == 0 || close < all*3/2 {
		t.Errorf("the square is %d wide at 100 and %d at 0", all, close)
	}
}

func TestLiquid(t *testing.T) {
	// Two squares on flat ground: the ground between them goes, the squares stay as they are.
	two := painted(400, 100, func(x, y int) color.NRGBA {
		for _, left := range []int{40, 320} {
			if x >= left && x < left+40 && y >= 30 && y < 70 {
				return blue
			}
		}
		return rgb(200, 200, 200)
	})
	count := func(s *seen) (n int) {
		for x := range s.size().w {
			if near(s.at(x, s.size().h/2), blue, 40) {
				n++
			}
		}
		return n
	}
	src := pngOf(t, two)
	carved, scaled := render(t, "c_scale,g_liquid,h_100,w_200", src), render(t, "c_scale,h_100,w_200", src)
	carved.wantSize(t, 200, 100)
	if n := count(carved); n < 76 {
		t.Errorf("%d columns of the squares are left of 80", n)
	}
	if n := count(scaled); n > 44 {
		t.Errorf("plain scaling leaves %d columns", n)
	}
	render(t, "c_scale,g_liquid,h_300,w_500", src).wantSize(t, 500, 300)
	high := render(t, "c_scale,g_liquid,h_60,w_400", src)
	high.wantSize(t, 400, 60)
	if n := count(high); n < 76 {
		t.Errorf("%d columns after carving rows", n)
	}
	// Faces are kept whole.
	face := asset(t, pngOf(t, plain(300, 100, rgb(200, 180, 160))))
	face.Faces = [][4]int{{100, 20, 60, 60}}
	rendering{raw: "c_scale,g_liquid,h_100,w_150", source: face}.do(t).wantSize(t, 150, 100)
}

// TestFillPadKeepsTheSubject: what would cut the subject is padded, what would not is filled.
func TestFillPadKeepsTheSubject(t *testing.T) {
	on := func(subject image.Rectangle) []byte {
		p := plain(400, 100, rgb(150, 160, 150))
		draw.Draw(p, subject, image.NewUniform(red), image.Point{}, draw.Src)
		return pngOf(t, p)
	}
	for _, mode := range []string{"c_fill_pad", "c_auto_pad"} {
		wide := render(t, mode+",g_auto,w_100,h_100,b_blue", on(image.Rect(60, 30, 340, 70)))
		wide.wantSize(t, 100, 100)
		wide.wantAt(t, 50, 5, blue, 4)
		wide.wantAt(t, 20, 50, red, 40)
		wide.wantAt(t, 80, 50, red, 40)
		narrow := render(t, mode+",g_auto,w_100,h_100,b_blue", on(image.Rect(300, 30, 360, 70)))
		narrow.wantAt(t, 50, 5, rgb(150, 160, 150), 8)
		found := 0
		for x := range 100 {
			if near(narrow.at(x, 50), red, 40) {
				found++
			}
		}
		if found < 55 {
			t.Errorf("%s: %d of 60 columns of the subject are there", mode, found)
		}
		flat := render(t, mode+",g_auto,w_100,h_100,b_blue", on(image.Rectangle{}))
		flat.wantAt(t, 50, 5, rgb(150, 160, 150), 4)
	}
}
