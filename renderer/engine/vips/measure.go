package vips

import (
	"math"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// wish is what a resize asks for, in numbers.
type wish struct {
	mode string
	// w and h are the asked sides in pixels; 0 when not asked for.
	w, h int
	// aspect is width divided by height, 0 when not asked for.
	aspect float64
	// zoom divides what is kept around a region; 1 is neutral.
	zoom float64
	// ignoreAspect keeps the side that was not asked for as it is.
	ignoreAspect bool
}

// geometry is a measured resize, in the order of doing: source is cut out of the input, becomes scaled, window is cut
// out of that and laid at on a canvas. Each part that changes nothing spans everything.
type geometry struct {
	source rect
	scaled size
	window rect
	canvas size
	at     point
}

// point is a place in pixels.
type point struct{ x, y int }

// cut is the part of the input that is kept, for the explanation: source and window together.
func (g geometry) cut() rect {
	fx, fy := float64(g.source.w)/float64(g.scaled.w), float64(g.source.h)/float64(g.scaled.h)
	return rect{
		g.source.x + round(float64(g.window.x)*fx), g.source.y + round(float64(g.window.y)*fy),
		side(float64(g.window.w) * fx), side(float64(g.window.h) * fy),
	}
}

// measure computes sizes and rectangles of a resize; it is pure arithmetic.
func measure(in size, w wish, a anchor) (geometry, error) {
	switch w.mode {
	case transform.ModeScale, transform.ModeImaggaSc:
		return whole(in, w.box(in)), nil
	case transform.ModeFit:
		return whole(in, in.scaled(fitting(in, w.box(in)))), nil
	case transform.ModeLimit:
		return whole(in, in.scaled(math.Min(1, fitting(in, w.box(in))))), nil
	case transform.ModeMinFit:
		return whole(in, in.scaled(math.Max(1, fitting(in, w.box(in))))), nil
	case transform.ModeFill, transform.ModeImaggaCr:
		return fill(in, w.box(in), a), nil
	case transform.ModeLimFill:
		return limitedFill(in, w.box(in), a), nil
	case transform.ModeThumb:
		return thumb(in, w, a), nil
	case transform.ModeAuto:
		return aroundRegion(in, w, a), nil
	case transform.ModeCrop:
		return crop(in, w, a)
	case transform.ModePad:
		box := w.box(in)
		return padded(in, in.scaled(fitting(in, box)), box, a), nil
	case transform.ModeLimPad:
		box := w.box(in)
		return padded(in, in.scaled(math.Min(1, fitting(in, box))), box, a), nil
	case transform.ModeMinPad:
		box := w.box(in)
		return padded(in, in, size{max(box.w, in.w), max(box.h, in.h)}, a), nil
	case transform.ModeFillPad, transform.ModeAutoPad:
		return fillOrPad(in, w.box(in), a), nil
	}
	return geometry{}, problem.BadRequest("Invalid crop mode - %s", w.mode)
}

// box is the asked size with what was not asked for filled in: by the aspect ratio, else by the ratio of the input.
func (w wish) box(in size) size {
	switch {
	case w.w > 0 && w.h > 0:
		return size{w.w, w.h}
	case w.w > 0:
		return size{w.w, w.other(in.h, float64(w.w)/w.ratio(in))}
	case w.h > 0:
		return size{w.other(in.w, float64(w.h)*w.ratio(in)), w.h}
	case w.aspect > 0:
		return inscribed(in, w.aspect)
	}
	return in
}

// other is the side that was not asked for.
func (w wish) other(kept int, derived float64) int {
	if w.ignoreAspect {
		return kept
	}
	return side(derived)
}

func (w wish) ratio(in size) float64 {
	if w.aspect > 0 {
		return w.aspect
	}
	return in.ratio()
}

// inscribed is the largest size of a ratio that fits into in. One side stays exactly as it is.
func inscribed(in size, ratio float64) size {
	wide := size{in.w, side(float64(in.w) / ratio)}
	high := size{side(float64(in.h) * ratio), in.h}
	switch {
	case ratio > 1 && wide.h <= in.h:
		return wide
	case high.w <= in.w:
		return high
	default:
		return size{wide.w, min(wide.h, in.h)}
	}
}

// fitting is the scale at which all of in is inside the box.
func fitting(in, box size) float64 {
	return math.Min(float64(box.w)/float64(in.w), float64(box.h)/float64(in.h))
}

// covering is the scale at which in covers the box.
func covering(in, box size) float64 {
	return math.Max(float64(box.w)/float64(in.w), float64(box.h)/float64(in.h))
}

// whole scales all of in and keeps all of it.
func whole(in, to size) geometry {
	return geometry{source: in.full(), scaled: to, window: to.full(), canvas: to}
}

// fill covers the box and cuts what sticks out.
func fill(in, box size, a anchor) geometry {
	scaled := in.scaled(covering(in, box))
	scaled = size{max(scaled.w, box.w), max(scaled.h, box.h)} // rounding must not leave a gap
	return windowed(in, scaled, box, a)
}

// limitedFill is fill that never enlarges.
func limitedFill(in, box size, a anchor) geometry {
	scaled := in.scaled(math.Min(1, covering(in, box)))
	return windowed(in, scaled, size{min(box.w, scaled.w), min(box.h, scaled.h)}, a)
}

func windowed(in, scaled, box size, a anchor) geometry {
	g := whole(in, scaled)
	at := a.scaledBy(float64(scaled.w)/float64(in.w), float64(scaled.h)/float64(in.h)).within(scaled, box)
	g.window = rect{at.x, at.y, box.w, box.h}
	g.canvas = box
	return g
}

// thumb cuts a rectangle of the box's ratio around the region and scales it to the box.
func thumb(in size, w wish, a anchor) geometry {
	box := w.box(in)
	if a.region == nil || a.pointLike {
		w.zoom *= max(1, a.closer)
		return aroundRegion(in, w, a)
	}
	ratio := box.ratio()
	wantW, wantH := float64(a.region.w)*a.margin/w.zoom, float64(a.region.h)*a.margin/w.zoom
	width := math.Max(wantW, wantH*ratio)
	width = math.Min(width, math.Min(float64(in.w), float64(in.h)*ratio))
	return cutAndScale(in, size{side(width), side(width / ratio)}, box, a)
}

// aroundRegion cuts the largest rectangle of the box's ratio, divided by the zoom, and scales it to the box.
func aroundRegion(in size, w wish, a anchor) geometry {
	box := w.box(in)
	if w.zoom == 1 {
		return fill(in, box, a)
	}
	ratio := box.ratio()
	width := math.Min(float64(in.w), float64(in.h)*ratio)
	width = math.Min(width, width/w.zoom)
	return cutAndScale(in, size{side(width), side(width / ratio)}, box, a)
}

func cutAndScale(in, part, box size, a anchor) geometry {
	part = size{min(part.w, in.w), min(part.h, in.h)}
	at := a.within(in, part)
	return geometry{source: rect{at.x, at.y, part.w, part.h}, scaled: box, window: box.full(), canvas: box}
}

// crop cuts without scaling.
func crop(in size, w wish, a anchor) (geometry, error) {
	part := w.box(in)
	if a.region != nil && !a.pointLike && w.w == 0 && w.h == 0 && w.aspect == 0 {
		part = a.region.size().scaled(1 / w.zoom)
	}
	if !a.given && a.offset {
		a.hx, a.vy = -1, -1 // x and y alone count from the top left
	}
	kept := rect{w: min(part.w, in.w), h: min(part.h, in.h)}
	if a.region == nil && a.offset {
		at := a.place(in, part)
		kept = rect{at.x, at.y, part.w, part.h}.intersect(in.full())
	} else {
		at := a.within(in, kept.size())
		kept.x, kept.y = at.x, at.y
	}
	if kept.empty() {
		return geometry{}, problem.BadRequest("Invalid crop - x and y are outside of the image")
	}
	return geometry{source: kept, scaled: kept.size(), window: kept.size().full(), canvas: kept.size()}, nil
}

// padded lays the scaled picture on a canvas.
func padded(in, scaled, canvas size, a anchor) geometry {
	canvas = size{max(canvas.w, scaled.w), max(canvas.h, scaled.h)}
	g := whole(in, scaled)
	g.canvas = canvas
	g.at = a.compassOnly().within(canvas, scaled)
	return g
}

// keepShare is the part of the interesting region that filling must keep; below it the picture is padded instead.
const keepShare = 0.85

// fillOrPad fills unless that cuts into the interesting region.
func fillOrPad(in, box size, a anchor) geometry {
	g := fill(in, box, a)
	if a.region == nil || a.pointLike {
		return g
	}
	if float64(g.cut().intersect(*a.region).area()) >= keepShare*float64(a.region.area()) {
		return g
	}
	return padded(in, in.scaled(fitting(in, box)), box, a)
}
