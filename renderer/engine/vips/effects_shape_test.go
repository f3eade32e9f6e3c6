package vips

import (
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

func TestDistort(t *testing.T) {
	src := pngOf(t, quadrants(200, 100))
	t.Run("the same corners change nothing", func(t *testing.T) {
		s := render(t, "e_distort:0:0:200:0:200:100:0:100", src)
		s.wantSize(t, 200, 100)
		for _, p := range [][2]int{{0, 0}, {199, 0}, {0, 99}, {199, 99}, {99, 49}} {
			s.wantAt(t, p[0], p[1], look(t, src).at(p[0], p[1]), 1)
		}
	})
	t.Run("percentages", func(t *testing.T) {
		render(t, "e_distort:0p:0p:50p:0p:50p:100p:0p:100p", src).wantSize(t, 100, 100)
	})
	t.Run("mirrored corners mirror", func(t *testing.T) {
		s := render(t, "e_distort:200:0:0:0:0:100:200:100", src)
		s.wantAt(t, 10, 10, green, 2)
		s.wantAt(t, 190, 10, red, 2)
	})
	t.Run("perspective", func(t *testing.T) {
		// A trapezium: the upper edge is half as long. What is in the middle moves up.
		s := render(t, "e_distort:50:0:150:0:200:100:0:100", src)
		s.wantAlpha(t, 5, 5, 0, 0)
		s.wantAt(t, 70, 5, red, 2)
		s.wantAt(t, 5, 96, blue, 2)
		s.wantAt(t, 95, 38, blue, 2) // the middle line is at a third of the height
		s.wantAt(t, 95, 28, red, 2)
	})
	t.Run("no area", func(t *testing.T) {
		_, _, err := rendering{raw: "e_distort:0:0:100:100:200:200:50:50", source: asset(t, src)}.try(t)
		wantProblem(t, err, 400, "distort")
	})
	t.Run("too large", func(t *testing.T) {
		_, _, err := rendering{raw: "e_distort:0:0:100000:0:100000:100000:0:100000", source: asset(t, src)}.try(t)
		wantProblem(t, err, 400, "Megapixels")
	})
}

func TestArc(t *testing.T) {
	src := pngOf(t, quadrants(400, 60))
	frown := render(t, "e_distort:arc:180", src)
	of := frown.size()
	if math.Abs(float64(of.w)-2*float64(of.h)) > 2 {
		t.Errorf("half a ring is %v", of)
	}
	frown.wantAlpha(t, of.w/2, of.h-2, 0, 0)
	frown.wantAt(t, of.w/2-8, 5, red, 2)
	frown.wantAt(t, 5, of.h-5, red, 2)        // the left end has turned down: its outer half
	frown.wantAt(t, of.w-6, of.h-5, green, 2) // and the right one
	smile := render(t, "e_distort:arc:-180", src)
	smile.wantAlpha(t, of.w/2, 2, 0, 0)
	smile.wantAt(t, of.w/2-8, of.h-6, blue, 2)
	full := render(t, "e_distort:arc:360", src)
	if f := full.size(); f.w != f.h {
		t.Errorf("a full ring is %v", f)
	}
	full.wantAlpha(t, full.size().w/2, full.size().h/2, 0, 0)
}

func TestShear(t *testing.T) {
	src := pngOf(t, quadrants(100, 100))
	s := render(t, "e_shear:45:0", src)
	s.wantSize(t, 200, 100)
	s.wantAt(t, 105, 3, red, 2) // the top has moved right
	s.wantAt(t, 5, 96, blue, 2)
	s.wantAlpha(t, 5, 5, 0, 0)
	s = render(t, "e_shear:0:45", src)
	s.wantSize(t, 100, 200)
	s.wantAt(t, 3, 8, red, 2)
	s.wantAt(t, 96, 190, white255, 2) // the right side has moved down
	_, _, err := rendering{raw: "e_shear:90:0", source: asset(t, src)}.try(t)
	wantProblem(t, err, 400, "shear")
}

func TestShadow(t *testing.T) {
	src := pngOf(t, plain(100, 60, red))
	s := render(t, "co_blue,e_shadow:0,x_10,y_5", src)
	s.wantSize(t, 110, 65)
	s.wantAt(t, 0, 0, red, 0)
	s.wantAt(t, 99, 59, red, 0)
	s.wantAt(t, 105, 60, blue, 0)
	s.wantAlpha(t, 105, 2, 0, 0)
	soft := render(t, "e_shadow:50,x_20,y_20", src)
	if of := soft.size(); of.w <= 120 || of.h <= 80 {
		t.Errorf("a soft shadow has a canvas of %v", of)
	}
	soft.wantAt(t, 0, 0, red, 0)
	if c := soft.at(110, 60); !near(c, color.NRGBA{128, 128, 128, c.A}, 1) || c.A < 200 {
		t.Errorf("the shadow is %v", c)
	}
	up := render(t, "e_shadow:0,x_-10,y_-5", src)
	up.wantSize(t, 110, 65)
	up.wantAt(t, 10, 5, red, 0)
	up.wantAlpha(t, 2, 2, 255, 0)
	// Without x and y it falls to the bottom right.
	if d := render(t, "e_shadow:0", src); d.at(-1, -1).A != 255 || d.at(0, 0) != red || d.at(-1, 0).A != 0 {
		t.Errorf("default shadow: %v %v %v", d.at(-1, -1), d.at(0, 0), d.at(-1, 0))
	}
	twice := render(t, "c_scale,w_100,dpr_2.0/e_shadow:0,x_10,y_5", src)
	twice.wantSize(t, 220, 130)
}

func TestDropShadow(t *testing.T) {
	src := pngOf(t, painted(200, 200, func(x, y int) color.NRGBA {
		if x >= 80 && x < 120 && y >= 60 && y < 160 {
			return red
		}
		return color.NRGBA{}
	}))
	right := render(t, "e_dropshadow:azimuth_215;elevation_45;spread_0", src)
	left := render(t, "e_dropshadow:azimuth_145;elevation_45;spread_0", src)
	sum := func(s *seen) (l, r int) { // shadow on both sides of the shape
		for y := range s.size().h {
			for x := range s.size().w {
				c := s.at(x, y)
				if c.R > 10 || c.A == 0 {
					continue
				}
				if x < s.size().w/2 {
					l += int(c.A)
				} else {
					r += int(c.A)
				}
			}
		}
		return l, r
	}
	if l, r := sum(right); r < 5*l || r == 0 {
		t.Errorf("light from the south-west throws %d to the left and %d to the right", l, r)
	}
	if l, r := sum(left); l < 5*r || l == 0 {
		t.Errorf("light from the south-east throws %d to the left and %d to the right", l, r)
	}
	high, low := render(t, "e_dropshadow:elevation_80", src), render(t, "e_dropshadow:elevation_20", src)
	if a, b := high.size(), low.size(); a.w >= b.w {
		t.Errorf("canvas %v under high light, %v under low", a, b)
	}
	_, _, err := rendering{raw: "e_dropshadow", source: asset(t, pngOf(t, plain(20, 20, red)))}.try(t)
	wantProblem(t, err, 400, "transparency")
}

func TestOutlineEffect(t *testing.T) {
	src := pngOf(t, painted(200, 200, func(x, y int) color.NRGBA {
		if math.Hypot(float64(x-100), float64(y-100)) < 60 {
			return red
		}
		return color.NRGBA{}
	}))
	// At distances from the middle, to the right: deep inside, near the edge inside, near it outside, far outside.
	for raw, want := range map[string][4]color.NRGBA{
		"co_blue,e_outline:10":                  {red, blue, blue, {}},
		"co_blue,e_outline:outer:10":            {red, red, blue, {}},
		"co_blue,e_outline:inner:10":            {red, blue, {}, {}},
		"co_blue,e_outline:fill:10":             {blue, blue, blue, {}},
		"co_blue,e_outline:inner_fill":          {blue, blue, {}, {}},
		"co_blue,e_outline:mode_outer;width_10": {red, red, blue, {}},
		"e_outline:outer:10":                    {red, red, black, {}},
	} {
		s := render(t, raw, src)
		s.wantSize(t, 200, 200) // there is room on the canvas
		for i, distance := range []int{30, 55, 64, 80} {
			s.wantAt(t, 100+distance, 100, want[i], 3)
		}
	}
	// What fill paints has no seam where the edge of the shape is half transparent.
	soft := render(t, "co_blue,e_outline:fill:10", pngOf(t, painted(60, 60, func(x, y int) color.NRGBA {
		half := red
		if half.A = 128; x > 20 && x < 40 && y > 20 && y < 40 {
			half.A = 255
		}
		if x < 20 || x > 40 || y < 20 || y > 40 {
			half.A = 0
		}
		return half
	})))
	for x := 15; x <= 45; x++ {
		soft.wantAt(t, x, 30, blue, 0)
	}
	opaque := render(t, "co_blue,e_outline:outer:8", pngOf(t, plain(60, 40, red)))
	opaque.wantSize(t, 76, 56)
	opaque.wantAt(t, 2, 28, blue, 0)
	opaque.wantAt(t, 8, 8, red, 0)
	blurred := render(t, "co_blue,e_outline:outer:10:200", src)
	if near, far := blurred.at(-34, 100).A, blurred.at(-26, 100).A; near <= far {
		t.Errorf("alpha %d near the shape, %d far from it", near, far)
	}
}

func TestGradientFade(t *testing.T) {
	src := pngOf(t, plain(100, 100, red))
	alphas := func(raw string, points ...[2]int) []uint8 {
		s := render(t, raw, src)
		out := make([]uint8, len(points))
		for i, p := range points {
			out[i] = s.at(p[0], p[1]).A
		}
		return out
	}
	edges := [][2]int{{50, 1}, {98, 50}, {50, 98}, {1, 50}} // top, right, bottom, left
	for raw, want := range map[string][4]bool{              // which of them are faded?
		"e_gradient_fade":                         {true, false, false, false},
		"e_gradient_fade,y_-0.3":                  {false, false, true, false},
		"e_gradient_fade,x_0.3":                   {false, false, false, true},
		"e_gradient_fade,x_-30":                   {false, true, false, false},
		"e_gradient_fade:symmetric,x_0.3":         {false, true, false, true},
		"e_gradient_fade:symmetric,x_0.3,y_0.3":   {true, true, true, true},
		"e_gradient_fade:symmetric:0,x_0.3,y_0.3": {false, false, false, false},
	} {
		for i, a := range alphas(raw, edges...) {
			if (a < 100) != want[i] {
				t.Errorf("%s: alpha %d at %v", raw, a, edges[i])
			}
		}
	}
	if a := alphas("e_gradient_fade,y_0.5", [2]int{50, 25}); diff(a[0], 130) > 3 {
		t.Errorf("half way alpha is %d", a[0])
	}
	weak, strong := alphas("e_gradient_fade:5", [2]int{50, 20}), alphas("e_gradient_fade:80", [2]int{50, 20})
	if weak[0] <= strong[0] {
		t.Errorf("alpha %d at strength 5, %d at 80", weak[0], strong[0])
	}
	padded := render(t, "e_gradient_fade:symmetric_pad,x_0.2", pngOf(t, quadrants(100, 100)))
	padded.wantSize(t, 140, 100)
	padded.wantAt(t, 21, 10, red, 0)
	padded.wantAlpha(t, 0, 10, 0, 10)
}

func TestMakeTransparent(t *testing.T) {
	src := pngOf(t, painted(100, 100, func(x, y int) color.NRGBA {
		switch {
		case x >= 40 && x < 60 && y >= 40 && y < 60:
			return rgb(20, 90, 60)
		case x >= 70 && x < 80 && y >= 70 && y < 80:
			return rgb(240, 240, 240)
		}
		return rgb(251, 252, 250)
	}))
	s := render(t, "e_make_transparent:3", src)
	s.wantAlpha(t, 5, 5, 0, 0)
	s.wantAt(t, 50, 50, rgb(20, 90, 60), 0)
	if a := s.at(75, 75).A; a == 0 {
		t.Error("what is a little darker went away at tolerance 3")
	}
	render(t, "e_make_transparent:20", src).wantAlpha(t, 75, 75, 0, 0)
	s = render(t, "co_rgb:145a3c,e_make_transparent", src)
	s.wantAlpha(t, 50, 50, 0, 0)
	s.wantAlpha(t, 5, 5, 255, 0)
	// Where there is no alpha, what went away is white.
	flat := rendering{raw: "co_rgb:145a3c,e_make_transparent", source: asset(t, src), format: "jpg"}.do(t)
	flat.wantAt(t, 50, 50, white255, 6)
}

func TestBackgroundRemoval(t *testing.T) {
	// A disk with a hole on green; the hole shows the green, too.
	src := pngOf(t, painted(200, 200, func(x, y int) color.NRGBA {
		d := math.Hypot(float64(x)-99.5, float64(y)-99.5)
		share := min(max(60.5-d, 0), 1)
		if d < 20 {
			share = 0
		}
		mix := func(a, b float64) uint8 { return uint8(math.Round(a*share + b*(1-share))) }
		return rgb(mix(200, 20), mix(40, 200), mix(60, 40))
	}))
	s := render(t, "e_bgremoval", src)
	s.wantAlpha(t, 3, 3, 0, 0)
	s.wantAt(t, 60, 100, rgb(200, 40, 60), 0)
	s.wantAlpha(t, 100, 100, 255, 0) // not connected with the border
	// No green is left in what was mixed with it.
	for x := 30; x < 45; x++ {
		if c := s.at(x, 100); c.A > 40 && c.G > 90 {
			t.Errorf("green is left at %d: %v", x, c)
		}
	}
	for _, raw := range []string{"e_bgremoval:screen", "e_bgremoval:screen:rgb:14c828"} {
		render(t, raw, src).wantAlpha(t, 100, 100, 0, 0)
	}
	render(t, "e_bgremoval:rgb:c8283c", src).wantAlpha(t, 3, 3, 255, 0) // another colour is not at the border
}

func TestDistances(t *testing.T) {
	of := size{37, 23}
	random := rand.New(rand.NewPCG(7, 7))
	kind := make([]bool, of.w*of.h)
	for i := range kind {
		kind[i] = random.IntN(40) == 0
	}
	got := distances(of, 100, func(i int) bool { return kind[i] })
	for i, d := range got {
		want := math.Inf(1)
		for k, is := range kind {
			if is {
				want = min(want, math.Hypot(float64(i%of.w-k%of.w), float64(i/of.w-k/of.w)))
			}
		}
		if math.Abs(float64(d)-want) > 1e-3 {
			t.Fatalf("distance at %d is %v, want %v", i, d, want)
		}
	}
	for _, d := range distances(of, 100, func(int) bool { return false }) {
		if d < 1e6 {
			t.Fatalf("distance %v from nothing", d)
		}
	}
}
