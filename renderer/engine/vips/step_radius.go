package vips

// roundCorners makes the corners transparent.
func roundCorners(s *stage) (bool, error) {
	r := s.component.Radius
	if r == nil {
		return false, nil
	}
	p := s.picture
	if err := p.settle(); err != nil {
		return false, err
	}
	o, err := s.outlineOf(p.size())
	if err != nil {
		return false, err
	}
	s.outline = &o
	if o.square() {
		return true, nil
	}
	return true, s.job.mask(p, o.coverage())
}

// outlineOf puts the radius of the component into numbers.
func (s *stage) outlineOf(of size) (outline, error) {
	if s.component.Radius.Max {
		return ellipse(of), nil
	}
	var radii [4]float64
	for i := range radii {
		v, err := s.job.length(&s.component.Radius.Corners[i], min(of.w, of.h))
		if err != nil {
			return outline{}, err
		}
		radii[i] = max(0, v)
	}
	return rounded(of, radii), nil
}
