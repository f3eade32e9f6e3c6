package vips

import (
	"math"
	"strconv"
)

// size is a width and a height in pixels.
type size struct{ w, h int }

func (s size) pixels() int64  { return int64(s.w) * int64(s.h) }
func (s size) swapped() size  { return size{s.h, s.w} }
func (s size) full() rect     { return rect{0, 0, s.w, s.h} }
func (s size) ratio() float64 { return float64(s.w) / float64(s.h) }

// scaled is the size after scaling both sides by f.
func (s size) scaled(f float64) size {
	return size{side(float64(s.w) * f), side(float64(s.h) * f)}
}

// rect is a rectangle in pixels.
type rect struct{ x, y, w, h int }

func (r rect) size() size  { return size{r.w, r.h} }
func (r rect) empty() bool { return r.w <= 0 || r.h <= 0 }
func (r rect) center() (x, y float64) {
	return float64(r.x) + float64(r.w)/2, float64(r.y) + float64(r.h)/2
}
func (r rect) area() int64           { return int64(max(r.w, 0)) * int64(max(r.h, 0)) }
func (r rect) moved(dx, dy int) rect { return rect{r.x + dx, r.y + dy, r.w, r.h} }

// union is the smallest rectangle that holds both.
func (r rect) union(o rect) rect {
	left, top := min(r.x, o.x), min(r.y, o.y)
	right, bottom := max(r.x+r.w, o.x+o.w), max(r.y+r.h, o.y+o.h)
	return rect{left, top, right - left, bottom - top}
}

// intersect is what both share; empty when they share nothing.
func (r rect) intersect(o rect) rect {
	left, top := max(r.x, o.x), max(r.y, o.y)
	right, bottom := min(r.x+r.w, o.x+o.w), min(r.y+r.h, o.y+o.h)
	return rect{left, top, max(0, right-left), max(0, bottom-top)}
}

// overlaps says that the rectangles share more than half of the smaller one.
func (r rect) overlaps(o rect) bool {
	return 2*r.intersect(o).area() > min(r.area(), o.area())
}

// scaled is the rectangle on a picture that was scaled by fx and fy; it covers every pixel that it touches.
func (r rect) scaled(fx, fy float64) rect {
	left, top := math.Floor(float64(r.x)*fx), math.Floor(float64(r.y)*fy)
	right, bottom := math.Ceil(float64(r.x+r.w)*fx), math.Ceil(float64(r.y+r.h)*fy)
	return rect{int(left), int(top), int(right - left), int(bottom - top)}
}

// round rounds half up, with a tolerance for products such as 0.3 × 855 that binary fractions miss by a hair.
func round(v float64) int { return int(math.Floor(v + 0.5 + 1e-9)) }

// ceil rounds up, with the same tolerance.
func ceil(v float64) int { return int(math.Ceil(v - 1e-9)) }

// side rounds a length half up, and no picture is thinner than a pixel.
func side(v float64) int {
	if v > maxSide { // refused by checkCanvas; keeps the conversion defined
		return maxSide + 1
	}
	return max(1, round(v))
}

// clamp brings v into lo..hi; lo wins when they cross.
func clamp(v, lo, hi int) int { return max(lo, min(v, hi)) }

// megapixels writes a limit as the public messages do: "25", "0.5".
func megapixels(pixels int64) string {
	return strconv.FormatFloat(float64(pixels)/1e6, 'f', -1, 64)
}
