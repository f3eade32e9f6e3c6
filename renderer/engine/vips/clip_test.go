package vips

import (
	"image/color"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/clipping"
)

// outlineOf is a path of straight lines through the corners of rectangles, in fractions of the picture.
func outlineOf(name string, rectangles ...[4]float64) clipping.Path {
	path := clipping.Path{Name: name}
	for _, r := range rectangles {
		var part []clipping.Knot
		for _, p := range []clipping.Point{{X: r[0], Y: r[1]}, {X: r[2], Y: r[1]}, {X: r[2], Y: r[3]}, {X: r[0], Y: r[3]}} {
			part = append(part, clipping.Knot{Before: p, At: p, After: p})
		}
		path.Parts = append(path.Parts, part)
	}
	return path
}

// withPath puts a clipping path into a JPEG.
func withPath(jpg []byte, path clipping.Path) []byte {
	return withSegment(jpg, 0xed, append([]byte("Photoshop 3.0\x00"), clipping.Resources(path)...))
}

func TestClippingPath(t *testing.T) {
	// The left half but for its outermost eighth, and a hole in it.
	path := outlineOf("left", [4]float64{0.125, 0, 0.5, 1}, [4]float64{0.25, 0.25, 0.375, 0.75})
	file := withPath(jpegOf(t, plain(80, 40, red)), path)
	for _, c := range []struct {
		raw          string
		w, h         int
		inside, hole [2]int
		open         uint8 // alpha in the hole
	}{
		{"fl_clip", 80, 40, [2]int{35, 5}, [2]int{25, 20}, 255},
		{"fl_clip_evenodd", 80, 40, [2]int{35, 5}, [2]int{25, 20}, 0},
		{"c_scale,w_160/fl_clip_evenodd", 160, 80, [2]int{70, 10}, [2]int{50, 40}, 0},
		{"fl_clip_evenodd/c_scale,w_40", 40, 20, [2]int{17, 3}, [2]int{12, 10}, 0},
		{"c_crop,g_west,w_40,h_40/fl_clip", 40, 40, [2]int{35, 5}, [2]int{25, 20}, 255},
		{"fl_clip,pg_1", 80, 40, [2]int{35, 5}, [2]int{25, 20}, 255},
		{"fl_clip,pg_name:left", 80, 40, [2]int{35, 5}, [2]int{25, 20}, 255},
	} {
		t.Run(c.raw, func(t *testing.T) {
			s := render(t, c.raw, file)
			s.wantSize(t, c.w, c.h)
			s.wantAt(t, c.inside[0], c.inside[1], red, 8)
			s.wantAlpha(t, c.hole[0], c.hole[1], c.open, 2)
			s.wantAlpha(t, 1, 1, 0, 2)
			if c.w > 2*c.h-1 {
				s.wantAlpha(t, -3, 3, 0, 2)
			}
		})
	}
}

func TestClippingPathOfATurnedPhoto(t *testing.T) {
	path := outlineOf("left", [4]float64{0, 0, 0.5, 1})
	file := withOrientation(withPath(jpegOf(t, plain(80, 40, red)), path), 6) // to be turned clockwise: left comes to the top
	s := render(t, "fl_clip", file)
	s.wantSize(t, 40, 80)
	s.wantAlpha(t, 20, 5, 255, 2)
	s.wantAlpha(t, 20, 75, 0, 2)
	s = render(t, "a_ignore,fl_clip", file)
	s.wantSize(t, 80, 40)
	s.wantAlpha(t, 5, 20, 255, 2)
	s.wantAlpha(t, 75, 20, 0, 2)
}

func TestClippingPathOfALayer(t *testing.T) {
	logo := withPath(jpegOf(t, plain(80, 40, red)), outlineOf("left", [4]float64{0, 0, 0.5, 1}))
	s := rendering{raw: "l_logo/fl_clip/fl_layer_apply", source: asset(t, pngOf(t, plain(80, 40, blue))),
		layers: map[string]engine.Source{"upload/logo": asset(t, logo)}}.do(t)
	s.wantAt(t, 5, 20, red, 8)
	s.wantAt(t, 75, 20, blue, 2)
}

