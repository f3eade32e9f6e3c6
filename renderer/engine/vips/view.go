package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// view is a fresh picture as the decoder delivers it when it shrinks by some factor: stored orientation, stored
// colours, evaluated into memory. Faces and attention are looked for on it, and when it is large enough, the first
// resize takes it, too, so that the file is decoded once.
type view struct {
	image  *govips.ImageRef
	shrink float64
}

// maxViewPixels bounds the memory of views. What is larger is decoded again instead.
const maxViewPixels = 16_000_000

// look decodes a view that is at least as large as asked, upright; nil when that would take too much memory.
func (p *picture) look(atLeast size) (*view, error) {
	if p.view != nil {
		return p.view, nil
	}
	if p.hint.pixels() > atLeast.pixels() {
		atLeast = p.hint
	}
	if swapsSides(p.orientation) {
		atLeast = atLeast.swapped()
	}
	stored := p.source.stored
	by := shrinkOnLoad(p.source.format.shrinks, stored, atLeast)
	if float64(stored.pixels())/(by*by) > maxViewPixels {
		return nil, nil
	}
	image, err := p.source.load(loading{page: p.page, shrink: by})
	if err != nil {
		return nil, fmt.Errorf("open a view: %w", err)
	}
	forgetMetadata(image)
	if err := materialise(image); err != nil {
		image.Close()
		return nil, err
	}
	p.view = &view{image, by}
	return p.view, nil
}

func (p *picture) dropView() {
	if p.view != nil {
		p.view.image.Close()
		p.view = nil
	}
}

// preview is a small upright sRGB copy of a picture, whose longest side is at most this.
func (p *picture) preview(longest int) (*picture, error) {
	full := p.size()
	to := full
	if l := max(full.w, full.h); l > longest {
		to = full.scaled(float64(longest) / float64(l))
	}
	if p.fresh() {
		return p.freshPreview(to)
	}
	small, err := p.copy()
	if err != nil {
		return nil, err
	}
	if err := small.scale(to); err != nil {
		small.Close()
		return nil, err
	}
	return small, nil
}

// freshPreview leaves the picture itself, and its single pass over the file, alone.
func (p *picture) freshPreview(to size) (*picture, error) {
	seen, err := p.look(to)
	if err != nil {
		return nil, err
	}
	small, err := open(p.source, p.page)
	if err != nil {
		return nil, err
	}
	small.orientation = p.orientation
	if err := small.scaleFrom(seen, p.size().full(), to); err != nil {
		small.Close()
		return nil, err
	}
	return small, nil
}
