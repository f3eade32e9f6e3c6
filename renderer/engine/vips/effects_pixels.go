package vips

import (
	"errors"
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// pixels reads all pixels, row by row.
func (p *picture) pixels() ([]byte, error) {
	data, err := p.image.ToBytes()
	if err != nil {
		return nil, err
	}
	if s := p.size(); len(data) != s.w*s.h*p.image.Bands() {
		return nil, errors.New("the picture has another depth than 8 bits")
	}
	return data, nil
}

// setPixels replaces all pixels; size and channels stay.
func (p *picture) setPixels(data []byte) error {
	image, err := govips.NewImageFromMemory(data, p.image.Width(), p.image.Height(), p.image.Bands(), govips.BandFormatUchar, govips.InterpretationSRGB)
	if err != nil {
		return err
	}
	p.replace(image)
	p.inMemory = true
	return nil
}

// pixelated averages blocks. Without a size it follows from the picture's.
func (p *picture) pixelated(block int) error {
	data, err := p.pixels()
	if err != nil {
		return fmt.Errorf("pixelate: %w", err)
	}
	s := p.size()
	if block <= 0 {
		block = max(2, max(s.w, s.h)/50)
	}
	averageBlocks(data, s, p.image.Bands(), block)
	return p.setPixels(data)
}

// averageBlocks makes each block of pixels its mean.
func averageBlocks(data []byte, of size, bands, block int) {
	for top := 0; top < of.h; top += block {
		bottom := min(top+block, of.h)
		for left := 0; left < of.w; left += block {
			right := min(left+block, of.w)
			for band := range bands {
				sum, n := 0, (bottom-top)*(right-left)
				for y := top; y < bottom; y++ {
					for x := left; x < right; x++ {
						sum += int(data[(y*of.w+x)*bands+band])
					}
				}
				mean := byte((sum + n/2) / n)
				for y := top; y < bottom; y++ {
					for x := left; x < right; x++ {
						data[(y*of.w+x)*bands+band] = mean
					}
				}
			}
		}
	}
}

// blockSize is the argument of the pixelating effects; 0 when it was not written.
func (a arguments) blockSize() (int, error) {
	if !a.has("size") {
		return 0, nil
	}
	v, err := a.number("size")
	return round(v), err
}

func pixelate(s *stage, args arguments) error {
	block, err := args.blockSize()
	if err != nil {
		return err
	}
	return s.picture.pixelated(block)
}

func pixelateRegion(s *stage, args arguments) error {
	block, err := args.blockSize()
	if err != nil {
		return err
	}
	r, err := s.region()
	if err != nil {
		return err
	}
	return s.inside(r, func(p *picture) error { return p.pixelated(block) })
}

func pixelateFaces(s *stage, args arguments) error {
	block, err := args.blockSize()
	if err != nil {
		return err
	}
	return s.insideFaces(func(p *picture) error {
		if block == 0 {
			return p.pixelated(max(2, p.size().w/6))
		}
		return p.pixelated(block)
	})
}

// opacityThreshold makes pixels either opaque or fully transparent.
func opacityThreshold(s *stage, args arguments) error {
	level, err := args.number("level")
	if err != nil {
		return err
	}
	if !s.picture.alpha() {
		return nil
	}
	table := make([]byte, 0, 4*256)
	for v := range 256 {
		alpha := byte(0)
		if float64(v) >= level*255/100 {
			alpha = 255
		}
		table = append(table, byte(v), byte(v), byte(v), alpha)
	}
	lut, err := govips.NewImageFromMemory(table, 256, 1, 4, govips.BandFormatUchar, govips.InterpretationHistogram)
	if err != nil {
		return fmt.Errorf("make a table: %w", err)
	}
	s.job.keep(lut)
	s.picture.inMemory = false
	return s.picture.image.Maplut(lut)
}

// trim cuts edges off that are transparent or of one colour. A picture that is nothing else stays.
func trim(s *stage, args arguments) error {
	tolerance, err := args.number("tolerance")
	if err != nil {
		return err
	}
	p := s.picture
	if err := p.hold(); err != nil {
		return err
	}
	data, err := p.pixels()
	if err != nil {
		return fmt.Errorf("trim: %w", err)
	}
	of, bands := p.size(), p.image.Bands()
	edge := cornerColor(data, bands)
	if args.has("color") {
		if edge, err = transform.ParseColor(args.values["color"]); err != nil {
			return err
		}
	}
	kept := contents(data, of, bands, edge, int(tolerance*255/100))
	if kept.empty() || kept == of.full() {
		return nil
	}
	p.track = p.track.moved(float64(-kept.x), float64(-kept.y))
	p.inMemory = false
	s.kept = &kept
	return p.cut(kept)
}

// trimTolerance is the tolerance of e_trim when none is written.
const trimTolerance = 10

// withoutEdges is the box that e_trim would keep: all of a picture of one colour. The picture stays as it is.
func (p *picture) withoutEdges() (rect, error) {
	var seen *picture
	var err error
	if p.fresh() {
		if seen, err = open(p.source, p.page); err == nil {
			seen.orientation = p.orientation
			err = seen.settle()
		}
	} else {
		seen, err = p.copy()
	}
	if seen != nil {
		defer seen.Close()
	}
	if err != nil {
		return rect{}, err
	}
	data, err := seen.pixels()
	if err != nil {
		return rect{}, fmt.Errorf("look for uniform edges: %w", err)
	}
	of, bands := seen.size(), seen.image.Bands()
	kept := contents(data, of, bands, cornerColor(data, bands), trimTolerance*255/100)
	if kept.empty() {
		return of.full(), nil
	}
	return kept, nil
}

// cornerColor is the colour of the first pixel.
func cornerColor(data []byte, bands int) transform.Color {
	c := transform.Color{R: data[0], G: data[1], B: data[2], A: 255}
	if bands == 4 {
		c.A = data[3]
	}
	return c
}

// contents is the box around all pixels that differ from the edge. All transparent pixels are the same.
func contents(data []byte, of size, bands int, edge transform.Color, tolerance int) rect {
	differs := func(at int) bool {
		alpha := 255
		if bands == 4 {
			alpha = int(data[at+3])
		}
		if alpha == 0 || edge.A == 0 {
			return alpha > tolerance
		}
		return max(abs(int(data[at])-int(edge.R)), abs(int(data[at+1])-int(edge.G)), abs(int(data[at+2])-int(edge.B)), abs(alpha-int(edge.A))) > tolerance
	}
	left, top, right, bottom := of.w, of.h, -1, -1
	for y := range of.h {
		for x := range of.w {
			if differs((y*of.w + x) * bands) {
				left, top, right, bottom = min(left, x), min(top, y), max(right, x), max(bottom, y)
			}
		}
	}
	return rect{left, top, right - left + 1, bottom - top + 1}
}

func abs(v int) int { return max(v, -v) }
