package main

import (
	"errors"
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

func init() { govips.LoggingSettings(nil, govips.LogLevelError) }

// luma is the brightness of a picture, row by row, 0 to 255.
type luma struct {
	width, height int
	values        []float64
}

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
	l := &luma{width: image.Width(), height: image.Height(), values: make([]float64, image.Width()*image.Height())}
	bands := image.Bands()
	for i := range l.values {
		p := pixels[i*bands:]
		if bands < 3 {
			l.values[i] = float64(p[0])
			continue
		}
		l.values[i] = 0.299*float64(p[0]) + 0.587*float64(p[1]) + 0.114*float64(p[2])
	}
	return l, nil
}

// SSIM's constants for values of 0 to 255 and the side of its windows (Wang et al. 2004, with uniform windows of 8 at a
// distance of 4).
const (
	ssimC1     = (0.01 * 255) * (0.01 * 255)
	ssimC2     = (0.03 * 255) * (0.03 * 255)
	ssimWindow = 8
	ssimStride = 4
)

// ssim is the structural similarity of two pictures of one size: 1 is equal.
func ssim(a, b *luma) (float64, error) {
	if a.width != b.width || a.height != b.height {
		return 0, fmt.Errorf("the sizes differ: %dx%d and %dx%d", a.width, a.height, b.width, b.height)
	}
	if a.width < ssimWindow || a.height < ssimWindow {
		return 0, errors.New("the pictures are too small to compare")
	}
	total, windows := 0.0, 0
	for y := 0; y+ssimWindow <= a.height; y += ssimStride {
		for x := 0; x+ssimWindow <= a.width; x += ssimStride {
			total += ssimOf(a, b, x, y)
			windows++
		}
	}
	return total / float64(windows), nil
}

// ssimOf is the similarity of one window.
func ssimOf(a, b *luma, x, y int) float64 {
	var sumA, sumB, sumAA, sumBB, sumAB float64
	for row := y; row < y+ssimWindow; row++ {
		for i := row*a.width + x; i < row*a.width+x+ssimWindow; i++ {
			p, q := a.values[i], b.values[i]
			sumA, sumB = sumA+p, sumB+q
			sumAA, sumBB, sumAB = sumAA+p*p, sumBB+q*q, sumAB+p*q
		}
	}
	const n = ssimWindow * ssimWindow
	meanA, meanB := sumA/n, sumB/n
	varianceA, varianceB, covariance := sumAA/n-meanA*meanA, sumBB/n-meanB*meanB, sumAB/n-meanA*meanB
	return (2*meanA*meanB + ssimC1) * (2*covariance + ssimC2) /
		((meanA*meanA + meanB*meanB + ssimC1) * (varianceA + varianceB + ssimC2))
}
