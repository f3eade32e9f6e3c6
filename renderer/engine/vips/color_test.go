package vips

import (
	"fmt"
	"image"
	"image/color"
	"testing"
)

// TestOrientations: whatever way the picture lies in the file, it is shown upright, also when it is cropped and
// shrunk on load.
func TestOrientations(t *testing.T) {
	upright := quadrants(640, 480)
	for o := 1; o <= 8; o++ {
		source := withOrientation(jpegOf(t, storedAs(upright, o)), uint16(o))
		t.Run(fmt.Sprintf("%d", o), func(t *testing.T) {
			for _, raw := range []string{"", "c_scale,w_64", "c_scale,w_640", "c_fill,w_64,h_48", "q_90/c_scale,w_0.1"} {
				s := render(t, raw, source)
				w, h := 640, 480
				if raw != "" && raw != "c_scale,w_640" {
					w, h = 64, 48
				}
				s.wantSize(t, w, h)
				s.wantAt(t, w/4, h/4, red, 8)
				s.wantAt(t, w*3/4, h/4, green, 8)
				s.wantAt(t, w/4, h*3/4, blue, 8)
				s.wantAt(t, w*3/4, h*3/4, white255, 8)
			}
		})
		t.Run(fmt.Sprintf("%d cropped", o), func(t *testing.T) {
			for raw, want := range map[string]color.NRGBA{
				"c_crop,g_north_west,w_300,h_200": red, "c_crop,g_north_east,w_300,h_200": green,
				"c_crop,g_south_west,w_300,h_200": blue, "c_fill,g_south_east,w_10,h_60": white255,
				"c_thumb,g_xy_center,x_500,y_100,z_4,w_30,h_20": green,
			} {
				s := render(t, raw, source)
				s.wantAt(t, s.size().w/2, s.size().h*3/4, want, 8)
			}
		})
		t.Run(fmt.Sprintf("%d ignored", o), func(t *testing.T) {
			s := render(t, "a_ignore/c_scale,w_0.5", source)
			stored := storedAs(upright, o)
			s.wantSize(t, stored.Rect.Dx()/2, stored.Rect.Dy()/2)
			s.wantAt(t, 40, 40, stored.NRGBAAt(80, 80), 8)
		})
	}
}

// storedAs lays an upright picture down as EXIF describes the orientation: where row 0 and column 0 of the file are seen.
func storedAs(upright *image.NRGBA, orientation int) *image.NRGBA {
	w, h := upright.Rect.Dx(), upright.Rect.Dy()
	sw, sh := w, h
	if orientation >= 5 {
		sw, sh = h, w
	}
	return painted(sw, sh, func(x, y int) color.NRGBA {
		switch orientation {
		case 2: // row 0 is the top, column 0 the right
			return upright.NRGBAAt(w-1-x, y)
		case 3: // bottom, right
			return upright.NRGBAAt(w-1-x, h-1-y)
		case 4: // bottom, left
			return upright.NRGBAAt(x, h-1-y)
		case 5: // left, top
			return upright.NRGBAAt(y, x)
		case 6: // right, top
			return upright.NRGBAAt(w-1-y, x)
		case 7: // right, bottom
			return upright.NRGBAAt(w-1-y, h-1-x)
		case 8: // left, bottom
			return upright.NRGBAAt(y, h-1-x)
		}
		return upright.NRGBAAt(x, y)
	})
}

func TestAutoRotate(t *testing.T) {
	wide := pngOf(t, quadrants(400, 200))
	for raw, corner := range map[string]color.NRGBA{
		"a_auto_right,c_fill,w_100,h_200": blue,
		"a_auto_left,c_fill,w_100,h_200":  green,
		"a_auto_right,c_fill,w_200,h_100": red,
	} {
		t.Run(raw, func(t *testing.T) { render(t, raw, wide).wantAt(t, 10, 10, corner, 3) })
	}
}

func TestProfiles(t *testing.T) {
	source := jpegOf(t, plain(200, 200, red))
	t.Run("an embedded profile is applied", func(t *testing.T) {
		for _, raw := range []string{"", "c_scale,w_20", "c_scale,w_400"} {
			s := render(t, raw, withProfile(source, swappedProfile("exchanged primaries")))
			if c := s.at(10, 10); c.R > 60 || c.B < 200 {
				t.Errorf("%q: red of a profile whose red is blue came out as %v", raw, c)
			}
		}
	})
	t.Run("a profile that is sRGB by name is not applied", func(t *testing.T) {
		render(t, "c_scale,w_20", withProfile(source, swappedProfile("sRGB IEC61966-2.1"))).wantAt(t, 10, 10, red, 8)
	})
	t.Run("a broken profile is ignored", func(t *testing.T) {
		render(t, "c_scale,w_20", withProfile(source, []byte("this is no profile"))).wantAt(t, 10, 10, red, 8)
	})
	t.Run("cmyk", func(t *testing.T) {
		for _, raw := range []string{"", "c_scale,w_16", "r_4"} {
			s := render(t, raw, cmykJPEG(t, 32, 16))
			if c := s.at(8, 4); diff(c.R, 200) > 25 || c.G > 75 || c.B > 75 {
				t.Errorf("%q: pixel %v", raw, c)
			}
		}
	})
	t.Run("grey", func(t *testing.T) {
		grey := image.NewGray(image.Rect(0, 0, 40, 40))
		for i := range grey.Pix {
			grey.Pix[i] = 77
		}
		s := render(t, "c_scale,w_20/bo_5px_solid_red", jpegOf(t, grey))
		s.wantAt(t, 15, 15, rgb(77, 77, 77), 3)
		s.wantAt(t, 1, 1, red, 3)
	})
	t.Run("16 bits", func(t *testing.T) {
		deep := image.NewNRGBA64(image.Rect(0, 0, 40, 40))
		for y := range 40 {
			for x := range 40 {
				deep.Set(x, y, color.NRGBA64{0xffff, 0x8000, 0, 0xffff})
			}
		}
		render(t, "c_scale,w_20", pngOf(t, deep)).wantAt(t, 10, 10, rgb(255, 128, 0), 2)
	})
}

func TestMetadataIsLeftOut(t *testing.T) {
	source := withOrientation(withProfile(jpegOf(t, position(64, 64)), swappedProfile("exchanged")), 6)
	for _, format := range []string{"jpg", "png", "webp"} {
		t.Run(format, func(t *testing.T) {
			data, _, err := rendering{raw: "c_scale,w_32", source: asset(t, source), format: format}.try(t)
			if err != nil {
				t.Fatal(err)
			}
			for _, trace := range []string{"Exif", "EXIF", "eXIf", "ICC_PROFILE", "iCCP", "ICCP"} {
				if containsBytes(data, trace) {
					t.Errorf("found %s", trace)
				}
			}
		})
	}
}
