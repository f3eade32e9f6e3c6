package vips

import "math"

// vignette darkens towards the corners.
func vignette(s *stage, args arguments) error {
	strength, err := args.number("level")
	if err != nil {
		return err
	}
	return s.darkenCorners(strength)
}

// darkenCorners takes a percentage of the light off the corners, and less towards the middle.
func (s *stage) darkenCorners(percent float64) error {
	of := s.picture.size()
	across := make([]float64, of.w)
	for x := range across {
		u := 2*(float64(x)+0.5)/float64(of.w) - 1
		across[x] = u * u
	}
	return s.eachPixel(func(data []byte, bands int) {
		for y := range of.h {
			v := 2*(float64(y)+0.5)/float64(of.h) - 1
			for x, square := range across {
				radius := math.Sqrt((square + v*v) / 2) // 0 in the middle, 1 in the corners
				light := 1 - percent/100*radius*radius*radius
				at := (y*of.w + x) * bands
				for c := range 3 {
					data[at+c] = level(float64(data[at+c]) * light)
				}
			}
		}
	})
}
