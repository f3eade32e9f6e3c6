package vips

import (
	"bytes"
	"image/color"
	"image/jpeg"
	"testing"

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
	for _, format := range []string{"xyz", "heic"} {
		_, _, err := rendering{source: asset(t, pngOf(t, plain(9, 9, red))), format: format}.try(t)
		wantProblem(t, err, 400, "Invalid extension in transformation - "+format)
	}
}

func TestPages(t *testing.T) {
	frames := animation(t, 20, 10, 3)
	for raw, want := range map[string]uint8{"": 0, "pg_1": 0, "pg_2": 50, "pg_3": 100, "pg_2-3": 50} {
		t.Run("frame "+raw, func(t *testing.T) {
			s := render(t, raw, frames)
			s.wantSize(t, 20, 10)
			if got := s.at(5, 5).R; diff(got, want) > 40 {
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
