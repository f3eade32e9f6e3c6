package vips

import (
	"fmt"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/engine/svg"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// drawing writes an SVG: the picture itself when it is one, else what e_vectorize draws.
func (j *job) drawing() (*encoded, error) {
	traces := slices.ContainsFunc(j.request.Plan.Components, func(c transform.Component) bool {
		return c.Effect != nil && c.Effect.Name == "vectorize"
	})
	if j.source.format.name == formatSVG && !traces {
		return j.passThrough()
	}
	p, err := j.still()
	if err != nil {
		return nil, err
	}
	return p.encodeDrawing()
}

// passThrough delivers a vector picture as one: cleaned, and with the size and the part that the chain asks for. What
// needs pixels needs another format.
func (j *job) passThrough() (*encoded, error) {
	now := j.source.stored
	view := svg.View{Width: 1, Height: 1}
	for i := range j.request.Plan.Components {
		c := &j.request.Plan.Components[i]
		if !staysVector(c) {
			return nil, problem.BadRequest("Invalid transformation - %s cannot be delivered as %s, ask for another format", c.Text, j.source.format.name)
		}
		if c.Resize == nil {
			continue
		}
		s := &stage{job: j, frame: &frame{source: &j.request.Source}, component: c, input: now}
		j.env.now = now
		w, err := s.wish(now)
		if err != nil {
			return nil, err
		}
		a, err := j.anchorAt(c.Position, now)
		if err != nil {
			return nil, err
		}
		g, err := measure(now, w, a)
		if err != nil {
			return nil, err
		}
		if err := checkCanvas(g.canvas, j.limits.MaxOutputPixels); err != nil {
			return nil, err
		}
		fx, fy := float64(g.source.w)/float64(g.scaled.w), float64(g.source.h)/float64(g.scaled.h)
		view.X += view.Width * (float64(g.source.x) + float64(g.window.x-g.at.x)*fx) / float64(now.w)
		view.Y += view.Height * (float64(g.source.y) + float64(g.window.y-g.at.y)*fy) / float64(now.h)
		view.Width *= float64(g.canvas.w) * fx / float64(now.w)
		view.Height *= float64(g.canvas.h) * fy / float64(now.h)
		now = g.canvas
	}
	data := append([]byte{}, j.source.data...)
	if now != j.source.stored || view != (svg.View{Width: 1, Height: 1}) {
		var err error
		if data, err = svg.Frame(data, j.source.stored.w, j.source.stored.h, now.w, now.h, view); err != nil {
			return nil, fmt.Errorf("frame: %w", err)
		}
	}
	return &encoded{bytes: data, format: j.source.format.name, size: now}, nil
}

// staysVector says that a component does nothing but change the size, by the compass.
func staysVector(c *transform.Component) bool {
	if g := c.Position.Gravity; g != nil {
		if _, _, ok := compass(g.Name); !ok {
			return false
		}
	}
	return c.Branch == nil && c.If == nil && len(c.Rotations) == 0 && c.Effect == nil && c.Opacity == nil &&
		c.Radius == nil && c.Border == nil && c.Background == nil && c.Layer == nil && c.AutoRotate == "" && len(c.Flags) == 0
}
