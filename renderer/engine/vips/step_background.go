package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// paintBackground paints transparent areas with the colour of b_.
func paintBackground(s *stage) (bool, error) {
	b := s.component.Background
	if b == nil || b.Color == nil {
		return false, nil
	}
	color, err := b.Color.Resolve(s.job.variables)
	if err != nil {
		return false, err
	}
	if s.frame.base == nil {
		s.job.background = &color
	}
	p := s.picture
	if err := p.settle(); err != nil {
		return false, err
	}
	if !p.alpha() {
		return false, nil
	}
	if color.A == 255 {
		return true, p.flatten(opaque(color))
	}
	return true, s.job.underlay(p, color)
}

// underlay puts a translucent colour behind the picture.
func (j *job) underlay(p *picture, color transform.Color) error {
	back, err := j.solid(p.size(), color)
	if err != nil {
		return err
	}
	if err := back.Composite(p.image, govips.BlendModeOver, 0, 0); err != nil {
		return fmt.Errorf("paint the background: %w", err)
	}
	j.keep(p.image)
	p.image, p.inMemory = back, false
	return nil
}
