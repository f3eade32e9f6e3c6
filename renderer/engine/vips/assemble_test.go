package vips

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"os"
	"path/filepath"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

func assemble(t *testing.T, format string, limits engine.Limits, pictures ...[]byte) ([]byte, *engine.RenderResult, error) {
	t.Helper()
	request := &engine.AssembleRequest{Format: format, Limits: limits, Delay: 250}
	for _, p := range pictures {
		request.Files = append(request.Files, temp(t, p))
	}
	path := filepath.Join(t.TempDir(), "out")
	output, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	result, err := newWorker(t).Assemble(request, output)
	if err != nil {
		return nil, nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil || int64(len(data)) != result.Bytes {
		t.Fatalf("%d bytes of %d, %v", len(data), result.Bytes, err)
	}
	return data, result, nil
}

func TestAssembledAnimation(t *testing.T) {
	wide, high := pngOf(t, plain(60, 20, red)), withOrientation(jpegOf(t, plain(40, 20, rgb(0, 0, 255))), 6)
	data, result, err := assemble(t, "gif", engine.Limits{}, wide, high, wide)
	if err != nil {
		t.Fatal(err)
	}
	if result.Width != 60 || result.Height != 40 || result.Pages != 3 || result.Format != "gif" {
		t.Errorf("%+v", result)
	}
	animation, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil || len(animation.Image) != 3 || animation.Delay[0] != 25 || animation.LoopCount != 0 {
		t.Fatalf("%+v, %v", animation, err)
	}
	// The wide one lies in the middle of the canvas, with nothing above it.
	canvas := image.NewNRGBA(image.Rect(0, 0, 60, 40))
	frame := animation.Image[0]
	for y := frame.Rect.Min.Y; y < frame.Rect.Max.Y; y++ {
		for x := frame.Rect.Min.X; x < frame.Rect.Max.X; x++ {
			canvas.Set(x, y, frame.At(x, y))
		}
	}
	if c := canvas.NRGBAAt(30, 20); !near(c, red, 10) {
		t.Errorf("the middle is %v", c)
	}
	if c := canvas.NRGBAAt(30, 3); c != (color.NRGBA{}) {
		t.Errorf("above the picture is %v", c)
	}
	for _, format := range []string{"webp", "png"} {
		data, result, err := assemble(t, format, engine.Limits{}, wide, high)
		if err != nil || result.Pages != 2 {
			t.Errorf("%s: %+v, %v", format, result, err)
			continue
		}
		if probed, err := newWorker(t).Probe(engine.ProbeRequest{File: temp(t, data)}); err != nil || probed.Width != 60 || probed.Height != 40 {
			t.Errorf("%s is read back as %+v, %v", format, probed, err)
		}
	}
}

func TestAssembledDocument(t *testing.T) {
	data, result, err := assemble(t, "pdf", engine.Limits{}, pngOf(t, plain(60, 20, red)), pngOf(t, plain(30, 90, red)))
	if err != nil || result.Pages != 2 || result.Width != 60 {
		t.Fatalf("%+v, %v", result, err)
	}
	if probed, err := newWorker(t).Probe(engine.ProbeRequest{File: temp(t, data)}); err != nil || probed.Pages != 2 {
		t.Errorf("read back as %+v, %v", probed, err)
	}
}

func TestAssemblyKeepsToLimits(t *testing.T) {
	large := pngOf(t, plain(400, 200, red))
	_, result, err := assemble(t, "gif", engine.Limits{MaxInputPixels: 100_000}, large, large, large, large, large)
	if err != nil || result.Width*result.Height*5 > 100_000 || result.Width < 150 {
		t.Errorf("%+v, %v", result, err)
	}
	_, _, err = assemble(t, "gif", engine.Limits{MaxInputPixels: 50_000}, large)
	wantProblem(t, err, 400, "pixels")
	_, _, err = assemble(t, "jpg", engine.Limits{}, large)
	wantProblem(t, err, 400, "Invalid format - jpg: it holds one picture only")
	_, _, err = assemble(t, "gif", engine.Limits{}, large, []byte("no picture"))
	wantProblem(t, err, 400, "Invalid image file")
}
