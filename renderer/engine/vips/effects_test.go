package vips

import (
	"image/color"
	"math"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/test/photos"
)

func photo(t *testing.T, raw string) *seen {
	t.Helper()
	return rendering{raw: raw, source: engine.Source{File: opened(t, photos.Path(t, photos.Coffee))}}.do(t)
}

// means are the means of the channels.
func means(s *seen) (r, g, b float64) {
	n := float64(s.size().pixels())
	for y := range s.size().h {
		for x := range s.size().w {
			c := s.at(x, y)
			r, g, b = r+float64(c.R)/n, g+float64(c.G)/n, b+float64(c.B)/n
		}
	}
	return r, g, b
}

// spread is the standard deviation of green.
func spread(s *seen) float64 {
	_, mean, _ := means(s)
	sum := 0.0
	for y := range s.size().h {
		for x := range s.size().w {
			d := float64(s.at(x, y).G) - mean
			sum += d * d
		}
	}
	return math.Sqrt(sum / float64(s.size().pixels()))
}

// vividness is the mean difference between the strongest and the weakest channel.
func vividness(s *seen) float64 {
	sum := 0.0
	for y := range s.size().h {
		for x := range s.size().w {
			c := s.at(x, y)
			sum += float64(max(c.R, c.G, c.B) - min(c.R, c.G, c.B))
		}
	}
	return sum / float64(s.size().pixels())
}

