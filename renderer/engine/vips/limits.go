package vips

import (
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Defaults of the limits that a request leaves at zero.
const (
	DefaultMaxInputPixels  = 100_000_000
	DefaultMaxOutputPixels = 25_000_000
)

// maxSide is the longest side that libvips handles.
const maxSide = 10_000_000

// withDefaults fills limits that are zero.
func withDefaults(l, defaults engine.Limits) engine.Limits {
	if l.MaxInputPixels <= 0 {
		l.MaxInputPixels = defaults.MaxInputPixels
	}
	if l.MaxOutputPixels <= 0 {
		l.MaxOutputPixels = defaults.MaxOutputPixels
	}
	return l
}

// checkInput refuses pictures whose header announces too much to decode.
func checkInput(page size, pages int, maxPixels int64) error {
	// Headers may announce more than a whole number can hold.
	pixels := float64(page.w) * float64(page.h) * float64(pages)
	switch {
	case pixels <= float64(maxPixels):
		return nil
	case pages > 1:
		return problem.BadRequest("Maximum total number of pixels in all frames/pages is %s Megapixels. Requested %.2f Megapixels", megapixels(maxPixels), pixels/1e6)
	default:
		return tooLarge(pixels, maxPixels)
	}
}

// checkCanvas refuses canvases that are too large to make.
func checkCanvas(canvas size, maxPixels int64) error {
	if canvas.w > maxSide || canvas.h > maxSide || canvas.pixels() > maxPixels {
		return tooLarge(float64(canvas.w)*float64(canvas.h), maxPixels)
	}
	return nil
}

func tooLarge(pixels float64, maxPixels int64) error {
	return problem.BadRequest("Maximum image size is %s Megapixels. Requested %.2f Megapixels", megapixels(maxPixels), pixels/1e6)
}

func sideTooLong(target *format, longest int) error {
	return problem.BadRequest("Maximum side of a %s image is %d pixels. Requested %d pixels", target.name, target.maxSide, longest)
}
