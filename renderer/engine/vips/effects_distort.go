package vips

import (
	"math"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// distort moves the four corners, or bends the picture along an arc.
func distort(s *stage, args arguments) error {
	if len(args.list) == 2 && args.list[0] == "arc" {
		degrees, err := args.parse(args.list[1])
		if err != nil {
			return err
		}
		return s.bend(degrees)
	}
	corners, err := s.corners(args)
	if err != nil {
		return err
	}
	return s.pullCorners(corners)
}

// corners reads eight numbers: x and y of the top left, top right, bottom right and bottom left corner, in pixels or as
// percentages of the picture (50p, 50%).
func (s *stage) corners(args arguments) ([4]place, error) {
	on := s.picture.size()
	var values [8]float64
	for i, text := range args.list {
		digits := strings.TrimRight(text, "p%")
		v, err := strconv.ParseFloat(digits, 64)
		if err != nil || math.Abs(v) > 10*maxSide {
			return [4]place{}, problem.BadRequest("Invalid argument %s of effect distort", text)
		}
		switch whole := []int{on.w, on.h}[i%2]; {
		case digits != text:
			v *= float64(whole) / 100
		default:
			v *= s.job.dpr
		}
		values[i] = v
	}
	var out [4]place
	for i := range out {
		out[i] = place{values[2*i], values[2*i+1]}
	}
	return out, nil
}

// pullCorners is a perspective: straight lines stay straight. The canvas is the box around the corners.
func (s *stage) pullCorners(corners [4]place) error {
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, c := range corners {
		left, top, right, bottom = min(left, c.x), min(top, c.y), max(right, c.x), max(bottom, c.y)
	}
	left, top = math.Floor(left), math.Floor(top)
	for i := range corners {
		corners[i].x -= left
		corners[i].y -= top
	}
	from, ok := unproject(s.picture.size(), corners)
	if !ok {
		return problem.BadRequest("Invalid effect - distort: the corners are on one line or cross")
	}
	return s.warp(size{side(right - left), side(bottom - top)}, from)
}

// unproject is the mapping from inside the four corners back to the whole picture; false when there is none.
func unproject(of size, c [4]place) (func(place) place, bool) {
	// The projection of the unit square to the corners (Heckbert 1989), inverted as a 3×3 matrix.
	sx, sy := c[0].x-c[1].x+c[2].x-c[3].x, c[0].y-c[1].y+c[2].y-c[3].y
	dx1, dx2, dy1, dy2 := c[1].x-c[2].x, c[3].x-c[2].x, c[1].y-c[2].y, c[3].y-c[2].y
	det := dx1*dy2 - dx2*dy1
	if math.Abs(det) < 1e-6 {
		return nil, false
	}
	g, h := (sx*dy2-dx2*sy)/det, (dx1*sy-sx*dy1)/det
	m := matrix{
		{c[1].x - c[0].x + g*c[1].x, c[3].x - c[0].x + h*c[3].x, c[0].x},
		{c[1].y - c[0].y + g*c[1].y, c[3].y - c[0].y + h*c[3].y, c[0].y},
		{g, h, 1},
	}
	inverse := m.adjugate()
	if volume := m[0][0]*inverse[0][0] + m[0][1]*inverse[1][0] + m[0][2]*inverse[2][0]; math.Abs(volume) < 1e-9 {
		return nil, false
	}
	return func(p place) place {
		w := inverse[2][0]*p.x + inverse[2][1]*p.y + inverse[2][2]
		return place{
			(inverse[0][0]*p.x + inverse[0][1]*p.y + inverse[0][2]) / w * float64(of.w),
			(inverse[1][0]*p.x + inverse[1][1]*p.y + inverse[1][2]) / w * float64(of.h),
		}
	}, true
}

// adjugate is the inverse but for a factor.
func (m matrix) adjugate() matrix {
	minor := func(r, c int) float64 {
		r1, r2, c1, c2 := (r+1)%3, (r+2)%3, (c+1)%3, (c+2)%3
		return m[r1][c1]*m[r2][c2] - m[r1][c2]*m[r2][c1]
	}
	var out matrix
	for r := range out {
		for c := range out[r] {
			out[r][c] = minor(c, r)
		}
	}
	return out
}

// bend lays the picture along an arc: its width around the angle, at the middle of its height as long as before. Above 0
// the ends go down, below 0 up.
func (s *stage) bend(degrees float64) error {
	if degrees == 0 {
		return nil
	}
	of := s.picture.size()
	angle := math.Abs(degrees) * math.Pi / 180
	w, h := float64(of.w), float64(of.h)
	// A high picture on a tight arc is stretched rather than pinched to a point at its lower edge.
	radius := max(w/angle, 0.7*h)
	inner, outer := radius-h/2, radius+h/2
	half := angle / 2

	reach := outer // how far the arc reaches sidewards
	if half < math.Pi/2 {
		reach = outer * math.Sin(half)
	}
	lowest := inner * math.Cos(half) // above the center of the circle
	if half > math.Pi/2 {
		lowest = outer * math.Cos(half)
	}
	canvas := size{side(2 * reach), side(outer - lowest)}
	up := degrees < 0
	return s.warp(canvas, func(p place) place {
		y := p.y
		if up {
			y = float64(canvas.h) - y
		}
		dx, dy := p.x-float64(canvas.w)/2, outer-y
		distance, turned := math.Hypot(dx, dy), math.Atan2(dx, dy)
		from := place{(turned/angle + 0.5) * w, outer - distance}
		if up {
			from.y = h - from.y
		}
		return from
	})
}

// shear slants the picture: x degrees move the top to the right, y degrees move the right side down. The canvas is the
// box around what comes out.
func shear(s *stage, args arguments) error {
	x, errX := args.number("x")
	y, errY := args.number("y")
	if errX != nil || errY != nil {
		return firstError(errX, func() error { return errY })
	}
	across, down := math.Tan(x*math.Pi/180), math.Tan(y*math.Pi/180)
	if max(math.Abs(across), math.Abs(down)) > maxSide {
		return problem.BadRequest("Invalid effect - shear: an angle of 90 degrees")
	}
	of := s.picture.size()
	move := func(x, y float64) place {
		x -= across * y
		return place{x, y + down*x}
	}
	w, h := float64(of.w), float64(of.h)
	corners := []place{move(0, 0), move(w, 0), move(w, h), move(0, h)}
	left, top, right, bottom := corners[0].x, corners[0].y, corners[0].x, corners[0].y
	for _, c := range corners[1:] {
		left, top, right, bottom = min(left, c.x), min(top, c.y), max(right, c.x), max(bottom, c.y)
	}
	return s.warp(size{side(right - left), side(bottom - top)}, func(p place) place {
		x, y := p.x+left, p.y+top
		y -= down * x
		return place{x + across*y, y}
	})
}
