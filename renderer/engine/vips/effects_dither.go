package vips

import (
	"cmp"
	"math"
	"slices"
)

// ditherPatterns are the threshold matrices of e_ordered_dither by number: the share of full light from which a pixel
// of the pattern is lit. Dots of the halftones grow from the middle.
func ditherPattern(number int) [][]float64 {
	switch number {
	case 0:
		return [][]float64{{0.5}}
	case 1:
		return ranked(2, func(x, y int) float64 { return float64((x + y) % 2) })
	case 2:
		return bayer(2)
	case 3:
		return thresholds([][]int{{2, 6, 3}, {5, 0, 8}, {1, 7, 4}})
	case 4:
		return bayer(4)
	case 5:
		return bayer(8)
	case 6, 7, 8:
		return halftone([]int{4, 6, 8}[number-6], true)
	case 9, 10, 11, 12:
		return halftone([]int{4, 6, 8, 16}[number-9], false)
	}
	return circles(5+(number-13)/2, number%2 == 1)
}

// bayer disperses its dots as far as it can; n is a power of two.
func bayer(n int) [][]float64 {
	order := [][]int{{0}}
	for len(order) < n {
		m := len(order)
		next := make([][]int, 2*m)
		for y := range next {
			next[y] = make([]int, 2*m)
			for x := range next[y] {
				next[y][x] = 4*order[y%m][x%m] + [2][2]int{{0, 2}, {3, 1}}[y/m][x/m]
			}
		}
		order = next
	}
	return thresholds(order)
}

// halftone grows round dots in the middle of a cell: one, or when angled two, so that they stand on diagonals.
func halftone(n int, angled bool) [][]float64 {
	middle, turn := float64(n-1)/2, 2*math.Pi/float64(n)
	return ranked(n, func(x, y int) float64 {
		u, v := math.Cos((float64(x)-middle)*turn), math.Cos((float64(y)-middle)*turn)
		if angled {
			return -u * v
		}
		return -(u + v)
	})
}

// circles grows dots of one colour on the other: black dots grow as it gets darker, white ones as it gets lighter.
func circles(n int, black bool) [][]float64 {
	middle := float64(n-1) / 2
	return ranked(n, func(x, y int) float64 {
		d := math.Hypot(float64(x)-middle, float64(y)-middle)
		if black {
			return -d
		}
		return d
	})
}

// ranked gives each pixel of a cell its place in the order of lighting, that of the lowest value first.
func ranked(n int, value func(x, y int) float64) [][]float64 {
	places := make([][2]int, 0, n*n)
	for y := range n {
		for x := range n {
			places = append(places, [2]int{x, y})
		}
	}
	slices.SortStableFunc(places, func(a, b [2]int) int { return cmp.Compare(value(a[0], a[1]), value(b[0], b[1])) })
	order := make([][]int, n)
	for y := range order {
		order[y] = make([]int, n)
	}
	for rank, p := range places {
		order[p[1]][p[0]] = rank
	}
	return thresholds(order)
}

// thresholds spreads an order evenly over 0..1.
func thresholds(order [][]int) [][]float64 {
	n := float64(len(order) * len(order[0]))
	out := make([][]float64, len(order))
	for y, row := range order {
		out[y] = make([]float64, len(row))
		for x, rank := range row {
			out[y][x] = (float64(rank) + 0.5) / n
		}
	}
	return out
}

// orderedDither makes each channel either dark or light, by a pattern.
func orderedDither(s *stage, args arguments) error {
	number, err := args.number("type")
	if err != nil {
		return err
	}
	pattern := ditherPattern(round(number))
	width := s.picture.size().w
	return s.eachPixel(func(data []byte, bands int) {
		for i := range len(data) / bands {
			row := pattern[i/width%len(pattern)]
			threshold := 255 * row[i%width%len(row)]
			for c := range 3 {
				v := &data[i*bands+c]
				if float64(*v) >= threshold {
					*v = 255
				} else {
					*v = 0
				}
			}
		}
	})
}
