package vips

import (
	"math"
	"slices"
)

// rowsPerPixel is how many lines across a row of pixels are looked at.
const rowsPerPixel = 4

// crossing is where a slope crosses a line, and which way it goes: 1 down, -1 up.
type crossing struct {
	x       float64
	winding int
}

// slope is a side of a polygon from its upper to its lower end.
type slope struct {
	top, bottom place
	winding     int
}

// filled is the inside of polygons: what they wind around, or with evenOdd what lies inside of an odd number of borders.
// Borders are smooth.
func filled(of size, polygons [][]place, evenOdd bool) *coverage {
	c := &coverage{size: of, alpha: make([]byte, of.w*of.h)}
	slopes := slopesOf(polygons)
	row := make([]float64, of.w+1)
	var crossings []crossing
	next := 0
	var active []slope
	for y := range of.h {
		clear(row)
		for line := range rowsPerPixel {
			at := float64(y) + (float64(line)+0.5)/rowsPerPixel
			for next < len(slopes) && slopes[next].top.y <= at {
				active = append(active, slopes[next])
				next++
			}
			active = slices.DeleteFunc(active, func(e slope) bool { return e.bottom.y <= at })
			crossings = crossings[:0]
			for _, e := range active {
				share := (at - e.top.y) / (e.bottom.y - e.top.y)
				crossings = append(crossings, crossing{e.top.x + share*(e.bottom.x-e.top.x), e.winding})
			}
			slices.SortFunc(crossings, func(a, b crossing) int {
				switch {
				case a.x < b.x:
					return -1
				case a.x > b.x:
					return 1
				}
				return 0
			})
			around := 0
			for i := range crossings {
				inside := around != 0
				if evenOdd {
					inside = around%2 != 0
				}
				if inside {
					cover(row, crossings[i-1].x, crossings[i].x)
				}
				around += crossings[i].winding
			}
		}
		for x := range of.w {
			c.alpha[y*of.w+x] = level(255 * row[x] / rowsPerPixel)
		}
	}
	return c
}

// slopesOf are all sides that are not level, from the top.
func slopesOf(polygons [][]place) []slope {
	var slopes []slope
	for _, polygon := range polygons {
		for i, a := range polygon {
			b := polygon[(i+1)%len(polygon)]
			switch {
			case a.y < b.y:
				slopes = append(slopes, slope{a, b, 1})
			case a.y > b.y:
				slopes = append(slopes, slope{b, a, -1})
			}
		}
	}
	slices.SortFunc(slopes, func(a, b slope) int {
		switch {
		case a.top.y < b.top.y:
			return -1
		case a.top.y > b.top.y:
			return 1
		}
		return 0
	})
	return slopes
}

// cover adds a stretch of a line to the pixels of a row, by how much of each it covers.
func cover(row []float64, from, to float64) {
	width := float64(len(row) - 1)
	from, to = math.Max(0, from), math.Min(width, to)
	if from >= to {
		return
	}
	first, last := int(from), int(to)
	if first == last {
		row[first] += to - from
		return
	}
	row[first] += float64(first+1) - from
	for x := first + 1; x < last; x++ {
		row[x]++
	}
	row[last] += to - float64(last)
}
