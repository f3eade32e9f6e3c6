package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

func encodeTIFF(image *govips.ImageRef, e encoding) ([]byte, error) {
	return encodeTIFFs([]*govips.ImageRef{image}, e)
}

// encodeTIFFs writes pages. All pages of a file that libvips writes have one size: smaller ones get a white margin.
func encodeTIFFs(pages []*govips.ImageRef, e encoding) ([]byte, error) {
	image, err := stacked(pages)
	if err != nil {
		return nil, err
	}
	defer image.Close()
	o := e.with()
	switch {
	case e.bilevel:
		if err := bilevel(image); err != nil {
			return nil, err
		}
		o.set("compression", "ccittfax4")
		o.set("bitdepth", 1)
		o.set("miniswhite", true)
	case e.large:
		o.set("compression", "lzw")
		o.set("bigtiff", true)
	default:
		o.set("compression", "lzw")
	}
	if e.density > 0 {
		o.set("resunit", "inch")
	}
	return saveBuffer("tiffsave_buffer", image, o...)
}

// bilevel makes an image black and white, without grey: one channel of 0 and 255.
func bilevel(image *govips.ImageRef) error {
	if err := image.ToColorSpace(govips.InterpretationBW); err != nil {
		return fmt.Errorf("convert to grey: %w", err)
	}
	if image.Bands() > 1 {
		if err := image.ExtractBand(0, 1); err != nil {
			return err
		}
	}
	const steep = 255 // all that is not in the middle comes out as 0 or 255
	if err := image.Linear1(steep, -steep*127.5); err != nil {
		return err
	}
	return image.Cast(govips.BandFormatUchar)
}

// stacked lays pages one below the other, all as large as the largest, and says so to the saver.
func stacked(pages []*govips.ImageRef) (*govips.ImageRef, error) {
	image, err := pages[0].Copy()
	if err != nil || len(pages) == 1 {
		return image, err
	}
	var largest size
	alpha := false
	for _, p := range pages {
		largest = size{max(largest.w, p.Width()), max(largest.h, p.Height())}
		alpha = alpha || p.HasAlpha()
	}
	even := func(p *govips.ImageRef) error {
		if alpha && !p.HasAlpha() {
			if err := p.BandJoinConst([]float64{255}); err != nil {
				return err
			}
		}
		if p.Width() == largest.w && p.Height() == largest.h {
			return nil
		}
		return p.Embed(0, 0, largest.w, largest.h, govips.ExtendWhite)
	}
	err = even(image)
	for _, p := range pages[1:] {
		if err != nil {
			break
		}
		var next *govips.ImageRef
		if next, err = p.Copy(); err != nil {
			break
		}
		if err = even(next); err == nil {
			err = image.Join(next, govips.DirectionVertical)
		}
		next.Close()
	}
	if err != nil {
		image.Close()
		return nil, fmt.Errorf("join %d pages: %w", len(pages), err)
	}
	setInt(image, fieldPageHeight, largest.h)
	setInt(image, fieldPages, len(pages))
	return image, nil
}
