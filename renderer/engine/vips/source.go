package vips

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// source is the mapped bytes of one input and what its header says. close unmaps: all images made of it must be
// closed before.
type source struct {
	data   []byte
	format *format
	// stored is the size of one page as it lies in the file, before orientation.
	stored size
	// pages is at least 1.
	pages int
	// orientation is the EXIF orientation, 1..8.
	orientation int
	alpha       bool
	color       govips.Interpretation
	// profile is the embedded ICC profile, nil when there is none.
	profile []byte
}

// openSource maps a file, finds out what it is and reads its header. Limits are checked here, before any pixel is decoded.
func openSource(known []format, file *os.File, maxPixels int64) (*source, error) {
	data, err := mapFile(file)
	if err != nil {
		return nil, err
	}
	s := &source{data: data}
	if s.format = detect(known, data); s.format == nil {
		s.close()
		return nil, problem.BadRequest("Invalid image file")
	}
	if err := s.readHeader(); err != nil {
		s.close()
		return nil, invalid(err)
	}
	if err := checkInput(s.stored, s.pages, maxPixels); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// mapFile maps the whole of file for reading. An empty file is a problem of its own.
func mapFile(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("look at the source: %w", err))
	}
	if info.Size() == 0 {
		return nil, problem.BadRequest("Invalid image file: the file is empty")
	}
	data, err := syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("map the source: %w", err))
	}
	return data, nil
}

func (s *source) readHeader() error {
	image, err := s.load(loading{})
	if err != nil {
		return err
	}
	defer image.Close()
	s.stored = size{image.Width(), image.Height()}
	s.pages = max(1, image.Pages())
	s.orientation = 1
	if o := image.Orientation(); o >= 1 && o <= 8 {
		s.orientation = o
	}
	s.alpha = image.HasAlpha()
	s.color = image.Interpretation()
	s.profile = image.GetICCProfile()
	return nil
}

// loading is how to open a source.
type loading struct {
	// page is the page to read, from 0.
	page int
	// shrink lets the decoder deliver a picture smaller by this factor; 0 and 1 do nothing.
	shrink float64
}

// load opens the source for one pass from top to bottom; nothing is decoded yet. Damage inside the pixels is tolerated
// here: what can be shown is shown. Verification is strict.
func (s *source) load(how loading) (*govips.ImageRef, error) {
	params := &govips.ImportParams{}
	params.Access.Set(govips.AccessSequential)
	if s.format.pages && how.page > 0 {
		params.Page.Set(how.page)
	}
	if how.shrink > 1 {
		switch s.format.shrinks {
		case shrinksByPowers:
			params.JpegShrinkFactor.Set(int(how.shrink))
		case shrinksFreely:
			params.WebpScaleFactor.Set(1 / how.shrink)
		}
	}
	return govips.LoadImageFromBuffer(s.data, params)
}

// checkWhole refuses a file of which something is missing.
func (s *source) checkWhole() error {
	if s.format.complete == nil {
		if err := verify(s.format, s.data); err != nil {
			return invalid(err)
		}
		return nil
	}
	if !s.format.complete(s.data) {
		return invalid(errors.New("the file ends too early"))
	}
	return nil
}

// oriented is the size after EXIF orientation.
func (s *source) oriented() size {
	if swapsSides(s.orientation) {
		return s.stored.swapped()
	}
	return s.stored
}

// describe is the public description.
func (s *source) describe() engine.ProbeResult {
	o := s.oriented()
	return engine.ProbeResult{
		Format: s.format.name, Width: o.w, Height: o.h, Pages: s.pages,
		Alpha: s.alpha, Orientation: s.orientation, ColorSpace: colorSpaceName(s.color),
	}
}

// close unmaps the bytes.
func (s *source) close() {
	// The mapping was made by mapFile and is unmapped once; there is nothing to do about a failure.
	_ = syscall.Munmap(s.data)
	s.data = nil
}
