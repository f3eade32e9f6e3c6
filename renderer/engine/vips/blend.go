package vips

import (
	"fmt"
	"slices"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// put places a rendered layer at one spot.
func (s *stage) put(l *transform.Layer, layer *picture, at anchor) error {
	base := s.picture.size()
	if has(l, replaceFlag) {
		return problem.BadRequest("fl_replace_image cannot be used in a layer or under a condition")
	}
	if l.Blend == "displace" { // x and y are how far pixels move
		at.x, at.y = 0, 0
	}
	corner := at.place(base, layer.size())
	if at.region != nil {
		corner = point{corner.x + round(at.x)*regionOffset(at), corner.y + round(at.y)*regionOffset(at)}
	}
	if has(l, "text_disallow_overflow") && l.Kind == transform.LayerText {
		if on := (rect{corner.x, corner.y, layer.size().w, layer.size().h}); on.intersect(base.full()) != on {
			return problem.BadRequest("Text overflow: the text of %dx%d at %d,%d does not fit in the image of %dx%d", on.w, on.h, on.x, on.y, base.w, base.h)
		}
	}
	if has(l, "tiled") {
		tiled, origin, err := s.tile(layer, corner)
		if err != nil {
			return err
		}
		return s.blend(l, tiled, origin)
	}
	return s.blend(l, layer, corner)
}

// regionOffset says whether x and y shift a layer away from its region; at xy_center they are the place itself.
func regionOffset(at anchor) int {
	if at.pointLike {
		return 0
	}
	return 1
}

// tile repeats the layer over the whole base; one tile stays where the layer would have been.
func (s *stage) tile(layer *picture, corner point) (*picture, point, error) {
	base, one := s.picture.size(), layer.size()
	start := point{-mod(-corner.x, one.w), -mod(-corner.y, one.h)}
	across, down := (base.w-start.x+one.w-1)/one.w, (base.h-start.y+one.h-1)/one.h
	if err := checkCanvas(size{across * one.w, down * one.h}, 4*s.job.limits.MaxOutputPixels); err != nil {
		return nil, start, err
	}
	tiled, err := layer.copy()
	if err != nil {
		return nil, start, err
	}
	s.job.keep(tiled)
	if err := tiled.image.Replicate(across, down); err != nil {
		return nil, start, fmt.Errorf("tile: %w", err)
	}
	tiled.inMemory = false
	if err := tiled.cut(rect{-start.x, -start.y, base.w, base.h}); err != nil {
		return nil, start, err
	}
	return tiled, point{}, nil
}

// mod is the remainder that is never negative.
func mod(a, b int) int { return ((a % b) + b) % b }

// blend combines the layer with the base as the layer's blend effect and flags say.
func (s *stage) blend(l *transform.Layer, layer *picture, at point) error {
	switch {
	case l.Blend == "displace":
		return s.displace(l, layer, at)
	case l.Blend == "mask":
		return s.maskByLayer(layer, at)
	case l.Blend == "cut_out":
		return s.picture.composite(layer.image, govips.BlendModeDestOut, at.x, at.y)
	case has(l, "cutter"):
		return s.picture.composite(layer.image, govips.BlendModeDestIn, at.x, at.y)
	}
	if l.Blend == "anti_removal" {
		var err error
		if layer, err = s.disturb(l, layer); err != nil {
			return err
		}
	}
	mode, ok := map[string]govips.BlendMode{
		"": govips.BlendModeOver, "multiply": govips.BlendModeMultiply, "screen": govips.BlendModeScreen,
		"overlay": govips.BlendModeOverlay, "anti_removal": govips.BlendModeOver,
	}[l.Blend]
	if !ok {
		return problem.BadRequest("Effect %s is not available in this deployment", l.Blend)
	}
	if !has(l, "no_overflow") {
		var err error
		if at, err = s.grow(layer.size(), at); err != nil {
			return err
		}
	}
	if l.Under {
		return s.slipUnder(layer, at)
	}
	return s.picture.composite(layer.image, mode, at.x, at.y)
}

// grow extends the canvas until the layer fits, and gives the layer's place on the larger canvas.
func (s *stage) grow(layer size, at point) (point, error) {
	base := s.picture.size()
	all := base.full().union(rect{at.x, at.y, layer.w, layer.h})
	if all == base.full() {
		return at, nil
	}
	if err := checkCanvas(all.size(), s.job.limits.MaxOutputPixels); err != nil {
		return at, err
	}
	p := s.picture
	p.track = p.track.moved(float64(-all.x), float64(-all.y))
	return point{at.x - all.x, at.y - all.y}, p.extend(-all.x, -all.y, all.size(), transparent())
}

// slipUnder puts the layer behind the base; what the layer does not cover stays as transparent as it was.
func (s *stage) slipUnder(layer *picture, at point) error {
	p := s.picture
	if !p.alpha() {
		return nil // nothing of it would be seen
	}
	visible := rect{at.x, at.y, layer.size().w, layer.size().h}.intersect(p.size().full())
	if visible.empty() {
		return nil
	}
	back, err := layer.copy()
	if err != nil {
		return err
	}
	s.job.keep(back)
	if err := firstError(
		back.cut(visible.moved(-at.x, -at.y)),
		func() error { return back.extend(visible.x, visible.y, p.size(), transparent()) },
		func() error { return back.image.Composite(p.image, govips.BlendModeOver, 0, 0) },
	); err != nil {
		return err
	}
	s.job.keep(p.image)
	p.image, p.inMemory = back.image, false
	return nil
}

// maskByLayer keeps the base where the layer is light: its luminance times its alpha.
func (s *stage) maskByLayer(layer *picture, at point) error {
	mask, err := layer.copy()
	if err != nil {
		return err
	}
	s.job.keep(mask)
	on := s.picture.size()
	visible := rect{at.x, at.y, mask.size().w, mask.size().h}.intersect(on.full())
	if visible.empty() {
		return s.job.mask(s.picture, &coverage{size: on, alpha: make([]byte, on.w*on.h)})
	}
	if err := firstError(
		mask.flatten(govips.Color{}),
		func() error { return mask.image.ToColorSpace(govips.InterpretationBW) },
		func() error { return mask.image.ExtractBand(0, 1) },
		func() error { return mask.cut(visible.moved(-at.x, -at.y)) },
		func() error { return mask.image.Embed(visible.x, visible.y, on.w, on.h, govips.ExtendBlack) },
	); err != nil {
		return fmt.Errorf("make a mask: %w", err)
	}
	return s.job.maskWith(s.picture, mask.image)
}

// has says that the layer carries a placement flag.
func has(l *transform.Layer, flag string) bool { return slices.Contains(l.Flags, flag) }
