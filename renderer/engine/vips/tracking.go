package vips

import "math"

// tracking follows where the points of the oriented original went, so that stored coordinates stay usable behind a
// resize. Turning by other than nothing loses them.
type tracking struct {
	sx, sy, dx, dy float64
	lost           bool
}

// tracked is the tracking of an untouched picture.
func tracked() tracking { return tracking{sx: 1, sy: 1} }

// scaled adds a scaling.
func (t tracking) scaled(fx, fy float64) tracking {
	return tracking{t.sx * fx, t.sy * fy, t.dx * fx, t.dy * fy, t.lost}
}

// moved adds a shift.
func (t tracking) moved(dx, dy float64) tracking {
	return tracking{t.sx, t.sy, t.dx + dx, t.dy + dy, t.lost}
}

// find maps a rectangle of the original onto the picture; false when it is not on it, or when tracking was lost.
func (t tracking) find(r rect, on size) (rect, bool) {
	if t.lost {
		return rect{}, false
	}
	left, top := float64(r.x)*t.sx+t.dx, float64(r.y)*t.sy+t.dy
	right, bottom := float64(r.x+r.w)*t.sx+t.dx, float64(r.y+r.h)*t.sy+t.dy
	found := rect{int(math.Floor(left)), int(math.Floor(top)), 0, 0}
	found.w, found.h = int(math.Ceil(right))-found.x, int(math.Ceil(bottom))-found.y
	found = found.intersect(on.full())
	return found, !found.empty()
}
