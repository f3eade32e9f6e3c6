package vips

import (
	"fmt"
	"math"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// place is a point between pixels: 0,0 is the corner of the first pixel and not its middle.
type place struct{ x, y float64 }

// warp draws the picture anew on a canvas: each point of the canvas shows the point of the picture that the function
// gives. What comes from outside of the picture is transparent, with smooth edges. Afterwards stored coordinates cannot
// be found any more.
func (s *stage) warp(canvas size, from func(place) place) error {
	if err := checkCanvas(canvas, s.job.limits.MaxOutputPixels); err != nil {
		return err
	}
	p := s.picture
	if err := p.addAlpha(); err != nil {
		return err
	}
	data, err := p.pixels()
	if err != nil {
		return fmt.Errorf("warp: %w", err)
	}
	of := p.size()
	out := make([]byte, 4*canvas.w*canvas.h)
	for y := range canvas.h {
		for x := range canvas.w {
			at := from(place{float64(x) + 0.5, float64(y) + 0.5})
			sample(out[4*(y*canvas.w+x):], data, of, at)
		}
	}
	image, err := govips.NewImageFromMemory(out, canvas.w, canvas.h, 4, govips.BandFormatUchar, govips.InterpretationSRGB)
	if err != nil {
		return fmt.Errorf("warp: %w", err)
	}
	p.replace(image)
	p.inMemory, p.track.lost = true, true
	return nil
}

// sample is the colour at a point of an RGBA picture, mixed of the four pixels around it by their share and their alpha.
func sample(out, data []byte, of size, at place) {
	x, y := at.x-0.5, at.y-0.5
	if !(x > -1 && y > -1 && x < float64(of.w) && y < float64(of.h)) { // also what is not a number
		return
	}
	left, top := math.Floor(x), math.Floor(y)
	fx, fy := x-left, y-top
	var sum [3]float64
	alpha := 0.0
	for i := range 4 {
		px, py := int(left)+i%2, int(top)+i/2
		if px < 0 || py < 0 || px >= of.w || py >= of.h {
			continue
		}
		share := 1.0
		if i%2 == 1 {
			share *= fx
		} else {
			share *= 1 - fx
		}
		if i/2 == 1 {
			share *= fy
		} else {
			share *= 1 - fy
		}
		pixel := data[4*(py*of.w+px):][:4]
		share *= float64(pixel[3])
		alpha += share
		for c := range 3 {
			sum[c] += share * float64(pixel[c])
		}
	}
	if alpha <= 0 {
		return
	}
	for c := range 3 {
		out[c] = level(sum[c] / alpha)
	}
	out[3] = level(alpha)
}
