package vips

import (
	"math"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// shadowOffset is how far a shadow falls to the right and down when neither x nor y is written, as a share of the shorter
// side: it shows at every size.
const shadowOffset = 0.03

// shadow paints the blurred shape of the picture behind it, shifted. The canvas grows to hold it.
func shadow(s *stage, args arguments) error {
	blur, err := args.number("blur")
	if err != nil {
		return err
	}
	color, err := s.colorOr(gray())
	if err != nil {
		return err
	}
	of := s.picture.size()
	dx, dy, err := s.offset(math.Max(2, shadowOffset*float64(min(of.w, of.h))))
	if err != nil {
		return err
	}
	if err := s.picture.hold(); err != nil {
		return err
	}
	shape, err := s.picture.silhouette()
	if err != nil {
		return err
	}
	sigma := blur / 10 * s.job.dpr
	soft := int(math.Ceil(3 * sigma))
	left, top := max(0, soft-dx), max(0, soft-dy)
	right, bottom := max(0, soft+dx), max(0, soft+dy)
	canvas := size{of.w + left + right, of.h + top + bottom}
	if err := checkCanvas(canvas, s.job.limits.MaxOutputPixels); err != nil {
		return err
	}
	// The frame of the shadow lies at left+dx, top+dy, which is at least soft.
	cast := shape.framed(left+dx, top+dy, canvas.w-of.w-left-dx, canvas.h-of.h-top-dy)
	if err := s.job.softened(cast, sigma); err != nil {
		return err
	}
	return s.behind(cast, color, point{left, top})
}

// offset is x and y of the component, in pixels; otherwise is what they are when neither is written.
func (s *stage) offset(otherwise float64) (dx, dy int, err error) {
	position := s.component.Position
	if position.X == nil && position.Y == nil {
		return round(otherwise), round(otherwise), nil
	}
	of := s.picture.size()
	if position.X != nil {
		x, err := s.job.length(position.X, of.w)
		if err != nil {
			return 0, 0, err
		}
		dx = round(x)
	}
	if position.Y != nil {
		y, err := s.job.length(position.Y, of.h)
		if err != nil {
			return 0, 0, err
		}
		dy = round(y)
	}
	return dx, dy, nil
}

// dropShadow lays the shape of the picture on the ground behind it, as light from the azimuth (degrees clockwise from
// the north, where the viewer stands in the south) and the elevation throws it. It gets softer with the distance from
// where the picture stands.
func dropShadow(s *stage, args arguments) error {
	azimuth, errA := args.number("azimuth")
	elevation, errE := args.number("elevation")
	spread, errS := args.number("spread")
	for _, err := range []error{errA, errE, errS} {
		if err != nil {
			return err
		}
	}
	if !s.picture.alpha() {
		return problem.BadRequest("Invalid effect - dropshadow needs an image with transparency")
	}
	color, err := s.colorOr(blackColor())
	if err != nil {
		return err
	}
	if err := s.picture.hold(); err != nil {
		return err
	}
	shape, err := s.picture.silhouette()
	if err != nil {
		return err
	}
	box := shape.box()
	if box.empty() {
		return nil
	}
	cast := castOnGround(shape, box, azimuth, elevation)
	near, far := cast.coverage(), cast.coverage()
	sharpest := float64(box.h) / 400
	if err := firstError(
		s.job.softened(near, sharpest),
		func() error { return s.job.softened(far, sharpest+float64(box.h)*spread/100/12) },
	); err != nil {
		return err
	}
	for i := range near.alpha {
		away := cast.away(i)
		mixed := between(float64(near.alpha[i]), float64(far.alpha[i]), away)
		near.alpha[i] = level(mixed * between(0.65, 0.35, away))
	}
	canvas := shape.size.full().union(near.box().moved(cast.origin.x, cast.origin.y))
	if near.box().empty() {
		return nil
	}
	if err := checkCanvas(canvas.size(), s.job.limits.MaxOutputPixels); err != nil {
		return err
	}
	return s.behind(near.part(canvas.moved(-cast.origin.x, -cast.origin.y)), color, point{-canvas.x, -canvas.y})
}

// castShadow is a shadow on the ground, on a canvas of its own.
type castShadow struct {
	size size
	// origin is where the canvas lies on the picture; it is larger on all sides.
	origin point
	alpha  []byte
	// ground is the row of the canvas on which the picture stands, length how many rows the shadow reaches from there.
	ground, length float64
}

func (c *castShadow) coverage() *coverage {
	return &coverage{size: c.size, alpha: append([]byte(nil), c.alpha...)}
}

// away is how far from where the picture stands a pixel is, 0..1 of the length of the shadow.
func (c *castShadow) away(i int) float64 {
	return min(math.Abs(float64(i/c.size.w)+0.5-c.ground)/math.Max(1, c.length), 1)
}

// flatness is how much shorter things on the ground look to the viewer than they are.
const flatness = 0.45

// longestShadow bounds the length of a shadow in heights of what throws it: light from the horizon has no end.
const longestShadow = 3

// castOnGround projects the shape inside the box: what is at a height above the lower edge falls that far from it, away
// from the light.
func castOnGround(shape *coverage, box rect, azimuth, elevation float64) *castShadow {
	reach := math.Min(1/math.Tan(max(elevation, 1)*math.Pi/180), longestShadow)
	sin, cos := math.Sincos(azimuth * math.Pi / 180)
	// The shadow points away from the light: from the south-west to the north-east. North is up the picture.
	across, up := -sin*reach, -cos*reach*flatness
	if math.Abs(up) < 0.02 {
		up = math.Copysign(0.02, up)
	}
	h := float64(box.h)
	margin := box.h/8 + 8
	left := min(0, int(math.Floor(across*h)))
	right := max(0, int(math.Ceil(across*h)))
	above, below := box.h, 0 // rows of the canvas above and below the ground
	if up > 0 {
		above = max(above, int(math.Ceil(up*h)))
	} else {
		below = int(math.Ceil(-up * h))
	}
	full := shape.size.full().union(rect{box.x + left, box.y + box.h - above, box.w + right - left, above + below})
	c := &castShadow{
		size:   size{full.w + 2*margin, full.h + 2*margin},
		origin: point{full.x - margin, full.y - margin},
		length: math.Abs(up) * h,
	}
	c.ground = float64(box.y + box.h - c.origin.y)
	c.alpha = make([]byte, c.size.w*c.size.h)
	for y := range c.size.h {
		height := (c.ground - float64(y) - 0.5) / up // above the ground, in rows of the shape
		if height < 0 || height > h {
			continue
		}
		row := box.y + box.h - 1 - int(height)
		if row < box.y {
			continue
		}
		shift := c.origin.x - int(math.Round(across*height))
		for x := range c.size.w {
			if from := x + shift; from >= box.x && from < box.x+box.w {
				c.alpha[y*c.size.w+x] = shape.alpha[row*shape.size.w+from]
			}
		}
	}
	return c
}
