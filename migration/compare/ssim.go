package compare

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
)

// Luma is the brightness of a picture, row by row, 0 to 255.
type Luma struct {
	Width, Height int
	Values        []float64
}

// flat is a picture over white, as opaque pixels.
func flat(picture image.Image) *image.RGBA {
	bounds := picture.Bounds()
	over := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	draw.Draw(over, over.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(over, over.Bounds(), picture, bounds.Min, draw.Over)
	return over
}

// lumaOf is the brightness of an opaque picture.
func lumaOf(picture *image.RGBA) *Luma {
	l := &Luma{Width: picture.Rect.Dx(), Height: picture.Rect.Dy()}
	l.Values = make([]float64, l.Width*l.Height)
	for i := range l.Values {
		p := picture.Pix[4*i:]
		l.Values[i] = 0.299*float64(p[0]) + 0.587*float64(p[1]) + 0.114*float64(p[2])
	}
	return l
}

// SSIM's constants for values of 0 to 255 and the side of its windows (Wang et al. 2004, with uniform windows of 8 at a
// distance of 4).
const (
	ssimC1     = (0.01 * 255) * (0.01 * 255)
	ssimC2     = (0.03 * 255) * (0.03 * 255)
	ssimWindow = 8
	ssimStride = 4
)

// SSIM is the structural similarity of two pictures of one size, of at least 8 by 8 pixels: 1 is equal.
func SSIM(a, b *Luma) (float64, error) {
	if a.Width != b.Width || a.Height != b.Height {
		return 0, fmt.Errorf("the sizes differ: %dx%d and %dx%d", a.Width, a.Height, b.Width, b.Height)
	}
	if a.Width < ssimWindow || a.Height < ssimWindow {
		return 0, errors.New("the pictures are too small to compare")
	}
	total, windows := 0.0, 0
	for y := 0; y+ssimWindow <= a.Height; y += ssimStride {
		for x := 0; x+ssimWindow <= a.Width; x += ssimStride {
			total += ssimOf(a, b, x, y)
			windows++
		}
	}
	return total / float64(windows), nil
}

// ssimOf is the similarity of one window.
func ssimOf(a, b *Luma, x, y int) float64 {
	var sumA, sumB, sumAA, sumBB, sumAB float64
	for row := y; row < y+ssimWindow; row++ {
		for i := row*a.Width + x; i < row*a.Width+x+ssimWindow; i++ {
			p, q := a.Values[i], b.Values[i]
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
