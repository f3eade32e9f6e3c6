package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// smallestSigma is the weakest blur that libvips does.
const smallestSigma = 0.3

// blurred blurs a picture; transparent pixels have no say in the colour of their neighbours.
func (p *picture) blurred(strength float64) error { return p.blurredBy(strength / blurPerSigma) }

// blurTail is how much a pixel must weigh, compared with the middle, to be part of a blur.
const blurTail = 0.05

// wideSigma is the blur from which it is done on a smaller copy, where it costs less and looks the same.
const wideSigma = 6

// blurredBy blurs by a Gaussian of this sigma, in pixels.
func (p *picture) blurredBy(sigma float64) error {
	p.inMemory = false
	return blurImage(p.image, sigma)
}

// blurImage blurs an image of 8 bits, with or without alpha. A wide blur is done on a smaller copy that is enlarged again.
func blurImage(image *govips.ImageRef, sigma float64) error {
	of := size{image.Width(), image.Height()}
	shrink := max(1, int(sigma/(wideSigma/2)))
	small := size{max(1, of.w/shrink), max(1, of.h/shrink)}
	if sigma < wideSigma || min(small.w, small.h) < 16 {
		return gaussian(image, sigma)
	}
	fx, fy := float64(small.w)/float64(of.w), float64(small.h)/float64(of.h)
	if err := firstError(
		image.ResizeWithVScale(fx, fy, govips.KernelLinear),
		func() error { return gaussian(image, sigma*fx) },
		func() error { return image.ResizeWithVScale(1/fx, 1/fy, govips.KernelCubic) },
	); err != nil {
		return fmt.Errorf("blur: %w", err)
	}
	if got := (size{image.Width(), image.Height()}); got != of {
		return fmt.Errorf("blur: libvips made %dx%d of %dx%d", got.w, got.h, of.w, of.h)
	}
	return nil
}

func gaussian(image *govips.ImageRef, sigma float64) error {
	if err := firstError(
		image.PremultiplyAlpha(), // does nothing without alpha, as its counterpart
		func() error { return image.GaussianBlur(max(smallestSigma, sigma), blurTail) },
		image.UnpremultiplyAlpha,
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
	return s.picture.sharpened(strength)
}

func (p *picture) sharpened(strength float64) error {
	const (
		sigma = 0.8 // radius of the edges, in pixels
		flat  = 1   // differences below this are noise and stay
		slope = 2.0 // of strength 100
	)
	p.inMemory = false
	if err := p.image.Sharpen(sigma, flat, slope*strength/100); err != nil {
		return fmt.Errorf("sharpen: %w", err)
	}
	if p.image.BandFormat() != govips.BandFormatUchar {
		return p.image.Cast(govips.BandFormatUchar)
	}
	return nil
}
