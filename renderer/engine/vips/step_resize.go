package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// resize crops, scales and pads.
func resize(s *stage) (bool, error) {
	if s.component.Resize == nil {
		return false, nil
	}
	in := s.picture.size()
	w, err := s.wish(in)
	if err != nil {
		return false, err
	}
	if s.isLiquid(w) {
		return true, s.carve(w.box(in))
	}
	a, err := s.cropAnchor(in, w)
	if err != nil {
		return false, err
	}
	g, err := measure(in, w, a)
	if err != nil {
		return false, err
	}
	// What is scaled and then cut off is no output: of that, as much may be made as may come in.
	if err := firstError(
		checkCanvas(g.canvas, s.job.limits.MaxOutputPixels),
		func() error {
			return checkCanvas(g.scaled, max(s.job.limits.MaxOutputPixels, s.job.limits.MaxInputPixels))
		},
	); err != nil {
		return false, err
	}
	if cut := g.cut(); cut != in.full() {
		s.kept = &cut
	}
	return true, s.apply(g)
}

// wish puts the resize of the component into numbers.
func (s *stage) wish(in size) (wish, error) {
	r := s.component.Resize
	w := wish{mode: r.Mode, zoom: 1, ignoreAspect: r.IgnoreAspect}
	whole := in
	switch {
	case r.RegionRelative && s.frame.region != nil:
		whole = *s.frame.region
	case (r.Relative || r.RegionRelative) && s.frame.base != nil:
		whole = *s.frame.base
	}
	var err error
	if r.Width != nil {
		if w.w, err = s.job.positive("width", r.Width, whole.w); err != nil {
			return w, err
		}
	}
	if r.Height != nil {
		if w.h, err = s.job.positive("height", r.Height, whole.h); err != nil {
			return w, err
		}
	}
	if w.aspect, err = s.job.ratio("aspect ratio", r.Aspect, 0); err != nil {
		return w, err
	}
	w.zoom, err = s.job.ratio("zoom", r.Zoom, 1)
	return w, err
}

// apply does what was measured.
func (s *stage) apply(g geometry) error {
	p := s.picture
	if p.fresh() {
		if err := p.scaleFresh(g.source, g.scaled); err != nil {
			return err
		}
	} else {
		if err := p.cut(g.source); err != nil {
			return err
		}
		if err := p.scale(g.scaled); err != nil {
			return err
		}
	}
	if g.window != g.scaled.full() {
		if err := p.cut(g.window); err != nil {
			return err
		}
	}
	p.track = p.track.moved(float64(-g.source.x), float64(-g.source.y)).
		scaled(float64(g.scaled.w)/float64(g.source.w), float64(g.scaled.h)/float64(g.source.h)).
		moved(float64(g.at.x-g.window.x), float64(g.at.y-g.window.y))
	if g.canvas != g.window.size() {
		return s.pad(g)
	}
	return nil
}

// scaleFresh is the first resize: it works on the stored picture, so that the decoder may shrink and so that colours
// and orientation are done on fewer pixels.
func (p *picture) scaleFresh(kept rect, target size) error { return p.scaleFrom(p.view, kept, target) }

// scaleFrom is scaleFresh with a view to take the pixels from, if it is large enough.
func (p *picture) scaleFrom(seen *view, kept rect, target size) error {
	stored := p.source.stored
	kept = toStored(kept, p.orientation, stored)
	storedTarget := target
	if swapsSides(p.orientation) {
		storedTarget = target.swapped()
	}
	if m := p.source.mezzanine; m != nil && seen == nil && m.scale(p, kept, storedTarget) {
		return p.settle()
	}
	by := shrinkOnLoad(p.source.format.shrinks, kept.size(), storedTarget)
	by = max(by, float64(max(stored.w, stored.h))/float64(p.source.format.maxSide)) // vectors may be enlarged
	by, err := p.reopen(seen, by)
	if err != nil {
		return err
	}
	if by > 1 && p.source.format.shrinks == shrinksByPowers {
		// The last column and row of what is shrunk may be less than whole.
		part := kept.box().scaled(1/by, 1/by)
		if scalesDown(p.image, part, storedTarget) {
			if err := p.scaleDown(part, storedTarget); err != nil {
				return err
			}
			return p.settle()
		}
	}
	if now := (size{p.image.Width(), p.image.Height()}); now != stored {
		kept = kept.scaled(float64(now.w)/float64(stored.w), float64(now.h)/float64(stored.h)).intersect(now.full())
	}
	if err := p.cutStored(kept); err != nil {
		return err
	}
	if err := p.scaleStored(storedTarget); err != nil {
		return err
	}
	return p.settle()
}

// reopen takes a view that shrinks no more than by, or opens the file anew so that the decoder shrinks by that.
// It returns by how much the image is shrunk then.
func (p *picture) reopen(seen *view, by float64) (float64, error) {
	switch {
	case seen != nil && seen.shrink <= by:
		image, err := seen.image.Copy()
		if err != nil {
			return 0, fmt.Errorf("take the view: %w", err)
		}
		p.replace(image)
		p.inMemory = true
		return seen.shrink, nil
	case by > 1, by < 1:
		image, err := p.source.load(loading{page: p.page, shrink: by})
		if err != nil {
			return 0, fmt.Errorf("open smaller: %w", err)
		}
		forgetMetadata(image)
		p.replace(image)
		return by, nil
	}
	return 1, nil
}

// cut keeps a rectangle.
func (p *picture) cut(r rect) error {
	if r == p.size().full() {
		return nil
	}
	return p.cutStored(r)
}

func (p *picture) cutStored(r rect) error {
	if r.size() == (size{p.image.Width(), p.image.Height()}) {
		return nil
	}
	if err := p.image.ExtractArea(r.x, r.y, r.w, r.h); err != nil {
		return fmt.Errorf("crop to %dx%d at %d,%d: %w", r.w, r.h, r.x, r.y, err)
	}
	return nil
}

// scale resizes to exactly this size.
func (p *picture) scale(to size) error { return p.scaleStored(to) }

// scaleDown is scaleDown of its image, in place.
func (p *picture) scaleDown(part box, to size) error {
	scaled, err := scaleDown(p.image, part, to)
	if err != nil {
		return err
	}
	p.replace(scaled)
	p.inMemory = true
	return nil
}

func (p *picture) scaleStored(to size) error {
	now := size{p.image.Width(), p.image.Height()}
	if now == to {
		return nil
	}
	if all := now.full().box(); scalesDown(p.image, all, to) {
		return p.scaleDown(all, to)
	}
	fx, fy := float64(to.w)/float64(now.w), float64(to.h)/float64(now.h)
	if err := p.image.ResizeWithVScale(fx, fy, govips.KernelLanczos3); err != nil {
		return fmt.Errorf("scale to %dx%d: %w", to.w, to.h, err)
	}
	if got := (size{p.image.Width(), p.image.Height()}); got != to {
		return fmt.Errorf("scale to %dx%d: libvips made it %dx%d", to.w, to.h, got.w, got.h)
	}
	p.inMemory = false
	return nil
}
