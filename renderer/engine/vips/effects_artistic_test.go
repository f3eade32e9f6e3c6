package vips

import (
	"bytes"
	"image/color"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/test/photos"
)

func TestOilPaint(t *testing.T) {
	const smaller = "c_scale,w_400/"
	was := photo(t, smaller)
	last := detail(was)
	for _, raw := range []string{"e_oil_paint:30", "e_oil_paint:60", "e_oil_paint:100"} {
		s := photo(t, smaller+raw)
		if now := detail(s); now >= last {
			t.Errorf("%s: detail %v, was %v", raw, now, last)
		} else {
			last = now
		}
		r0, g0, b0 := means(was)
		if r, g, b := means(s); math.Abs(r-r0)+math.Abs(g-g0)+math.Abs(b-b0) > 12 {
			t.Errorf("%s moves the colours: %v %v %v, were %v %v %v", raw, r, g, b, r0, g0, b0)
		}
	}
	// Each pixel gets the tone that is most frequent around it: a thin line goes away.
	line := painted(1000, 20, func(x, _ int) color.NRGBA {
		if x == 500 {
			return black
		}
		return white255
	})
	render(t, "e_oil_paint", pngOf(t, line)).wantAt(t, 500, 10, white255, 0)
}

func TestCartoonify(t *testing.T) {
	edged := pngOf(t, painted(400, 200, func(x, _ int) color.NRGBA {
		if x < 200 {
			return rgb(150, 120, 100)
		}
		return rgb(220, 200, 180)
	}))
	darkest := func(raw string) uint8 {
		s, low := render(t, raw, edged), uint8(255)
		for x := 190; x < 210; x++ {
			low = min(low, s.at(x, 100).G)
		}
		return low
	}
	if none, strong := darkest("e_cartoonify:0:0"), darkest("e_cartoonify:100:0"); strong >= none || strong > 90 {
		t.Errorf("a line is %d at 0 and %d at 100", none, strong)
	}
	tones := func(raw string) int {
		s, found := photo(t, "c_scale,w_150/"+raw), map[uint8]bool{}
		for y := range s.size().h {
			for x := range s.size().w {
				found[uint8(luma8(s.at(x, y)))/4] = true
			}
		}
		return len(found)
	}
	if all, few := tones("e_cartoonify:0:0"), tones("e_cartoonify:0:100"); few >= all {
		t.Errorf("%d tones without reduction, %d with", all, few)
	}
	if v := vividness(photo(t, "c_scale,w_150/e_cartoonify:50:bw")); v > 0 {
		t.Errorf("black and white has colours: %v", v)
	}
	half := pngOf(t, plain(60, 60, color.NRGBA{200, 100, 50, 128}))
	render(t, "e_cartoonify", half).wantAlpha(t, 30, 30, 128, 0)
}

func TestMorphology(t *testing.T) {
	dot := pngOf(t, painted(61, 61, func(x, y int) color.NRGBA {
		if x == 30 && y == 30 {
			return black
		}
		return white255
	}))
	// Eroding paints the kernel around a dark pixel.
	for kernel, want := range map[string][4]bool{ // is it dark at 4,0 / 0,4 / 4,4 / 3,2 from the middle?
		"square":  {true, true, true, true},
		"disk":    {true, true, false, true},
		"diamond": {true, true, false, false},
		"octagon": {true, true, false, true},
		"plus":    {true, true, false, false},
		"cross":   {false, false, true, false},
		"ring":    {true, true, false, true},
	} {
		s := render(t, "e_morphology:method_erode;kernel_"+kernel+";radius_4", dot)
		for i, p := range [][2]int{{34, 30}, {30, 34}, {34, 34}, {33, 32}} {
			if dark := s.at(p[0], p[1]) == black; dark != want[i] {
				t.Errorf("%s at %v: dark %v", kernel, p, dark)
			}
		}
		s.wantAt(t, 36, 30, white255, 0)
	}
	if c := render(t, "e_morphology:kernel_ring;radius_4", dot).at(30, 30); c != white255 {
		t.Errorf("the middle of a ring is %v", c)
	}
	render(t, "e_morphology:iterations_3;kernel_square;radius_2", dot).wantAt(t, 36, 36, black, 0)
	render(t, "e_morphology:method_dilate", dot).wantAt(t, 30, 30, white255, 0)
	render(t, "e_morphology:erode:2:plus:3.0", dot).wantAt(t, 36, 30, black, 0)
	if c := render(t, "e_morphology:method_convolve;kernel_square;radius_1", dot).at(31, 31); diff(c.R, 227) > 1 {
		t.Errorf("the mean of eight white pixels and a black one is %v", c)
	}
}

func TestNoise(t *testing.T) {
	gray := pngOf(t, plain(100, 100, rgb(128, 128, 128)))
	some, more := render(t, "e_noise:20", gray), render(t, "e_noise:80", gray)
	if !(spread(some) > 2 && spread(more) > 2*spread(some)) {
		t.Errorf("deviation %v and %v", spread(some), spread(more))
	}
	if again := render(t, "e_noise:20", gray); !bytes.Equal(again.data, some.data) {
		t.Error("the grain of two renderings differs")
	}
}

// flags has a red disk and a blue square on white.
func flags() *seen {
	return &seen{Image: painted(300, 200, func(x, y int) color.NRGBA {
		switch {
		case math.Hypot(float64(x-80), float64(y-100)) < 50:
			if math.Hypot(float64(x-80), float64(y-100)) < 20 {
				return white255
			}
			return red
		case x >= 180 && x < 260 && y >= 60 && y < 140:
			return blue
		}
		return white255
	})}
}

