package vips

import (
	"math"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// applyEffect runs the effect of the component.
func applyEffect(s *stage) (bool, error) {
	e := s.component.Effect
	if e == nil {
		return false, nil
	}
	if e.Name == embedClippingPath { // its variable holds a picture, which is no argument like others
		return true, s.embedClippingPath(e.Args)
	}
	resolved, err := e.Resolve(s.job.variables)
	if err != nil {
		return false, err
	}
	run, ok := effects[resolved.Name]
	if !ok {
		return false, problem.BadRequest("Effect %s is for videos and audio", resolved.Name)
	}
	if err := s.picture.settle(); err != nil {
		return false, err
	}
	return true, run(s, arguments{resolved.Name, resolved.Arguments(), resolved.Args})
}

// arguments are those of an effect by name, with defaults filled in.
type arguments struct {
	effect string
	values map[string]string
	// list holds them as they were written, for effects that take a list.
	list []string
}

// number is an argument as a number.
func (a arguments) number(name string) (float64, error) { return a.parse(a.values[name]) }

// numbers are all arguments of an effect that takes a list of numbers.
func (a arguments) numbers() ([]float64, error) {
	values := make([]float64, len(a.list))
	for i, text := range a.list {
		var err error
		if values[i], err = a.parse(text); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (a arguments) parse(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, problem.BadRequest("Invalid argument %s of effect %s", text, a.effect)
	}
	return v, nil
}

// has says that an argument was written or has a default.
func (a arguments) has(name string) bool { return a.values[name] != "" }

// region is the rectangle that an effect of a region works on: what is not written reaches to the border.
func (s *stage) region() (rect, error) {
	on := s.picture.size()
	e := s.component.Effect
	read := func(n *transform.Number, whole, fallback int) (int, error) {
		if n == nil {
			return fallback, nil
		}
		v, err := s.job.length(n, whole)
		return round(v), err
	}
	x, errX := read(s.component.Position.X, on.w, 0)
	y, errY := read(s.component.Position.Y, on.h, 0)
	w, errW := read(e.Width, on.w, on.w-x)
	h, errH := read(e.Height, on.h, on.h-y)
	for _, err := range []error{errX, errY, errW, errH} {
		if err != nil {
			return rect{}, err
		}
	}
	return rect{x, y, w, h}.intersect(on.full()), nil
}
