package vips

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// faceMargin is the short side of a thumb around a face, in sides of the face's box, at zoom 1.
const faceMargin = 1.65

// attentionView is the longest side of the picture that attention is measured on.
const attentionView = 256

// looksForRegion are the modes that cut something off around a region.
func looksForRegion(mode string) bool {
	switch mode {
	case transform.ModeFill, transform.ModeLimFill, transform.ModeFillPad, transform.ModeThumb, transform.ModeCrop,
		transform.ModeAuto, transform.ModeAutoPad, transform.ModeImaggaCr:
		return true
	}
	return false
}

// cropAnchor finds where the resize of the component keeps what.
func (s *stage) cropAnchor(in size, w wish) (anchor, error) {
	if s.job.moving && (w.mode == transform.ModeFillPad || w.mode == transform.ModeAutoPad) {
		return anchor{}, problem.BadRequest("Crop mode %s is not available for animated images", w.mode)
	}
	a, err := s.job.anchorAt(s.component.Position, in)
	if err != nil || a.region != nil {
		return a, err
	}
	gravity := s.component.Position.Gravity
	if gravity == nil {
		return a, nil
	}
	if _, _, ok := compass(gravity.Name); ok || !looksForRegion(w.mode) {
		return a, nil
	}
	if s.job.moving && gravity.Name != "custom" {
		return a, nil // what is interesting moves from frame to frame: the center stays
	}
	if w.mode != transform.ModeCrop {
		s.picture.hint = w.box(in)
	}
	return s.regionAnchor(a, gravity, in, w)
}

// anchorAt is the compass part of a position, and xy_center. Fractions are of the given size.
func (j *job) anchorAt(p transform.Position, of size) (anchor, error) {
	a := anchor{margin: 1}
	var err error
	if p.X != nil {
		a.offset = true
		if a.x, err = j.length(p.X, of.w); err != nil {
			return a, err
		}
	}
	if p.Y != nil {
		a.offset = true
		if a.y, err = j.length(p.Y, of.h); err != nil {
			return a, err
		}
	}
	if p.Gravity == nil {
		return a, nil
	}
	a.given = true
	if p.Gravity.Name == "xy_center" {
		a.region, a.pointLike, a.offset = &rect{round(a.x), round(a.y), 0, 0}, true, false
		return a, nil
	}
	a.hx, a.vy, _ = compass(p.Gravity.Name)
	return a, nil
}

// regionAnchor resolves the gravities that look at the picture.
func (s *stage) regionAnchor(a anchor, g *transform.Gravity, in size, w wish) (anchor, error) {
	switch g.Name {
	case "custom":
		if r, ok := s.custom(in); ok {
			a.region = &r
			return a, nil
		}
		if len(g.Args) == 0 {
			return a, nil
		}
		return s.regionAnchor(a, &transform.Gravity{Name: g.Args[0], Args: g.Args[1:]}, in, w)
	case "face", "faces", "adv_face", "adv_faces":
		return s.faceAnchor(a, g, in, w)
	case "auto":
		return s.autoAnchor(a, g, in, w)
	case "liquid", "center":
		return a, nil
	case transform.GravityTile:
		return s.tileAnchor(a)
	case "region":
		return s.namedAnchor(a, first(g.Args), in)
	case "clipping_path":
		return s.clippingAnchor(a, first(g.Args), in)
	}
	return a, problem.BadRequest("Gravity %s is not available in this deployment", g.Name)
}

// namedAnchor is around a region that the asset has by name: the box around its corners.
func (s *stage) namedAnchor(a anchor, name string, in size) (anchor, error) {
	corners, ok := s.frame.source.Regions[name]
	if !ok {
		return a, problem.BadRequest("Invalid gravity - the image has no region %s", name)
	}
	box := rect{corners[0][0], corners[0][1], 0, 0}
	for _, c := range corners[1:] {
		box = box.union(rect{c[0], c[1], 0, 0})
	}
	box.w, box.h = max(1, box.w), max(1, box.h)
	if r, ok := s.picture.track.find(box, in); ok {
		a.region = &r
	}
	return a, nil
}

