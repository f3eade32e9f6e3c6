package vips

import (
	"math"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// value evaluates a number; fraction says that it is a share of something and not pixels.
func (j *job) value(n *transform.Number) (value float64, fraction bool, err error) {
	return n.Eval(j.variables)
}

// length evaluates a length in pixels: a fraction is of whole, anything else is multiplied by the dpr.
func (j *job) length(n *transform.Number, whole int) (float64, error) {
	value, fraction, err := j.value(n)
	if err != nil {
		return 0, err
	}
	factor := j.dpr
	if fraction {
		factor = float64(whole)
	}
	if value *= factor; math.Abs(value) > 10*maxSide {
		return 0, problem.BadRequest("Invalid length - %s", strconv.FormatFloat(value, 'f', -1, 64))
	}
	return value, nil
}

// positive is a length for a side of a picture: rounded, and at least a pixel. What is zero or less names the parameter.
func (j *job) positive(name string, n *transform.Number, whole int) (int, error) {
	v, err := j.length(n, whole)
	if err != nil {
		return 0, err
	}
	if v <= 0 {
		return 0, problem.BadRequest("Invalid %s - %s", name, strconv.FormatFloat(v, 'f', -1, 64))
	}
	return side(v), nil
}

// ratio evaluates a plain number above zero.
func (j *job) ratio(name string, n *transform.Number, fallback float64) (float64, error) {
	if n == nil {
		return fallback, nil
	}
	v, _, err := j.value(n)
	if err != nil {
		return 0, err
	}
	if v <= 0 || v > maxSide {
		return 0, problem.BadRequest("Invalid %s - %s", name, strconv.FormatFloat(v, 'f', -1, 64))
	}
	return v, nil
}
