package vips

import (
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// encoding is the wish for the delivered file in numbers.
type encoding struct {
	// quality is 1..100; lossless goes beyond, in formats that can.
	quality  int
	lossless bool
	// automatic says that the quality was chosen by us.
	automatic bool
	// graphic says that the picture has few colours, and that its quality was chosen by us.
	graphic bool
	// fullChroma keeps all colour samples (4:4:4).
	fullChroma bool
	// progressive is an interlaced file.
	progressive bool
	// palette asks for a PNG of at most 256 colours.
	palette bool
	// lossy is the error that frames of a GIF may have, 0..32.
	lossy float64
	// metadata says that what the picture carries of EXIF, IPTC and XMP is written.
	metadata bool
	// own says that the picture carries a colour profile that is written.
	own bool
	// resources are image resources that a JPEG carries.
	resources []byte
	// density is the resolution in dots per inch, 0 when none was asked for.
	density float64
	// bilevel is black and white without grey (TIFF group 4); large is a TIFF of more than 4 GB, compressed by LZW.
	bilevel, large bool
	// timeline and frame are of an animation.
	timeline *timeline
	frame    size
}

// chromaThreshold is the quality from which colour samples are kept.
const chromaThreshold = 90

// usualQuality applies where a quality is needed and none can be measured.
const usualQuality = 80

func (j *job) encoding(target *format, image *govips.ImageRef) (encoding, error) {
	output := &j.output
	e := encoding{
		automatic:   output.Quality.Value == nil,
		progressive: output.Quality.Auto != "",
		palette:     j.delivers("png8"),
		bilevel:     j.delivers("group4"),
		large:       j.delivers("tiff8_lzw"),
		density:     j.density(),
	}
	if err := j.chooseQuality(&e, target, image); err != nil {
		return e, err
	}
	e.lossless = e.quality == 100 && !e.automatic
	e.fullChroma = e.fullChroma || e.quality >= chromaThreshold
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
		e.progressive, e.automatic = true, false
	}
	if j.delivers("lossy") {
		// At the usual quality neighbouring frames may differ by 6 of 32 without being drawn again.
		e.lossy = clampFloat(float64(100-min(e.quality, 100))*0.3, 1, 32)
	}
	if j.source.thinned && target.qualities[0] > 0 && e.quality < 100 {
		// What the decoder was spared is given back: photos come out as like to the original, and as long, as they would
		// at this quality with all of their bits.
		e.quality++
	}
	return e, nil
}

// density is the resolution that is written, 0 when the plan says none.
func (j *job) density() float64 {
	if j.wishes.original {
		return j.source.dpi()
	}
	return j.wishes.density
}

// chooseQuality sets the quality: the one that was written, that of the environment, or a measured one.
func (j *job) chooseQuality(e *encoding, target *format, image *govips.ImageRef) error {
	q := j.output.Quality
	switch {
	case q.Value != nil:
		v, _, err := j.value(q.Value)
		e.quality = clamp(round(v), 1, 100)
		return err
	}
	e.quality = usualQuality
	if target.qualities[0] > 0 {
		e.quality = round(target.qualities.at(levelOf(q)))
	}
	if !j.measures(target) || e.bilevel {
		return nil
	}
	found, err := measureQuality(image, target, levelOf(q))
	if err != nil {
		return fmt.Errorf("measure the quality: %w", err)
	}
	e.quality, e.graphic, e.fullChroma = found.quality, found.graphic && q.Auto != "", found.flat
	if target.name == "png" && !j.delivers("png24") && !j.delivers("png32") && j.colors != "srgb:truecolor" {
		e.palette = e.palette || found.palette && (j.delivers("any_format") || j.output.Auto != "")
	}
	return nil
}

// measures says that the quality is for us to find, by looking at the picture.
func (j *job) measures(target *format) bool {
	q := j.output.Quality
	if q.Value != nil {
		return false
	}
	return target.measurable() || target.name == "png" && (j.delivers("any_format") || j.output.Auto != "") && q.Auto != ""
}

// dress makes the image that is written: in the colours, with the profile and with the metadata that were asked for.
func (j *job) dress(p *picture, target *format, e *encoding) (*govips.ImageRef, error) {
	if j.output.Quality.Auto != "" && j.delivers("keep_iptc") {
		return nil, problem.BadRequest("fl_keep_iptc cannot be used with q_auto")
	}
	image := p.image
	removeField(image, fieldICC) // the colours have been converted
	if e.density > 0 && !target.vector {
		setDensity(image, e.density)
	}
	switch m := &j.source.metadata; {
	case j.delivers("force_strip"):
	case j.delivers("keep_iptc"):
		m.keepAll(image)
		e.metadata = true
	case j.delivers("keep_attribution"):
		m.keepAttribution(image)
		e.metadata = true
	}
	if err := j.carryResources(image, target, e); err != nil {
		return nil, err
	}
	return image, j.ink(image, target, e)
}

// levelOf is the level of q_auto, 0 for best to 3 for low; "sensitive" goes half of the way to the level above.
func levelOf(q transform.Quality) float64 {
	level := map[string]float64{"best": 0, "": 1, "good": 1, "eco": 2, "low": 3}[q.Auto]
	if q.Sensitive {
		level -= half
	}
	return level
}

func clampFloat(v, low, high float64) float64 { return max(low, min(high, v)) }
