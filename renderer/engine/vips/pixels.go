package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// half is added before a conversion to integers, which cuts off.
const half = 0.5

// linear multiplies and adds per channel, rounding to 8 bits.
func (p *picture) linear(factors, offsets []float64) error {
	for i := range offsets {
		offsets[i] += half
	}
	if err := p.image.Linear(factors, offsets); err != nil {
		return err
	}
	p.inMemory = false
	return p.image.Cast(govips.BandFormatUchar)
}

// mask multiplies the alpha channel of a picture by a coverage of the same size.
func (j *job) mask(p *picture, by *coverage) error {
	mask, err := j.gray(by)
	if err != nil {
		return err
	}
	return j.maskWith(p, mask)
}

// maskWith multiplies the alpha channel by a one-band 8-bit image of the same size. The mask is used up.
func (j *job) maskWith(p *picture, mask *govips.ImageRef) error {
	p.inMemory = false
	if !p.alpha() {
		return p.image.BandJoin(mask)
	}
	alpha, err := p.image.ExtractBandToImage(3, 1)
	if err != nil {
		return fmt.Errorf("take the alpha channel: %w", err)
	}
	j.keep(alpha)
	return firstError(alpha.Multiply(mask),
		func() error { return alpha.Linear1(1.0/255, half) },
		func() error { return alpha.Cast(govips.BandFormatUchar) },
		func() error { return p.image.ExtractBand(0, 3) },
		func() error { return p.image.BandJoin(alpha) },
	)
}

// gray is a coverage as a one-band image.
func (j *job) gray(c *coverage) (*govips.ImageRef, error) {
	image, err := govips.NewImageFromMemory(c.alpha, c.size.w, c.size.h, 1, govips.BandFormatUchar, govips.InterpretationBW)
	if err != nil {
		return nil, fmt.Errorf("make a mask: %w", err)
	}
	j.keep(image)
	return image, nil
}

// solid is a picture of one colour, with alpha.
func (j *job) solid(of size, c transform.Color) (*govips.ImageRef, error) {
	image, err := govips.NewImageFromMemory([]byte{c.R, c.G, c.B, c.A}, 1, 1, 4, govips.BandFormatUchar, govips.InterpretationSRGB)
	if err != nil {
		return nil, fmt.Errorf("make a colour: %w", err)
	}
	j.keep(image)
	if err := image.Embed(0, 0, of.w, of.h, govips.ExtendCopy); err != nil {
		return nil, fmt.Errorf("make a colour: %w", err)
	}
	return image, nil
}

// stencil is one colour in the shape of a coverage.
func (j *job) stencil(c transform.Color, shape *coverage) (*govips.ImageRef, error) {
	shape.times(c.A)
	mask, err := j.gray(shape)
	if err != nil {
		return nil, err
	}
	c.A = 255
	image, err := j.solid(shape.size, c)
	if err != nil {
		return nil, err
	}
	if err := firstError(image.ExtractBand(0, 3), func() error { return image.BandJoin(mask) }); err != nil {
		return nil, fmt.Errorf("make a stencil: %w", err)
	}
	return image, nil
}

// extend lays the picture at x,y on a canvas of one colour.
func (p *picture) extend(x, y int, canvas size, c transform.Color) error {
	if c.A < 255 {
		if err := p.addAlpha(); err != nil {
			return err
		}
	}
	if canvas == p.size() && x == 0 && y == 0 {
		return nil
	}
	p.inMemory = false
	if err := p.image.EmbedBackgroundRGBA(x, y, canvas.w, canvas.h, &govips.ColorRGBA{R: c.R, G: c.G, B: c.B, A: c.A}); err != nil {
		return fmt.Errorf("extend to %dx%d: %w", canvas.w, canvas.h, err)
	}
	return nil
}

// composite lays another image over the picture. An opaque picture stays opaque under modes that only add.
func (p *picture) composite(over *govips.ImageRef, mode govips.BlendMode, x, y int) error {
	touched := rect{x, y, over.Width(), over.Height()}.intersect(p.size().full())
	switch {
	case mode == govips.BlendModeDestIn: // what is not covered goes away
	case touched.empty():
		return nil
	case (p.alpha() || staysOpaque(mode)) && 2*touched.area() < p.size().pixels():
		return p.compositePart(over, mode, x, y, touched)
	}
	opaque := !p.alpha() && staysOpaque(mode)
	p.inMemory = false
	if err := p.image.Composite(over, mode, x, y); err != nil {
		return fmt.Errorf("composite: %w", err)
	}
	if opaque {
		return p.image.ExtractBand(0, 3)
	}
	return nil
}

// compositePart blends only the part of the picture that is touched: blending costs much more per pixel than copying.
func (p *picture) compositePart(over *govips.ImageRef, mode govips.BlendMode, x, y int, touched rect) error {
	part, err := p.copy()
	if err != nil {
		return err
	}
	defer part.Close()
	if err := firstError(
		part.cut(touched),
		func() error { return part.composite(over, mode, x-touched.x, y-touched.y) },
	); err != nil {
		return err
	}
	p.inMemory = false
	if err := p.image.Insert(part.image, touched.x, touched.y, false, nil); err != nil {
		return fmt.Errorf("put the blended part back: %w", err)
	}
	return nil
}

// staysOpaque says that an opaque picture is opaque after blending, whatever comes over it.
func staysOpaque(mode govips.BlendMode) bool {
	switch mode {
	case govips.BlendModeOver, govips.BlendModeMultiply, govips.BlendModeScreen, govips.BlendModeOverlay:
		return true
	}
	return false
}
