package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// pad lays the scaled picture on its canvas. It is the end of the resize step of the padding modes.
func (s *stage) pad(g geometry) error {
	p := s.picture
	b := s.component.Background
	switch {
	case b == nil && p.alpha(), b != nil && b.Transparent:
		return p.extend(g.at.x, g.at.y, g.canvas, transparent())
	case b == nil:
		return p.extend(g.at.x, g.at.y, g.canvas, white())
	case b.Color != nil:
		color, err := b.Color.Resolve(s.job.variables)
		if err != nil {
			return err
		}
		return p.extend(g.at.x, g.at.y, g.canvas, color)
	case len(b.Blurred) > 0:
		return s.padBlurred(g)
	}
	return s.padAutomatic(g)
}

// onto puts the picture on a canvas image, which takes its place.
func (s *stage) onto(canvas *govips.ImageRef, at point) error {
	p := s.picture
	var err error
	if p.alpha() {
		err = canvas.Composite(p.image, govips.BlendModeOver, at.x, at.y)
	} else {
		err = canvas.Insert(p.image, at.x, at.y, false, nil)
	}
	if err != nil {
		return fmt.Errorf("lay on the canvas: %w", err)
	}
	s.job.keep(p.image)
	p.image, p.inMemory = canvas, false
	return nil
}

// blurPerSigma turns the intensity of a blur into the sigma of a Gaussian, in pixels.
const blurPerSigma = 50

// padBlurred fills the canvas with a blurred, brightened copy of the picture itself.
func (s *stage) padBlurred(g geometry) error {
	intensity, _, err := s.job.value(&s.component.Background.Blurred[0])
	if err != nil {
		return err
	}
	brightness := 0.0
	if len(s.component.Background.Blurred) > 1 {
		if brightness, _, err = s.job.value(&s.component.Background.Blurred[1]); err != nil {
			return err
		}
	}
	back, err := s.picture.copy()
	if err != nil {
		return err
	}
	s.job.keep(back)
	if err := back.flatten(govips.Color{R: 255, G: 255, B: 255}); err != nil {
		return err
	}
	cover := fill(back.size(), g.canvas, anchor{})
	if err := firstError(back.scale(cover.scaled), func() error { return back.cut(cover.window) }); err != nil {
		return err
	}
	factor := 1 + brightness/100
	if err := firstError(
		blurImage(back.image, intensity/blurPerSigma),
		func() error { return back.linear([]float64{factor, factor, factor}, []float64{0, 0, 0}) },
	); err != nil {
		return fmt.Errorf("blur the background: %w", err)
	}
	return s.onto(back.image, g.at)
}
