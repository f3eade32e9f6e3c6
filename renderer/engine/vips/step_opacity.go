package vips

import "fmt"

// fade multiplies the alpha channel.
func fade(s *stage) (bool, error) {
	if s.component.Opacity == nil {
		return false, nil
	}
	percent, _, err := s.job.value(s.component.Opacity)
	if err != nil {
		return false, err
	}
	share := float64(clamp(round(percent), 0, 100)) / 100
	p := s.picture
	if err := firstError(p.settle(), p.addAlpha); err != nil {
		return false, err
	}
	if share == 1 {
		return true, nil
	}
	if err := p.linear([]float64{1, 1, 1, share}, []float64{0, 0, 0, 0}); err != nil {
		return false, fmt.Errorf("fade: %w", err)
	}
	return true, nil
}