func TestEffects(t *testing.T) {
	const smaller = "c_scale,w_200/"
	source := photo(t, smaller)
	r0, g0, b0 := means(source)
	t.Run("grayscale", func(t *testing.T) {
		if v := vividness(photo(t, smaller+"e_grayscale")); v > 0 {
			t.Errorf("vividness %v", v)
		}
	})
	t.Run("negate", func(t *testing.T) {
		r, g, b := means(photo(t, smaller+"e_negate"))
		if math.Abs(r+r0-255) > 1 || math.Abs(g+g0-255) > 1 || math.Abs(b+b0-255) > 1 {
			t.Errorf("means %v %v %v", r, g, b)
		}
	})
	t.Run("sepia", func(t *testing.T) {
		s := render(t, "e_sepia:100", pngOf(t, plain(9, 9, rgb(100, 100, 100))))
		if c := s.at(4, 4); !(c.R > c.G && c.G > c.B) {
			t.Errorf("grey became %v", c)
		}
		half := render(t, "e_sepia:50", pngOf(t, plain(9, 9, rgb(100, 100, 100)))).at(4, 4)
		if c := s.at(4, 4); diff(half.B, (c.B+100)/2) > 1 {
			t.Errorf("half as strong is %v, all is %v", half, c)
		}
	})
	t.Run("one channel", func(t *testing.T) {
		for raw, want := range map[string][3]int{"e_red:50": {1, 0, 0}, "e_green:-30": {0, -1, 0}, "e_blue:90": {0, 0, 1}} {
			r, g, b := means(photo(t, smaller+raw))
			for i, d := range []float64{r - r0, g - g0, b - b0} {
				if (d > 1) != (want[i] == 1) || (d < -1) != (want[i] == -1) {
					t.Errorf("%s moves channel %d by %v", raw, i, d)
				}
			}
		}
	})
	t.Run("contrast", func(t *testing.T) {
		was := spread(source)
		if low, high := spread(photo(t, smaller+"e_contrast:level_-70")), spread(photo(t, smaller+"e_contrast:level_70")); low >= was || high <= was {
			t.Errorf("%v, %v, %v", low, was, high)
		}
		if linear := spread(photo(t, smaller+"e_contrast:level_150;type_linear")); linear <= was {
			t.Errorf("linear %v, was %v", linear, was)
		}
		grey := pngOf(t, plain(9, 9, rgb(128, 128, 128)))
		render(t, "e_contrast:level_150;type_linear", grey).wantAt(t, 4, 4, rgb(128, 128, 128), 2)
		render(t, "e_contrast:level_60", grey).wantAt(t, 4, 4, rgb(128, 128, 128), 2)
		render(t, "e_contrast:level_0", pngOf(t, plain(9, 9, rgb(3, 60, 250)))).wantAt(t, 4, 4, rgb(3, 60, 250), 0)
	})
	t.Run("brightness and gamma", func(t *testing.T) {
		c := pngOf(t, plain(9, 9, rgb(100, 50, 200)))
		render(t, "e_brightness:50", c).wantAt(t, 4, 4, rgb(150, 75, 255), 1)
		render(t, "e_brightness:-50", c).wantAt(t, 4, 4, rgb(50, 25, 100), 1)
		render(t, "e_gamma:0", c).wantAt(t, 4, 4, rgb(100, 50, 200), 0)
		if got := render(t, "e_gamma:50", c).at(4, 4); got.R <= 100 {
			t.Errorf("gamma 50 makes %v", got)
		}
	})
	t.Run("hue and saturation", func(t *testing.T) {
		c := pngOf(t, plain(9, 9, rgb(100, 50, 200)))
		render(t, "e_saturation:-100", c).wantAt(t, 4, 4, rgb(82, 82, 82), 1)
		render(t, "e_hue:0", c).wantAt(t, 4, 4, rgb(100, 50, 200), 1)
		if was, now := vividness(source), vividness(photo(t, smaller+"e_saturation:70")); now <= was {
			t.Errorf("vividness %v, was %v", now, was)
		}
		turned := render(t, "e_hue:40", c).at(4, 4)
		if near(turned, rgb(100, 50, 200), 20) {
			t.Errorf("hue 40 makes %v", turned)
		}
	})
	t.Run("colorize", func(t *testing.T) {
		c := pngOf(t, plain(9, 9, rgb(100, 50, 200)))
		render(t, "e_colorize:80", c).wantAt(t, 4, 4, rgb(122, 112, 142), 1)
		render(t, "co_darkviolet,e_colorize:35", c).wantAt(t, 4, 4, rgb(117, 33, 204), 1)
	})
	t.Run("blackwhite", func(t *testing.T) {
		c := pngOf(t, position(64, 64))
		for _, p := range []color.NRGBA{render(t, "e_blackwhite", c).at(2, 2), render(t, "e_blackwhite", c).at(60, 60)} {
			if p != black && p != white255 {
				t.Errorf("pixel %v", p)
			}
		}
	})
	t.Run("blur and sharpen", func(t *testing.T) {
		was := detail(source)
		if blurry := detail(photo(t, smaller+"e_blur:200")); blurry >= was/2 {
			t.Errorf("blurred %v, was %v", blurry, was)
		}
		for _, raw := range []string{"e_sharpen:400", "e_unsharp_mask:500"} {
			if sharp := detail(photo(t, smaller+raw)); sharp <= was*1.05 {
				t.Errorf("%s: %v, was %v", raw, sharp, was)
			}
		}
	})
	t.Run("blur of a region", func(t *testing.T) {
		s := render(t, "e_blur_region:1500,y_0.75", pngOf(t, quadrants(100, 100)))
		s.wantAt(t, 49, 60, blue, 0)
		if c := s.at(49, 90); near(c, blue, 30) {
			t.Errorf("inside %v", c)
		}
	})
	t.Run("pixelate", func(t *testing.T) {
		s := photo(t, "e_pixelate:20")
		for y := range 20 {
			for x := range 20 {
				if s.at(40+x, 60+y) != s.at(40, 60) {
					t.Fatal("a block is not uniform")
				}
			}
		}
		if s.at(40, 60) == s.at(60, 60) && s.at(80, 60) == s.at(60, 60) {
			t.Error("neighbouring blocks are the same")
		}
	})
	t.Run("pixelate a region", func(t *testing.T) {
		src := pngOf(t, position(200, 100))
		s, was := render(t, "e_pixelate_region:10,x_100,y_40,w_50,h_30", src), look(t, src)
		for _, p := range [][2]int{{99, 40}, {100, 39}, {150, 50}, {120, 70}} {
			s.wantAt(t, p[0], p[1], was.at(p[0], p[1]), 0)
		}
		if s.at(100, 40) != s.at(109, 49) || s.at(100, 40) == was.at(100, 40) {
			t.Errorf("block %v to %v", s.at(100, 40), s.at(109, 49))
		}
	})
	t.Run("faces only", func(t *testing.T) {
		src := asset(t, pngOf(t, quadrants(200, 200)))
		src.Faces = [][4]int{{80, 80, 40, 40}}
		for _, raw := range []string{"e_pixelate_faces:40", "e_blur_faces:2000"} {
			s := rendering{raw: raw, source: src}.do(t)
			s.wantAt(t, 75, 75, red, 0)
			if c := s.at(97, 97); near(c, red, 30) {
				t.Errorf("%s: inside %v", raw, c)
			}
		}
	})
	t.Run("vignette", func(t *testing.T) {
		s := render(t, "e_vignette:30", pngOf(t, plain(101, 101, rgb(200, 200, 200))))
		s.wantAt(t, 50, 50, rgb(200, 200, 200), 1)
		if c := s.at(0, 0); c.R > 150 {
			t.Errorf("corner %v", c)
		}
	})
	t.Run("opacity threshold", func(t *testing.T) {
		half := pngOf(t, plain(9, 9, color.NRGBA{1, 2, 3, 128}))
		render(t, "e_opacity_threshold:40", half).wantAlpha(t, 4, 4, 255, 0)
		render(t, "e_opacity_threshold:60", half).wantAlpha(t, 4, 4, 0, 0)
	})
	t.Run("alpha is kept", func(t *testing.T) {
		half := pngOf(t, plain(40, 40, color.NRGBA{200, 100, 50, 128}))
		for _, raw := range []string{"e_grayscale", "e_negate", "e_sepia", "e_blur:50", "e_sharpen", "e_pixelate:4", "e_brightness:30", "e_vignette", "e_hue:20"} {
			render(t, raw, half).wantAlpha(t, 20, 20, 128, 1)
		}
	})
	t.Run("trim", func(t *testing.T) {
		framed := painted(60, 40, func(x, y int) color.NRGBA {
			if x >= 10 && x < 50 && y >= 5 && y < 30 {
				return blue
			}
			return rgb(250, 250, 250)
		})
		s := render(t, "e_trim", pngOf(t, framed))
		s.wantSize(t, 40, 25)
		s.wantAt(t, 0, 0, blue, 0)
		render(t, "e_trim", pngOf(t, plain(30, 20, blue))).wantSize(t, 30, 20)
		holed := painted(60, 40, func(x, y int) color.NRGBA {
			if x >= 20 && x < 40 {
				return red
			}
			return color.NRGBA{uint8(x), 0, 0, 0}
		})
		render(t, "e_trim", pngOf(t, holed)).wantSize(t, 20, 40)
	})
	t.Run("arguments may be variables", func(t *testing.T) {
		c := pngOf(t, plain(9, 9, rgb(100, 50, 200)))
		render(t, "$b_50/e_brightness:$b", c).wantAt(t, 4, 4, rgb(150, 75, 255), 1)
	})
	t.Run("not there", func(t *testing.T) {
		_, _, err := rendering{raw: "e_deshake:50", source: asset(t, pngOf(t, plain(9, 9, red)))}.try(t)
		wantProblem(t, err, 400, "deshake")
	})
}
