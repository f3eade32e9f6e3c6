package vips

import (
	"math"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// lightnessOf is the lightness (CIELAB L*, 0..100) of RGB pixels.
func lightnessOf(rgb []byte) []float64 {
	k := newLabConverter()
	lightness := make([]float64, len(rgb)/3)
	for i := range lightness {
		lightness[i] = k.lab(rgb[3*i], rgb[3*i+1], rgb[3*i+2]).l
	}
	return lightness
}

// quality measures a picture; see engine.Quality for what the numbers mean.
func (j *job) quality(rgb []byte, lightness []float64, of size) engine.Quality {
	q := engine.Quality{
		Focus: focus(lightness, of), Noise: 1 - unevenness(lightness, of), Saturation: meanChroma(rgb),
		Resolution: min(1, math.Sqrt(float64(j.source.stored.pixels())/2e6)),
	}
	q.Contrast, q.Exposure, q.Lighting = tonesOf(lightness)
	q.Pixels = (q.Focus + q.Noise) / 2
	if quality, chroma, ok := jpegTables(j.source.mapped); ok && j.source.format.name == "jpg" {
		quality, chroma = toScore(quality), toScore(chroma)
		q.JPEGQuality, q.JPEGChroma = &quality, &chroma
		q.Pixels = (q.Focus + q.Noise + quality) / 3
	}
	q.Color = (q.Contrast + q.Exposure + q.Saturation + q.Lighting) / 4
	q.Score = (q.Pixels + q.Color) / 2 * (0.5 + q.Resolution/2)
	for _, v := range []*float64{&q.Focus, &q.Noise, &q.Saturation, &q.Resolution, &q.Contrast, &q.Exposure, &q.Lighting, &q.Pixels, &q.Color, &q.Score} {
		*v = toScore(*v)
	}
	return q
}

// measuredBlock is the side of the blocks that sharpness and noise are measured on.
const measuredBlock = 16

// focus is how sharp the sharpest parts are: the tenth of the blocks with the strongest second differences of lightness.
// Blurred edges have weak ones, however much contrast they have.
func focus(lightness []float64, of size) float64 {
	strengths := blocks(of, func(top, left, bottom, right int) float64 {
		sum, n := 0.0, 0
		for y := max(top, 1); y < min(bottom, of.h-1); y++ {
			for x := max(left, 1); x < min(right, of.w-1); x++ {
				at := y*of.w + x
				d := 4*lightness[at] - lightness[at-1] - lightness[at+1] - lightness[at-of.w] - lightness[at+of.w]
				sum += d * d
				n++
			}
		}
		if n == 0 {
			return 0
		}
		return math.Sqrt(sum / float64(n))
	})
	if len(strengths) == 0 {
		return 0
	}
	const sharp = 25.0 // of the sharpest blocks of photos that are in focus
	return min(1, strengths[len(strengths)*9/10]/sharp)
}

// unevenness is how uneven even surfaces are, 0..1: the tenth of the blocks with the least variation.
func unevenness(lightness []float64, of size) float64 {
	deviations := blocks(of, func(top, left, bottom, right int) float64 {
		sum, n := 0.0, 0
		for y := top; y < bottom; y++ {
			for x := left + 1; x < right; x++ {
				d := lightness[y*of.w+x] - lightness[y*of.w+x-1]
				sum += d * d
				n++
			}
		}
		if n == 0 {
			return 0
		}
		return math.Sqrt(sum / float64(n))
	})
	if len(deviations) == 0 {
		return 0
	}
	const loud = 8.0
	return min(1, deviations[len(deviations)/10]/loud)
}

// blocks measures all blocks of a picture, sorted from the least.
func blocks(of size, measure func(top, left, bottom, right int) float64) []float64 {
	var values []float64
	for top := 0; top < of.h; top += measuredBlock {
		for left := 0; left < of.w; left += measuredBlock {
			values = append(values, measure(top, left, min(top+measuredBlock, of.h), min(left+measuredBlock, of.w)))
		}
	}
	slices.Sort(values)
	return values
}

// tonesOf is contrast, exposure and lighting of a picture by its lightness.
func tonesOf(lightness []float64) (contrast, exposure, lighting float64) {
	if len(lightness) == 0 {
		return 0, 0, 0
	}
	mean, lost := 0.0, 0
	for _, l := range lightness {
		mean += l
		if l < 2 || l > 99.5 {
			lost++
		}
	}
	mean /= float64(len(lightness))
	spread := 0.0
	for _, l := range lightness {
		spread += (l - mean) * (l - mean)
	}
	const lively = 25.0 // the deviation of lightness in photos of full contrast
	contrast = min(1, math.Sqrt(spread/float64(len(lightness)))/lively)
	exposure = 1 - float64(lost)/float64(len(lightness))
	lighting = 1 - math.Abs(mean-50)/50
	return contrast, exposure, lighting
}

// meanChroma is the mean chroma, 1 from what is very colourful.
func meanChroma(rgb []byte) float64 {
	if len(rgb) == 0 {
		return 0
	}
	const colourful = 50.0
	k, sum := newLabConverter(), 0.0
	for i := 0; i+2 < len(rgb); i += 3 {
		sum += k.lab(rgb[i], rgb[i+1], rgb[i+2]).chroma()
	}
	return min(1, sum/float64(len(rgb)/3)/colourful)
}

// Markers of the tables that tell the quality (ITU T.81, B.2).
const (
	markerQuantization = 0xdb
	markerFrame        = 0xc0
)

// jpegTables reads the quality of a JPEG, as a share of libjpeg's scale, out of its table for brightness, and how much of the
// colour is kept out of its sampling factors.
func jpegTables(data []byte) (quality, chroma float64, ok bool) {
	if len(data) < 4 || data[0] != 0xff || data[1] != markerStart {
		return 0, 0, false
	}
	quality, chroma = -1, 1
	for data = data[2:]; len(data) >= 4 && data[0] == 0xff; {
		marker, length := data[1], int(data[2])<<8|int(data[3])
		if marker == 0xff {
			data = data[1:]
			continue
		}
		if length < 2 || 2+length > len(data) || marker == markerScan {
			break
		}
		segment := data[4 : 2+length]
		switch {
		case marker == markerQuantization && len(segment) >= 65 && segment[0] == 0:
			sum := 0
			for _, step := range segment[1:65] {
				sum += int(step)
			}
			quality = libjpegQuality(float64(sum) / 64)
		case marker >= markerFrame && marker <= markerFrame+2 && len(segment) >= 9 && segment[5] >= 3:
			chroma = 1 / max(1, float64(segment[7]>>4)*float64(segment[7]&15))
		}
		data = data[2+length:]
	}
	return quality, chroma, quality >= 0
}

// libjpegQuality inverts how libjpeg scales its table for brightness, whose mean is 57.625 at quality 50.
func libjpegQuality(mean float64) float64 {
	scale := mean / 57.625
	if scale <= 1 {
		return min(1, 1-scale/2)
	}
	return 0.5 / scale
}
