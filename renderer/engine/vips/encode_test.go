package vips

import (
	"bytes"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/test/photos"
)

// TestWorkedExamplesF are the rows F1 and F4.
func TestWorkedExamplesF(t *testing.T) {
	photo := func() engine.Source { return engine.Source{File: opened(t, photos.Path(t, photos.Coffee))} }
	encoded := func(raw, format string) []byte {
		t.Helper()
		data, result, err := rendering{raw: raw, source: photo(), format: format}.try(t)
		if err != nil {
			t.Fatal(err)
		}
		if result.Format != format {
			t.Errorf("format %s, want %s", result.Format, format)
		}
		if f := detect(formats(), data); f == nil || f.name != format {
			t.Errorf("the bytes are no %s", format)
		}
		return data
	}
	t.Run("F1 each format has the same size", func(t *testing.T) {
		for _, format := range []string{"jpg", "png", "webp", "gif", "avif", "tiff"} {
			data, result, err := rendering{source: photo(), format: format}.try(t)
			if err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			got, err := newWorker(t).Probe(engine.ProbeRequest{File: temp(t, data), Verify: true})
			if err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			if got.Format != format || got.Width != 600 || got.Height != 400 || result.Width != 600 {
				t.Errorf("%s: %+v", format, got)
			}
		}
	})
	t.Run("F4 quality decides the bytes", func(t *testing.T) {
		low, middle, high := encoded("q_20", "jpg"), encoded("q_60:420", "jpg"), encoded("q_100", "jpg")
		if !(len(low) < len(middle) && len(middle) < len(high)) {
			t.Errorf("%d, %d, %d bytes", len(low), len(middle), len(high))
		}
	})
	t.Run("F4 chroma", func(t *testing.T) {
		for raw, want := range map[string]string{
			"q_60:420": "4:2:0", "q_60:444": "4:4:4", "q_60": "4:2:0", "q_95": "4:4:4", "q_95:420": "4:2:0", "q_auto": "4:2:0",
		} {
			if got := chroma(t, encoded(raw, "jpg")); got != want {
				t.Errorf("%s: %s, want %s", raw, got, want)
			}
		}
	})
	t.Run("levels of q_auto", func(t *testing.T) {
		last := 1 << 30
		for _, raw := range []string{"q_auto:best", "q_auto", "q_auto:eco", "q_auto:low"} {
			for _, format := range []string{"jpg", "webp"} {
				if format == "webp" {
					continue
				}
				n := len(encoded(raw, format))
				if n >= last {
					t.Errorf("%s has %d bytes, the level above %d", raw, n, last)
				}
				last = n
			}
		}
	})
	t.Run("webp quality", func(t *testing.T) {
		if low, high := encoded("q_20", "webp"), encoded("q_90", "webp"); len(low) >= len(high) {
			t.Errorf("%d and %d bytes", len(low), len(high))
		}
	})
}

func TestFlags(t *testing.T) {
	photo := jpegOf(t, position(200, 150))
	encoded := func(t *testing.T, raw, format string, source []byte) ([]byte, string) {
		t.Helper()
		data, result, err := rendering{raw: raw, source: asset(t, source), format: format}.try(t)
		if err != nil {
			t.Fatal(err)
		}
		return data, result.Format
	}
	for raw, want := range map[string]bool{
		"q_80": false, "q_80,fl_progressive": true, "q_auto": true, "q_auto,fl_progressive:none": false, "q_80,fl_progressive:steep": true,
	} {
		t.Run(raw, func(t *testing.T) {
			data, _ := encoded(t, raw, "jpg", photo)
			if got := bytes.Contains(data, []byte{0xff, 0xc2}); got != want {
				t.Errorf("progressive is %v, want %v", got, want)
			}
		})
	}
	kinds := map[byte]string{2: "rgb", 3: "palette", 6: "rgba"}
	for raw, want := range map[string]string{"fl_png8": "palette", "fl_png24": "rgb", "fl_png32": "rgba", "": "rgb"} {
		t.Run("png "+raw, func(t *testing.T) {
			data, _ := encoded(t, raw, "png", photo)
			if got := kinds[data[25]]; got != want {
				t.Errorf("colour type is %s, want %s", got, want)
			}
		})
	}
	t.Run("fl_png24 paints transparent areas", func(t *testing.T) {
		data, _ := encoded(t, "r_max,fl_png24", "png", photo)
		look(t, data).wantAt(t, 0, 0, white255, 0)
	})
	t.Run("fl_lossy delivers an opaque png as jpeg", func(t *testing.T) {
		if _, format := encoded(t, "fl_lossy", "png", photo); format != "jpg" {
			t.Errorf("format %s", format)
		}
		if _, format := encoded(t, "r_max,fl_lossy", "png", photo); format != "png" {
			t.Errorf("format %s of a transparent picture", format)
		}
	})
}

