package vips

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// stop is a colour at a place of a gradient, 0 for shadows to 1 for highlights.
type stop struct {
	at    float64
	color [3]float64
}

// tint maps the brightness through a gradient of colours and blends that over the picture.
func tint(s *stage, args arguments) error {
	amount, err := args.number("amount")
	if err != nil {
		return err
	}
	stops, err := tintStops(args.list)
	if err != nil {
		return err
	}
	tone := same
	if args.has("equalize") {
		t, err := s.tones()
		if err != nil {
			return err
		}
		tone = t.equalized(luminance)
	}
	var table [256][3]float64
	for v := range table {
		table[v] = colorAt(stops, tone(float64(v))/255)
	}
	return s.eachColor(func(c [3]float64) [3]float64 {
		toned := table[clamp(round(brightness(c)), 0, 255)]
		for i := range c {
			c[i] = between(c[i], toned[i], amount/100)
		}
		return c
	})
}

// tintStops reads the colours of e_tint, each with or without a place like 50p. One colour lies between black and white,
// red in the middle when none is written; of several, the first reaches to the shadows and the last to the highlights,
// evenly spread where no place is written.
func tintStops(args []string) ([]stop, error) {
	var stops []stop
	var placed []bool
	for _, arg := range args {
		digits, isPlace := strings.CutSuffix(arg, "p")
		if at, err := strconv.ParseFloat(digits, 64); isPlace && err == nil {
			if len(stops) == 0 || placed[len(stops)-1] {
				return nil, problem.BadRequest("Invalid argument %s of effect tint - a position follows a color", arg)
			}
			stops[len(stops)-1].at, placed[len(stops)-1] = at/100, true
			continue
		}
		if len(stops) == 0 && !isColor(arg) {
			continue // equalize and the amount come first
		}
		c, err := transform.ParseColor(arg)
		if err != nil {
			return nil, err
		}
		stops, placed = append(stops, stop{color: channels(c)}), append(placed, false)
	}
	if len(stops) == 0 {
		stops, placed = []stop{{color: [3]float64{255, 0, 0}}}, []bool{false}
	}
	if len(stops) == 1 {
		if !placed[0] {
			stops[0].at = 0.5
		}
		return []stop{{at: 0}, stops[0], {at: 1, color: [3]float64{255, 255, 255}}}, nil
	}
	for i := range stops {
		if !placed[i] {
			stops[i].at = float64(i) / float64(len(stops)-1)
		}
	}
	slices.SortStableFunc(stops, func(a, b stop) int { return cmp.Compare(a.at, b.at) })
	return stops, nil
}

// colorAt is the colour of a gradient at a place; before the first and behind the last stop it stays.
func colorAt(stops []stop, at float64) [3]float64 {
	for i, next := range stops {
		if at > next.at {
			continue
		}
		if i == 0 || next.at == stops[i-1].at {
			return next.color
		}
		last, out := stops[i-1], [3]float64{}
		for c := range out {
			out[c] = between(last.color[c], next.color[c], (at-last.at)/(next.at-last.at))
		}
		return out
	}
	return stops[len(stops)-1].color
}

// isColor tells a colour from the arguments that stand before the colours: a number there is the amount.
func isColor(arg string) bool {
	if _, err := strconv.ParseFloat(arg, 64); err == nil {
		return false
	}
	_, err := transform.ParseColor(arg)
	return err == nil
}

// channels are those of a colour, 0..255.
func channels(c transform.Color) [3]float64 {
	return [3]float64{float64(c.R), float64(c.G), float64(c.B)}
}
