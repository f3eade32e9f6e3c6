package vips

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/color"
	"os"
	"strings"
	"testing"
	"time"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/test/photos"
)

func TestDetect(t *testing.T) {
	cases := []struct{ name, header, want string }{
		{"jpeg", "\xff\xd8\xff\xe0....", "jpg"},
		{"png", "\x89PNG\r\n\x1a\n....", "png"},
		{"webp", "RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"},
		{"another riff", "RIFF\x00\x00\x00\x00WAVEfmt ", ""},
		{"gif", "GIF89a....", "gif"},
		{"avif", "\x00\x00\x00\x20ftypavif....", "avif"},
		{"heic", "\x00\x00\x00\x20ftypheic....", "heic"},
		{"tiff little endian", "II*\x00....", "tiff"},
		{"tiff big endian", "MM\x00*....", "tiff"},
		{"svg", "<svg xmlns='http://www.w3.org/2000/svg'/>", "svg"},
		{"svg behind a declaration and a comment", "\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <html> --><!DOCTYPE svg [<!ENTITY a 'b'>]>\n<svg:svg>", "svg"},
		{"html with an svg", "<html><svg></svg></html>", ""},
		{"pdf", "%PDF-1.7\n", "pdf"},
		{"jxl", "\xff\x0a....", "jxl"},
		{"jp2", "\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"},
		{"bmp", "BM....\x00\x00\x00\x00", "bmp"},
		{"ico", "\x00\x00\x01\x00\x01\x00", "ico"},
		{"psd", "8BPS\x00\x01", "psd"},
		{"psb", "8BPS\x00\x02", "psb"},
		{"tga", "\x00\x00\x02" + strings.Repeat("\x00", 9) + "\x05\x00\x05\x00\x18\x20", "tga"},
		{"avif by its compatible brands", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "avif"},
		{"heic by its compatible brands", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "heic"},
		{"postscript is not read", "%!PS-Adobe-3.0", ""},
		{"shorter than any signature", "\xff", ""},
		{"empty", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if f := detect(formats(), []byte(c.header)); f != nil {
				got = f.name
			}
			if got != c.want {
				t.Errorf("detected %q, want %q", got, c.want)
			}
		})
	}
}

func TestProbe(t *testing.T) {
	w := newWorker(t)
	half := color.NRGBA{255, 0, 0, 128}
	cases := []struct {
		name string
		data []byte
		want engine.ProbeResult
	}{
		{"jpeg", jpegOf(t, position(64, 48)), engine.ProbeResult{Format: "jpg", Width: 64, Height: 48, Pages: 1, Orientation: 1, ColorSpace: "srgb"}},
		{"png with alpha", pngOf(t, plain(30, 20, half)), engine.ProbeResult{Format: "png", Width: 30, Height: 20, Pages: 1, Alpha: true, Orientation: 1, ColorSpace: "srgb"}},
		{"turned jpeg", withOrientation(jpegOf(t, position(64, 48)), 6), engine.ProbeResult{Format: "jpg", Width: 48, Height: 64, Pages: 1, Orientation: 6, ColorSpace: "srgb"}},
		{"cmyk jpeg", cmykJPEG(t, 32, 16), engine.ProbeResult{Format: "jpg", Width: 32, Height: 16, Pages: 1, Orientation: 1, ColorSpace: "cmyk"}},
		{"webp", encodeWith(t, position(64, 48), "webp"), engine.ProbeResult{Format: "webp", Width: 64, Height: 48, Pages: 1, Orientation: 1, ColorSpace: "srgb"}},
		{"gif", encodeWith(t, plain(64, 48, red), "gif"), engine.ProbeResult{Format: "gif", Width: 64, Height: 48, Pages: 1, Alpha: true, Orientation: 1, ColorSpace: "srgb"}},
		{"tiff", encodeWith(t, plain(64, 48, red), "tiff"), engine.ProbeResult{Format: "tiff", Width: 64, Height: 48, Pages: 1, Orientation: 1, ColorSpace: "srgb"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := w.Probe(engine.ProbeRequest{File: temp(t, c.data), Verify: true})
			if err != nil {
				t.Fatal(err)
			}
			if *got != c.want {
				t.Errorf("\n got %+v\nwant %+v", *got, c.want)
			}
		})
	}
}

