package vips

import (
	"strings"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// environment answers for the characteristics that expressions and conditions may name. It implements transform.Env;
// variables lie on top of it (transform.Variables).
type environment struct {
	job *job
	// original is the size of the base asset, upright; now is the size of the picture at this point of the chain.
	original, now size
	// faces is how many faces the original has; negative before somebody asked.
	faces int
}

var _ transform.Env = (*environment)(nil)

func newEnvironment(j *job) *environment {
	o := j.source.oriented()
	return &environment{job: j, original: o, now: o, faces: -1}
}

// Number is a characteristic of the asset or of the picture as it is now.
func (e *environment) Number(name string) (float64, bool) {
	switch name {
	case "w":
		return float64(e.now.w), true
	case "h":
		return float64(e.now.h), true
	case "ar":
		return e.now.ratio(), true
	case "iw":
		return float64(e.original.w), true
	case "ih":
		return float64(e.original.h), true
	case "iar":
		return e.original.ratio(), true
	case "cp":
		return float64(e.job.page + 1), true
	case "pc":
		return float64(e.job.source.pages), true
	case "fc":
		return float64(e.faceCount()), true
	}
	return 0, false
}

// Strings are the tags, a value of the context or of the metadata, or the public ID.
func (e *environment) Strings(name string) ([]string, bool) {
	asset := &e.job.request.Source
	kind, key, _ := strings.Cut(name, ":")
	switch kind {
	case "tags":
		return asset.Tags, true
	case "cpi":
		return []string{asset.PublicID}, true
	case "ctx":
		value, ok := asset.Context[key]
		return []string{value}, ok
	case "md":
		value, ok := asset.Metadata[key]
		return []string{value}, ok
	case "current":
		return []string{asset.PublicID}, key == "public_id"
	}
	return nil, false
}

// faceCount looks for faces once. A picture that cannot be looked at has none: decoding it fails anyway.
func (e *environment) faceCount() int {
	if e.faces < 0 {
		e.faces, _ = e.job.countFaces()
	}
	return e.faces
}