// faceAnchor is around the largest face, or around all; without a face it falls back to the north.
func (s *stage) faceAnchor(a anchor, g *transform.Gravity, in size, w wish) (anchor, error) {
	faces, err := s.facesNow()
	if err != nil {
		return a, err
	}
	if len(faces) > 0 {
		r := largest(faces)
		if g.Name == "faces" || g.Name == "adv_faces" {
			for _, f := range faces {
				r = r.union(f)
			}
		}
		a.region, a.margin = &r, faceMargin
		return a, nil
	}
	switch first(g.Args) {
	case "center":
	case "auto":
		return s.autoAnchor(a, &transform.Gravity{Name: "auto"}, in, w)
	default:
		a.vy = -1
	}
	return a, nil
}

// autoAnchor is around stored coordinates, else faces, else what attracts attention. It never fails for a picture
// that has nothing interesting.
func (s *stage) autoAnchor(a anchor, g *transform.Gravity, in size, w wish) (anchor, error) {
	keeps, written, err := keepsMore(g)
	if err != nil {
		return a, err
	}
	if r, ok, err := s.areaOfInterest(g, in); err != nil || ok {
		a.region = &r
		return a, err
	}
	ignored := slices.Contains(g.Args, "custom_no_override") || slices.Contains(g.Args, "none")
	if r, ok := s.custom(in); ok && !ignored {
		a.region = &r
		return a, nil
	}
	if !slices.Contains(g.Args, "no_faces") && !slices.Contains(g.Args, "faces_avoid") {
		faces, err := s.facesNow()
		if err != nil {
			return a, err
		}
		if len(faces) > 0 {
			r := faces[0]
			for _, f := range faces {
				r = r.union(f)
			}
			a.region, a.margin = &r, faceMargin*between(1, 2, keeps)
			return a, nil
		}
	}
	if w.mode == transform.ModeFillPad || w.mode == transform.ModeAutoPad {
		// Here it matters how large the subject is: what it takes to keep it whole.
		box, ok, err := s.salientBox()
		if ok {
			a.region = &box
		}
		return a, err
	}
	if written {
		a.closer = between(2, 1, keeps)
	}
	g0, err := measure(in, w, anchor{margin: 1, given: true})
	if err != nil {
		return a, err
	}
	r, err := s.attention(g0.cut().size())
	if err != nil {
		return a, err
	}
	a.region, a.pointLike = &r, true
	return a, nil
}

// keepsMore is the aggressiveness of g_auto as a share: 1 keeps as much as there is room for, 0 comes close; false when
// none was written.
func keepsMore(g *transform.Gravity) (share float64, written bool, err error) {
	for _, arg := range g.Args {
		if v, err := strconv.ParseFloat(arg, 64); err == nil {
			if v < 0 || v > 100 {
				return 0, false, problem.BadRequest("Invalid gravity - %s: an aggressiveness is 0 to 100", g)
			}
			return v / 100, true, nil
		}
	}
	return 0, false, nil
}

// areaOfInterest reads aoi_<x>_<y>_<w>_<h>: pixels, or fractions with a decimal point, of the picture as it is.
func (s *stage) areaOfInterest(g *transform.Gravity, in size) (rect, bool, error) {
	for _, arg := range g.Args {
		text, ok := strings.CutPrefix(arg, "aoi_")
		if !ok {
			continue
		}
		var values [4]int
		parts := strings.Split(text, "_")
		for i := range values {
			if len(parts) != len(values) {
				return rect{}, false, problem.BadRequest("Invalid gravity - %s", g)
			}
			v, err := strconv.ParseFloat(parts[i], 64)
			if err != nil || v < 0 || v > maxSide {
				return rect{}, false, problem.BadRequest("Invalid gravity - %s", g)
			}
			if strings.Contains(parts[i], ".") {
				v *= float64([]int{in.w, in.h}[i%2])
			}
			values[i] = round(v)
		}
		r := rect{values[0], values[1], values[2], values[3]}.intersect(in.full())
		return r, !r.empty(), nil
	}
	return rect{}, false, nil
}

