package vips

// recolor multiplies colours by a matrix, row by row: 3×3 for red, green and blue, 4×4 with alpha.
func recolor(s *stage, args arguments) error {
	m, err := args.numbers()
	if err != nil {
		return err
	}
	if len(m) == 9 {
		return s.mix(matrix{[3]float64(m[:3]), [3]float64(m[3:6]), [3]float64(m[6:])})
	}
	if err := s.picture.addAlpha(); err != nil {
		return err
	}
	return s.eachPixel(func(data []byte, _ int) {
		for at := 0; at < len(data); at += 4 {
			r, g, b, a := float64(data[at]), float64(data[at+1]), float64(data[at+2]), float64(data[at+3])
			for c := range 4 {
				row := m[4*c : 4*c+4]
				data[at+c] = level(row[0]*r + row[1]*g + row[2]*b + row[3]*a)
			}
		}
	})
}
