package vips

import (
	"errors"
	"fmt"
	"slices"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// encoded is a finished file.
type encoded struct {
	bytes  []byte
	format string
	size   size
	// pages is how many pages or frames were written; 0 means one.
	pages int
}

// encoder writes one picture, sequenceEncoder an animation whose frames lie one below the other, documentEncoder pages.
// What is said in encoding of metadata is on the picture; nothing else is written.
type (
	encoder         func(*govips.ImageRef, encoding) ([]byte, error)
	sequenceEncoder func(*govips.ImageRef, encoding) ([]byte, error)
	documentEncoder func([]*govips.ImageRef, encoding) ([]byte, error)
)

// encode writes the picture in the target format.
func (j *job) encode(p *picture, target *format) (*encoded, error) {
	if err := p.settle(); err != nil {
		return nil, err
	}
	target = j.lossyInstead(p, target)
	if err := j.finish(p, target); err != nil {
		return nil, err
	}
	wanted, err := j.encodingOf(p, target)
	if err != nil {
		return nil, err
	}
	image, err := j.dress(p, target, &wanted)
	if err != nil {
		return nil, err
	}
	bytes, err := j.write(image, target, wanted)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", target.name, err)
	}
	if len(bytes) == 0 {
		return nil, problem.Failed(errors.New("the encoder wrote nothing"))
	}
	return &encoded{bytes: bytes, format: target.name, size: p.size()}, nil
}

// encodingOf measures the picture where its quality is ours to choose. It is looked at before it is written, so that
// it must lie in memory.
func (j *job) encodingOf(p *picture, target *format) (encoding, error) {
	if j.measures(target) {
		if err := p.hold(); err != nil {
			return encoding{}, err
		}
	}
	return j.encoding(target, p.image)
}

// write encodes; graphics at an automatic quality are tried without loss, too, and the smaller file is taken.
func (j *job) write(image *govips.ImageRef, target *format, wanted encoding) ([]byte, error) {
	bytes, err := target.encode(image, wanted)
	if err != nil || !wanted.graphic || target.name != "webp" || wanted.lossless {
		return bytes, err
	}
	wanted.lossless = true
	exact, err := target.encode(image, wanted)
	if err == nil && len(exact) < len(bytes) {
		return exact, nil
	}
	return bytes, err
}

// finish makes a settled picture one that the format can carry.
func (j *job) finish(p *picture, target *format) error {
	if err := p.settle(); err != nil {
		return err
	}
	if err := j.matchAlpha(p, target); err != nil {
		return err
	}
	if longest := max(p.size().w, p.size().h); longest > target.maxSide {
		return sideTooLong(target, longest)
	}
	if pixels := p.size().pixels(); target.maxPixels > 0 && pixels > target.maxPixels {
		return problem.BadRequest("Maximum size of a %s image is %s Megapixels. Requested %.2f Megapixels", target.name, megapixels(target.maxPixels), float64(pixels)/1e6)
	}
	return nil
}

// lossyInstead is fl_lossy: an opaque PNG is delivered as JPEG.
func (j *job) lossyInstead(p *picture, target *format) *format {
	if target.name == "png" && !p.alpha() && j.delivers("lossy") {
		return byName(j.worker.formats, "jpg")
	}
	return target
}

// matchAlpha flattens where the format or a flag wants no alpha, and adds it where a flag wants it.
func (j *job) matchAlpha(p *picture, target *format) error {
	switch {
	case target.alpha && target.name == "png" && j.delivers("png32"):
		return p.addAlpha()
	case !p.alpha():
		return nil
	case target.alpha && !(target.name == "png" && j.delivers("png24")) && !j.inCMYK(target) && !j.delivers("group4"):
		return nil
	}
	return p.flatten(j.paper())
}

// paper is what transparent areas are painted with at the end: the last background of the chain, else white.
func (j *job) paper() govips.Color {
	if b := j.background; b != nil {
		return govips.Color{R: b.R, G: b.G, B: b.B}
	}
	return govips.Color{R: 255, G: 255, B: 255}
}

// flatten paints transparent areas; an opaque picture stays as it is.
func (p *picture) flatten(on govips.Color) error {
	if !p.alpha() {
		return nil
	}
	if err := p.image.Flatten(&on); err != nil {
		return fmt.Errorf("flatten: %w", err)
	}
	return nil
}

// delivers says that a flag about the delivered file was given.
func (j *job) delivers(flag string) bool {
	return slices.Contains(j.output.Flags, flag)
}
