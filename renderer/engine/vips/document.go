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
	b := &binding{job: j, target: target}
	for _, number := range pages {
		if err := j.source.turnTo(number); err != nil {
			return nil, err
		}
		j.begin()
		j.page = number
		p, err := j.still()
		if err != nil {
			return nil, err
		}
		if err := b.add(p); err != nil {
			return nil, err
		}
	}
	return b.bound()
}

// binding is a document that is being made.
type binding struct {
	job    *job
	target *format
	pages  []*govips.ImageRef
	// first is the size of the first page, by which the rest is encoded, too.
	first  size
	wanted encoding
	pixels int64
}

// add makes a picture the next page.
func (b *binding) add(p *picture) error {
	if err := b.job.finish(p, b.target); err != nil {
		return err
	}
	if b.pixels += p.size().pixels(); b.pixels > b.job.limits.MaxInputPixels {
		return problem.BadRequest("Maximum total number of pixels in all frames/pages is %s Megapixels", megapixels(b.job.limits.MaxInputPixels))
	}
	if err := p.hold(); err != nil {
		return err
	}
	if len(b.pages) == 0 {
		var err error
		b.first = p.size()
		if b.wanted, err = b.job.encoding(b.target, p.image); err != nil {
			return err
		}
	}
	image, err := b.job.dress(p, b.target, &b.wanted)
	if err != nil {
		return err
	}
	b.pages = append(b.pages, image)
	return nil
}

// bound is the finished document.
func (b *binding) bound() (*encoded, error) {
	bytes, err := b.target.document(b.pages, b.wanted)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", b.target.name, err)
	}
	return &encoded{bytes: bytes, format: b.target.name, size: b.first, pages: len(b.pages)}, nil
}
