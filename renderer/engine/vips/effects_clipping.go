package vips

import (
	"encoding/binary"
	"fmt"
	"strings"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine/clipping"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	embedClippingPath = "embed_clipping_path"
	// pathTolerance is how far a path may be from the border of its mask, in pixels of the mask.
	pathTolerance = 0.7
	// pathCorner is the turn from which on a path has a corner, in radians.
	pathCorner = 0.8
	// maxPathKnots bounds the knots of a path: their number is written in 16 bits.
	maxPathKnots = 60_000
)

// embedClippingPath has a path written into the file: around what is opaque on the picture that a variable holds, or
// light where that has no transparency. The picture itself stays as it is.
func (s *stage) embedClippingPath(args []string) error {
	if s.frame.base != nil {
		return problem.BadRequest("e_%s cannot be used in a layer", embedClippingPath)
	}
	variable := strings.TrimPrefix(strings.Join(args, ":"), "mask_")
	mask := s.job.buffers[strings.TrimPrefix(variable, "$")]
	if mask == nil {
		return problem.BadRequest("Invalid effect - %s: %s is not an image", embedClippingPath, variable)
	}
	data, err := mask.pixels()
	if err != nil {
		return fmt.Errorf("read the mask: %w", err)
	}
	of, bands := mask.size(), mask.image.Bands()
	const middle = 128
	inside := func(x, y int) bool {
		pixel := data[(y*of.w+x)*bands:]
		if bands == 4 {
			return pixel[3] >= middle
		}
		return lumaOf(pixel) >= middle
	}
	path := clipping.Path{Name: "Clipping Path"}
	knots := 0
	for _, polygon := range contours(of, inside) {
		simple := simplified(polygon, pathTolerance)
		if len(simple) < 3 {
			continue
		}
		part := knotsOf(curved(simple, pathCorner), of)
		if knots += len(part); knots > maxPathKnots {
			return problem.BadRequest("Invalid effect - %s: the mask is too intricate", embedClippingPath)
		}
		path.Parts = append(path.Parts, part)
	}
	if len(path.Parts) == 0 {
		return problem.BadRequest("Invalid effect - %s: the mask is empty", embedClippingPath)
	}
	s.job.resources = clipping.Resources(path)
	return nil
}

// knotsOf are the ends of the pieces of a closed curve, in fractions of a picture.
func knotsOf(curve []bezier, of size) []clipping.Knot {
	at := func(p place) clipping.Point { return clipping.Point{X: p.x / float64(of.w), Y: p.y / float64(of.h)} }
	knots := make([]clipping.Knot, len(curve))
	for i, piece := range curve {
		next := curve[(i+1)%len(curve)]
		knots[i] = clipping.Knot{Before: at(piece.by2), At: at(piece.end), After: at(next.by1)}
	}
	return knots
}

// carryResources puts a block of image resources where the format has a place for it.
func (j *job) carryResources(image *govips.ImageRef, target *format, e *encoding) error {
	switch {
	case j.resources == nil:
	case target.name == "jpg":
		e.resources = j.resources
	case target.name == "tiff":
		setBlob(image, fieldPhotoshop, j.resources)
		e.own = true
	default:
		return problem.BadRequest("e_%s is for jpg and tiff, not for %s", embedClippingPath, target.name)
	}
	return nil
}

// withResources puts segments with image resources behind the start of a JPEG. A segment takes less than 64 kB.
func withResources(jpg, block []byte) []byte {
	const signature, longest = "Photoshop 3.0\x00", 65_000
	out := append([]byte{}, jpg[:2]...)
	for len(block) > 0 {
		n := min(len(block), longest)
		out = binary.BigEndian.AppendUint16(append(out, 0xff, 0xed), uint16(2+len(signature)+n))
		out = append(append(out, signature...), block[:n]...)
		block = block[n:]
	}
	return append(out, jpg[2:]...)
}
