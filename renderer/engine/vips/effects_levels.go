package vips

import (
	"fmt"
	"math"
)

// tonesView is the longest side of the picture that tones are counted on.
const tonesView = 512

// tones count how often each level occurs: in red, green, blue and brightness.
type tones struct {
	counts [4][256]int
	total  int
}

// luminance is the index of brightness among the counts.
const luminance = 3

// tones looks at a small copy of the picture; transparent pixels do not count.
func (s *stage) tones() (*tones, error) {
	view, err := s.picture.preview(tonesView)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	data, err := view.pixels()
	if err != nil {
		return nil, fmt.Errorf("count tones: %w", err)
	}
	t, bands := &tones{}, view.image.Bands()
	for at := 0; at < len(data); at += bands {
		if bands == 4 && data[at+3] == 0 {
			continue
		}
		for c := range 3 {
			t.counts[c][data[at+c]]++
		}
		t.counts[luminance][lumaOf(data[at:])]++
		t.total++
	}
	return t, nil
}

// quantile is the level below which a share of the pixels lies.
func (t *tones) quantile(channel int, share float64) float64 {
	rest := share * float64(t.total)
	for v, n := range t.counts[channel] {
		if rest -= float64(n); rest < 0 {
			return float64(v)
		}
	}
	return 255
}

func (t *tones) mean(channel int) float64 {
	sum := 0
	for v, n := range t.counts[channel] {
		sum += v * n
	}
	return float64(sum) / float64(max(1, t.total))
}

// clippedShare is how many pixels may become black or white when tones are stretched.
const clippedShare = 0.005

// stretch maps the range that holds nearly all pixels to the full one. What has next to no range stays.
func (t *tones) stretch(channel int) curve {
	low, high := t.quantile(channel, clippedShare), t.quantile(channel, 1-clippedShare)
	if high-low < 16 {
		return same
	}
	return func(v float64) float64 { return (v - low) * 255 / (high - low) }
}

// exposed brings the mean brightness towards the middle, by a gamma that is not extreme.
func (t *tones) exposed() curve {
	const wanted = 120.0
	mean := t.mean(luminance)
	if mean < 1 || mean > 254 {
		return same
	}
	gamma := min(max(math.Log(wanted/255)/math.Log(mean/255), 0.5), 2)
	return func(v float64) float64 { return 255 * math.Pow(max(v, 0)/255, gamma) }
}

// partly is a curve a share of the way from leaving everything as it is.
func partly(c curve, share float64) curve {
	return func(v float64) float64 { return between(v, min(max(c(v), 0), 255), share) }
}

// blended reads the argument blend as a share, and counts the tones.
func (s *stage) blended(args arguments) (*tones, float64, error) {
	blend, err := args.number("blend")
	if err != nil {
		return nil, 0, err
	}
	t, err := s.tones()
	return t, blend / 100, err
}

func autoBrightness(s *stage, args arguments) error {
	t, share, err := s.blended(args)
	if err != nil {
		return err
	}
	c := partly(t.exposed(), share)
	return s.mapChannels(c, c, c)
}

// autoContrast stretches all channels alike, so that colours stay what they are.
func autoContrast(s *stage, args arguments) error {
	t, share, err := s.blended(args)
	if err != nil {
		return err
	}
	c := partly(t.stretch(luminance), share)
	return s.mapChannels(c, c, c)
}

// autoColor stretches each channel by itself, which takes a colour cast away.
func autoColor(s *stage, args arguments) error {
	t, share, err := s.blended(args)
	if err != nil {
		return err
	}
	return s.mapChannels(partly(t.stretch(0), share), partly(t.stretch(1), share), partly(t.stretch(2), share))
}

// fillLight lifts the shadows. The bias moves what counts as a shadow: above 0 more of the middle tones, below 0 less.
func fillLight(s *stage, args arguments) error {
	blend, errBlend := args.number("blend")
	bias, errBias := args.number("bias")
	if errBlend != nil || errBias != nil {
		return firstError(errBlend, func() error { return errBias })
	}
	c := partly(lifted(bias), blend/100)
	return s.mapChannels(c, c, c)
}

// lifted raises dark tones and leaves black and bright ones alone.
func lifted(bias float64) curve {
	falloff := math.Pow(2, 1-bias/100) // 1 reaches far into the bright tones, 4 lifts only the darkest
	return func(v float64) float64 {
		t := v / 255
		return 255 * (t + 1.2*t*(1-t)*math.Pow(1-t, falloff))
	}
}

// improve sets tone and colour as a lab would: range, exposure, white balance, shadows, a little more colour. Indoors
// there is a stronger cast and less light; outdoors there is more contrast and colour.
func improve(s *stage, args arguments) error {
	t, share, err := s.blended(args)
	if err != nil {
		return err
	}
	balance, light, slope, color := 0.3, 0.3, 1.5, 18.0
	if args.values["mode"] == "indoor" {
		balance, light, slope, color = 0.7, 0.6, 0.5, 10
	}
	steeper := sigmoid(10 * slope)
	improved := func(channel int) curve {
		own, common, exposed := t.stretch(channel), t.stretch(luminance), t.exposed()
		return partly(func(v float64) float64 {
			v = min(max(between(common(v), own(v), balance), 0), 255)
			v = between(v, exposed(v), light)
			return steeper(between(v, lifted(0)(v), light/2))
		}, share)
	}
	if err := s.mapChannels(improved(0), improved(1), improved(2)); err != nil {
		return err
	}
	return s.eachColor(vivid(color * share))
}

// equalized maps levels so that all are about equally frequent.
func (t *tones) equalized(channel int) curve {
	var table [256]float64
	sum := 0
	for v, n := range t.counts[channel] {
		table[v] = 255 * (float64(sum) + float64(n)/2) / float64(max(1, t.total))
		sum += n
	}
	return func(v float64) float64 { return table[clamp(round(v), 0, 255)] }
}
