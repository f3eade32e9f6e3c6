package vips

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// TestFormatsRoundTrip: what is written in a format is recognised, has its size and, within the format's means, its
// colours.
func TestFormatsRoundTrip(t *testing.T) {
	for _, f := range newWorker(t).formats {
		if f.encode == nil {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			data, result, err := rendering{raw: "q_90", source: asset(t, pngOf(t, quadrants(96, 64))), format: f.name}.try(t)
			if err != nil {
				t.Fatal(err)
			}
			if result.Format != f.name || result.Width != 96 || result.Height != 64 {
				t.Fatalf("result %+v", result)
			}
			raw := ""
			if f.name == "pdf" {
				raw = "dn_72"
			}
			s := render(t, raw, data)
			s.wantSize(t, 96, 64)
			for at, want := range map[[2]int]color.NRGBA{{20, 15}: red, {70, 15}: green, {20, 50}: blue, {70, 50}: white255} {
				s.wantAt(t, at[0], at[1], want, 16)
			}
		})
	}
}

// TestAlphaRoundTrip: formats with alpha keep it, those without are flattened on white.
func TestAlphaRoundTrip(t *testing.T) {
	half := pngOf(t, plain(64, 64, color.NRGBA{200, 0, 0, 0}))
	for _, f := range newWorker(t).formats {
		if f.encode == nil {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			data, _, err := rendering{raw: "q_90", source: asset(t, half), format: f.name}.try(t)
			if err != nil {
				t.Fatal(err)
			}
			s := render(t, "c_scale,w_32", data)
			if f.alpha {
				s.wantAlpha(t, 16, 16, 0, 2)
			} else {
				s.wantAt(t, 16, 16, white255, 4)
			}
		})
	}
}

func TestVectorsAreRenderedAtTheSizeThatIsNeeded(t *testing.T) {
	drawing := []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="20" height="20" fill="#f00"/><rect x="20" width="20" height="20" fill="#00f"/></svg>`)
	for raw, want := range map[string]size{"": {40, 20}, "c_scale,w_800": {800, 400}, "dn_192": {80, 40}, "c_fill,w_600,h_600": {600, 600}} {
		t.Run(raw, func(t *testing.T) {
			s := render(t, raw, drawing)
			s.wantSize(t, want.w, want.h)
			// The edge is as sharp as at any size: no pixel two away from it is mixed.
			s.wantAt(t, want.w/2-3, want.h/2, red, 2)
			s.wantAt(t, want.w/2+2, want.h/2, rgb(0, 0, 255), 2)
		})
	}
	document, _, err := rendering{source: asset(t, pngOf(t, quadrants(150, 75))), format: "pdf"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]size{"": {313, 156}, "dn_72": {150, 75}, "dn_300": {625, 313}, "c_scale,w_900": {900, 449}} {
		t.Run("pdf "+raw, func(t *testing.T) {
			s := render(t, raw, document)
			if got := s.size(); max(got.w-want.w, want.w-got.w, got.h-want.h, want.h-got.h) > 1 {
				t.Errorf("size %v, want %v", got, want)
			}
		})
	}
}

func TestSVGStaysOne(t *testing.T) {
	drawing := `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" onload="x()"><script>y()</script><rect width="20" height="20" fill="#f00"/></svg>`
	write := func(t *testing.T, raw string) ([]byte, *engine.RenderResult, error) {
		return rendering{raw: raw, source: asset(t, []byte(drawing)), format: "svg"}.try(t)
	}
	data, _, err := write(t, "fl_sanitize")
	if err != nil {
		t.Fatal(err)
	}
	if text := string(data); strings.Contains(text, "script") || strings.Contains(text, "onload") || !strings.Contains(text, `<rect width="20" height="20" fill="#f00">`) {
		t.Errorf("cleaned: %s", text)
	}
	data, result, err := write(t, "c_fill,w_100,h_100,g_west")
	if err != nil {
		t.Fatal(err)
	}
	if result.Width != 100 || !strings.Contains(string(data), `width="100" height="100" viewBox="0 0 20 20"`) {
		t.Errorf("resized: %+v %s", result, data)
	}
	s := render(t, "", data)
	s.wantSize(t, 100, 100)
	s.wantAt(t, 90, 50, red, 2)
	_, _, err = write(t, "e_sepia")
	wantProblem(t, err, 400, "e_sepia cannot be delivered as svg")
}

