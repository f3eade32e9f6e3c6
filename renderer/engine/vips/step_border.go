package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// drawBorder draws around the picture, which grows by the width on each side. Behind rounded corners of the same
// component it follows their outline.
func drawBorder(s *stage) (bool, error) {
	b := s.component.Border
	if b == nil {
		return false, nil
	}
	width, err := s.job.length(&b.Width, min(s.input.w, s.input.h))
	if err != nil {
		return false, err
	}
	n := round(width)
	if n <= 0 {
		return false, nil
	}
	color, err := b.Color.Resolve(s.job.variables)
	if err != nil {
		return false, err
	}
	p := s.picture
	if err := p.settle(); err != nil {
		return false, err
	}
	inner := p.size()
	canvas := size{inner.w + 2*n, inner.h + 2*n}
	if err := checkCanvas(canvas, s.job.limits.MaxOutputPixels); err != nil {
		return false, err
	}
	p.track = p.track.moved(float64(n), float64(n))
	if s.outline == nil || s.outline.square() {
		return true, p.extend(n, n, canvas, color)
	}
	return true, s.ring(n, canvas, color)
}

// ring draws the border between the rounded outline and the same outline grown. Both shapes are smooth at the edge
// that they share, so that their coverages add up to a whole.
func (s *stage) ring(n int, canvas size, color transform.Color) error {
	shape := s.outline.grown(n).coverage()
	shape.without(s.outline.coverage(), n, n)
	border, err := s.job.stencil(color, shape)
	if err != nil {
		return err
	}
	if err := s.picture.extend(n, n, canvas, transparent()); err != nil {
		return err
	}
	if err := s.picture.composite(border, govips.BlendModeAdd, 0, 0); err != nil {
		return fmt.Errorf("draw the border: %w", err)
	}
	return nil
}
