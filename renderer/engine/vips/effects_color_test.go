package vips

import (
	"bytes"
	"image/color"
	"math"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// one renders a picture of one colour and gives the colour that comes out.
func one(t *testing.T, raw string, c color.NRGBA) color.NRGBA {
	t.Helper()
	return render(t, raw, pngOf(t, plain(9, 9, c))).at(4, 4)
}

func luma8(c color.NRGBA) float64 {
	return 0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)
}

func chroma8(c color.NRGBA) int { return int(max(c.R, c.G, c.B)) - int(min(c.R, c.G, c.B)) }

func wantColor(t *testing.T, got, want color.NRGBA, tolerance int) {
	t.Helper()
	if !near(got, want, tolerance) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestVibrance(t *testing.T) {
	pale, vivid := rgb(130, 120, 110), rgb(220, 40, 30)
	if got := one(t, "e_vibrance:80", pale); chroma8(got)*10 < chroma8(pale)*16 {
		t.Errorf("pale %v became %v", pale, got)
	}
	if got := one(t, "e_vibrance:80", vivid); chroma8(got)*10 > chroma8(vivid)*13 {
		t.Errorf("vivid %v became %v", vivid, got)
	}
	wantColor(t, one(t, "e_vibrance:0", pale), pale, 0)
	if got := one(t, "e_vibrance:-100", pale); chroma8(got) > 5 {
		t.Errorf("without colour %v", got)
	}
}

func TestBrightnessHSB(t *testing.T) {
	wantColor(t, one(t, "e_brightness_hsb:50", rgb(100, 50, 20)), rgb(150, 75, 30), 1)
	// The strongest channel is full, and the hue stays.
	wantColor(t, one(t, "e_brightness_hsb:100", rgb(200, 100, 50)), rgb(255, 128, 64), 1)
	wantColor(t, one(t, "e_brightness_hsb:-50", rgb(100, 50, 20)), rgb(50, 25, 10), 1)
	wantColor(t, one(t, "e_brightness_hsb", black), black, 0)
}

func TestTint(t *testing.T) {
	gray := rgb(128, 128, 128)
	for raw, want := range map[string]color.NRGBA{
		"e_tint:100":                                   rgb(255, 1, 1),
		"e_tint":                                       rgb(204, 52, 52),
		"e_tint:0":                                     gray,
		"e_tint:100:0000ff":                            rgb(1, 1, 255),
		"e_tint:100:rgb:0000ff":                        rgb(1, 1, 255),
		"e_tint:100:0000ff:25p":                        rgb(85, 85, 255),
		"e_tint:100:black:white":                       gray,
		"e_tint:100:black:0p:red:50p:white:100p":       rgb(255, 1, 1),
		"e_tint:100:blue:0p:lime:20p:red:60p":          rgb(192, 63, 0),
		"e_tint:amount_50:red":                         rgb(192, 64, 64),
		"$c_!0000ff!/e_tint:100:$c":                    rgb(1, 1, 255),
		"e_tint:100:red:blue:lime:yellow:aqua:fuchsia": rgb(128, 255, 0),
	} {
		t.Run(raw, func(t *testing.T) { wantColor(t, one(t, raw, gray), want, 3) })
	}
	t.Run("equalize", func(t *testing.T) {
		// Two shades that are near become as far from each other as two of two can be.
		src := pngOf(t, painted(40, 40, func(x, _ int) color.NRGBA {
			if x < 20 {
				return rgb(120, 120, 120)
			}
			return rgb(130, 130, 130)
		}))
		s := render(t, "e_tint:equalize:100:black:white", src)
		if d := int(s.at(35, 20).R) - int(s.at(5, 20).R); d < 100 {
			t.Errorf("the shades differ by %d", d)
		}
	})
	t.Run("a position before any color", func(t *testing.T) {
		_, _, err := rendering{raw: "e_tint:100:50p", source: asset(t, pngOf(t, plain(9, 9, red)))}.try(t)
		wantProblem(t, err, 400, "tint")
	})
}

func TestRecolor(t *testing.T) {
	c := rgb(100, 50, 200)
	wantColor(t, one(t, "e_recolor:0:0:1:0:1:0:1:0:0", c), rgb(200, 50, 100), 1)
	wantColor(t, one(t, "e_recolor:1:0:0:0:1:0:0:0:1", c), c, 0)
	wantColor(t, one(t, "e_recolor:1:0:0:0:0:1:0:0:0:0:1:0:0:0:0:0.5", c), color.NRGBA{100, 50, 200, 128}, 1)
	wantColor(t, one(t, "e_recolor:1:0:0:0:1:0:0:0:1", color.NRGBA{9, 9, 9, 70}), color.NRGBA{9, 9, 9, 70}, 0)
}

func TestReplaceColor(t *testing.T) {
	// A blue jacket in light and shadow, on a red wall.
	src := pngOf(t, painted(90, 30, func(x, _ int) color.NRGBA {
		switch {
		case x < 30:
			return rgb(60, 90, 200)
		case x < 60:
			return rgb(45, 70, 160)
		}
		return rgb(220, 60, 40)
	}))
	s := render(t, "e_replace_color:008000:50:3c5ac8", src)
	light, shadow := s.at(15, 15), s.at(45, 15)
	if !(light.G > light.R+20 && light.G > light.B+20) || luma8(shadow) >= luma8(light)-5 {
		t.Errorf("light %v, shadow %v", light, shadow)
	}
	s.wantAt(t, 75, 15, rgb(220, 60, 40), 1)
	// Without a colour to replace it is the most prominent one, here the blue: there is more of it.
	if c := render(t, "e_replace_color:green", src).at(15, 15); c.G <= c.B {
		t.Errorf("the most prominent colour became %v", c)
	}
	wantColor(t, render(t, "e_replace_color:green:0:3c5ac8", src).at(45, 15), rgb(45, 70, 160), 1)
}

func TestLevels(t *testing.T) {
	// A flat picture: 90 to 140, with a red cast.
	flat := pngOf(t, painted(256, 64, func(x, _ int) color.NRGBA {
		v := uint8(90 + x*50/255)
		return rgb(v+30, v, v-20)
	}))
	was := render(t, "c_scale,w_256", flat)
	for _, raw := range []string{"e_auto_contrast", "e_auto_color", "e_improve", "e_improve:indoor"} {
		if before, now := spread(was), spread(render(t, raw, flat)); now < 1.3*before {
			t.Errorf("%s: deviation %v, was %v", raw, now, before)
		}
	}
	half, full := spread(render(t, "e_auto_contrast:50", flat)), spread(render(t, "e_auto_contrast:100", flat))
	if none := spread(render(t, "e_auto_contrast:0", flat)); math.Abs(none-spread(was)) > 0.1 || half <= none || half >= full {
		t.Errorf("deviation %v at 0, %v at 50, %v at 100", none, half, full)
	}
	if before, now := vividness(was), vividness(render(t, "e_auto_color", flat)); now > 0.4*before {
		t.Errorf("the cast is %v, was %v", now, before)
	}
	dark := pngOf(t, painted(256, 64, func(x, _ int) color.NRGBA { return rgb(uint8(x/4), uint8(x/4), uint8(x/4)) }))
	_, before, _ := means(render(t, "c_scale,w_256", dark))
	for _, raw := range []string{"e_auto_brightness", "e_fill_light", "e_fill_light:50", "e_fill_light:100:-50", "e_improve:50"} {
		if _, now, _ := means(render(t, raw, dark)); now < before+1 {
			t.Errorf("%s: brightness %v, was %v", raw, now, before)
		}
	}
	_, low, _ := means(render(t, "e_fill_light:100:-100", dark))
	if _, high, _ := means(render(t, "e_fill_light:100:100", dark)); high <= low {
		t.Errorf("brightness %v with a high bias, %v with a low one", high, low)
	}
	wantColor(t, one(t, "e_fill_light", white255), white255, 0)
	for _, raw := range []string{"e_auto_contrast", "e_auto_color", "e_improve"} { // nothing to stretch
		if c := one(t, raw, rgb(100, 100, 100)); math.Abs(luma8(c)-100) > 40 {
			t.Errorf("%s makes %v of grey", raw, c)
		}
	}
}

func TestArt(t *testing.T) {
	const smaller = "c_scale,w_120/"
	plainPhoto := photo(t, smaller)
	seen := map[string]string{}
	for name := range looks {
		s := photo(t, smaller+"e_art:"+name)
		if other, ok := seen[string(s.data)]; ok {
			t.Errorf("%s looks like %s", name, other)
		}
		seen[string(s.data)] = name
		if bytes.Equal(s.data, plainPhoto.data) {
			t.Errorf("%s changes nothing", name)
		}
		if detail(s) < detail(plainPhoto)/3 {
			t.Errorf("%s leaves no picture", name)
		}
	}
	if len(seen) != 21 {
		t.Errorf("%d looks", len(seen))
	}
	for _, name := range []string{"audrey", "incognito", "zorro"} {
		if v := vividness(photo(t, smaller+"e_art:"+name)); v > 8 {
			t.Errorf("%s has colours: %v", name, v)
		}
	}
}

func TestOrderedDither(t *testing.T) {
	ramp := pngOf(t, painted(256, 64, func(x, _ int) color.NRGBA { return rgb(uint8(x), uint8(x), uint8(x)) }))
	for number := range 19 {
		raw := "e_ordered_dither:" + string(rune('0'+number%10))
		if number >= 10 {
			raw = "e_ordered_dither:1" + string(rune('0'+number%10))
		}
		s := render(t, raw, ramp)
		for y := range 64 {
			for x := range 256 {
				if c := s.at(x, y); c != black && c != white255 {
					t.Fatalf("%s: pixel %v", raw, c)
				}
			}
		}
		// A pattern keeps the brightness, on the whole and in the lighter half.
		if mean, _, _ := means(s); math.Abs(mean-127.5) > 12 {
			t.Errorf("%s: mean %v", raw, mean)
		}
		light, _, _ := means(render(t, raw+"/c_crop,g_east,w_128,h_64", ramp))
		if want := 191.0; number >= 4 && math.Abs(light-want) > 20 {
			t.Errorf("%s: the lighter half has a mean of %v", raw, light)
		}
	}
}

func TestColorblind(t *testing.T) {
	redPatch, greenPatch := rgb(200, 60, 60), rgb(40, 125, 60)
	apart := func(raw string) float64 {
		a, b := one(t, raw, redPatch), one(t, raw, greenPatch)
		return math.Hypot(math.Hypot(float64(a.R)-float64(b.R), float64(a.G)-float64(b.G)), float64(a.B)-float64(b.B))
	}
	was := apart("c_scale,w_9")
	for _, c := range []string{"", ":deuteranopia", ":protanopia", ":rod_monochromacy", ":cone_monochromacy"} {
		if is := apart("e_simulate_colorblind" + c); is > 0.6*was {
			t.Errorf("%s: red and green differ by %v, were %v", c, is, was)
		}
	}
	for weak, full := range map[string]string{"deuteranomaly": "deuteranopia", "protanomaly": "protanopia"} {
		if w, f := apart("e_simulate_colorblind:"+weak), apart("e_simulate_colorblind:"+full); w <= f || w >= was {
			t.Errorf("%s %v, %s %v, normal %v", weak, w, full, f, was)
		}
	}
	for name := range colorblindness { // greys stay grey
		wantColor(t, one(t, "e_simulate_colorblind:"+name, rgb(120, 120, 120)), rgb(120, 120, 120), 3)
	}
	striped := render(t, "e_assist_colorblind:60", pngOf(t, plain(40, 40, redPatch)))
	if spread(striped) < 8 {
		t.Errorf("no stripes on red: deviation %v", spread(striped))
	}
	if s := spread(render(t, "e_assist_colorblind:60", pngOf(t, plain(40, 40, rgb(128, 128, 128))))); s > 1e-6 {
		t.Errorf("stripes on grey: deviation %v", s)
	}
	if a, b := one(t, "e_assist_colorblind:xray", redPatch), one(t, "e_assist_colorblind:xray", greenPatch); int(b.B)-int(a.B) < 60 {
		t.Errorf("xray makes %v and %v of red and green", a, b)
	}
}

func TestTheme(t *testing.T) {
	// A page: dark text on white, and a photograph.
	coffee := photo(t, "c_fill,h_160,w_160")
	page := pngOf(t, painted(400, 320, func(x, y int) color.NRGBA {
		switch {
		case x >= 203 && x < 363 && y >= 77 && y < 237: // on no grid
			return coffee.at(x-203, y-77)
		case x >= 20 && x < 150 && y%40 < 4:
			return rgb(30, 30, 30)
		}
		return white255
	}))
	s := rendering{raw: "e_theme:color_black", source: engine.Source{File: temp(t, page)}}.do(t)
	if c := s.at(390, 10); luma8(c) > 10 {
		t.Errorf("the background is %v", c)
	}
	if c := s.at(80, 41); luma8(c) < 200 {
		t.Errorf("the text is %v", c)
	}
	for y := range 160 {
		for x := range 160 {
			if got, want := s.at(203+x, 77+y), coffee.at(x, y); !near(got, want, 2) {
				t.Fatalf("pixel %d,%d of the photograph is %v, want %v", x, y, got, want)
			}
		}
	}
	for _, beside := range [][2]int{{202, 150}, {363, 150}, {280, 76}, {280, 237}} {
		if c := s.at(beside[0], beside[1]); luma8(c) > 10 {
			t.Errorf("the background beside the photograph, at %v, is %v", beside, c)
		}
	}
	if c := render(t, "e_theme:color_1f3a5f", page).at(390, 10); !near(c, rgb(0x1f, 0x3a, 0x5f), 6) {
		t.Errorf("the background is %v", c)
	}
}