func TestDocuments(t *testing.T) {
	pages := pagesTIFF(t)
	for _, format := range []string{"tif", "pdf"} {
		t.Run(format, func(t *testing.T) {
			data, result, err := rendering{raw: "q_90", source: asset(t, pages), format: format}.try(t)
			if err != nil {
				t.Fatal(err)
			}
			if result.Pages != 3 {
				t.Fatalf("%d pages, want 3", result.Pages)
			}
			for i, want := range []color.NRGBA{red, green, blue} {
				render(t, fmt.Sprintf("pg_%d", i+1), data).wantAt(t, 20, 15, want, 12)
			}
			_, result, err = rendering{raw: "pg_2-3/c_scale,w_20", source: asset(t, data), format: format}.try(t)
			if err != nil || result.Pages != 2 || result.Width != 20 {
				t.Errorf("pg_2-3: %+v, %v", result, err)
			}
			_, _, err = rendering{raw: "pg_4", source: asset(t, data)}.try(t)
			wantProblem(t, err, 400, "Invalid page - 4")
		})
	}
}

// pagesTIFF has a red, a green and a blue page.
func pagesTIFF(t *testing.T) []byte {
	t.Helper()
	newWorker(t)
	var pages []*govips.ImageRef
	for _, c := range []color.NRGBA{red, green, blue} {
		page, err := govips.NewImageFromBuffer(pngOf(t, plain(40, 30, c)))
		if err != nil {
			t.Fatal(err)
		}
		defer page.Close()
		pages = append(pages, page)
	}
	data, err := encodeTIFFs(pages, encoding{})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTIFFVariants(t *testing.T) {
	source := asset(t, jpegOf(t, position(100, 80)))
	tag := func(data []byte, wanted uint16) int {
		order := binary.ByteOrder(binary.LittleEndian)
		if data[0] == 'M' {
			order = binary.BigEndian
		}
		directory := data[order.Uint32(data[4:]):]
		for i := range int(order.Uint16(directory)) {
			if entry := directory[2+12*i:]; order.Uint16(entry) == wanted {
				return int(order.Uint16(entry[8:]))
			}
		}
		return -1
	}
	const compression, bits, samples = 259, 258, 277
	data, _, err := rendering{raw: "fl_group4", source: source, format: "tif"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	if tag(data, compression) != 4 || tag(data, bits) != 1 || tag(data, samples) != 1 {
		t.Errorf("group4: compression %d, bits %d, samples %d", tag(data, compression), tag(data, bits), tag(data, samples))
	}
	s := render(t, "", data)
	s.wantAt(t, 2, 2, black, 0)
	s.wantAt(t, 97, 77, white255, 0)
	data, _, err = rendering{raw: "fl_tiff8_lzw", source: source, format: "tif"}.try(t)
	if err != nil || !bytes.HasPrefix(data, []byte("II+\x00")) {
		t.Errorf("tiff8: %q, %v", data[:4], err)
	}
	data, _, err = rendering{source: source, format: "tif"}.try(t)
	if err != nil || tag(data, compression) != 5 {
		t.Errorf("plain: compression %d, %v", tag(data, compression), err)
	}
}

func TestCMYK(t *testing.T) {
	photo := asset(t, jpegOf(t, quadrants(64, 64)))
	data, _, err := rendering{raw: "cs_cmyk", source: photo, format: "jpg"}.try(t)
	if err != nil {
		t.Fatal(err)
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || config.ColorModel != color.CMYKModel {
		t.Fatalf("model %v, %v", config.ColorModel, err)
	}
	render(t, "", data).wantAt(t, 48, 48, white255, 6)
	render(t, "", data).wantAt(t, 16, 16, red, 60)
	for raw, want := range map[string]color.Model{"cs_keep_cmyk/w_20": color.CMYKModel, "cs_no_cmyk/w_20": color.YCbCrModel, "w_20": color.YCbCrModel} {
		again, _, err := rendering{raw: raw, source: asset(t, data), format: "jpg"}.try(t)
		if err != nil {
			t.Fatal(err)
		}
		if config, _, err = image.DecodeConfig(bytes.NewReader(again)); err != nil || config.ColorModel != want {
			t.Errorf("%s: model %v, %v", raw, config.ColorModel, err)
		}
	}
	_, _, err = rendering{raw: "cs_cmyk", source: photo, format: "webp"}.try(t)
	wantProblem(t, err, 400, "cmyk is not available for webp")
}
