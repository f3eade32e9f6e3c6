package vips

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/test/photos"
)

// typesetting renders on blue, 400×200, with the font whose A is a square of one em.
func typesetting(t *testing.T, raw string) rendering {
	t.Helper()
	return rendering{raw: raw, source: asset(t, pngOf(t, plain(400, 200, blue))),
		layers: map[string]engine.Source{
			engine.FontKey("square.ttf"):     {File: opened(t, "../typeset/testdata/square.ttf")},
			engine.FontKey("fonts/sq_1.ttf"): {File: opened(t, "../typeset/testdata/square.ttf")},
			engine.FontKey("packed.woff2"):   {File: opened(t, "../typeset/testdata/square.woff2")},
			engine.FontKey("picture.ttf"):    {File: opened(t, photos.Path(t, photos.Coffee))},
		}}
}

// where is the smallest rectangle that holds the pixels of this colour.
func (s *seen) where(c color.NRGBA, tolerance int) image.Rectangle {
	var box image.Rectangle
	for y := range s.size().h {
		for x := range s.size().w {
			if near(s.at(x, y), c, tolerance) {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

func TestText(t *testing.T) {
	const place = "/fl_layer_apply,g_north_west,x_10,y_10"
	for name, c := range map[string]struct {
		raw  string
		want image.Rectangle // of red pixels
	}{
		"size":                    {"co_red,l_text:square.ttf_40:A" + place, image.Rect(10, 10, 50, 50)},
		"several letters":         {"co_red,l_text:square.ttf_40:AAA" + place, image.Rect(10, 10, 130, 50)},
		"shorthand":               {"l_text:square.ttf_40:AAA,co_red,g_south_east,x_5,y_7", image.Rect(275, 153, 395, 193)},
		"letter spacing":          {"co_red,l_text:square.ttf_40_letter_spacing_-20:AA" + place, image.Rect(10, 10, 70, 50)},
		"line spacing":            {"co_red,l_text:square.ttf_40_line_spacing_7.0:A%0AA" + place, image.Rect(10, 10, 50, 97)},
		"words in any case":       {"co_red,l_text:square.ttf_40_line_spacing_0_center_normal_none:A" + place, image.Rect(10, 10, 50, 50)},
		"font in a folder":        {"co_red,l_text:fonts%2Fsq_1.ttf_40:A" + place, image.Rect(10, 10, 50, 50)},
		"woff2":                   {"co_red,l_text:packed.woff2_40:A" + place, image.Rect(10, 10, 50, 50)},
		"wrapped":                 {"co_red,l_text:square.ttf_40:AAAAA,c_fit,w_100" + place, image.Rect(10, 10, 90, 130)},
		"wrapped relative":        {"co_red,l_text:square.ttf_40:AAAAA,c_fit,fl_relative,w_0.25" + place, image.Rect(10, 10, 90, 130)},
		"scaled, not wrapped":     {"co_red,l_text:square.ttf_40:AAAA,c_scale,w_80" + place, image.Rect(10, 10, 90, 30)},
		"sized by itself":         {"co_red,l_text:square.ttf_40:AA/c_scale,w_0.5" + place, image.Rect(10, 10, 50, 30)},
		"dpr":                     {"c_scale,w_400/co_red,l_text:square.ttf_40_letter_spacing_5:AA/fl_layer_apply,g_north_west,x_10,y_10/dpr_2.0", image.Rect(20, 20, 190, 100)},
		"a size from a variable":  {"$size_60/co_red,l_text:square.ttf_$size:A" + place, image.Rect(10, 10, 70, 70)},
		"a style from a variable": {"$style_!square.ttf_40_letter_spacing_10!/co_red,l_text:$style:AA" + place, image.Rect(10, 10, 100, 50)},
		"a text from a variable":  {"$n_!AA!/co_red,l_text:square.ttf_40:A$(n)" + place, image.Rect(10, 10, 130, 50)},
		"turned":                  {"co_red,l_text:square.ttf_40:AAA/a_90" + place, image.Rect(10, 10, 50, 130)},
		"relative offsets":        {"co_red,l_text:square.ttf_40:A/fl_layer_apply,g_north_west,x_0.5,y_0.25", image.Rect(200, 50, 240, 90)},
	} {
		t.Run(name, func(t *testing.T) {
			s := typesetting(t, c.raw).do(t)
			if got := s.where(red, 0); got != c.want {
				t.Errorf("red is at %v, want %v", got, c.want)
			}
		})
	}
}

func TestTextBoxes(t *testing.T) {
	green := rgb(0, 255, 0)
	t.Run("a ground of a fifth of the size around", func(t *testing.T) {
		s := typesetting(t, "b_rgb:00ff00,co_red,l_text:square.ttf_40:AA/fl_layer_apply,g_north_west").do(t)
		if got := s.where(green, 0); got != image.Rect(0, 0, 96, 56) {
			t.Errorf("the ground is %v", got)
		}
		if got := s.where(red, 0); got != image.Rect(8, 8, 88, 48) {
			t.Errorf("the text is %v", got)
		}
	})
	t.Run("a translucent ground", func(t *testing.T) {
		s := typesetting(t, "b_rgb:00ff0080,co_red,l_text:square.ttf_40:AA/fl_layer_apply,g_north_west").do(t)
		s.wantAt(t, 3, 3, rgb(0, 128, 127), 2)
		s.wantAt(t, 20, 20, red, 0)
	})
	t.Run("the ground is in the width", func(t *testing.T) {
		s := typesetting(t, "b_rgb:00ff00,co_red,l_text:square.ttf_40:AAAA,c_fit,w_100/fl_layer_apply,g_north_west").do(t)
		if got := s.where(green, 0); got != image.Rect(0, 0, 96, 96) {
			t.Errorf("the ground is %v", got)
		}
	})
	t.Run("a border around the box, and its corners", func(t *testing.T) {
		s := typesetting(t, "b_rgb:00ff00,bo_5px_solid_black,r_10,co_red,l_text:square.ttf_40:AA/fl_layer_apply,g_north_west").do(t)
		if got := s.where(black, 0); got != image.Rect(0, 0, 106, 66) {
			t.Errorf("the border is %v", got)
		}
		s.wantAt(t, 0, 0, blue, 0)
		s.wantAt(t, 2, 33, black, 0)
	})
	t.Run("an outline", func(t *testing.T) {
		s := typesetting(t, "bo_5px_solid_black,co_red,l_text:square.ttf_40_stroke:A/fl_layer_apply,g_north_west").do(t)
		inStyle := typesetting(t, "co_red,l_text:square.ttf_40_stroke_bo_5px_solid_black:A/fl_layer_apply,g_north_west").do(t)
		if got := inStyle.where(red, 0); got != s.where(red, 0) {
			t.Errorf("with the border in the style the letter is %v", got)
		}
		inStyle.wantAt(t, 2, 25, black, 0)
		if got := s.where(red, 0); got != image.Rect(5, 5, 45, 45) {
			t.Errorf("the letter is %v", got)
		}
		s.wantAt(t, 2, 25, black, 0)
		s.wantAt(t, 0, 0, blue, 0) // round at its corners
		s.wantAt(t, 51, 25, blue, 0)
	})
	t.Run("a translucent text", func(t *testing.T) {
		s := typesetting(t, "co_rgb:ff000080,l_text:square.ttf_40:A/fl_layer_apply,g_north_west").do(t)
		s.wantAt(t, 20, 20, rgb(128, 0, 127), 2)
	})
	t.Run("black by default, no ground when it is transparent", func(t *testing.T) {
		s := typesetting(t, "b_none,l_text:square.ttf_40:A/fl_layer_apply,g_north_west").do(t)
		if got := s.where(black, 0); got != image.Rect(0, 0, 40, 40) {
			t.Errorf("the letter is %v", got)
		}
		s.wantAt(t, 42, 42, blue, 0)
	})
	t.Run("the color is not that of an effect beside it", func(t *testing.T) {
		s := typesetting(t, "co_red,e_colorize:100,l_text:square.ttf_40:A/fl_layer_apply,g_north_west").do(t)
		s.wantAt(t, 20, 20, rgb(128, 128, 128), 0) // the default of the effect
	})
}

func TestTextTrim(t *testing.T) {
	high := func(raw string) int { return typesetting(t, raw).do(t).where(red, 100).Dy() }
	dot, tall := "co_red,l_text:Arial_60:.", "co_red,l_text:Arial_60:Ag"
	if low, up := high(dot+"/fl_layer_apply"), high(tall+"/fl_layer_apply"); low > 12 || up < 45 {
		t.Errorf("trimmed, a dot is %d px high and Ag %d", low, up)
	}
	box := func(text string) size {
		s := rendering{raw: "b_white,co_red,l_text:Arial_60:" + text + ",fl_text_no_trim/fl_layer_apply", source: asset(t, pngOf(t, plain(1, 1, red)))}.do(t)
		return s.size()
	}
	if a, b := box("a.a"), box("gÅg"); a.h != b.h || a.h < 60+24 {
		t.Errorf("not trimmed, boxes are %v and %v", a, b)
	}
	// Spaces are not nothing.
	s := rendering{raw: "l_text:Arial_60:%20%20/fl_layer_apply", source: asset(t, pngOf(t, plain(1, 1, red)))}.do(t)
	if s.size().w < 10 {
		t.Errorf("two spaces are %v", s.size())
	}
}

func TestTextHeight(t *testing.T) {
	words := strings.Repeat("word%20", 60)
	for _, height := range []int{30, 75, 150} {
		s := rendering{raw: "l_text:Roboto_30:" + words + ",c_fit,w_300,h_" + formatFloat(float64(height)) + "/fl_layer_apply", source: asset(t, pngOf(t, plain(1, 1, red)))}.do(t)
		if got := s.size(); got.w > 300 || got.h > height || got.h < height/2 {
			t.Errorf("in 300×%d the text is %v", height, got)
		}
	}
}

func TestTextProblems(t *testing.T) {
	for name, c := range map[string]struct {
		raw    string
		status int
		piece  string
	}{
		"unknown font":        {"l_text:Neverheard_20:A/fl_layer_apply", 400, "Unknown font - Neverheard"},
		"font of another":     {"l_text:Neverheard@google_20_400:A/fl_layer_apply", 400, "Unknown font - Neverheard"},
		"missing font":        {"l_text:other.ttf_20:A/fl_layer_apply", 404, "Resource not found - other.ttf"},
		"a picture":           {"l_text:picture.ttf_20:A/fl_layer_apply", 400, "Invalid font - picture.ttf"},
		"huge size":           {"l_text:Arial_100000:A/fl_layer_apply", 400, "Invalid font size - 100000"},
		"huge spacing":        {"l_text:Arial_10_letter_spacing_1000000:A/fl_layer_apply", 400, "Invalid text spacing"},
		"huge outline":        {"l_text:Arial_10_stroke:A,bo_100000px_solid_red/fl_layer_apply", 400, "Invalid border"},
		"huge picture":        {"l_text:Arial_9000:AAAA/fl_layer_apply", 400, "Maximum image size"},
		"long text":           {"l_text:Arial_1000:" + strings.Repeat("A", 1000) + "/fl_layer_apply", 400, "Text layer is too large"},
		"longer by variables": {"$a_!" + strings.Repeat("A", 3000) + "!/l_text:Arial_10:$(a)$(a)/fl_layer_apply", 400, "Invalid text"},
		"empty by a variable": {"$a_!!/l_text:Arial_10:$(a)/fl_layer_apply", 400, "Invalid text"},
		"no style":            {"$a_!nothing!/l_text:$a:A/fl_layer_apply", 400, "Invalid text style - nothing"},
		"undefined style":     {"l_text:$a:A/fl_layer_apply", 400, "$a"},
		"style of nobody":     {"l_text:nobody:A/fl_layer_apply", 404, "Resource not found - nobody"},
		"blurred ground":      {"b_blurred,l_text:Arial_20:A/fl_layer_apply", 400, "Invalid background"},
		"overflow":            {"l_text:square.ttf_40:AAAAAAAAAAA/fl_layer_apply,fl_text_disallow_overflow", 400, "overflow"},
		"overflow by offset":  {"l_text:square.ttf_40:A/fl_layer_apply,fl_text_disallow_overflow,g_west,x_-1", 400, "overflow"},
	} {
		t.Run(name, func(t *testing.T) {
			r := typesetting(t, c.raw)
			r.strictFonts = true
			_, _, err := r.try(t)
			wantProblem(t, err, c.status, c.piece)
		})
	}
	typesetting(t, "l_text:square.ttf_40:AAAAAAAAAA/fl_layer_apply,fl_text_disallow_overflow").do(t)
	s := typesetting(t, "l_text:square.ttf_40:AAAAAAAAAAA/fl_layer_apply").do(t)
	s.wantSize(t, 440, 200)
}

func TestUnknownFontsAreReplaced(t *testing.T) {
	want, _, err := typesetting(t, "l_text:sans-serif_20_bold:Hello/fl_layer_apply").try(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, font := range []string{"Neverheard", "Neverheard@google"} {
		got, _, err := typesetting(t, "l_text:"+font+"_20_bold:Hello/fl_layer_apply").try(t)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, not as in the default font", font, err)
		}
	}
}

func TestStoredStyle(t *testing.T) {
	stored := map[string]engine.TextStyle{"styles/big": {Style: "square.ttf_40_letter_spacing_10", Color: "red", Background: "rgb:00ff00"}}
	r := typesetting(t, "l_text:styles%2Fbig:AA/fl_layer_apply,g_north_west")
	r.styles = stored
	s := r.do(t)
	if got := s.where(red, 0); got != image.Rect(8, 8, 98, 48) {
		t.Errorf("red is at %v", got)
	}
	if got := s.where(rgb(0, 255, 0), 0); got != image.Rect(0, 0, 106, 56) {
		t.Errorf("the ground is at %v", got)
	}
	r = typesetting(t, "b_none,co_white,l_text:styles%2Fbig:AA/fl_layer_apply,g_north_west")
	r.styles = stored
	if got := r.do(t).where(white255, 0); got != image.Rect(0, 0, 90, 40) {
		t.Errorf("with colours of its own, white is at %v", got)
	}
}

// TestLayersOnAnimations: a layer is on every frame, and one that moves itself shows its first.
func TestLayersOnAnimations(t *testing.T) {
	still := asset(t, pngOf(t, plain(20, 20, red)))
	moving := asset(t, animation(t, 20, 20, 3))
	r := typesetting(t, "l_still/fl_layer_apply,g_north_west/co_white,l_text:square.ttf_10:A/fl_layer_apply,g_south_east/l_moving/fl_layer_apply,g_north_east")
	r.source, r.format = asset(t, animation(t, 100, 50, 3)), "gif"
	r.layers["upload/still"], r.layers["upload/moving"] = still, moving
	data, _, err := r.try(t)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(frames.Image) != 3 {
		t.Fatalf("%d frames, want 3", len(frames.Image))
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, 100, 50))
	for i, frame := range frames.Image {
		draw.Draw(canvas, frame.Rect, frame, frame.Rect.Min, draw.Over)
		for p, want := range map[image.Point]color.NRGBA{{5, 5}: red, {95, 45}: white255, {90, 10}: rgb(0, 0, 255), {50, 25}: rgb(uint8(50*i), 0, 255)} {
			if got := canvas.NRGBAAt(p.X, p.Y); !near(got, want, 60) {
				t.Errorf("frame %d: pixel %v is %v, want %v", i, p, got, want)
			}
		}
	}
}
