package vips

import "math"

// contours are the borders of a region of pixels as closed polygons between the pixels, outer ones and holes.
func contours(of size, inside func(x, y int) bool) [][]place {
	within := func(x, y int) bool { return x >= 0 && y >= 0 && x < of.w && y < of.h && inside(x, y) }
	// Each border begins at an edge with the region below it and nothing of it above, which is walked from left to right.
	walked := make([]bool, of.w*of.h)
	var out [][]place
	for y := range of.h {
		for x := range of.w {
			if walked[y*of.w+x] || !within(x, y) || within(x, y-1) {
				continue
			}
			out = append(out, walk(x, y, within, func(x, y int) { walked[y*of.w+x] = true }))
		}
	}
	return out
}

// walk follows a border from the upper left corner of a pixel, with the region on the right hand.
func walk(x0, y0 int, within func(x, y int) bool, above func(x, y int)) []place {
	steps := [4][2]int{{1, 0}, {0, 1}, {-1, 0}, {0, -1}} // right, down, left, up
	x, y, direction := x0, y0, 0
	var polygon []place
	for {
		polygon = append(polygon, place{float64(x), float64(y)})
		if direction == 0 {
			above(x, y)
		}
		x, y = x+steps[direction][0], y+steps[direction][1]
		// The pixels ahead of the corner, on the left and on the right hand.
		left, right := ahead(x, y, direction)
		switch {
		case !within(right[0], right[1]): // pixels that meet at a corner only are kept apart
			direction = (direction + 1) % 4
		case within(left[0], left[1]):
			direction = (direction + 3) % 4
		}
		if x == x0 && y == y0 && direction == 0 {
			return polygon
		}
	}
}

// ahead are the two pixels in front of a corner, seen in a direction.
func ahead(x, y, direction int) (left, right [2]int) {
	switch direction {
	case 0:
		return [2]int{x, y - 1}, [2]int{x, y}
	case 1:
		return [2]int{x, y}, [2]int{x - 1, y}
	case 2:
		return [2]int{x - 1, y}, [2]int{x - 1, y - 1}
	}
	return [2]int{x - 1, y - 1}, [2]int{x, y - 1}
}

// simplified leaves out points of a closed polygon that are closer than a tolerance to the line without them (Douglas
// and Peucker). Stairs of pixels become slopes by taking the middles of their edges first.
func simplified(polygon []place, tolerance float64) []place {
	middles := make([]place, len(polygon))
	for i, p := range polygon {
		next := polygon[(i+1)%len(polygon)]
		middles[i] = place{(p.x + next.x) / 2, (p.y + next.y) / 2}
	}
	// Two points that are far from each other split the ring.
	opposite, farthest := 0, 0.0
	for i, p := range middles {
		if d := math.Hypot(p.x-middles[0].x, p.y-middles[0].y); d > farthest {
			opposite, farthest = i, d
		}
	}
	keep := make([]bool, len(middles))
	keep[0], keep[opposite] = true, true
	ring := append(middles, middles[0])
	type stretch struct{ from, to int }
	for open := []stretch{{0, opposite}, {opposite, len(middles)}}; len(open) > 0; {
		s := open[len(open)-1]
		open = open[:len(open)-1]
		worst, at := tolerance, -1
		for i := s.from + 1; i < s.to; i++ {
			if d := fromLine(ring[i], ring[s.from], ring[s.to]); d > worst {
				worst, at = d, i
			}
		}
		if at >= 0 {
			keep[at] = true
			open = append(open, stretch{s.from, at}, stretch{at, s.to})
		}
	}
	var out []place
	for i, p := range middles {
		if keep[i] {
			out = append(out, p)
		}
	}
	return out
}

// fromLine is the distance of a point from a stretch of a line.
func fromLine(p, a, b place) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	if dx == 0 && dy == 0 {
		return math.Hypot(p.x-a.x, p.y-a.y)
	}
	t := min(max(((p.x-a.x)*dx+(p.y-a.y)*dy)/(dx*dx+dy*dy), 0), 1)
	return math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy)
}
