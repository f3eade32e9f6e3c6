package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// recolor multiplies colours by a matrix, row by row: 3×3 for red, green and blue, 4×4 with alpha.
func recolor(s *stage, args arguments) error {
	values, err := args.numbers()
	if err != nil {
		return err
	}
	if len(values) == 9 {
		return s.mix(matrix{[3]float64(values[:3]), [3]float64(values[3:6]), [3]float64(values[6:])})
	}
	p := s.picture
	if err := p.addAlpha(); err != nil {
		return err
	}
	p.inMemory = false
	if err := firstError(
		p.image.Recomb([][]float64{values[:4], values[4:8], values[8:12], values[12:]}),
		func() error { return p.image.Linear1(1, half) },
		func() error { return p.image.Cast(govips.BandFormatUchar) },
	); err != nil {
		return fmt.Errorf("recolor: %w", err)
	}
	return nil
}