func TestVectorize(t *testing.T) {
	src := pngOf(t, flags().Image)
	t.Run("looks like the picture", func(t *testing.T) {
		for _, raw := range []string{"e_vectorize", "e_vectorize:5", "e_vectorize:colors:4:detail:900:despeckle:10", "e_vectorize:3:0.5:0.1:100:25"} {
			s := render(t, raw, src)
			s.wantSize(t, 300, 200)
			for _, p := range [][2]int{{80, 65}, {80, 100}, {220, 100}, {150, 20}, {2, 2}, {297, 197}} {
				s.wantAt(t, p[0], p[1], flags().at(p[0], p[1]), 40)
			}
		}
	})
	t.Run("svg", func(t *testing.T) {
		data, result, err := rendering{raw: "e_vectorize:3", source: asset(t, src), format: "svg"}.try(t)
		if err != nil {
			t.Fatal(err)
		}
		if result.Format != "svg" || result.Width != 300 || result.Height != 200 {
			t.Errorf("%s %dx%d", result.Format, result.Width, result.Height)
		}
		text := string(data)
		if !strings.HasPrefix(text, "<svg ") || !strings.Contains(text, `viewBox="0 0 300 200"`) {
			t.Errorf("begins with %.80s", text)
		}
		if fills := regexp.MustCompile(`fill="#[0-9a-f]{6}"`).FindAllString(text, -1); len(fills) != 3 {
			t.Errorf("fills %v", fills)
		}
		// The square is a polygon of few points.
		if n := strings.Count(text, "C"); n > 120 {
			t.Errorf("%d pieces of curves", n)
		}
	})
	t.Run("more detail, more points", func(t *testing.T) {
		size := func(raw string) int {
			data, _, err := rendering{raw: raw, source: engine.Source{File: opened(t, photos.Path(t, photos.Coffee))}, format: "svg"}.try(t)
			if err != nil {
				t.Fatal(err)
			}
			return len(data)
		}
		if coarse, fine := size("c_scale,w_300/e_vectorize:6:50"), size("c_scale,w_300/e_vectorize:6:950"); fine < coarse*5/4 {
			t.Errorf("%d bytes with little detail, %d with much", coarse, fine)
		}
		if speckled, clean := size("c_scale,w_300/e_vectorize:6:900:0"), size("c_scale,w_300/e_vectorize:6:900:100"); clean >= speckled {
			t.Errorf("%d bytes with specks, %d without", speckled, clean)
		}
	})
	t.Run("transparency stays", func(t *testing.T) {
		s := render(t, "r_max/e_vectorize", src)
		s.wantAlpha(t, 1, 1, 0, 0)
		s.wantAlpha(t, 150, 100, 255, 0)
	})
	t.Run("svg of what is no drawing", func(t *testing.T) {
		for _, raw := range []string{"c_scale,w_100", "e_vectorize/e_blur"} {
			_, _, err := rendering{raw: raw, source: asset(t, src), format: "svg"}.try(t)
			wantProblem(t, err, 400, "svg")
		}
	})
}

func TestRedeye(t *testing.T) {
	face := painted(200, 200, func(x, y int) color.NRGBA {
		for _, eye := range []int{75, 125} {
			if math.Hypot(float64(x-eye), float64(y-80)) < 5 {
				return rgb(200, 30, 40)
			}
		}
		if x > 80 && x < 120 && y > 130 && y < 140 {
			return rgb(200, 40, 50) // lips
		}
		return rgb(210, 170, 150)
	})
	src := asset(t, pngOf(t, face))
	src.Faces = [][4]int{{50, 40, 100, 120}}
	s := rendering{raw: "e_redeye", source: src}.do(t)
	for _, eye := range []int{75, 125} {
		if c := s.at(eye, 80); c.R > 60 {
			t.Errorf("the pupil is %v", c)
		}
	}
	s.wantAt(t, 100, 135, rgb(200, 40, 50), 0)
	s.wantAt(t, 100, 100, rgb(210, 170, 150), 0)
}

func TestUpscale(t *testing.T) {
	s := render(t, "e_upscale", pngOf(t, quadrants(50, 30)))
	s.wantSize(t, 200, 120)
	s.wantAt(t, 20, 20, red, 2)
	_, _, err := rendering{raw: "e_upscale", source: asset(t, pngOf(t, plain(2100, 2100, red)))}.try(t)
	wantProblem(t, err, 400, "upscale")
}

// A blur that is made on a smaller copy is the same to the eye as one of all pixels.
func TestWideBlur(t *testing.T) {
	edge := pngOf(t, painted(400, 200, func(x, _ int) color.NRGBA {
		if x < 200 {
			return black
		}
		return white255
	}))
	s := render(t, "e_blur:1000", edge) // sigma 20
	for _, x := range []int{150, 180, 190, 200, 210, 220, 250} {
		want := 255 * 0.5 * (1 + math.Erf((float64(x)+0.5-200)/20/math.Sqrt2))
		if got := float64(s.at(x, 100).R); math.Abs(got-want) > 6 {
			t.Errorf("at %d: %v, want %.0f", x, got, want)
		}
	}
	half := pngOf(t, plain(200, 200, color.NRGBA{200, 100, 50, 128}))
	render(t, "e_blur:1000", half).wantAt(t, 100, 100, color.NRGBA{200, 100, 50, 128}, 2)
}
