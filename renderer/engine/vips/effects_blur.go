package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// smallestSigma is the weakest blur that libvips does.
const smallestSigma = 0.3

// blurred blurs a picture; transparent pixels have no say in the colour of their neighbours.
func (p *picture) blurred(strength float64) error {
	p.inMemory = false
	if err := firstError(
		p.image.PremultiplyAlpha(),
		func() error { return p.image.GaussianBlur(max(smallestSigma, strength/blurPerSigma)) },
		p.image.UnpremultiplyAlpha,
	); err != nil {
		return fmt.Errorf("blur: %w", err)
	}
	return nil
}

func blur(s *stage, args arguments) error {
	strength, err := args.number("strength")
	if err != nil {
		return err
	}
	return s.picture.blurred(strength)
}

func blurRegion(s *stage, args arguments) error {
	strength, err := args.number("strength")
	if err != nil {
		return err
	}
	r, err := s.region()
	if err != nil {
		return err
	}
	return s.inside(r, func(p *picture) error { return p.blurred(strength) })
}

func blurFaces(s *stage, args arguments) error {
	strength, err := args.number("strength")
	if err != nil {
		return err
	}
	return s.insideFaces(func(p *picture) error { return p.blurred(strength) })
}

// inside changes a rectangle of the picture only.
func (s *stage) inside(r rect, change func(*picture) error) error {
	if r.empty() {
		return nil
	}
	part, err := s.picture.copy()
	if err != nil {
		return err
	}
	s.job.keep(part)
	if err := firstError(part.cut(r), func() error { return change(part) }); err != nil {
		return err
	}
	s.picture.inMemory = false
	if err := s.picture.image.Insert(part.image, r.x, r.y, false, nil); err != nil {
		return fmt.Errorf("put a region back: %w", err)
	}
	return nil
}

func (s *stage) insideFaces(change func(*picture) error) error {
	faces, err := s.facesNow()
	if err != nil {
		return err
	}
	for _, r := range faces {
		if err := s.inside(r, change); err != nil {
			return err
		}
	}
	return nil
}

// sharpen raises the contrast of edges. Strength 100 is a light sharpening.
func sharpen(s *stage, args arguments) error {
	strength, err := args.number("strength")
	if err != nil {
		return err
	}
	const (
		sigma = 0.8 // radius of the edges, in pixels
		flat  = 1   // differences below this are noise and stay
		slope = 2.0 // of strength 100
	)
	s.picture.inMemory = false
	if err := s.picture.image.Sharpen(sigma, flat, slope*strength/100); err != nil {
		return fmt.Errorf("sharpen: %w", err)
	}
	if s.picture.image.BandFormat() != govips.BandFormatUchar {
		return s.picture.image.Cast(govips.BandFormatUchar)
	}
	return nil
}
