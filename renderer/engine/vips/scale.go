package vips

// #cgo LDFLAGS: -lm
// #include "scale.h"
import "C"

import (
	"runtime"
	"unsafe"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// box is a part of an image in pixels that need not be whole.
type box struct{ x, y, w, h float64 }

func (r rect) box() box { return box{float64(r.x), float64(r.y), float64(r.w), float64(r.h)} }

const (
	// maxScaledPixels bounds the result of scaleDown, which is in memory.
	maxScaledPixels = 8_000_000
	// maxScaledRows bounds the rows that scaleDown holds at a time, in bytes.
	maxScaledRows = 16 << 20
)

// scalesDown says that scaleDown can make a size of a part of an image.
func scalesDown(image *govips.ImageRef, part box, to size) bool {
	bands := image.Bands()
	if image.BandFormat() != govips.BandFormatUchar || image.HasAlpha() || bands != 1 && bands != 3 {
		return false
	}
	narrower, lower := part.w/float64(to.w), part.h/float64(to.h)
	rows := 6*lower + 24
	return narrower >= 1 && lower >= 1 && to.pixels() <= maxScaledPixels && rows*part.w*float64(bands) <= maxScaledRows
}

// scaleDown scales a part of an image of 8-bit pixels without alpha to a size that is not larger, by a Lanczos kernel, in one
// pass from top to bottom. The result is in memory.
func scaleDown(image *govips.ImageRef, part box, to size) (*govips.ImageRef, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	scaled := C.darkroom_scale(vipsImage(image), C.double(part.x), C.double(part.y), C.double(part.w), C.double(part.h), C.int(to.w), C.int(to.h))
	runtime.KeepAlive(image)
	if scaled == nil {
		return nil, takeError("scale")
	}
	return wrap(unsafe.Pointer(scaled))
}
