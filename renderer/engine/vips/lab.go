package vips

import (
	"math"
	"sync"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// lab is a colour in CIELAB (D65): distances in it are about what the eye sees.
type lab struct{ l, a, b float64 }

// distance is the difference of two colours (CIE76); 2.3 is just noticeable, 100 is black to white.
func (c lab) distance(o lab) float64 {
	return math.Sqrt((c.l-o.l)*(c.l-o.l) + (c.a-o.a)*(c.a-o.a) + (c.b-o.b)*(c.b-o.b))
}

func (c lab) chroma() float64 { return math.Hypot(c.a, c.b) }

// White point of D65.
const (
	whiteX = 0.95047
	whiteZ = 1.08883
)

// linearLight holds what the 256 levels of sRGB are in linear light, 0..1.
var linearLight = sync.OnceValue(func() (table [256]float64) {
	for i := range table {
		v := float64(i) / 255
		if v <= 0.04045 {
			table[i] = v / 12.92
		} else {
			table[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return table
})

// steps of the tables that are interpolated.
const tableSteps = 4096

// cubeRoots holds the curve of CIELAB for 0..1.
var cubeRoots = sync.OnceValue(func() (table [tableSteps + 1]float64) {
	for i := range table {
		table[i] = labCurve(float64(i) / tableSteps)
	}
	return table
})

func labCurve(t float64) float64 {
	if t > 216.0/24389 {
		return math.Cbrt(t)
	}
	return (24389.0/27*t + 16) / 116
}

// encodedLight holds what linear light, 0..1, is in sRGB, 0..255.
var encodedLight = sync.OnceValue(func() (table [tableSteps + 1]float64) {
	for i := range table {
		v := float64(i) / tableSteps
		if v <= 0.0031308 {
			table[i] = 255 * 12.92 * v
		} else {
			table[i] = 255 * (1.055*math.Pow(v, 1/2.4) - 0.055)
		}
	}
	return table
})

// lookUp interpolates in a table of 0..1.
func lookUp(table *[tableSteps + 1]float64, v float64) float64 {
	switch v *= tableSteps; {
	case v <= 0:
		return table[0]
	case v >= tableSteps:
		return table[tableSteps]
	}
	i := int(v)
	return table[i] + (table[i+1]-table[i])*(v-float64(i))
}

// labConverter converts between sRGB and CIELAB; it holds the tables, so that looking them up costs nothing per pixel.
type labConverter struct {
	linear  [256]float64
	roots   [tableSteps + 1]float64
	encoded [tableSteps + 1]float64
}

func newLabConverter() *labConverter {
	return &labConverter{linearLight(), cubeRoots(), encodedLight()}
}

func (k *labConverter) lab(r, g, b byte) lab {
	lr, lg, lb := k.linear[r], k.linear[g], k.linear[b]
	x := lookUp(&k.roots, (0.4124564*lr+0.3575761*lg+0.1804375*lb)/whiteX)
	y := lookUp(&k.roots, 0.2126729*lr+0.7151522*lg+0.0721750*lb)
	z := lookUp(&k.roots, (0.0193339*lr+0.1191920*lg+0.9503041*lb)/whiteZ)
	return lab{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func (k *labConverter) of(c transform.Color) lab { return k.lab(c.R, c.G, c.B) }

// rgb is the colour in sRGB, 0..255; what lies outside is clipped.
func (k *labConverter) rgb(c lab) [3]float64 {
	fy := (c.l + 16) / 116
	x, y, z := whiteX*labInverse(fy+c.a/500), labInverse(fy), whiteZ*labInverse(fy-c.b/200)
	return [3]float64{
		lookUp(&k.encoded, 3.2404542*x-1.5371385*y-0.4985314*z),
		lookUp(&k.encoded, -0.9692660*x+1.8760108*y+0.0415560*z),
		lookUp(&k.encoded, 0.0556434*x-0.2040259*y+1.0572252*z),
	}
}

func labInverse(f float64) float64 {
	if cube := f * f * f; cube > 216.0/24389 {
		return cube
	}
	return (116*f - 16) * 27 / 24389
}
