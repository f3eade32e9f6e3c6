package vips

import (
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// replaceColor gives pixels that are near one colour another one, and keeps how much lighter or darker, and how much
// more or less vivid than that colour they are: folds and shadows stay.
func replaceColor(s *stage, args arguments) error {
	tolerance, err := args.number("tolerance")
	if err != nil {
		return err
	}
	to, err := transform.ParseColor(args.values["to"])
	if err != nil {
		return err
	}
	var from transform.Color
	if args.has("from") {
		from, err = transform.ParseColor(args.values["from"])
	} else {
		from, err = s.mostVivid()
	}
	if err != nil {
		return err
	}
	k := newLabConverter()
	source, target := k.of(from), k.of(to)
	return s.eachColor(func(c [3]float64) [3]float64 {
		now := k.lab(byte(c[0]), byte(c[1]), byte(c[2]))
		share := 1 - smooth(0.75*tolerance, tolerance, now.distance(source))
		if share == 0 {
			return c
		}
		strength := 1.0
		if source.chroma() > 5 {
			strength = min(now.chroma()/source.chroma(), 1.5)
		}
		return k.rgb(lab{
			between(now.l, min(max(now.l+target.l-source.l, 0), 100), share),
			between(now.a, target.a*strength, share),
			between(now.b, target.b*strength, share),
		})
	})
}

// mostVivid is the colour of the picture that is most prominent: frequent and saturated.
func (s *stage) mostVivid() (transform.Color, error) {
	h, err := s.colors(false)
	if err != nil {
		return transform.Color{}, err
	}
	k := newLabConverter()
	colors := h.ranked()
	colors = colors[:min(len(colors), 256)]
	best, score := colors[0], 0.0
	for _, c := range colors {
		mass := 0 // of all shades of the colour
		for _, o := range colors {
			if k.of(o).distance(k.of(c)) < 25 {
				mass += h.of(o)
			}
		}
		// Without a colour in the picture the most frequent shade is replaced.
		if v := (1 + k.of(c).chroma()) * float64(mass); v > score {
			best, score = c, v
		}
	}
	return best, nil
}
