package main

import (
	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/migration/compare"
)

func init() { govips.LoggingSettings(nil, govips.LogLevelError) }

// luma is the brightness of a picture.
type luma = compare.Luma

// decodeLuma reads a picture of any format.
func decodeLuma(content []byte) (*luma, error) {
	image, err := govips.NewImageFromBuffer(content)
	if err != nil {
		return nil, err
	}
	defer image.Close()
	return lumaOf(image)
}

func lumaOf(image *govips.ImageRef) (*luma, error) {
	if err := image.ToColorSpace(govips.InterpretationSRGB); err != nil {
		return nil, err
	}
	if image.HasAlpha() {
		if err := image.Flatten(&govips.Color{R: 255, G: 255, B: 255}); err != nil {
			return nil, err
		}
	}
	if err := image.Cast(govips.BandFormatUchar); err != nil {
		return nil, err
	}
	pixels, err := image.ToBytes()
	if err != nil {
		return nil, err
	}
	l := &luma{Width: image.Width(), Height: image.Height(), Values: make([]float64, image.Width()*image.Height())}
	bands := image.Bands()
	for i := range l.Values {
		p := pixels[i*bands:]
		if bands < 3 {
			l.Values[i] = float64(p[0])
			continue
		}
		l.Values[i] = 0.299*float64(p[0]) + 0.587*float64(p[1]) + 0.114*float64(p[2])
	}
	return l, nil
}
