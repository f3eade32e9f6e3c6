package vips

import (
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// makeTransparent makes pixels transparent that are like one colour: that of co_, else that of most of the border. The
// tolerance is a distance in CIELAB.
func makeTransparent(s *stage, args arguments) error {
	tolerance, err := args.number("tolerance")
	if err != nil {
		return err
	}
	color, err := s.colorOr(transform.Color{})
	if s.component.Color == nil {
		color, err = s.edgeColor()
	}
	if err != nil {
		return err
	}
	if err := s.picture.addAlpha(); err != nil {
		return err
	}
	key := newKeying(color, false)
	return s.eachPixel(func(data []byte, bands int) {
		for at := 0; at < len(data); at += bands {
			key.apply(data[at:at+4], smooth(tolerance, 1.3*tolerance+2, key.distance(data[at:])))
		}
	})
}

// edgeColor is the colour of most of the border.
func (s *stage) edgeColor() (transform.Color, error) {
	h, err := s.colors(true)
	if err != nil {
		return transform.Color{}, err
	}
	return h.ranked()[0], nil
}

// keying removes one colour.
type keying struct {
	k       *labConverter
	removed [3]float64
	color   lab
	// uneven makes differences in brightness count less: a screen is never lit evenly.
	uneven bool
}

func newKeying(color transform.Color, uneven bool) *keying {
	k := newLabConverter()
	return &keying{k, channels(color), k.of(color), uneven}
}

func (k *keying) distance(pixel []byte) float64 {
	now := k.k.lab(pixel[0], pixel[1], pixel[2])
	if k.uneven {
		now.l = between(k.color.l, now.l, 0.4)
	}
	return now.distance(k.color)
}

// apply makes an RGBA pixel as opaque as the share says, and takes what is left of the removed colour out of it.
func (k *keying) apply(pixel []byte, share float64) {
	if share >= 1 {
		return
	}
	if share > 0 {
		for c := range 3 {
			pixel[c] = level((float64(pixel[c]) - (1-share)*k.removed[c]) / share)
		}
	}
	pixel[3] = level(float64(pixel[3]) * share)
}

// bgRemoval removes a uniform background: what is like its colour and hangs together with the border. With screen, a
// studio's screen is assumed: what shows through holes goes, too, and uneven light is tolerated. No model looks at what
// the picture shows.
func bgRemoval(s *stage, args arguments) error {
	color, err := s.edgeColor()
	if err != nil {
		return err
	}
	if args.has("color") {
		if color, err = transform.ParseColor(args.values["color"]); err != nil {
			return err
		}
	}
	if err := s.picture.addAlpha(); err != nil {
		return err
	}
	of, screen := s.picture.size(), args.has("screen")
	key := newKeying(color, screen)
	const tolerance, certain = 12.0, 34.0
	return s.eachPixel(func(data []byte, _ int) {
		like := make([]byte, of.w*of.h) // 255 where the colour is that of the background
		for i := range like {
			if key.distance(data[4*i:]) <= tolerance {
				like[i] = 255
			}
		}
		if !screen {
			keepConnected(like, of)
		}
		// The pixels next to the background are a mixture of both.
		border := make([]byte, len(like))
		darkestUnder(like, of, kernelSpans("disk", 2), 255, func(i int, v byte) { border[i] = v })
		for i := range like {
			switch {
			case like[i] > 0:
				data[4*i+3] = 0
			case border[i] > 0:
				key.apply(data[4*i:4*i+4], smooth(tolerance, certain, key.distance(data[4*i:])))
			}
		}
	})
}

// keepConnected clears what does not hang together with the border of the picture.
func keepConnected(mask []byte, of size) {
	const found = 1
	var open []int32
	reach := func(i int) {
		if mask[i] == 255 {
			mask[i] = found
			open = append(open, int32(i))
		}
	}
	for x := range of.w {
		reach(x)
		reach((of.h-1)*of.w + x)
	}
	for y := range of.h {
		reach(y * of.w)
		reach(y*of.w + of.w - 1)
	}
	for len(open) > 0 {
		i := int(open[len(open)-1])
		open = open[:len(open)-1]
		x, y := i%of.w, i/of.w
		if x > 0 {
			reach(i - 1)
		}
		if x < of.w-1 {
			reach(i + 1)
		}
		if y > 0 {
			reach(i - of.w)
		}
		if y < of.h-1 {
			reach(i + of.w)
		}
	}
	for i, v := range mask {
		mask[i] = 0
		if v == found {
			mask[i] = 255
		}
	}
}
