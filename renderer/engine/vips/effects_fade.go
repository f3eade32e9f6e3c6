package vips

import (
	"fmt"
	"math"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// fadeEvenly is the strength at which a gradient fades evenly; above it the picture goes away sooner, below later.
const fadeEvenly = 20

// gradientFade lets the picture fade away towards an edge. Which edge and how far from it that begins say x (from the
// left, below 0 from the right) and y (from the top, below 0 from the bottom). When symmetric, it fades towards the
// opposite edge, too; symmetric_pad mirrors the picture beyond its edges and fades only there.
func gradientFade(s *stage, args arguments) error {
	strength, err := args.number("strength")
	if err != nil {
		return err
	}
	x, y, err := s.fadeReach(args.has("type"))
	if err != nil {
		return err
	}
	p := s.picture
	if args.values["type"] == "symmetric_pad" {
		if err := s.mirrorAround(abs(x), abs(y)); err != nil {
			return err
		}
	}
	both := args.has("type")
	of := p.size()
	across, down := fadeAlong(of.w, x, both, strength), fadeAlong(of.h, y, both, strength)
	mask := &coverage{size: of, alpha: make([]byte, of.w*of.h)}
	for row, v := range down {
		for column, u := range across {
			mask.alpha[row*of.w+column] = level(255 * u * v)
		}
	}
	return s.job.mask(p, mask)
}

// fadeReach is how far the fading goes along each axis, in pixels. Half the height is the default; unless symmetric, one
// axis fades.
func (s *stage) fadeReach(symmetric bool) (x, y int, err error) {
	of, position := s.picture.size(), s.component.Position
	if position.X == nil && position.Y == nil {
		return 0, of.h / 2, nil
	}
	if x, y, err = s.offset(0); err != nil {
		return 0, 0, err
	}
	if x != 0 && !symmetric {
		y = 0
	}
	return clamp(x, -of.w, of.w), clamp(y, -of.h, of.h), nil
}

// fadeAlong is how much is seen along an axis, 0..1.
func fadeAlong(length, reach int, both bool, strength float64) []float64 {
	seen := make([]float64, length)
	for i := range seen {
		seen[i] = 1
		if reach == 0 {
			continue
		}
		fromNear, fromFar := float64(i)+0.5, float64(length-i)-0.5
		distance := fromNear
		switch {
		case both:
			distance = min(fromNear, fromFar)
		case reach < 0:
			distance = fromFar
		}
		if t := distance / float64(abs(reach)); t < 1 {
			seen[i] = math.Pow(t, strength/fadeEvenly)
		}
	}
	return seen
}

// mirrorAround extends the picture on all sides by its mirror image.
func (s *stage) mirrorAround(x, y int) error {
	p := s.picture
	of := p.size()
	canvas := size{of.w + 2*x, of.h + 2*y}
	if err := checkCanvas(canvas, s.job.limits.MaxOutputPixels); err != nil {
		return err
	}
	if err := p.hold(); err != nil {
		return err
	}
	if err := p.image.Embed(x, y, canvas.w, canvas.h, govips.ExtendMirror); err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	p.track = p.track.moved(float64(x), float64(y))
	p.inMemory = false
	return nil
}
