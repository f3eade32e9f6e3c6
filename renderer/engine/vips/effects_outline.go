package vips

import (
	"math"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// outlineShape draws a line along the edge of what is not transparent: on both sides of it, or on one; fill and
// inner_fill paint what is inside of that line, too. Outside, the canvas grows as far as the line needs.
func outlineShape(s *stage, args arguments) error {
	width, err := args.number("width")
	if err != nil {
		return err
	}
	blur, err := args.number("blur")
	if err != nil {
		return err
	}
	color, err := s.colorOr(blackColor())
	if err != nil {
		return err
	}
	width *= s.job.dpr
	sigma := blur * s.job.dpr / blurPerSigma
	if err := s.picture.hold(); err != nil {
		return err
	}
	shape, err := s.picture.silhouette()
	if err != nil {
		return err
	}
	mode := args.values["mode"]
	at := point{}
	if mode != "inner" && mode != "inner_fill" {
		line, origin, err := s.outerLine(shape, width, sigma)
		if err != nil {
			return err
		}
		if err := s.behind(line, color, origin); err != nil {
			return err
		}
		at = origin
		if mode == "fill" { // the line and what is inside are one, without a seam along the edge
			shape, at = line, point{}
		}
	}
	switch mode {
	case "outer":
		return nil
	case "fill", "inner_fill":
	default:
		if shape, err = s.innerLine(shape, width, sigma); err != nil {
			return err
		}
	}
	over, err := s.job.stencil(color, shape)
	if err != nil {
		return err
	}
	return s.picture.composite(over, govips.BlendModeOver, at.x, at.y)
}

// outerLine is the shape grown by a width, blurred, on the canvas that it needs, and where on that the picture lies.
func (s *stage) outerLine(shape *coverage, width, sigma float64) (*coverage, point, error) {
	margin := int(math.Ceil(width + 3*sigma))
	if err := checkCanvas(size{shape.size.w + 2*margin, shape.size.h + 2*margin}, s.job.limits.MaxOutputPixels); err != nil {
		return nil, point{}, err
	}
	grown := shape.framed(margin, margin, margin, margin)
	outside := distances(grown.size, width+1, func(i int) bool { return grown.alpha[i] >= 128 })
	for i, d := range outside {
		grown.alpha[i] = max(grown.alpha[i], edge(width-float64(d)))
	}
	if err := s.job.softened(grown, sigma); err != nil {
		return nil, point{}, err
	}
	frame := rect{margin, margin, shape.size.w, shape.size.h}
	kept := frame
	if box := grown.box(); !box.empty() {
		kept = frame.union(box)
	}
	return grown.part(kept), point{margin - kept.x, margin - kept.y}, nil
}

// innerLine is the part of the shape that is within a width of its edge. The frame of the picture is an edge.
func (s *stage) innerLine(shape *coverage, width, sigma float64) (*coverage, error) {
	framed := shape.framed(1, 1, 1, 1)
	inside := distances(framed.size, width+2, func(i int) bool { return framed.alpha[i] < 128 })
	line := &coverage{size: framed.size, alpha: make([]byte, len(framed.alpha))}
	for i, d := range inside {
		line.alpha[i] = edge(width + 1 - float64(d))
	}
	if err := s.job.softened(line, sigma); err != nil {
		return nil, err
	}
	line = line.part(rect{1, 1, shape.size.w, shape.size.h})
	for i, v := range shape.alpha {
		line.alpha[i] = byte(int(line.alpha[i]) * int(v) / 255)
	}
	return line, nil
}

// edge is how much of a pixel is covered whose middle is so far inside of an edge.
func edge(inside float64) byte { return level(255 * (inside + 0.5)) }

// part is a rectangle of the coverage.
func (c *coverage) part(r rect) *coverage {
	out := &coverage{size: r.size(), alpha: make([]byte, r.w*r.h)}
	for y := range r.h {
		copy(out.alpha[y*r.w:(y+1)*r.w], c.alpha[(r.y+y)*c.size.w+r.x:])
	}
	return out
}
