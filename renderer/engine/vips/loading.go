package vips

import (
	"fmt"
	"image"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine/psd"
)

// loading is how to open a source.
type loading struct {
	// page is the page to read, from 0.
	page int
	// all reads all pages, one below the other.
	all bool
	// shrink lets the decoder deliver a picture smaller by this factor, or from vectors a larger one; 0 and 1 do nothing.
	shrink float64
	// strict fails on pictures that end early.
	strict bool
}

// load opens the source for one pass from top to bottom; nothing is decoded yet. Damage inside the pixels is tolerated
// unless loading is strict: what can be shown is shown.
func (s *source) load(how loading) (*govips.ImageRef, error) {
	if s.format.decoder != nil {
		return s.decode(how.page)
	}
	options := []string{"access=sequential"}
	option := func(format string, value any) { options = append(options, fmt.Sprintf(format, value)) }
	switch {
	case how.all:
		option("n=%d", -1)
	case s.format.pages && how.page > 0:
		option("page=%d", how.page)
	}
	if how.strict {
		option("fail-on=%s", "truncated")
	}
	shrink := how.shrink
	if shrink <= 0 {
		shrink = 1
	}
	data := s.data
	switch s.format.shrinks {
	case shrinksByPowers:
		if shrink > 1 {
			option("shrink=%d", int(shrink))
			var err error
			if data, err = s.lean(int(shrink)); err != nil {
				return nil, err
			}
		}
	case shrinksFreely:
		if shrink > 1 {
			option("scale=%g", 1/shrink)
		}
	case shrinksExactly:
		option("scale=%g", s.density/s.format.loadsAt()/shrink)
	}
	loaded, err := loadBuffer(s.format.loader, data, options...)
	masked := s.format.opaque || s.unmasked && s.format.name == "tiff"
	if err != nil || !masked || !loaded.HasAlpha() {
		return loaded, err
	}
	if err := loaded.ExtractBand(0, loaded.Bands()-1); err != nil {
		loaded.Close()
		return nil, err
	}
	return loaded, nil
}

// lean is the file without what a decoder that shrinks it reads in vain.
func (s *source) lean(shrink int) ([]byte, error) {
	rest, thinned := leanJPEG(s.data, shrink)
	if rest == nil {
		return s.data, nil
	}
	s.thinned = s.thinned || thinned
	mapped, err := mapCopy(rest)
	if err != nil {
		return nil, err
	}
	s.copies = append(s.copies, mapped)
	return mapped, nil
}

// loadsAt is the density at which the loader of a vector type renders at scale 1.
func (f *format) loadsAt() float64 {
	if f.name == "pdf" {
		return pointsPerInch
	}
	return f.density
}

// decode reads a page by a decoder in Go.
func (s *source) decode(page int) (*govips.ImageRef, error) {
	var decoded image.Image
	var err error
	if s.merge != nil {
		decoded, err = s.mergeLayers()
	} else {
		decoded, err = s.format.decoder.page(s.data, page)
	}
	if err != nil {
		return nil, err
	}
	made, memory, err := toImage(decoded, s.alpha || page > 0 || s.merge != nil)
	if err == nil {
		s.copies = append(s.copies, memory)
	}
	return made, err
}

func (s *source) mergeLayers() (image.Image, error) {
	f, err := psd.Open(s.data)
	if err != nil {
		return nil, err
	}
	return f.Merge(s.merge)
}

// maxVerifiedPages bounds how much of a long document is decoded to prove it whole.
const maxVerifiedPages = 50

// verify decodes all pixels and keeps none. The error says what is damaged.
func (s *source) verify() error {
	check := func(how loading) error {
		how.strict = s.format.decoder == nil && s.format.clean == nil && s.format.name != "pdf"
		loaded, err := s.load(how)
		if err != nil {
			return err
		}
		defer loaded.Close()
		return decodeAll(loaded)
	}
	if s.format.frames {
		return check(loading{all: true})
	}
	pages := 1
	if s.format.pages && s.format.decoder == nil && !s.format.vector {
		pages = min(s.pages, maxVerifiedPages)
	}
	for page := range pages {
		if err := check(loading{page: page}); err != nil {
			return err
		}
	}
	return nil
}
