package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// warmUp encodes and loads a small picture of each type, converts colours and looks for faces once: whatever libvips
// and its libraries open on first use is open afterwards. Types that this libvips cannot write are only closed for
// writing; those that it must have are an error.
func (w *Worker) warmUp() error {
	for i := range w.formats {
		f := &w.formats[i]
		if f.encode == nil {
			continue
		}
		if err := w.roundTrip(f); err != nil {
			switch f.name {
			case "jpg", "png", "webp":
				return fmt.Errorf("%s: %w", f.name, err)
			}
			f.encode = nil
		}
	}
	return nil
}

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
	data, err := f.encode(image, encoding{quality: qualityGood, progressive: true})
	if err != nil {
		return err
	}
	if detect(w.formats, data) == nil {
		return problem.BadRequest("Invalid image file")
	}
	s := &source{data: data, format: f}
	back, err := s.load(loading{})
	if err != nil {
		return err
	}
	defer back.Close()
	if err := back.TransformICCProfileWithFallback(profileSRGB, profileSRGB); err != nil {
		return err
	}
	if err := back.ResizeWithVScale(0.5, 0.5, govips.KernelLanczos3); err != nil {
		return err
	}
	return materialise(back)
}
