package vips

import (
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// displace moves the pixels of the base by a layer: where it is light in red they are taken from farther right, where it is
// light in green from farther down, by at most x and y pixels; where it is dark, from the other side. Middle grey and what is
// transparent move nothing. x and y are of the effect, so that only gravity places the layer.
func (s *stage) displace(l *transform.Layer, layer *picture, at point) error {
	base := s.picture.size()
	strength := place{}
	for _, axis := range []struct {
		to    *float64
		n     *transform.Number
		whole int
	}{{&strength.x, l.Position.X, base.w}, {&strength.y, l.Position.Y, base.h}} {
		if axis.n == nil {
			continue
		}
		v, err := s.job.length(axis.n, axis.whole)
		if err != nil {
			return err
		}
		*axis.to = v
	}
	if strength == (place{}) {
		return problem.BadRequest("e_displace needs x or y")
	}
	chart, err := layer.copy()
	if err != nil {
		return err
	}
	s.job.keep(chart)
	if err := chart.addAlpha(); err != nil {
		return err
	}
	data, err := chart.pixels()
	if err != nil {
		return err
	}
	on := chart.size()
	shift := func(channel byte, by, alpha float64) float64 {
		return (float64(channel) - 128) / 127 * by * alpha
	}
	return s.move(s.picture, func(p place) place {
		x, y := int(p.x)-at.x, int(p.y)-at.y
		if x < 0 || y < 0 || x >= on.w || y >= on.h {
			return p
		}
		pixel := data[4*(y*on.w+x):][:4]
		alpha := float64(pixel[3]) / 255
		// What would come from outside comes from the edge.
		return place{
			max(half, min(p.x+shift(pixel[0], strength.x, alpha), float64(base.w)-half)),
			max(half, min(p.y+shift(pixel[1], strength.y, alpha), float64(base.h)-half)),
		}
	})
}

// move warps a picture in place. Coordinates that were stored for it are still about right.
func (s *stage) move(p *picture, from func(place) place) error {
	opaque, track := !p.alpha(), p.track
	moved := *s
	moved.picture = p
	if err := moved.warp(p.size(), from); err != nil {
		return err
	}
	p.track = track
	if opaque {
		return p.image.ExtractBand(0, 3)
	}
	return nil
}