func TestClippingPathAsGravity(t *testing.T) {
	file := withPath(jpegOf(t, quadrants(80, 40)), outlineOf("corner", [4]float64{0.5, 0.5, 1, 1}))
	s := render(t, "c_crop,g_clipping_path_!corner!", file)
	s.wantSize(t, 40, 20)
	s.wantAt(t, 20, 10, white255, 8)
	_, _, err := rendering{raw: "c_crop,g_clipping_path_!none!,w_9,h_9", source: asset(t, file)}.try(t)
	wantProblem(t, err, 400, "Invalid gravity - the image has no clipping path none")
}

func TestClippingPathsThatAreNotThere(t *testing.T) {
	bare := jpegOf(t, plain(20, 20, red))
	s := render(t, "fl_clip", bare)
	s.wantAt(t, 10, 10, red, 8)
	for raw, message := range map[string]string{
		"fl_clip,pg_2":         "Invalid page - 2: the image has 0 clipping paths",
		"fl_clip,pg_name:none": "Invalid page - there is no clipping path none",
	} {
		_, _, err := rendering{raw: raw, source: asset(t, bare)}.try(t)
		wantProblem(t, err, 400, message)
	}
	turned := withPath(bare, outlineOf("left", [4]float64{0, 0, 0.5, 1}))
	_, _, err := rendering{raw: "a_20/fl_clip", source: asset(t, turned)}.try(t)
	wantProblem(t, err, 400, "put fl_clip before a_")
}

func TestFilled(t *testing.T) {
	triangle := [][]place{{{0, 0}, {8, 0}, {0, 8}}}
	c := filled(size{8, 8}, triangle, false)
	total := 0
	for _, v := range c.alpha {
		total += int(v)
	}
	if want := 32 * 255; total < want*98/100 || total > want*102/100 {
		t.Errorf("covers %.2f pixels, want 32", float64(total)/255)
	}
	if c.alpha[0] != 255 || c.alpha[63] != 0 {
		t.Errorf("corners are %d and %d", c.alpha[0], c.alpha[63])
	}
	outside := filled(size{4, 4}, [][]place{{{-9, -9}, {20, -9}, {20, 20}, {-9, 20}}}, true)
	for i, v := range outside.alpha {
		if v != 255 {
			t.Fatalf("pixel %d inside of a larger polygon is %d", i, v)
		}
	}
}

// TestEmbeddedClippingPath writes a path around a shape, and clips the file that comes out by it.
func TestEmbeddedClippingPath(t *testing.T) {
	shape := painted(80, 40, func(x, y int) color.NRGBA {
		if x >= 20 && x < 60 && y >= 10 && y < 30 {
			return red
		}
		return color.NRGBA{}
	})
	for _, format := range []string{"jpg", "tiff"} {
		for _, raw := range []string{"$m_current/e_embed_clipping_path:mask_$m", "$m_current/c_scale,w_160/e_embed_clipping_path:mask_$m"} {
			data, _, err := rendering{raw: raw, source: asset(t, pngOf(t, shape)), format: format}.try(t)
			if err != nil {
				t.Fatal(err)
			}
			s := render(t, "fl_clip/c_scale,w_80", data)
			s.wantAlpha(t, 40, 20, 255, 2)
			for _, corner := range [][2]int{{23, 13}, {56, 26}} {
				s.wantAlpha(t, corner[0], corner[1], 255, 2)
			}
			for _, outside := range [][2]int{{5, 20}, {16, 20}, {63, 20}, {40, 6}, {40, 33}} {
				s.wantAlpha(t, outside[0], outside[1], 0, 2)
			}
		}
	}
	for raw, message := range map[string]string{
		"e_embed_clipping_path:mask_$m":                  "$m is not an image",
		"$m_!a!/e_embed_clipping_path:mask_$m":           "$m is not an image",
		"$m_current/e_embed_clipping_path:mask_$m/f_png": "is for jpg and tiff, not for png",
		"o_0/$m_current/e_embed_clipping_path:mask_$m":   "the mask is empty",
	} {
		_, _, err := rendering{raw: raw, source: asset(t, pngOf(t, shape)), format: "png"}.try(t)
		wantProblem(t, err, 400, message)
	}
}
