package vips

import (
	"fmt"
	"runtime"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// warmUp encodes and loads a small picture of each type, converts colours and looks for faces once: whatever libvips
// and its libraries open on first use is open afterwards. Types that this libvips cannot write or read are closed; those
// that it must have are an error.
func (w *Worker) warmUp() error {
	for i := range w.formats {
		f := &w.formats[i]
		if f.decoder != nil {
			continue
		}
		if err := w.roundTrip(f); err != nil {
			switch f.name {
			case "jpg", "png", "webp":
				return fmt.Errorf("%s: %w", f.name, err)
			}
			f.encode, f.sequence, f.document = nil, nil, nil
		}
	}
	return nil
}

// warmSVG has what makes the renderer of SVG open fonts.
const warmSVG = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><text y="32" font-family="serif">a</text>` +
	`<text y="60" font-family="sans-serif">b</text></svg>`

// roundTrip writes and reads back a small picture.
func (w *Worker) roundTrip(f *format) error {
	image, err := govips.Black(64, 64)
	if err != nil {
		return err
	}
	defer image.Close()
	if err := toSRGB(image, nil); err != nil {
		return err
	}
	data := []byte(warmSVG)
	if f.encode != nil {
		if data, err = f.encode(image, encoding{quality: usualQuality, progressive: true}); err != nil {
			return err
		}
	}
	if detect(w.formats, data) == nil {
		return problem.BadRequest("Invalid image file")
	}
	var pinned runtime.Pinner
	pinned.Pin(&data[0])
	defer pinned.Unpin()
	s := &source{data: data, format: f, density: f.density}
	back, err := s.load(loading{})
	if err != nil {
		return err
	}
	defer back.Close()
	if err := toSRGB(back, nil); err != nil {
		return err
	}
	if err := back.TransformICCProfileWithFallback(profileSRGB, profileSRGB); err != nil {
		return err
	}
	if err := back.ResizeWithVScale(0.5, 0.5, govips.KernelLanczos3); err != nil {
		return err
	}
	return materialise(back)
}
