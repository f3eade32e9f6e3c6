package main

import (
	"image"
	"image/color"
	"math"
)

// shade is a colour, 0 to 1 each, not multiplied by its alpha.
type shade struct{ r, g, b, a float64 }

func grey(v float64) shade { return shade{v, v, v, 1} }

// mix is a where t is 0 and b where it is 1.
func mix(a, b shade, t float64) shade {
	t = clamp(t)
	return shade{a.r + (b.r-a.r)*t, a.g + (b.g-a.g)*t, a.b + (b.b-a.b)*t, a.a + (b.a-a.a)*t}
}

// times makes a colour brighter or darker.
func (s shade) times(f float64) shade { return shade{s.r * f, s.g * f, s.b * f, s.a} }

func clamp(v float64) float64 { return min(max(v, 0), 1) }

// smooth goes from 0 at from to 1 at to.
func smooth(from, to, v float64) float64 {
	t := clamp((v - from) / (to - from))
	return t * t * (3 - 2*t)
}

// samplesPerSide smooths edges: each pixel is the mean of its square.
const samplesPerSide = 3

// draw computes a picture of a function of the place, where y runs from 0 at the top to 1 and x to width/height.
func draw(width, height int, at func(x, y float64) shade) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for py := range height {
		for px := range width {
			var sum shade
			for i := range samplesPerSide * samplesPerSide {
				dx := (float64(i%samplesPerSide) + 0.5) / samplesPerSide
				dy := (float64(i/samplesPerSide) + 0.5) / samplesPerSide
				s := at((float64(px)+dx)/float64(height), (float64(py)+dy)/float64(height))
				a := clamp(s.a)
				sum.r, sum.g, sum.b, sum.a = sum.r+clamp(s.r)*a, sum.g+clamp(s.g)*a, sum.b+clamp(s.b)*a, sum.a+a
			}
			if sum.a == 0 {
				continue
			}
			picture.SetNRGBA(px, py, color.NRGBA{
				R: level(sum.r / sum.a), G: level(sum.g / sum.a), B: level(sum.b / sum.a),
				A: level(sum.a / (samplesPerSide * samplesPerSide)),
			})
		}
	}
	return picture
}

func level(v float64) uint8 { return uint8(math.Round(255 * clamp(v))) }

// greys is a palette for animations.
func greys() color.Palette {
	var palette color.Palette
	for i := range 64 {
		v := uint8(i * 255 / 63)
		palette = append(palette, color.RGBA{v, v, v, 255})
	}
	return palette
}

// noise is a smooth random function of the place, 0 to 1.
func noise(x, y float64) float64 {
	cellX, cellY := math.Floor(x), math.Floor(y)
	fx, fy := smooth(0, 1, x-cellX), smooth(0, 1, y-cellY)
	top := lattice(cellX, cellY)*(1-fx) + lattice(cellX+1, cellY)*fx
	bottom := lattice(cellX, cellY+1)*(1-fx) + lattice(cellX+1, cellY+1)*fx
	return top*(1-fy) + bottom*fy
}

// lattice is a random number that belongs to a place.
func lattice(x, y float64) float64 {
	h := uint32(int32(x))*374761393 + uint32(int32(y))*668265263
	h = (h ^ h>>13) * 1274126177
	return float64((h^h>>16)&0xffff) / 0xffff
}

// rough is noise of several sizes.
func rough(x, y float64) float64 {
	sum, weight := 0.0, 0.5
	for range 5 {
		sum += weight * noise(x, y)
		x, y, weight = 2*x+17, 2*y+31, weight/2
	}
	return sum
}
