package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// picture is the image that the steps work on. As long as it is fresh it is nothing but an opened file: not turned
// upright, not converted to sRGB, and its first resize may reopen it smaller. settle makes it an upright 8-bit sRGB
// picture, and all steps but the resize work on settled pictures.
type picture struct {
	image *govips.ImageRef
	// source is where a fresh picture comes from; nil once settled.
	source *source
	page   int
	// orientation is what is still to be applied, 1..8; turned is what was, 0 for nothing.
	orientation, turned int
	// view is a smaller evaluated copy of a fresh picture that somebody looked at; nil when nobody did.
	view *view
	// hint is the size that the resize to come will probably need; zero when unknown.
	hint size
	// inMemory says that the pixels are evaluated and may be read at random.
	inMemory bool
	// track finds points of the oriented original on this picture.
	track tracking
	// drawing is what the picture was painted from; see drawn.
	drawing *drawing
}

// open opens a page of a source.
func open(s *source, page int) (*picture, error) {
	image, err := s.load(loading{page: page})
	if err != nil {
		return nil, fmt.Errorf("open the %s: %w", s.format.name, err)
	}
	forgetMetadata(image)
	return &picture{image: image, source: s, page: page, orientation: s.orientation, track: tracked()}, nil
}

// size is the size of the upright picture.
func (p *picture) size() size {
	s := size{p.image.Width(), p.image.Height()}
	if swapsSides(p.orientation) {
		return s.swapped()
	}
	return s
}

// Close frees the image.
func (p *picture) Close() {
	p.image.Close()
	p.dropView()
}

// replace takes another image in the place of the one there was, which is freed.
func (p *picture) replace(image *govips.ImageRef) {
	p.image.Close()
	p.image = image
	p.inMemory = false
}

// copy is a second picture of the same pixels; they are evaluated once.
func (p *picture) copy() (*picture, error) {
	if err := p.hold(); err != nil {
		return nil, err
	}
	image, err := p.image.Copy()
	if err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	second := *p
	second.image, second.view = image, nil
	return &second, nil
}

// fresh says that nothing was done to the picture since it was opened.
func (p *picture) fresh() bool { return p.source != nil }

// alpha says that the picture has an alpha channel.
func (p *picture) alpha() bool { return p.image.HasAlpha() }

// settle makes a fresh picture upright sRGB. It does nothing the second time.
func (p *picture) settle() error {
	if p.source == nil {
		return nil
	}
	if err := toSRGB(p.image, p.source.profile); err != nil {
		return err
	}
	if err := p.turnUpright(); err != nil {
		return err
	}
	p.source = nil
	p.dropView()
	return nil
}

// turnUpright applies the orientation that is still open.
func (p *picture) turnUpright() error {
	if p.orientation == 1 {
		return nil
	}
	// The pixels come from the file top to bottom, and turning reads them in another order.
	if err := p.hold(); err != nil {
		return err
	}
	var err error
	switch p.orientation {
	case 2:
		err = p.image.Flip(govips.DirectionHorizontal)
	case 3:
		err = p.image.Rotate(govips.Angle180)
	case 4:
		err = p.image.Flip(govips.DirectionVertical)
	case 5:
		err = firstError(p.rotate(govips.Angle90), func() error { return p.image.Flip(govips.DirectionHorizontal) })
	case 6:
		err = p.rotate(govips.Angle90)
	case 7:
		err = firstError(p.rotate(govips.Angle270), func() error { return p.image.Flip(govips.DirectionHorizontal) })
	case 8:
		err = p.rotate(govips.Angle270)
	}
	if err != nil {
		return fmt.Errorf("turn upright: %w", err)
	}
	p.orientation, p.turned = 1, p.orientation
	return nil
}

// facing is the orientation that the picture has been or will be turned by.
func (p *picture) facing() int { return max(p.orientation, p.turned) }

func (p *picture) rotate(angle govips.Angle) error { return p.image.Rotate(angle) }

// hold evaluates the picture into memory, so that it may be read more than once and in any order.
func (p *picture) hold() error {
	if p.inMemory {
		return nil
	}
	if err := materialise(p.image); err != nil {
		return err
	}
	p.inMemory = true
	return nil
}

// addAlpha gives the picture an alpha channel, opaque.
func (p *picture) addAlpha() error {
	if p.alpha() {
		return nil
	}
	return p.image.BandJoinConst([]float64{255})
}

// firstError runs the functions in order while there is no error.
func firstError(err error, next ...func() error) error {
	for _, f := range next {
		if err != nil {
			return err
		}
		err = f()
	}
	return err
}
