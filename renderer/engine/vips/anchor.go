package vips

import "math"

// anchor says where something is put: at a side, around a region of the input, and shifted.
type anchor struct {
	// hx and vy are the compass: -1 west and north, 0 center, 1 east and south.
	hx, vy int
	// given says that a gravity was written.
	given bool
	// offset says that x or y was written; x and y are pixels, counted inwards from the side.
	offset bool
	x, y   float64
	// region is the interesting part, in pixels of the input; nil when the compass decides.
	region *rect
	// pointLike regions have a center but no size that means anything.
	pointLike bool
	// margin is how much larger than the region a thumb is.
	margin float64
	// closer is how much less than possible a thumb keeps around a point; 1 or less is all that is possible.
	closer float64
}

// compass directions by name.
func compass(name string) (hx, vy int, ok bool) {
	switch name {
	case "center":
		return 0, 0, true
	case "north":
		return 0, -1, true
	case "south":
		return 0, 1, true
	case "east":
		return 1, 0, true
	case "west":
		return -1, 0, true
	case "north_east":
		return 1, -1, true
	case "north_west":
		return -1, -1, true
	case "south_east":
		return 1, 1, true
	case "south_west":
		return -1, 1, true
	}
	return 0, 0, false
}

// place is where the top left corner of what comes to lie on an area, wherever that is.
func (a anchor) place(on, what size) point {
	if a.region != nil {
		cx, cy := a.region.center()
		return point{round(cx - float64(what.w)/2), round(cy - float64(what.h)/2)}
	}
	return point{
		along(a.hx, on.w-what.w) + inward(a.hx, a.x),
		along(a.vy, on.h-what.h) + inward(a.vy, a.y),
	}
}

// within is place, moved so that what stays inside.
func (a anchor) within(on, what size) point {
	at := a.place(on, what)
	return point{clamp(at.x, 0, on.w-what.w), clamp(at.y, 0, on.h-what.h)}
}

// along is the near end, the middle or the far end of the slack.
func along(direction, slack int) int {
	switch direction {
	case -1:
		return 0
	case 1:
		return slack
	}
	return int(math.Floor(float64(slack) / 2))
}

// inward turns an offset into a shift: from the east and the south it counts back.
func inward(direction int, offset float64) int {
	if direction == 1 {
		return -round(offset)
	}
	return round(offset)
}

// scaledBy is the anchor on the scaled picture. Offsets are of the scaled picture already.
func (a anchor) scaledBy(fx, fy float64) anchor {
	if a.region != nil {
		r := a.region.scaled(fx, fy)
		a.region = &r
	}
	return a
}

// compassOnly forgets the region.
func (a anchor) compassOnly() anchor {
	a.region = nil
	return a
}
