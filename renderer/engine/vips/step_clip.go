package vips

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/engine/clipping"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// maxClipPixels bounds the pictures that gravity looks for a path in.
const maxClipPixels = 64_000_000

// clips says that a component applies a clipping path; its pg_ selects the path, then.
func clips(c *transform.Component) bool {
	return slices.Contains(c.Flags, "clip") || slices.Contains(c.Flags, "clip_evenodd")
}

// clip makes transparent what lies outside of the clipping path that the file carries. A picture without one stays as it is.
func clip(s *stage) (bool, error) {
	if !clips(s.component) || s.frame.from == nil {
		return false, nil
	}
	path, ok, err := s.selectedPath()
	if err != nil || !ok {
		return false, err
	}
	p := s.picture
	if p.track.lost {
		return false, problem.BadRequest("Invalid flag - clip: the path does not fit a picture that was turned, put fl_clip before a_")
	}
	if err := p.settle(); err != nil {
		return false, err
	}
	shape := s.flatten(path)
	return true, s.job.mask(p, filled(p.size(), shape, slices.Contains(s.component.Flags, "clip_evenodd")))
}

// selectedPath is the path that the component asks for: by pg_, else the one that clips.
func (s *stage) selectedPath() (clipping.Path, bool, error) {
	paths := clipping.Read(s.frame.from.mapped)
	asked := s.component.Page
	if asked == "" {
		path, ok := paths.Default()
		return path, ok, nil
	}
	if name, isName := strings.CutPrefix(asked, "name:"); isName {
		path, ok := paths.Named(name)
		if !ok {
			return path, false, problem.BadRequest("Invalid page - there is no clipping path %s", name)
		}
		return path, true, nil
	}
	n, err := strconv.Atoi(asked)
	if err != nil || n < 1 || n > len(paths.All) {
		return clipping.Path{}, false, problem.BadRequest("Invalid page - %s: the image has %d clipping paths", asked, len(paths.All))
	}
	return paths.All[n-1], true, nil
}

// clippingAnchor is around the path of a name.
func (s *stage) clippingAnchor(a anchor, name string, in size) (anchor, error) {
	if s.frame.from == nil {
		return a, problem.BadRequest("Invalid gravity - the image has no clipping path %s", name)
	}
	if pixels := s.frame.from.stored.pixels(); pixels > maxClipPixels {
		return a, problem.BadRequest("Invalid gravity - clipping_path: the image has more than %s Megapixels", megapixels(maxClipPixels))
	}
	path, ok := clipping.Read(s.frame.from.mapped).Named(name)
	if !ok {
		return a, problem.BadRequest("Invalid gravity - the image has no clipping path %s", name)
	}
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, part := range s.flatten(path) {
		for _, p := range part {
			left, top, right, bottom = min(left, p.x), min(top, p.y), max(right, p.x), max(bottom, p.y)
		}
	}
	box := rect{int(math.Floor(left)), int(math.Floor(top)), int(math.Ceil(right) - math.Floor(left)), int(math.Ceil(bottom) - math.Floor(top))}
	if box = box.intersect(in.full()); !box.empty() && !s.picture.track.lost {
		a.region = &box
	}
	return a, nil
}

// curveSteps is how many straight lines stand for a curve between two knots.
const curveSteps = 24

// flatten makes polygons of a path, in pixels of the picture as it is now.
func (s *stage) flatten(path clipping.Path) [][]place {
	var out [][]place
	original, facing := s.frame.from.stored, s.picture.facing()
	if swapsSides(facing) {
		original = original.swapped()
	}
	at := func(p clipping.Point) place {
		// No number of a path is more than 128 pictures away.
		x, y := oriented(p.X, p.Y, facing)
		t := s.picture.track
		return place{x*float64(original.w)*t.sx + t.dx, y*float64(original.h)*t.sy + t.dy}
	}
	for _, part := range path.Parts {
		var polygon []place
		for i, knot := range part {
			next := part[(i+1)%len(part)]
			a, b, c, d := at(knot.At), at(knot.After), at(next.Before), at(next.At)
			polygon = append(polygon, a)
			if knot.After == knot.At && next.Before == next.At {
				continue // a straight line
			}
			for step := 1; step < curveSteps; step++ {
				t := float64(step) / curveSteps
				polygon = append(polygon, cubic(a, b, c, d, t))
			}
		}
		out = append(out, polygon)
	}
	return out
}

// cubic is a point of a curve of Bézier.
func cubic(a, b, c, d place, t float64) place {
	u := 1 - t
	w := [4]float64{u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t}
	return place{w[0]*a.x + w[1]*b.x + w[2]*c.x + w[3]*d.x, w[0]*a.y + w[1]*b.y + w[2]*c.y + w[3]*d.y}
}

// oriented turns fractions of the stored picture into those of the upright one (EXIF 2.3, orientation).
func oriented(x, y float64, orientation int) (float64, float64) {
	switch orientation {
	case 2:
		return 1 - x, y
	case 3:
		return 1 - x, 1 - y
	case 4:
		return x, 1 - y
	case 5:
		return y, x
	case 6:
		return 1 - y, x
	case 7:
		return 1 - y, 1 - x
	case 8:
		return y, 1 - x
	}
	return x, y
}
