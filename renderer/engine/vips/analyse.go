package vips

import (
	"fmt"
	"math"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/embedded"
)

// analysisView is the longest side of the copy that a picture is looked at on: enough for faces and edges, and the same for
// all, so that scores of small and large pictures compare.
const analysisView = 512

// Analyse looks at a picture. See engine.Engine.
func (w *Worker) Analyse(request engine.AnalyseRequest) (*engine.Analysis, error) {
	clearErrors()
	limits := withDefaults(request.Limits, w.limits)
	s, err := openSource(w.formats, request.File, limits.MaxInputPixels, wishes{})
	if err != nil {
		return nil, err
	}
	j := &job{worker: w, source: s, opened: []*source{s}, limits: limits}
	defer j.close()
	found, err := j.analyse()
	if err != nil {
		return nil, w.public(err)
	}
	return found, nil
}

func (j *job) analyse() (*engine.Analysis, error) {
	found := &engine.Analysis{}
	j.readTags(found)
	p, err := open(j.source, 0)
	if err != nil {
		return nil, invalid(err)
	}
	j.keep(p)
	seen, err := p.preview(analysisView)
	if err != nil {
		return nil, err
	}
	j.keep(seen)
	opacity, err := takeOpacity(seen)
	if err != nil {
		return nil, err
	}
	if j.source.alpha {
		if found.SemiTransparent, err = j.semiTransparent(); err != nil {
			return nil, err
		}
	}
	rgb, err := seen.pixels()
	if err != nil {
		return nil, fmt.Errorf("read the pixels: %w", err)
	}
	on := seen.size()
	lightness := lightnessOf(rgb)
	found.Colors = mainColors(rgb, opacity, on)
	found.Grayscale = isGray(rgb)
	found.Illustration = toScore(illustration(rgb, on))
	found.Quality = j.quality(rgb, lightness, on)
	found.Colorblind = colorblind(rgb, on)
	if found.PHash, err = perceptualHash(seen); err != nil {
		return nil, err
	}
	faces, err := j.findFaces(p)
	if err != nil {
		return nil, err
	}
	for _, f := range faces {
		found.Faces = append(found.Faces, [4]int{f.x, f.y, f.w, f.h})
	}
	if j.source.animated() {
		found.Cinemagraph, err = j.cinemagraph()
	}
	return found, err
}

// readTags reads what the file tells of the picture.
func (j *job) readTags(found *engine.Analysis) {
	m := &j.source.metadata
	tags := embedded.Read(m.exif, m.iptc, m.xmp)
	found.EXIF, found.Metadata = tags.EXIF, tags.All
	space := "RGB"
	switch colorSpaceName(j.source.color) {
	case "gray":
		space = "Gray"
	case "cmyk":
		space = "CMYK"
	}
	found.Metadata["Colorspace"] = space
	if dpi := math.Round(m.density); dpi > 26 { // libvips says one dot per millimetre when the file says nothing
		found.Metadata["DPI"] = fmt.Sprintf("%.0f", dpi)
	}
}

// takeOpacity takes the alpha channel off a picture, nil when there is none: what cannot be seen is white.
func takeOpacity(p *picture) ([]byte, error) {
	if !p.alpha() {
		return nil, nil
	}
	alpha, err := p.image.ExtractBandToImage(p.image.Bands()-1, 1)
	if err != nil {
		return nil, fmt.Errorf("take the alpha channel: %w", err)
	}
	defer alpha.Close()
	opacity, err := alpha.ToBytes()
	if err != nil {
		return nil, fmt.Errorf("read the alpha channel: %w", err)
	}
	return opacity, p.flatten(govips.Color{R: 255, G: 255, B: 255})
}

// semiTransparent looks at every pixel: a smaller copy has some at each border.
func (j *job) semiTransparent() (bool, error) {
	whole, err := open(j.source, 0)
	if err != nil {
		return false, err
	}
	j.keep(whole)
	if err := whole.settle(); err != nil || !whole.alpha() {
		return false, err
	}
	if err := whole.image.ExtractBand(whole.image.Bands()-1, 1); err != nil {
		return false, fmt.Errorf("take the alpha channel: %w", err)
	}
	if err := whole.image.HistogramFind(); err != nil {
		return false, fmt.Errorf("count the alpha channel: %w", err)
	}
	counts := []uint32{}
	for x := range whole.image.Width() {
		count, err := whole.image.GetPoint(x, 0)
		if err != nil {
			return false, fmt.Errorf("count the alpha channel: %w", err)
		}
		counts = append(counts, uint32(count[0]))
	}
	for level, n := range counts {
		if n > 0 && level > 0 && level < 255 {
			return true, nil
		}
	}
	return false, nil
}

// cinemagraphFrames is how many frames are compared, cinemagraphView the longest side of what is compared.
const (
	cinemagraphFrames = 8
	cinemagraphView   = 96
)

// cinemagraph is the share of the picture that is the same on frames from all over the animation, 0 when everything is.
func (j *job) cinemagraph() (float64, error) {
	var first []byte
	var moved []bool
	count := min(j.source.pages, cinemagraphFrames)
	for i := range count {
		frame, err := open(j.source, i*j.source.pages/count)
		if err != nil {
			return 0, err
		}
		j.keep(frame)
		small, err := frame.preview(cinemagraphView)
		if err != nil {
			return 0, err
		}
		j.keep(small)
		if err := small.flatten(govips.Color{R: 255, G: 255, B: 255}); err != nil {
			return 0, err
		}
		pixels, err := small.pixels()
		if err != nil {
			return 0, err
		}
		if first == nil {
			first, moved = pixels, make([]bool, len(pixels)/3)
			continue
		}
		for at := range min(len(pixels), len(first)) {
			const still = 12 // levels by which compression alone makes frames differ
			if d := int(pixels[at]) - int(first[at]); d > still || d < -still {
				moved[at/3] = true
			}
		}
	}
	moving := 0
	for _, m := range moved {
		if m {
			moving++
		}
	}
	if moving == 0 {
		return 0, nil
	}
	return toScore(1 - float64(moving)/float64(len(moved))), nil
}

// toScore leaves four digits: scores are not more exact than that.
func toScore(v float64) float64 { return math.Round(v*1e4) / 1e4 }
