package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// unsharpMask adds what a blur would take away: it is wider and stronger than sharpen, and shows around edges.
func unsharpMask(s *stage, args arguments) error {
	strength, err := args.number("strength")
	if err != nil {
		return err
	}
	const sigma = 1.5 // of the blur, in pixels
	soft, err := s.picture.copy()
	if err != nil {
		return err
	}
	s.job.keep(soft)
	p, amount := s.picture, strength/100*0.6
	factors, none := []float64{1 + amount, 1 + amount, 1 + amount}, []float64{amount, amount, amount}
	offsets := []float64{half, half, half}
	if p.alpha() {
		factors, none, offsets = append(factors, 1), append(none, 0), append(offsets, half)
	}
	p.inMemory = false
	if err := firstError(
		soft.blurredBy(sigma),
		func() error { return soft.image.Linear(none, make([]float64, len(none))) },
		func() error { return p.image.Linear(factors, offsets) },
		func() error { return p.image.Subtract(soft.image) },
		func() error { return p.image.Cast(govips.BandFormatUchar) },
	); err != nil {
		return fmt.Errorf("sharpen: %w", err)
	}
	return nil
}
