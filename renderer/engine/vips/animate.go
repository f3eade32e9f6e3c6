package vips

import (
	"fmt"
	"slices"
	"syscall"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// moves says that the source is an animation and is to be written as one. pages are those that were asked for.
func (j *job) moves(target *format, pages []int) bool {
	if !j.source.animated() || len(pages) == 1 || target.sequence == nil {
		return false
	}
	switch target.name {
	case "gif":
		return true
	case "webp":
		return j.source.format.name == "webp" || j.delivers("awebp") || j.delivers("animated") || j.output.Auto != ""
	}
	return j.delivers("apng") || j.delivers("animated")
}

// roll is the pixels of an animation: pictures of one size, one below the other, outside of Go's memory.
type roll struct {
	pixels []byte
	frame  size
	bands  int
	// first is the frame of the source that was rendered to find out the size.
	first int
}

// animate applies the chain to every frame and writes all of them.
func (j *job) animate(target *format, pages []int) (*encoded, error) {
	if pages == nil {
		for i := range j.source.pages {
			pages = append(pages, i)
		}
	}
	slices.Sort(pages) // the file is read once, from top to bottom
	pages = slices.Compact(pages)
	j.moving = true
	strip, err := j.source.load(loading{all: true})
	if err != nil {
		return nil, invalid(err)
	}
	j.keep(strip)
	first, err := j.frame(strip, pages[0])
	if err != nil {
		return nil, err
	}
	timeline := newTimeline(pages, j.source.delays, j.source.loop)
	if err := j.retime(timeline); err != nil {
		return nil, err
	}
	made, err := j.roll(first, target, len(timeline.shots))
	if err != nil {
		return nil, err
	}
	// The pixels go when the job is closed, after the image that reads from them.
	j.rolls = append(j.rolls, made.pixels)
	if err := j.shoot(made, timeline, strip, first, target); err != nil {
		return nil, err
	}
	return j.project(made, timeline, target)
}

// retime does what the plan and its effects say about time.
func (j *job) retime(t *timeline) error {
	delay := 0.0
	if j.output.Delay != nil {
		var err error
		if delay, _, err = j.value(j.output.Delay); err != nil {
			return err
		}
	}
	return t.edit(j.timings, j.output.Sampling, j.output.FrameRate, round(delay))
}

// roll takes memory for all frames.
func (j *job) roll(first *picture, target *format, shots int) (*roll, error) {
	if err := j.matchAlpha(first, target); err != nil {
		return nil, err
	}
	frame := first.size()
	if longest := max(frame.w, frame.h); longest > target.maxSide {
		return nil, sideTooLong(target, longest)
	}
	if err := checkInput(frame, shots, j.limits.MaxInputPixels); err != nil {
		return nil, err
	}
	bands := first.image.Bands()
	pixels, err := syscall.Mmap(-1, 0, int(frame.pixels())*bands*shots, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("take memory for %d frames: %w", shots, err))
	}
	return &roll{pixels, frame, bands, j.page}, nil
}

// shoot renders the frames in the order of the file and lays each down wherever it is shown.
func (j *job) shoot(to *roll, t *timeline, strip *govips.ImageRef, first *picture, target *format) error {
	if j.layersMove {
		return j.shootEach(to, t, first, target)
	}
	length := int(to.frame.pixels()) * to.bands
	for _, number := range t.frames() {
		mark := len(j.images)
		p := first
		if number != to.first {
			var err error
			if p, err = j.frame(strip, number); err != nil {
				return err
			}
		}
		if err := j.develop(p, to, target); err != nil {
			return err
		}
		for i, s := range t.shots {
			if s.frame != number {
				continue
			}
			pixels, err := p.lit(s.light)
			if err != nil {
				return err
			}
			copy(to.pixels[i*length:(i+1)*length], pixels)
		}
		p.Close()
		j.release(mark)
	}
	return nil
}

// shootEach renders every shot of its own, because what layers show depends on the time and not on the frame alone.
func (j *job) shootEach(to *roll, t *timeline, first *picture, target *format) error {
	strip, err := j.source.load(loading{all: true})
	if err != nil {
		return invalid(err)
	}
	j.keep(strip)
	if err := materialise(strip); err != nil { // a frame may be read twice, and in any order
		return err
	}
	length := int(to.frame.pixels()) * to.bands
	j.clock = 0
	for i, s := range t.shots {
		mark := len(j.images)
		p := first
		if i > 0 || s.frame != to.first {
			if p, err = j.frame(strip, s.frame); err != nil {
				return err
			}
		}
		if err := j.develop(p, to, target); err != nil {
			return err
		}
		pixels, err := p.lit(s.light)
		if err != nil {
			return err
		}
		copy(to.pixels[i*length:(i+1)*length], pixels)
		p.Close()
		j.release(mark)
		j.clock += s.delay
	}
	return nil
}

// develop makes a rendered frame one that fits the others, evaluated.
func (j *job) develop(p *picture, to *roll, target *format) error {
	return firstError(j.matchAlpha(p, target), func() error { return p.fitInto(to) }, p.hold)
}

// release frees the images that were kept since a mark.
func (j *job) release(mark int) {
	for _, done := range j.images[mark:] {
		done.Close()
	}
	j.images = j.images[:mark]
}

// frame applies the chain to one frame. Each frame sees the chain as the first one did.
func (j *job) frame(strip *govips.ImageRef, number int) (*picture, error) {
	image, err := strip.Copy()
	if err != nil {
		return nil, err
	}
	j.keep(image)
	forgetMetadata(image) // so that the strip is taken for one picture
	h := j.source.stored.h
	if err := image.ExtractArea(0, number*h, j.source.stored.w, h); err != nil {
		return nil, fmt.Errorf("take frame %d: %w", number, err)
	}
	if err := toSRGB(image, j.source.profile); err != nil {
		return nil, err
	}
	j.begin()
	j.page = number
	p, err := j.chain(j.request.Plan.Components, &picture{image: image, orientation: 1, track: tracked()}, &frame{source: &j.request.Source, from: j.source})
	if err != nil {
		return nil, err
	}
	return p, p.settle()
}

// fitInto brings a frame to the size and the channels of the first one; a chain may make it another one.
func (p *picture) fitInto(to *roll) error {
	if p.size() != to.frame {
		if err := p.extend(0, 0, size{max(p.size().w, to.frame.w), max(p.size().h, to.frame.h)}, transform.Color{}); err != nil {
			return err
		}
		if err := p.cut(to.frame.full()); err != nil {
			return err
		}
	}
	switch bands := p.image.Bands(); {
	case bands < to.bands:
		return p.addAlpha()
	case bands > to.bands:
		return p.image.ExtractBand(0, to.bands)
	}
	return nil
}

// lit is the pixels of the picture, darker by a factor.
func (p *picture) lit(light float64) ([]byte, error) {
	pixels, err := p.image.ToBytes()
	if err != nil || light == 1 {
		return pixels, err
	}
	bands := p.image.Bands()
	for i := range pixels {
		if i%bands < 3 {
			pixels[i] = uint8(float64(pixels[i])*light + half)
		}
	}
	return pixels, nil
}
