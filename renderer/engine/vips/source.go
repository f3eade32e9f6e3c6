package vips

import (
	"errors"
	"fmt"
	"math"
	"os"
	"syscall"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// source is the mapped bytes of one input and what its header says. close unmaps: all images made of it must be
// closed before.
type source struct {
	// mapped is the file; data is what the loader gets: the same, or a cleaned copy outside of Go's memory.
	mapped, data []byte
	// borrowed says that mapped is a part of another source.
	borrowed bool
	// copies are what images are made of instead of data: what decoders in Go made, and see leanJPEG.
	copies [][]byte
	// thinned says that bits which might be seen are missing in what was loaded; see leanJPEG.
	thinned bool
	format  *format
	// limit is how many pixels may be decoded.
	limit int64
	// density is the dots per inch that a vector source is rendered at.
	density float64
	// unmasked says that a channel beyond the colours is no transparency.
	unmasked bool
	// stored is the size of the page that is turned to as it lies in the file, before orientation.
	stored size
	// pages is at least 1; page is the one that is turned to, from 0.
	pages, page int
	// names, layers and corners are those of the layers of a PSD, from the bottom: how large they are, and where their upper
	// left corners lie on the canvas.
	names   []string
	layers  []size
	corners []point
	// merge are the layers of a PSD that are shown together, from 0; nil shows the page.
	merge []int
	// orientation is the EXIF orientation, 1..8.
	orientation int
	alpha       bool
	color       govips.Interpretation
	// fullChroma says that colours have as many samples as brightness (4:4:4).
	fullChroma bool
	// mezzanine holds smaller copies of the picture; nil when there are none and none are wanted.
	mezzanine *mezzanine
	// profile is the embedded ICC profile, nil when there is none.
	profile []byte
	// metadata is what the file tells about the picture.
	metadata metadata
	// delays are how long frames are shown, in milliseconds; loop is how often they all are, 0 for ever.
	delays []int
	loop   int
}

// openSource maps a file, finds out what it is and reads its header. Limits are checked here, before any pixel is
// decoded.
func openSource(known []format, file *os.File, maxPixels int64, w wishes) (*source, error) {
	mapped, err := mapFile(file)
	if err != nil {
		return nil, err
	}
	s := &source{mapped: mapped, data: mapped, limit: maxPixels, density: w.density, unmasked: w.unmasked}
	if err := s.open(known); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// openInside opens a file that is a part of another source, which must be closed later.
func openInside(known []format, part []byte, maxPixels int64, w wishes) (*source, error) {
	s := &source{mapped: part, data: part, borrowed: true, limit: maxPixels, density: w.density, unmasked: w.unmasked}
	if err := s.open(known); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *source) open(known []format) error {
	if s.format = detect(known, s.mapped); s.format == nil {
		if name := unreadable(s.mapped); name != "" {
			return problem.BadRequest("Unsupported image format - %s", name)
		}
		return problem.BadRequest("Invalid image file")
	}
	if s.density <= 0 {
		s.density = s.format.density
	}
	if s.format.clean != nil {
		if err := s.clean(); err != nil {
			return err
		}
	}
	if err := s.readHeader(); err != nil {
		return invalid(err)
	}
	frames := 1
	if s.format.frames {
		frames = s.pages
	}
	return checkInput(s.stored, frames, s.limit)
}

// clean replaces the bytes by what is safe to load.
func (s *source) clean() error {
	cleaned, err := s.format.clean(s.mapped)
	if err != nil {
		return invalid(err)
	}
	data, err := mapCopy(cleaned)
	if err != nil {
		return err
	}
	s.data = data
	return nil
}

// mapCopy copies bytes to where they may stay: libvips keeps pointers to them, so that they cannot live in Go's memory.
func mapCopy(of []byte) ([]byte, error) {
	data, err := mapMemory(len(of))
	if err != nil {
		return nil, err
	}
	copy(data, of)
	return data, nil
}

// mapMemory is memory outside of Go's.
func mapMemory(length int) ([]byte, error) {
	data, err := syscall.Mmap(-1, 0, length, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if errors.Is(err, syscall.ENOMEM) {
		return nil, problem.BadRequest("The picture takes too much memory to process").Because(err)
	}
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("take memory for pixels: %w", err))
	}
	return data, nil
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
	s.pages, s.orientation = 1, 1
	if d := s.format.decoder; d != nil {
		found, err := d.header(s.data)
		if err != nil {
			return err
		}
		s.stored, s.pages, s.alpha, s.names, s.layers = found.size, found.pages, found.alpha, found.names, found.layers
		s.corners = found.corners
		s.color = govips.InterpretationSRGB
		if found.gray {
			s.color = govips.InterpretationBW
		}
		if s.stored.w < 1 || s.stored.h < 1 {
			return fmt.Errorf("the header says %dx%d", s.stored.w, s.stored.h)
		}
		return nil
	}
	image, err := s.load(loading{page: s.page})
	if err != nil {
		return err
	}
	defer image.Close()
	s.stored = size{image.Width(), image.Height()}
	if s.format.pages {
		s.pages = max(1, intField(image, fieldPages, 1))
	}
	if o := image.Orientation(); o >= 1 && o <= 8 {
		s.orientation = o
	}
	if s.orientation == 1 && s.format.turned != nil {
		s.orientation = s.format.turned(s.mapped)
	}
	s.alpha = image.HasAlpha()
	s.color = image.Interpretation()
	s.profile = image.GetICCProfile()
	s.fullChroma = textField(image, fieldChroma) == "4:4:4"
	s.metadata = readMetadata(image)
	s.delays, s.loop = intsField(image, fieldDelay), intField(image, fieldLoop, 1)
	return nil
}

// turnTo goes to a page, from 0. Pages of documents have sizes of their own.
func (s *source) turnTo(page int) error {
	if page == s.page {
		return nil
	}
	s.page = page
	switch {
	case s.format.frames:
		return nil
	case s.format.decoder != nil:
		if page > 0 {
			if err := checkInput(s.layers[page-1], 1, s.limit); err != nil {
				return err
			}
		}
		image, err := s.load(loading{page: page})
		if err != nil {
			return invalid(err)
		}
		defer image.Close()
		s.stored, s.alpha = size{image.Width(), image.Height()}, image.HasAlpha()
		return nil
	}
	pages := s.pages
	if err := s.readHeader(); err != nil {
		return invalid(err)
	}
	s.pages = pages
	return checkInput(s.stored, 1, s.limit)
}

// checkWhole refuses a file of which something is missing.
func (s *source) checkWhole() error {
	if s.format.complete == nil {
		if err := s.verify(); err != nil {
			return invalid(err)
		}
		return nil
	}
	if !s.format.complete(s.data) {
		return invalid(errors.New("the file ends too early"))
	}
	return nil
}

// corner is where the layer that is shown lies on the canvas of a PSD.
func (s *source) corner() point {
	if s.merge == nil && s.page > 0 && s.page <= len(s.corners) {
		return s.corners[s.page-1]
	}
	return point{}
}

// seconds is how long an animation takes to play once; nothing else takes any time.
func (s *source) seconds() float64 {
	if !s.animated() {
		return 0
	}
	frames := make([]int, s.pages)
	for i := range frames {
		frames[i] = i
	}
	return float64(newTimeline(frames, s.delays, s.loop).duration()) / 1000
}

// dpi is the density of the original: that at which vectors are rendered, or what the file says; 72 when it says nothing,
// which libvips tells as one dot per millimetre.
func (s *source) dpi() float64 {
	const dotPerMillimetre, usual = 25.4, 72
	switch {
	case s.format.vector:
		return s.density
	case s.metadata.density == 0, math.Abs(s.metadata.density-dotPerMillimetre) < 1e-6:
		return usual
	}
	// Files count dots per metre or centimetre, which misses whole numbers by a hair.
	if whole := math.Round(s.metadata.density); math.Abs(whole-s.metadata.density) < 0.05 {
		return whole
	}
	return s.metadata.density
}

// oriented is the size after EXIF orientation.
func (s *source) oriented() size {
	if swapsSides(s.orientation) {
		return s.stored.swapped()
	}
	return s.stored
}

// animated says that the pages are frames that are shown one after the other.
func (s *source) animated() bool { return s.format.frames && s.pages > 1 }

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
	// The mappings were made here and are unmapped once; there is nothing to do about a failure.
	if s.format != nil && s.format.clean != nil && len(s.data) > 0 && &s.data[0] != &s.mapped[0] {
		_ = syscall.Munmap(s.data)
	}
	if s.mezzanine != nil {
		s.mezzanine.close()
	}
	for _, l := range s.copies {
		_ = syscall.Munmap(l)
	}
	if !s.borrowed {
		_ = syscall.Munmap(s.mapped)
	}
	s.mapped, s.data, s.copies = nil, nil, nil
}
