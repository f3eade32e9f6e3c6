package vips

import "fmt"

// colorChange makes a colour of another one; channels are 0..255, and what comes out is clipped.
type colorChange func(c [3]float64) [3]float64

// eachColor changes every pixel by its colour alone; the alpha channel stays. Neighbours of one colour are computed once.
func (s *stage) eachColor(change colorChange) error {
	return s.eachPixel(func(data []byte, bands int) {
		var was, is [3]byte
		known := false
		for at := 0; at+2 < len(data); at += bands {
			c := [3]byte(data[at : at+3])
			if !known || c != was {
				out := change([3]float64{float64(c[0]), float64(c[1]), float64(c[2])})
				was, is, known = c, [3]byte{level(out[0]), level(out[1]), level(out[2])}, true
			}
			copy(data[at:at+3], is[:])
		}
	})
}

// eachPixel hands all pixels, row by row, to a function that changes them in place; size and channels stay.
func (s *stage) eachPixel(change func(data []byte, bands int)) error {
	p := s.picture
	data, err := p.pixels()
	if err != nil {
		return fmt.Errorf("read pixels: %w", err)
	}
	change(data, p.image.Bands())
	return p.setPixels(data)
}

// level rounds a channel to a byte and clips it.
func level(v float64) byte {
	switch {
	case v <= 0:
		return 0
	case v >= 255:
		return 255
	}
	return byte(v + 0.5)
}

// brightness is the luma of a colour, 0..255.
func brightness(c [3]float64) float64 { return lumaRed*c[0] + lumaGreen*c[1] + lumaBlue*c[2] }

// lumaOf is the luma of a pixel, 0..255.
func lumaOf(pixel []byte) int {
	return (299*int(pixel[0]) + 587*int(pixel[1]) + 114*int(pixel[2]) + 500) / 1000
}

// between goes a share of the way from one value to another.
func between(from, to, share float64) float64 { return from + (to-from)*share }

// smooth rises from 0 to 1 between two edges, without corners; above the edge it is 1 when both are one.
func smooth(low, high, v float64) float64 {
	switch {
	case v <= low:
		return 0
	case v >= high:
		return 1
	}
	t := (v - low) / (high - low)
	return t * t * (3 - 2*t)
}