func TestProbeRefuses(t *testing.T) {
	w := newWorker(t)
	jpg := jpegOf(t, position(640, 480))
	png := pngOf(t, position(640, 480))
	webp := encodeWith(t, position(640, 480), "webp")
	cases := []struct {
		name   string
		data   []byte
		pieces []string
	}{
		{"an empty file", nil, []string{"empty"}},
		{"text", []byte("this is not a picture, only text"), []string{"Invalid image file"}},
		{"one byte", []byte{0xff}, []string{"Invalid image file"}},
		{"a header and nothing else", jpg[:12], []string{"Invalid image file"}},
		{"a truncated jpeg", jpg[:len(jpg)*2/3], []string{"Invalid image file"}},
		{"a jpeg without its last row", jpg[:len(jpg)-200], []string{"Invalid image file"}},
		{"a truncated png", png[:len(png)*2/3], []string{"Invalid image file"}},
		{"a truncated webp", webp[:len(webp)*2/3], []string{"Invalid image file"}},
		{"an svg that does not end", []byte("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><g>"), []string{"Invalid image file"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.Probe(engine.ProbeRequest{File: temp(t, c.data), Verify: true})
			wantProblem(t, err, 400, c.pieces...)
		})
	}
}

func TestVerifyAcceptsCameraPhotos(t *testing.T) {
	w := newWorker(t)
	for _, path := range photos.Cameras(t)[:4] {
		if _, err := w.Probe(engine.ProbeRequest{File: opened(t, path), Verify: true}); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestCompleteJPEG(t *testing.T) {
	baseline := jpegOf(t, position(64, 48))
	camera, err := os.ReadFile(photos.Cameras(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, jpg := range map[string][]byte{"baseline": baseline, "a camera's": camera, "with bytes behind": append(bytes.Clone(baseline), "trailer"...)} {
		if !completeJPEG(jpg) {
			t.Errorf("%s is taken for cut off", name)
		}
	}
	// Wherever it is cut.
	for length := range baseline {
		if completeJPEG(baseline[:length]) {
			t.Errorf("the first %d of %d bytes are taken for whole", length, len(baseline))
		}
	}
	for _, length := range []int{len(camera) / 3, len(camera) / 2, len(camera) - 2, len(camera) - 1} {
		if completeJPEG(camera[:length]) {
			t.Errorf("the first %d of %d bytes of a camera's are taken for whole", length, len(camera))
		}
	}
	for name, data := range map[string]string{
		"no scan": "\xff\xd8\xff\xd9", "a segment of length 0": "\xff\xd8\xff\xe0\x00\x00\xff\xd9", "a segment beyond the end": "\xff\xd8\xff\xe0\xff\xff\xff\xd9",
	} {
		if completeJPEG([]byte(data)) {
			t.Errorf("%s is taken for whole", name)
		}
	}
	if !completeJPEG([]byte("\xff\xd8\xff\xda\x00\x02ab\xff\x00c\xff\xd3d\xff\xff\xda\x00\x03x\xff\x01\xff\xff\xd9")) {
		t.Error("stuffed zeros, restarts, fillers or several scans are not understood")
	}
}

func TestDeliveryShowsWhatIsLeftOfATruncatedJPEG(t *testing.T) {
	jpg := jpegOf(t, plain(640, 480, red))
	s := render(t, "c_scale,w_64", jpg[:len(jpg)/2])
	s.wantSize(t, 64, 48)
	s.wantAt(t, 32, 2, red, 8)
}

func TestBombIsRefusedByItsHeader(t *testing.T) {
	bomb := pngHeader(50_000, 50_000)
	w := newWorker(t)
	began := time.Now()
	_, err := w.Probe(engine.ProbeRequest{File: temp(t, bomb)})
	wantProblem(t, err, 400, "Maximum image size is 100 Megapixels. Requested 2500.00 Megapixels")
	_, _, err = rendering{raw: "w_10", source: asset(t, bomb)}.try(t)
	wantProblem(t, err, 400, "Maximum image size")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("refusing took %v", took)
	}
}

func TestLimits(t *testing.T) {
	source := pngOf(t, position(100, 100))
	t.Run("input", func(t *testing.T) {
		_, _, err := rendering{raw: "w_10", source: asset(t, source), limits: engine.Limits{MaxInputPixels: 9_999}}.try(t)
		wantProblem(t, err, 400, "Maximum image size is 0.009999 Megapixels. Requested 0.01 Megapixels")
	})
	t.Run("output", func(t *testing.T) {
		_, _, err := rendering{raw: "w_2000", source: asset(t, source), limits: engine.Limits{MaxOutputPixels: 1_000_000}}.try(t)
		wantProblem(t, err, 400, "Maximum image size is 1 Megapixels. Requested 4.00 Megapixels")
	})
	t.Run("what is cut off is no output", func(t *testing.T) {
		// It is 1000×1000 before it is cut.
		s := rendering{raw: "c_fill,h_10,w_1000", source: asset(t, source), limits: engine.Limits{MaxOutputPixels: 10_000, MaxInputPixels: 1_000_000}}.do(t)
		s.wantSize(t, 1000, 10)
		_, _, err := rendering{raw: "c_fill,h_10,w_1001", source: asset(t, source), limits: engine.Limits{MaxOutputPixels: 20_000, MaxInputPixels: 1_000_000}}.try(t)
		wantProblem(t, err, 400, "Maximum image size is 1 Megapixels. Requested 1.00 Megapixels")
	})
	t.Run("a side that no picture has", func(t *testing.T) {
		_, _, err := rendering{raw: "c_scale,w_9000000,h_10", source: asset(t, source)}.try(t)
		wantProblem(t, err, 400, "Maximum image size")
	})
	t.Run("canvas of a layer", func(t *testing.T) {
		_, _, err := rendering{
			raw: "l_logo/fl_layer_apply,x_100000,y_100000", source: asset(t, source),
			layers: map[string]engine.Source{"upload/logo": asset(t, source)},
		}.try(t)
		wantProblem(t, err, 400, "Maximum image size")
	})
	t.Run("frames", func(t *testing.T) {
		frames := animation(t, 10, 10, 5)
		_, err := newWorker(t).Probe(engine.ProbeRequest{File: temp(t, frames), Limits: engine.Limits{MaxInputPixels: 499}})
		wantProblem(t, err, 400, "Maximum total number of pixels in all frames/pages")
	})
}

func TestOtherLoadersAreClosed(t *testing.T) {
	newWorker(t)
	for name, data := range map[string]string{
		"ppm": "P6 1 1 255\n\x00\x00\x00",
		"hdr": "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n\x00\x00\x00\x00",
		"bmp": "BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x18\x00",
	} {
		t.Run(name, func(t *testing.T) {
			i, err := govips.NewImageFromBuffer([]byte(data))
			if err == nil {
				i.Close()
				t.Error("libvips opened it")
			}
		})
	}
}

// pngHeader is a PNG that announces a size and holds nothing.
func pngHeader(w, h uint32) []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		binary.Write(&b, binary.BigEndian, uint32(len(data)))
		body := append([]byte(kind), data...)
		b.Write(body)
		binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	header := binary.BigEndian.AppendUint32(nil, w)
	header = binary.BigEndian.AppendUint32(header, h)
	chunk("IHDR", append(header, 8, 2, 0, 0, 0))
	chunk("IDAT", []byte{0x78, 0x9c, 0x63, 0x60, 0x60, 0x60, 0x00, 0x00, 0x00, 0x04, 0x00, 0x01})
	chunk("IEND", nil)
	return b.Bytes()
}

func TestDamagedPixelsAreTheFilesFault(t *testing.T) {
	webp := encodeWith(t, position(640, 480), "webp")
	_, _, err := rendering{raw: "c_scale,w_32", source: asset(t, webp[:len(webp)*2/3])}.try(t)
	wantProblem(t, err, 400, "Invalid image file")
	damaged := bytes.Clone(encodeWith(t, position(640, 480), "avif"))
	for i := len(damaged) / 2; i < len(damaged); i++ {
		damaged[i] ^= 0x5a
	}
	_, _, err = rendering{raw: "c_scale,w_32", source: asset(t, damaged)}.try(t)
	wantProblem(t, err, 400, "Invalid image file")
}

func TestOneJobsComplaintsAreNotAnothersError(t *testing.T) {
	jpg := jpegOf(t, plain(640, 480, red))
	render(t, "c_scale,w_64", jpg[:len(jpg)/2]) // is shown, with a complaint
	_, err := newWorker(t).Probe(engine.ProbeRequest{File: temp(t, pngHeader(5, 5)[:30])})
	wantProblem(t, err, 400, "Invalid image file")
	if bytes.Contains([]byte(err.Error()), []byte("Premature")) {
		t.Errorf("error %v", err)
	}
}