func TestFormatsWithoutAlphaAreFlattened(t *testing.T) {
	half := pngOf(t, plain(20, 20, color.NRGBA{255, 0, 0, 0}))
	data, _, err := rendering{source: asset(t, half), format: "jpg"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	look(t, data).wantAt(t, 10, 10, white255, 3)
}

func TestUnknownFormat(t *testing.T) {
	for _, format := range []string{"xyz", "psd"} {
		_, _, err := rendering{source: asset(t, pngOf(t, plain(9, 9, red))), format: format}.try(t)
		wantProblem(t, err, 400, "Invalid extension in transformation - "+format)
	}
}

func TestPages(t *testing.T) {
	frames := animation(t, 20, 10, 3)
	for raw, want := range map[string]uint8{"": 0, "pg_1": 0, "pg_2": 25, "pg_3": 50, "pg_2-3": 25} {
		t.Run("frame "+raw, func(t *testing.T) {
			s := render(t, raw, frames)
			s.wantSize(t, 20, 10)
			if got := s.at(5, 5).R; diff(got, want) > 4 {
				t.Errorf("red is %d, want %d", got, want)
			}
		})
	}
	_, _, err := rendering{raw: "pg_4", source: asset(t, frames)}.try(t)
	wantProblem(t, err, 400, "Invalid page - 4")
}

func TestTrace(t *testing.T) {
	s := render(t, "c_fill,g_east,w_100,h_100,r_10/bo_5px_solid_red", jpegOf(t, position(400, 200)))
	var names []string
	for _, step := range s.result.Trace {
		names = append(names, step.Name)
	}
	if len(names) != 3 || names[0] != "resize" || names[1] != "radius" || names[2] != "border" {
		t.Fatalf("steps %v", names)
	}
	if first := s.result.Trace[0]; first.Width != 100 || first.Crop == nil || *first.Crop != [4]int{200, 0, 200, 200} {
		t.Errorf("first step %+v %v", first, first.Crop)
	}
	if last := s.result.Trace[2]; last.Width != 110 || last.Height != 110 || last.Crop != nil {
		t.Errorf("last step %+v", last)
	}
	if in := s.result.Input; in.Format != "jpg" || in.Width != 400 {
		t.Errorf("input %+v", in)
	}
}

// chroma tells the subsampling of a JPEG from its frame header.
func chroma(t testing.TB, data []byte) string {
	t.Helper()
	if _, err := jpeg.DecodeConfig(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	for i := 2; i+9 < len(data); i += 2 + int(data[i+2])<<8 + int(data[i+3]) {
		if marker := data[i+1]; marker == 0xc0 || marker == 0xc2 {
			if data[i+11] == 0x22 {
				return "4:2:0"
			}
			return "4:4:4"
		}
	}
	t.Fatal("no frame header")
	return ""
}

func TestLongestSideOfAFormat(t *testing.T) {
	_, _, err := rendering{raw: "c_scale,w_17000,h_10", source: asset(t, pngOf(t, plain(20, 20, red))), format: "webp"}.try(t)
	wantProblem(t, err, 400, "Maximum side of a webp image is 16383 pixels. Requested 17000 pixels")
}

func TestConditionsMaySpeakAboutTheFile(t *testing.T) {
	photo := jpegOf(t, position(200, 150))
	size := func(raw string) int {
		data, _, err := rendering{raw: raw, source: asset(t, photo), format: "jpg"}.try(t)
		if err != nil {
			t.Fatal(err)
		}
		return len(data)
	}
	if low, high := size("if_w_gt_100/q_10/if_end"), size("if_w_gt_300/q_10/if_end"); low >= high {
		t.Errorf("%d bytes under a condition that holds, %d under one that does not", low, high)
	}
}

// TestAutomaticQuality: the levels are ordered in bytes, whatever the picture and the format.
func TestAutomaticQuality(t *testing.T) {
	for name, picture := range map[string][]byte{"busy": spots(t, 500, 400), "smooth": jpegOf(t, position(500, 400)), "small": pngOf(t, quadrants(40, 30))} {
		for _, format := range []string{"jpg", "webp"} {
			if name == "smooth" && format == "webp" {
				continue // of gradients without noise WebP makes larger files at lower qualities
			}
			t.Run(name+" "+format, func(t *testing.T) {
				last := int(^uint(0) >> 1)
				for _, level := range []string{"best", "good:sensitive", "good", "eco", "low:sensitive", "low"} {
					data, _, err := rendering{raw: "q_auto:" + level, source: asset(t, picture), format: format}.try(t)
					if err != nil {
						t.Fatal(err)
					}
					if len(data) > last {
						t.Errorf("%s has %d bytes, the level above %d", level, len(data), last)
					}
					last = len(data)
				}
			})
		}
	}
}

// TestQualityFollowsThePicture: a smooth picture needs less than a busy one.
func TestQualityFollowsThePicture(t *testing.T) {
	at := func(source []byte) int {
		i, err := govips.NewImageFromBuffer(source)
		if err != nil {
			t.Fatal(err)
		}
		defer i.Close()
		found, err := measureQuality(i, byName(formats(), "jpg"), 1)
		if err != nil {
			t.Fatal(err)
		}
		return found.quality
	}
	newWorker(t)
	if smooth, busy := at(jpegOf(t, position(500, 400))), at(spots(t, 500, 400)); smooth >= busy {
		t.Errorf("quality %d for a smooth picture, %d for a busy one", smooth, busy)
	}
}

// spots is a picture of soft random spots.
func spots(t *testing.T, w, h int) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	value := 0
	return pngOf(t, painted(w, h, func(x, y int) color.NRGBA {
		value = (value*3 + random.IntN(256)) / 4
		return rgb(uint8(value), uint8(x*255/w), uint8((value+y)/2))
	}))
}

func TestMetadataThatIsKept(t *testing.T) {
	photo := withOrientation(jpegOf(t, quadrants(64, 48)), 6)
	xmp := append([]byte("http://ns.adobe.com/xap/1.0/\x00"), "<x:xmpmeta xmlns:x='adobe:ns:meta/'>kept</x:xmpmeta>"...)
	photo = withSegment(photo, 0xe1, xmp)
	source := asset(t, photo)
	data, _, err := rendering{raw: "fl_keep_iptc/c_scale,h_32", source: source, format: "jpg"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("kept")) {
		t.Error("the XMP is gone")
	}
	again := render(t, "", data) // the orientation was applied, and must not be again
	again.wantSize(t, 24, 32)
	_, _, err = rendering{raw: "fl_keep_iptc,q_auto", source: source, format: "jpg"}.try(t)
	wantProblem(t, err, 400, "fl_keep_iptc cannot be used with q_auto")
	data, _, err = rendering{raw: "c_scale,h_32", source: source, format: "jpg"}.try(t)
	if err != nil || bytes.Contains(data, []byte("Exif")) || bytes.Contains(data, []byte("kept")) {
		t.Errorf("metadata without a flag, %v", err)
	}
}

func TestProfilesThatAreWritten(t *testing.T) {
	source := asset(t, jpegOf(t, quadrants(64, 48)))
	for raw, wanted := range map[string]bool{"w_32": false, "fl_force_icc,w_32": true, "cs_tinysrgb,w_32": true, "fl_strip_profile,w_32": false} {
		for _, format := range []string{"jpg", "png", "webp", "tif"} {
			data, _, err := rendering{raw: raw, source: source, format: format}.try(t)
			if err != nil {
				t.Fatal(err)
			}
			s, err := openSource(newWorker(t).formats, temp(t, data), 1e6, wishes{})
			if err != nil {
				t.Fatal(err)
			}
			if got := len(s.profile) > 0; got != wanted {
				t.Errorf("%s as %s: profile %v, want %v", raw, format, got, wanted)
			}
			if raw == "cs_tinysrgb,w_32" && len(s.profile) > 600 {
				t.Errorf("the tiny profile as %s has %d bytes", format, len(s.profile))
			}
			s.close()
			render(t, "", data).wantAt(t, 8, 6, red, 30)
		}
	}
}

func TestDensityIsWritten(t *testing.T) {
	source := asset(t, pngOf(t, quadrants(64, 48)))
	for _, format := range []string{"jpg", "png", "tif"} {
		data, _, err := rendering{raw: "dn_300", source: source, format: format}.try(t)
		if err != nil {
			t.Fatal(err)
		}
		s, err := openSource(newWorker(t).formats, temp(t, data), 1e6, wishes{})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.metadata.density; got < 299 || got > 301 {
			t.Errorf("%s: %g dpi, want 300", format, got)
		}
		s.close()
	}
}
