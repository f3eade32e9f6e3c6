package vips

import govips "github.com/davidbyttow/govips/v2/vips"

// orient handles what a_ says about the picture before it is cropped: not to turn it upright, or to turn it when the
// wanted shape lies the other way round.
func orient(s *stage) (bool, error) {
	if s.component.IgnoreOrientation && s.picture.fresh() {
		s.picture.orientation = 1
		s.job.env.at(s.picture)
	}
	if s.component.AutoRotate == "" || s.component.Resize == nil {
		return false, nil
	}
	in := s.picture.size()
	w, err := s.wish(in)
	if err != nil {
		return false, err
	}
	if !liesAcross(in, w.box(in)) {
		return false, nil
	}
	angle := govips.Angle90
	if s.component.AutoRotate == "left" {
		angle = govips.Angle270
	}
	return true, s.turn(angle)
}

// liesAcross says that one is wide and the other high.
func liesAcross(a, b size) bool {
	return (a.w > a.h && b.w < b.h) || (a.w < a.h && b.w > b.h)
}
