package vips

import (
	"fmt"
	"math"
	"slices"
	"strings"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// tracedSide is the longest side of the picture that is traced; larger ones are scaled down for it.
const tracedSide = 1000

// tracing is the wish of e_vectorize in numbers.
type tracing struct {
	// colors is how many there are, at most.
	colors int
	// detail is 0 (coarse) to 1: how closely curves follow the picture.
	detail float64
	// despeckle is the area of spots that are left out, in pixels.
	despeckle int
	// paths is 0 (few points) to 1: how many points a curve may have.
	paths float64
	// corners is 0 (round) to 1: how readily a bend becomes a corner.
	corners float64
}

// tracing reads the numbers by position or by name. Where it says so, one with a decimal point is a share.
func (a arguments) tracing() (tracing, error) {
	names := []string{"colors", "detail", "despeckle", "paths", "corners"}
	values, shares := []float64{10, 300, 2, 100, 25}, make([]bool, len(names))
	list := a.list
	if len(list) == 0 || !slices.Contains(names, list[0]) {
		list = nil
		for i, text := range a.list {
			list = append(list, names[i], text)
		}
	}
	for i := 0; i+1 < len(list); i += 2 {
		at := slices.Index(names, list[i])
		v, err := a.parse(list[i+1])
		if err != nil {
			return tracing{}, err
		}
		values[at], shares[at] = v, strings.Contains(list[i+1], ".") && v <= 1
	}
	share := func(at int, whole float64) float64 {
		if shares[at] {
			return min(max(values[at], 0), 1)
		}
		return min(max(values[at]/whole, 0), 1)
	}
	return tracing{
		colors:    clamp(round(values[0]), 2, 30),
		detail:    share(1, 1000),
		despeckle: round(share(2, 100) * 100),
		paths:     share(3, 100),
		corners:   share(4, 100),
	}, nil
}

// vectorize makes a drawing of the picture: areas of few colours with smooth borders. Delivered as SVG it stays one.
func vectorize(s *stage, args arguments) error {
	wanted, err := args.tracing()
	if err != nil {
		return err
	}
	p := s.picture
	shown := p.size()
	view, err := p.preview(tracedSide)
	if err != nil {
		return err
	}
	defer view.Close()
	shape, err := view.silhouette()
	if err != nil {
		return err
	}
	if err := firstError(view.flatten(govips.Color{R: 255, G: 255, B: 255}), func() error { return view.blurredBy(0.9 - 0.6*wanted.detail) }); err != nil {
		return err
	}
	pixels, err := view.pixels()
	if err != nil {
		return fmt.Errorf("vectorize: %w", err)
	}
	d := trace(pixels, view.size(), shape, wanted)
	image, err := govips.NewImageFromMemory(d.paint(shown), shown.w, shown.h, 4, govips.BandFormatUchar, govips.InterpretationSRGB)
	if err != nil {
		return fmt.Errorf("vectorize: %w", err)
	}
	if shape.full() {
		if err := image.ExtractBand(0, 3); err != nil {
			return fmt.Errorf("vectorize: %w", err)
		}
	}
	p.replace(image)
	d.of, p.drawing = imagePointer(p.image), d
	return nil
}

// full says that everything is covered.
func (c *coverage) full() bool {
	return !slices.ContainsFunc(c.alpha, func(v byte) bool { return v < 255 })
}

// trace draws RGB pixels. Lighter colours lie below darker ones and reach under them, so that no gap shows between
// neighbours; what is transparent stays free.
func trace(pixels []byte, of size, shape *coverage, wanted tracing) *drawing {
	q := quantize(pixels, of, wanted.colors)
	q.smoothed(of, 1+round(2*(1-wanted.detail)))
	q.despeckle(of, wanted.despeckle)
	d := &drawing{size: of}
	tolerance := 0.35 + 1.1*(1-wanted.detail) + 1.5*(1-wanted.paths)
	corner := math.Pi * between(0.75, 0.15, wanted.corners)
	for label, color := range q.colors {
		layer := drawnLayer{color: color}
		for _, polygon := range contours(of, func(x, y int) bool {
			at := y*of.w + x
			return int(q.labels[at]) >= label && shape.alpha[at] >= 128
		}) {
			points := simplified(polygon, tolerance)
			if len(points) >= 3 {
				layer.curves = append(layer.curves, curved(onFrame(points, of), corner))
			}
		}
		if len(layer.curves) > 0 {
			d.layers = append(d.layers, layer)
		}
	}
	return d
}

// onFrame puts points next to the border of the picture onto it: the smoothing of stairs has cut its corners.
func onFrame(points []place, of size) []place {
	snap := func(v float64, end int) float64 {
		switch {
		case v < 1:
			return 0
		case v > float64(end)-1:
			return float64(end)
		}
		return v
	}
	for i, p := range points {
		points[i] = place{snap(p.x, of.w), snap(p.y, of.h)}
	}
	return points
}

// drawn gives the drawing that the picture still shows; nil when there is none.
func (p *picture) drawn() *drawing {
	if d := p.drawing; d != nil && d.of == imagePointer(p.image) {
		return d
	}
	return nil
}

// encodeDrawing writes SVG, which only drawings can be.
func (p *picture) encodeDrawing() (*encoded, error) {
	d := p.drawn()
	if d == nil {
		return nil, problem.BadRequest("Invalid extension in transformation - svg: e_vectorize must be the last step of the picture")
	}
	return &encoded{bytes: d.svg(p.size()), format: formatSVG, size: p.size()}, nil
}
