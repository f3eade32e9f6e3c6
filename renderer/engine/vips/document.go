package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// binds says that several pages of a document are to be written into one file.
func (j *job) binds(target *format, pages []int) bool {
	s := j.source
	return target.document != nil && s.format.pages && !s.format.frames && !s.layered() && s.pages > 1 && len(pages) != 1
}

// bind applies the chain to every page and writes all of them.
func (j *job) bind(target *format, pages []int) (*encoded, error) {
	if pages == nil {
		for i := range j.source.pages {
			pages = append(pages, i)
		}
	}
	var bound []*govips.ImageRef
	var first size
	var wanted encoding
	pixels := int64(0)
	for i, number := range pages {
		if err := j.source.turnTo(number); err != nil {
			return nil, err
		}
		j.begin()
		j.page = number
		p, err := j.still()
		if err != nil {
			return nil, err
		}
		if err := j.finish(p, target); err != nil {
			return nil, err
		}
		if pixels += p.size().pixels(); pixels > j.limits.MaxInputPixels {
			return nil, problem.BadRequest("Maximum total number of pixels in all frames/pages is %s Megapixels", megapixels(j.limits.MaxInputPixels))
		}
		if err := p.hold(); err != nil {
			return nil, err
		}
		if i == 0 {
			first = p.size()
			if wanted, err = j.encoding(target, p.image); err != nil {
				return nil, err
			}
		}
		image, err := j.dress(p, target, &wanted)
		if err != nil {
			return nil, err
		}
		bound = append(bound, image)
	}
	bytes, err := target.document(bound, wanted)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", target.name, err)
	}
	return &encoded{bytes: bytes, format: target.name, size: first, pages: len(bound)}, nil
}
