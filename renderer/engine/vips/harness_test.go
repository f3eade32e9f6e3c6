package vips

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// worker is shared: starting one loads a picture of each type.
var worker = sync.OnceValues(func() (*Worker, error) { return New(Options{}) })

// newWorker is the worker under test.
func newWorker(t testing.TB) *Worker {
	t.Helper()
	w, err := worker()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// plan parses a transformation.
func plan(t testing.TB, raw string) transform.Plan {
	t.Helper()
	p, err := transform.Parse(raw, nil)
	if err != nil {
		t.Fatalf("parse %q: %v", raw, err)
	}
	return *p
}

// temp writes bytes to a file that is open for reading.
func temp(t testing.TB, data []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return opened(t, path)
}

func opened(t testing.TB, path string) *os.File {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// asset is a source of encoded bytes.
func asset(t testing.TB, data []byte) engine.Source { return engine.Source{File: temp(t, data)} }

// rendering is a request under construction.
type rendering struct {
	raw    string
	source engine.Source
	layers map[string]engine.Source
	styles map[string]engine.TextStyle
	format string
	limits engine.Limits
	// strictFonts refuses fonts that are not there.
	strictFonts bool
}

// try renders; the result's bytes are read back.
func (r rendering) try(t testing.TB) ([]byte, *engine.RenderResult, error) {
	t.Helper()
	if r.format == "" {
		r.format = "png"
	}
	output, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	result, err := newWorker(t).Render(&engine.RenderRequest{
		Plan: plan(t, r.raw), Source: r.source, Layers: r.layers, Styles: r.styles, Format: r.format, Limits: r.limits, StrictFonts: r.strictFonts,
	}, output, nil)
	if err != nil {
		return nil, nil, err
	}
	data, err := os.ReadFile(output.Name())
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(data)) != result.Bytes {
		t.Fatalf("%d bytes were reported and %d written", result.Bytes, len(data))
	}
	return data, result, nil
}

// do renders and decodes.
func (r rendering) do(t testing.TB) *seen {
	t.Helper()
	data, result, err := r.try(t)
	if err != nil {
		t.Fatalf("render %q: %v", r.raw, err)
	}
	s := look(t, data)
	s.result = result
	if got := s.size(); got != (size{result.Width, result.Height}) {
		t.Fatalf("reported %dx%d, is %v", result.Width, result.Height, got)
	}
	return s
}

// render applies a transformation to encoded bytes and decodes the PNG that comes out.
func render(t testing.TB, raw string, source []byte) *seen {
	t.Helper()
	return rendering{raw: raw, source: asset(t, source)}.do(t)
}

// seen is a decoded result.
type seen struct {
	data   []byte
	result *engine.RenderResult
	image.Image
}

func look(t testing.TB, data []byte) *seen {
	t.Helper()
	if bytes.HasPrefix(data, []byte("RIFF")) {
		data = asPNG(t, data)
	}
	i, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return &seen{data: data, Image: i}
}

// asPNG decodes what Go's standard library does not know.
func asPNG(t testing.TB, data []byte) []byte {
	t.Helper()
	i, err := govips.NewImageFromBuffer(data)
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	out, _, err := i.ExportPng(govips.NewPngExportParams())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *seen) size() size { return size{s.Bounds().Dx(), s.Bounds().Dy()} }

// at is the colour of a pixel, not pre-multiplied. Negative coordinates count from the far side.
func (s *seen) at(x, y int) color.NRGBA {
	if x < 0 {
		x += s.Bounds().Dx()
	}
	if y < 0 {
		y += s.Bounds().Dy()
	}
	return color.NRGBAModel.Convert(s.At(x, y)).(color.NRGBA)
}

// wantSize fails unless the picture has this size.
func (s *seen) wantSize(t testing.TB, w, h int) {
	t.Helper()
	if got := s.size(); got != (size{w, h}) {
		t.Fatalf("size %dx%d, want %dx%d", got.w, got.h, w, h)
	}
}

// wantAt fails unless a pixel has this colour, within a tolerance per channel.
func (s *seen) wantAt(t testing.TB, x, y int, want color.NRGBA, tolerance int) {
	t.Helper()
	if got := s.at(x, y); !near(got, want, tolerance) {
		t.Errorf("pixel %d,%d is %v, want %v", x, y, got, want)
	}
}

// wantAlpha fails unless a pixel has this alpha, within a tolerance.
func (s *seen) wantAlpha(t testing.TB, x, y int, want uint8, tolerance int) {
	t.Helper()
	if got := s.at(x, y).A; diff(got, want) > tolerance {
		t.Errorf("alpha at %d,%d is %d, want %d", x, y, got, want)
	}
}

// near compares colours; those of transparent pixels do not count.
func near(a, b color.NRGBA, tolerance int) bool {
	if a.A == 0 && b.A == 0 {
		return true
	}
	return diff(a.R, b.R) <= tolerance && diff(a.G, b.G) <= tolerance && diff(a.B, b.B) <= tolerance && diff(a.A, b.A) <= tolerance
}

func diff(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }

// rgb is an opaque colour.
func rgb(r, g, b uint8) color.NRGBA { return color.NRGBA{r, g, b, 255} }

// painted is a picture whose pixels are computed.
func painted(w, h int, at func(x, y int) color.NRGBA) *image.NRGBA {
	i := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			i.SetNRGBA(x, y, at(x, y))
		}
	}
	return i
}

// plain is a picture of one colour.
func plain(w, h int, c color.NRGBA) *image.NRGBA {
	return painted(w, h, func(int, int) color.NRGBA { return c })
}

// position paints where a pixel is: red grows to the right, green downwards.
func position(w, h int) *image.NRGBA {
	return painted(w, h, func(x, y int) color.NRGBA {
		return rgb(uint8(x*255/max(1, w-1)), uint8(y*255/max(1, h-1)), 128)
	})
}

// Colours of quadrants.
var (
	red      = rgb(255, 0, 0)
	green    = rgb(0, 128, 0)
	blue     = rgb(0, 0, 255)
	black    = rgb(0, 0, 0)
	white255 = rgb(255, 255, 255)
)

// quadrants has red, green, blue and white quarters: top left, top right, bottom left, bottom right.
func quadrants(w, h int) *image.NRGBA {
	return painted(w, h, func(x, y int) color.NRGBA {
		switch {
		case x < w/2 && y < h/2:
			return red
		case y < h/2:
			return green
		case x < w/2:
			return blue
		}
		return white255
	})
}

func pngOf(t testing.TB, i image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, i); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, i image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, i, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wantProblem fails unless err is a problem of this status whose message contains all the pieces.
func wantProblem(t testing.TB, err error, status int, pieces ...string) {
	t.Helper()
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		t.Fatalf("error %v is no problem", err)
	}
	if p.Status != status {
		t.Errorf("status %d (%v), want %d", p.Status, p, status)
	}
	for _, piece := range pieces {
		if !strings.Contains(p.Message, piece) {
			t.Errorf("message %q does not contain %q", p.Message, piece)
		}
	}
}
