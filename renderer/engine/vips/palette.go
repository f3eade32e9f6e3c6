package vips

import (
	"cmp"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// histogram counts colours in cells of 16 levels per channel and remembers what the pixels of each cell add up to.
type histogram struct {
	count [4096]int
	sum   [4096][3]int
}

// countColors counts RGB pixels: all of them, or only those at the border.
func countColors(pixels []byte, of size, borderOnly bool) *histogram {
	h := &histogram{}
	for y := range of.h {
		for x := range of.w {
			if borderOnly && x > 0 && y > 0 && x < of.w-1 && y < of.h-1 {
				continue
			}
			p := pixels[3*(y*of.w+x):]
			cell := cellOf(p[0], p[1], p[2])
			h.count[cell]++
			for c := range 3 {
				h.sum[cell][c] += int(p[c])
			}
		}
	}
	return h
}

func cellOf(r, g, b byte) int { return int(r>>4)<<8 | int(g>>4)<<4 | int(b>>4) }

// of is how many pixels are about as this colour is.
func (h *histogram) of(c transform.Color) int { return h.count[cellOf(c.R, c.G, c.B)] }

// ranked are the mean colours of the cells that hold pixels, the most frequent first.
func (h *histogram) ranked() []transform.Color {
	var cells []int
	for cell, n := range h.count {
		if n > 0 {
			cells = append(cells, cell)
		}
	}
	slices.SortStableFunc(cells, func(a, b int) int { return cmp.Compare(h.count[b], h.count[a]) })
	colors := make([]transform.Color, len(cells))
	for i, cell := range cells {
		n := h.count[cell]
		mean := func(c int) uint8 { return uint8((h.sum[cell][c] + n/2) / n) }
		colors[i] = transform.Color{R: mean(0), G: mean(1), B: mean(2), A: 255}
	}
	return colors
}

// farthestFirst orders by distance from the first colour, the farthest first.
func farthestFirst(colors []transform.Color) []transform.Color {
	from := colors[0]
	sorted := slices.Clone(colors)
	slices.SortStableFunc(sorted, func(a, b transform.Color) int { return cmp.Compare(distance(b, from), distance(a, from)) })
	return sorted
}

// sameColor is the squared distance below which two colours are taken for one.
const sameColor = 32 * 32

// distinct are the first colours that differ from each other; the last one is repeated when there are too few.
func distinct(colors []transform.Color, count int) []transform.Color {
	chosen := colors[:1:1]
	for _, c := range colors[1:] {
		if len(chosen) == count {
			break
		}
		if !slices.ContainsFunc(chosen, func(o transform.Color) bool { return distance(o, c) < sameColor }) {
			chosen = append(chosen, c)
		}
	}
	for len(chosen) < count {
		chosen = append(chosen, chosen[len(chosen)-1])
	}
	return chosen
}

// nearest is the colour of a palette that is closest to c; c itself without a palette.
func nearest(c transform.Color, palette []transform.Color) transform.Color {
	if len(palette) == 0 {
		return c
	}
	return slices.MinFunc(palette, func(a, b transform.Color) int { return cmp.Compare(distance(a, c), distance(b, c)) })
}

// distance is the squared distance of two colours.
func distance(a, b transform.Color) int {
	r, g, bl := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return r*r + g*g + bl*bl
}

// gradient paints RGB pixels: two colours along a direction, or four between the corners.
func gradient(of size, colors []transform.Color, direction string) []byte {
	pixels := make([]byte, 0, 3*of.w*of.h)
	for y := range of.h {
		v := share(y, of.h)
		for x := range of.w {
			u := share(x, of.w)
			var c [3]float64
			if len(colors) >= 4 {
				top, bottom := mix(colors[0], colors[1], u), mix(colors[2], colors[3], u)
				for i := range c {
					c[i] = top[i]*(1-v) + bottom[i]*v
				}
			} else {
				c = mix(colors[0], colors[1], progress(direction, u, v))
			}
			pixels = append(pixels, byte(round(c[0])), byte(round(c[1])), byte(round(c[2])))
		}
	}
	return pixels
}

// progress is how far along a direction a point is.
func progress(direction string, u, v float64) float64 {
	switch direction {
	case "vertical":
		return v
	case "diagonal_desc":
		return (u + v) / 2
	case "diagonal_asc":
		return (u + 1 - v) / 2
	}
	return u
}

// share is how far along an index is, 0..1.
func share(i, of int) float64 {
	if of < 2 {
		return 0
	}
	return float64(i) / float64(of-1)
}

func mix(a, b transform.Color, t float64) [3]float64 {
	return [3]float64{
		float64(a.R)*(1-t) + float64(b.R)*t,
		float64(a.G)*(1-t) + float64(b.G)*t,
		float64(a.B)*(1-t) + float64(b.B)*t,
	}
}