// custom is the largest of the stored custom coordinates that is still on the picture.
func (s *stage) custom(in size) (rect, bool) {
	found := s.stored(s.frame.source.Custom, in)
	if len(found) == 0 {
		return rect{}, false
	}
	return largest(found), true
}

// stored maps rectangles of the oriented original onto the picture as it is now.
func (s *stage) stored(coordinates [][4]int, in size) []rect {
	var found []rect
	for _, c := range coordinates {
		if r, ok := s.picture.track.find(rect{c[0], c[1], c[2], c[3]}, in); ok {
			found = append(found, r)
		}
	}
	return found
}

// facesNow are the faces on the picture as it is now: stored ones, or else detected.
func (s *stage) facesNow() ([]rect, error) {
	if len(s.frame.source.Faces) > 0 && !s.picture.track.lost {
		return s.stored(s.frame.source.Faces, s.picture.size()), nil
	}
	return s.job.findFaces(s.picture)
}

// countFaces is the number of faces of the original.
func (j *job) countFaces() (int, error) {
	if stored := j.request.Source.Faces; len(stored) > 0 {
		return len(stored), nil
	}
	p, err := open(j.source, 0)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	faces, err := j.findFaces(p)
	return len(faces), err
}

// findFaces detects faces on a small grey copy of a picture; the boxes are in its pixels.
func (j *job) findFaces(p *picture) ([]rect, error) {
	view, err := p.preview(faceView)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	on := view.size()
	if err := view.flatten(govips.Color{R: 255, G: 255, B: 255}); err != nil {
		return nil, err
	}
	if err := view.image.ToColorSpace(govips.InterpretationBW); err != nil {
		return nil, fmt.Errorf("make grey: %w", err)
	}
	gray, err := view.image.ToBytes()
	if err != nil {
		return nil, fmt.Errorf("read the grey picture: %w", err)
	}
	if len(gray) < on.w*on.h {
		return nil, errors.New("the grey picture is incomplete")
	}
	full := p.size()
	fx, fy := float64(full.w)/float64(on.w), float64(full.h)/float64(on.h)
	faces := j.worker.faces.find(gray, on)
	for i := range faces {
		faces[i] = faces[i].scaled(fx, fy).intersect(full.full())
	}
	return faces, nil
}

// attention is the window of the given size that attracts most attention.
func (s *stage) attention(window size) (rect, error) {
	full := s.picture.size()
	view, err := s.picture.preview(attentionView)
	if err != nil {
		return rect{}, err
	}
	defer view.Close()
	on := view.size()
	fx, fy := float64(on.w)/float64(full.w), float64(on.h)/float64(full.h)
	small := size{clamp(round(float64(window.w)*fx), 1, on.w), clamp(round(float64(window.h)*fy), 1, on.h)}
	if err := view.hold(); err != nil {
		return rect{}, err
	}
	if err := view.image.SmartCrop(small.w, small.h, govips.InterestingAttention); err != nil {
		return rect{}, fmt.Errorf("find what attracts attention: %w", err)
	}
	// A crop remembers where its origin went, as a negative offset.
	found := rect{-view.image.OffsetX(), -view.image.OffsetY(), small.w, small.h}
	return found.scaled(1/fx, 1/fy).intersect(full.full()), nil
}

func largest(of []rect) rect {
	return slices.MaxFunc(of, func(a, b rect) int { return int(a.area() - b.area()) })
}

func first(of []string) string {
	if len(of) == 0 {
		return ""
	}
	return of[0]
}
