package vips

import (
	"math"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// effect changes the pixels of a settled picture.
type effect func(s *stage, args arguments) error

// applyEffect runs the effect of the component.
func applyEffect(s *stage) (bool, error) {
	e := s.component.Effect
	if e == nil {
		return false, nil
	}
	run, ok := effects()[e.Name]
	if !ok {
		return false, problem.BadRequest("Effect %s is not available in this deployment", e.Name)
	}
	if err := s.picture.settle(); err != nil {
		return false, err
	}
	return true, run(s, arguments{s.job.variables, e.Name, e.Args})
}

// effects are those that we have, by name.
func effects() map[string]effect {
	return map[string]effect{}
}

// arguments are those of an effect, not yet read.
type arguments struct {
	env    transform.Env
	effect string
	values []string
}

// number reads the i-th argument, brought into lo..hi; fallback when it was not written.
func (a arguments) number(i int, lo, hi, fallback float64) (float64, error) {
	if i >= len(a.values) || a.values[i] == "" {
		return fallback, nil
	}
	text := a.values[i]
	v, err := strconv.ParseFloat(text, 64)
	ok := err == nil && !math.IsNaN(v)
	if text[0] == '$' {
		v, ok = a.env.Number(text)
	}
	if !ok {
		return 0, problem.BadRequest("Invalid argument %s of effect %s", text, a.effect)
	}
	return max(lo, min(v, hi)), nil
}
