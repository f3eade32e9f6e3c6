package vips

import (
	"errors"
	"fmt"
	"slices"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// encoded is a finished file.
type encoded struct {
	bytes  []byte
	format string
	size   size
}

// encoder writes a settled picture. Metadata is always left out.
type encoder func(*govips.ImageRef, encoding) ([]byte, error)

// encoding is the wish for the delivered file in numbers.
type encoding struct {
	// quality is 1..100.
	quality int
	// automatic says that the quality was chosen by us.
	automatic bool
	// fullChroma keeps all colour samples (4:4:4).
	fullChroma bool
	// progressive is an interlaced file.
	progressive bool
	// palette asks for a PNG of at most 256 colours.
	palette bool
}

// Quality of the levels of q_auto.
const (
	qualityBest = 85
	qualityGood = 78
	qualityEco  = 68
	qualityLow  = 55
)

// chromaThreshold is the quality from which colour samples are kept.
const chromaThreshold = 90

// encode writes the picture in the target format; transparent areas of formats without alpha are painted.
func (j *job) encode(p *picture, target *format) (*encoded, error) {
	if err := p.settle(); err != nil {
		return nil, err
	}
	wanted, err := j.encoding()
	if err != nil {
		return nil, err
	}
	target = j.lossyInstead(p, target)
	if err := j.matchAlpha(p, target); err != nil {
		return nil, err
	}
	if longest := max(p.size().w, p.size().h); longest > target.maxSide {
		return nil, problem.BadRequest("Maximum side of a %s image is %d pixels. Requested %d pixels", target.name, target.maxSide, longest)
	}
	bytes, err := target.encode(p.image, wanted)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", target.name, err)
	}
	if len(bytes) == 0 {
		return nil, problem.Failed(errors.New("the encoder wrote nothing"))
	}
	return &encoded{bytes: bytes, format: target.name, size: p.size()}, nil
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
	case target.alpha && !(target.name == "png" && j.delivers("png24")):
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

func (j *job) encoding() (encoding, error) {
	output := &j.output
	quality, automatic, err := j.quality(output.Quality)
	if err != nil {
		return encoding{}, err
	}
	e := encoding{
		quality:     quality,
		automatic:   automatic,
		fullChroma:  quality >= chromaThreshold,
		progressive: output.Quality.Auto != "",
		palette:     j.delivers("png8"),
	}
	switch output.Quality.Chroma {
	case "444":
		e.fullChroma = true
	case "420":
		e.fullChroma = false
	}
	switch {
	case j.delivers("progressive:none"):
		e.progressive = false
	case j.delivers("progressive"), j.delivers("progressive:semi"), j.delivers("progressive:steep"):
		e.progressive = true
	}
	return e, nil
}

// quality is 1..100, and whether nobody wrote that number.
func (j *job) quality(q transform.Quality) (int, bool, error) {
	switch {
	case q.Value != nil:
		v, _, err := j.value(q.Value)
		return clamp(round(v), 1, 100), false, err
	}
	level, next := qualityGood, qualityEco
	switch q.Auto {
	case "best":
		level, next = qualityBest, qualityGood
	case "eco":
		level, next = qualityEco, qualityLow
	case "low":
		level, next = qualityLow, qualityLow
	}
	if q.Sensitive {
		level = (level + next + 1) / 2
	}
	return level, true, nil
}

// delivers says that a flag about the delivered file was given.
func (j *job) delivers(flag string) bool {
	return slices.Contains(j.output.Flags, flag)
}
