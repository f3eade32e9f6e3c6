package vips

import "math"

// outline is a rectangle whose corners are quarters of ellipses: top left, top right, bottom right, bottom left.
type outline struct {
	size   size
	rx, ry [4]float64
}

// ellipse is the outline that touches all four sides.
func ellipse(s size) outline {
	o := outline{size: s}
	for i := range o.rx {
		o.rx[i], o.ry[i] = float64(s.w)/2, float64(s.h)/2
	}
	return o
}

// rounded has circular corners; radii are capped at half the shorter side.
func rounded(s size, radii [4]float64) outline {
	o := outline{size: s}
	for i, r := range radii {
		r = math.Min(r, float64(min(s.w, s.h))/2)
		o.rx[i], o.ry[i] = r, r
	}
	return o
}

// grown is the outline at a distance of n pixels outside. Square corners stay square.
func (o outline) grown(n int) outline {
	g := outline{size: size{o.size.w + 2*n, o.size.h + 2*n}}
	for i := range o.rx {
		if o.rx[i] > 0 && o.ry[i] > 0 {
			g.rx[i], g.ry[i] = o.rx[i]+float64(n), o.ry[i]+float64(n)
		}
	}
	return g
}

// square says that no corner is rounded.
func (o outline) square() bool { return o.rx == [4]float64{} }

// coverage is how much of each pixel lies inside, 0..255, row by row. Edges are smooth.
func (o outline) coverage() *coverage {
	c := &coverage{size: o.size, alpha: make([]byte, o.size.w*o.size.h)}
	for i := range c.alpha {
		c.alpha[i] = 255
	}
	for corner := range o.rx {
		o.cutCorner(c, corner)
	}
	return c
}

func (o outline) cutCorner(c *coverage, corner int) {
	rx, ry := o.rx[corner], o.ry[corner]
	if rx <= 0 || ry <= 0 {
		return
	}
	right, bottom := corner == 1 || corner == 2, corner >= 2
	for j := range min(int(math.Ceil(ry)), o.size.h) {
		dy := ry - float64(j) - 0.5 // from the ellipse's center to the pixel's
		y := j
		if bottom {
			y = o.size.h - 1 - j
		}
		for i := range min(int(math.Ceil(rx)), o.size.w) {
			x := i
			if right {
				x = o.size.w - 1 - i
			}
			share := inside(rx-float64(i)-0.5, dy, rx, ry)
			if share == 255 {
				break // farther in, everything is inside
			}
			at := &c.alpha[y*o.size.w+x]
			*at = min(*at, share)
		}
	}
}

// inside is how much of a pixel at dx,dy from an ellipse's center lies inside, 0..255, by its distance to the edge.
func inside(dx, dy, rx, ry float64) byte {
	dx, dy = math.Max(dx, 0), math.Max(dy, 0)
	f := (dx/rx)*(dx/rx) + (dy/ry)*(dy/ry)
	gradient := 2 * math.Hypot(dx/(rx*rx), dy/(ry*ry))
	if gradient == 0 {
		return 255
	}
	distance := (f - 1) / gradient
	return byte(round(255 * math.Max(0, math.Min(1, 0.5-distance))))
}

// coverage is a mask: one byte per pixel.
type coverage struct {
	size  size
	alpha []byte
}

// without is this coverage outside of another one that lies at x,y.
func (c *coverage) without(inner *coverage, x, y int) {
	for row := range inner.size.h {
		outer := c.alpha[(row+y)*c.size.w+x:]
		for i, v := range inner.alpha[row*inner.size.w : (row+1)*inner.size.w] {
			outer[i] = byte((int(outer[i])*(255-int(v)) + 127) / 255)
		}
	}
}

// times scales the coverage by a share of 255.
func (c *coverage) times(share uint8) {
	if share == 255 {
		return
	}
	for i, v := range c.alpha {
		c.alpha[i] = byte((int(v)*int(share) + 127) / 255)
	}
}
