package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// silhouette is the alpha channel of the picture; the whole frame when it has none.
func (p *picture) silhouette() (*coverage, error) {
	of := p.size()
	c := &coverage{size: of, alpha: make([]byte, of.w*of.h)}
	if !p.alpha() {
		for i := range c.alpha {
			c.alpha[i] = 255
		}
		return c, nil
	}
	data, err := p.pixels()
	if err != nil {
		return nil, fmt.Errorf("read the alpha channel: %w", err)
	}
	for i := range c.alpha {
		c.alpha[i] = data[4*i+3]
	}
	return c, nil
}

// framed is the coverage on a canvas that is larger on each side; what is new is empty.
func (c *coverage) framed(left, top, right, bottom int) *coverage {
	out := &coverage{size: size{c.size.w + left + right, c.size.h + top + bottom}}
	out.alpha = make([]byte, out.size.w*out.size.h)
	for y := range c.size.h {
		copy(out.alpha[(y+top)*out.size.w+left:], c.alpha[y*c.size.w:(y+1)*c.size.w])
	}
	return out
}

// box is the rectangle around all that is covered; empty when nothing is.
func (c *coverage) box() rect {
	left, top, right, bottom := c.size.w, c.size.h, -1, -1
	for y := range c.size.h {
		for x, v := range c.alpha[y*c.size.w : (y+1)*c.size.w] {
			if v > 0 {
				left, top, right, bottom = min(left, x), min(top, y), max(right, x), max(bottom, y)
			}
		}
	}
	return rect{left, top, right - left + 1, bottom - top + 1}
}

// softened blurs a coverage.
func (j *job) softened(c *coverage, sigma float64) error {
	if sigma < smallestSigma {
		return nil
	}
	mask, err := j.gray(c)
	if err != nil {
		return err
	}
	if err := blurImage(mask, sigma); err != nil {
		return err
	}
	c.alpha, err = mask.ToBytes()
	return err
}

// behind grows the picture to a canvas, on which it lies at x,y, and paints the shape of the coverage behind it.
func (s *stage) behind(shape *coverage, color transform.Color, at point) error {
	p := s.picture
	if err := checkCanvas(shape.size, s.job.limits.MaxOutputPixels); err != nil {
		return err
	}
	back, err := s.job.stencil(color, shape)
	if err != nil {
		return err
	}
	p.track = p.track.moved(float64(at.x), float64(at.y))
	if err := back.Composite(p.image, govips.BlendModeOver, at.x, at.y); err != nil {
		return fmt.Errorf("paint behind the picture: %w", err)
	}
	s.job.keep(p.image)
	p.image, p.inMemory = back, false
	return nil
}

// colorOr is the colour of co_, or another one when none was written.
func (s *stage) colorOr(otherwise transform.Color) (transform.Color, error) {
	if s.component.Color == nil {
		return otherwise, nil
	}
	return s.component.Color.Resolve(s.job.variables)
}

// gray is the colour of that name.
func gray() transform.Color { return transform.Color{R: 128, G: 128, B: 128, A: 255} }

func blackColor() transform.Color { return transform.Color{A: 255} }
