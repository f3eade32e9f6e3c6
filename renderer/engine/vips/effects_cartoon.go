package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// cartoonify flattens and saturates colours and draws dark lines along edges. Without a number for the reduction there
// are about a dozen tones; bw leaves black lines and shadows on white.
func cartoonify(s *stage, args arguments) error {
	strength, err := args.number("line")
	if err != nil {
		return err
	}
	lines, err := s.lines(strength)
	if err != nil {
		return err
	}
	if args.has("style") {
		if err := firstError(s.brush(2), func() error { return s.inkShadows() }); err != nil {
			return err
		}
		return s.drawLines(lines)
	}
	reduction := 50.0
	if args.has("reduction") {
		if reduction, err = args.number("reduction"); err != nil {
			return err
		}
	}
	if err := s.brush(1 + reduction/25); err != nil {
		return err
	}
	if err := s.eachColor(posterized(reduction)); err != nil {
		return err
	}
	return s.drawLines(lines)
}

// posterized reduces the tones of a colour, from all at 0 to three at 100, and saturates it.
func posterized(reduction float64) colorChange {
	saturated := vivid(45)
	if reduction == 0 {
		return saturated
	}
	band := 6 + reduction*reduction/10000*60 + reduction/4 // height of a band of one tone, in levels
	return func(c [3]float64) [3]float64 {
		gray := brightness(c)
		if gray < 1 {
			return c
		}
		// Tones go over softly into each other at the border of a band, or edges would fray.
		whole := float64(int(gray / band))
		rest := gray/band - whole
		flat := band * (whole + smooth(0.4, 0.6, rest)*1.0)
		factor := min(flat+band*0.25, 255) / gray
		for i := range c {
			c[i] = min(c[i]*factor, 255)
		}
		return saturated(c)
	}
}

// thickestLine is the sigma of the thickest lines that are looked for on all pixels; thicker ones on a smaller copy.
const thickestLine = 2.0

// lines is a picture of dark lines on white, one channel: where the brightness is lower than around (a difference of
// Gaussians, sharpened).
func (s *stage) lines(strength float64) (*govips.ImageRef, error) {
	line, err := s.picture.copy()
	if err != nil {
		return nil, err
	}
	s.job.keep(line)
	sigma := max(0.7, (0.8+strength/100*1.2)*s.grown())
	full := s.picture.size()
	of := full
	if sigma > thickestLine {
		of, sigma = full.scaled(thickestLine/sigma), thickestLine
	}
	if err := firstError(
		line.flatten(govips.Color{R: 255, G: 255, B: 255}),
		func() error { return line.scale(of) },
		func() error { return line.image.ToColorSpace(govips.InterpretationBW) },
		func() error { return line.image.Cast(govips.BandFormatFloat) },
		func() error { return line.image.GaussianBlur(sigma) },
		line.hold,
	); err != nil {
		return nil, fmt.Errorf("find edges: %w", err)
	}
	around, err := line.copy()
	if err != nil {
		return nil, err
	}
	s.job.keep(around)
	const surround = 1.6 // sigma of what is compared with, in those of the line
	slope := 6 + strength/100*24
	tolerated := 6 - strength/100*4 // a difference in brightness that is no edge
	if err := firstError(
		around.image.GaussianBlur(sigma*surround),
		func() error { return line.image.Subtract(around.image) },
		// What is not darker than its surroundings is white.
		func() error { return line.image.Linear1(slope, 255+slope*tolerated) },
		func() error { return line.image.Cast(govips.BandFormatUchar) },
		func() error { return line.scale(full) },
	); err != nil {
		return nil, fmt.Errorf("find edges: %w", err)
	}
	return line.image, nil
}

// drawLines multiplies the colours by the lines.
func (s *stage) drawLines(lines *govips.ImageRef) error {
	p := s.picture
	alpha := p.alpha()
	var kept *govips.ImageRef
	if alpha {
		var err error
		if kept, err = p.image.ExtractBandToImage(3, 1); err != nil {
			return err
		}
		s.job.keep(kept)
	}
	p.inMemory = false
	if err := firstError(
		p.image.ExtractBand(0, 3),
		func() error { return p.image.Multiply(lines) },
		func() error { return p.image.Linear1(1.0/255, half) },
		func() error { return p.image.Cast(govips.BandFormatUchar) },
	); err != nil {
		return fmt.Errorf("draw lines: %w", err)
	}
	if alpha {
		return p.image.BandJoin(kept)
	}
	return nil
}

// inkShadows makes the darker parts black and the rest white, with a soft border.
func (s *stage) inkShadows() error {
	t, err := s.tones()
	if err != nil {
		return err
	}
	dark := t.quantile(luminance, 0.3)
	return s.eachColor(func(c [3]float64) [3]float64 {
		v := 255 * smooth(dark-8, dark+8, brightness(c))
		return [3]float64{v, v, v}
	})
}
