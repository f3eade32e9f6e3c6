package vips

import (
	"strings"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// environment answers for the characteristics that expressions and conditions may name. It implements transform.Env;
// variables lie on top of it (transform.Variables).
type environment struct {
	job *job
	// original is the size of the base asset, upright; now is the size of the picture at this point of the chain.
	original, now size
	// picture is the one at this point of the chain; nil before there is one. trimmed is the box of what its uniform edges
	// leave of it, nil before somebody asked.
	picture *picture
	trimmed *rect
	// faces is how many faces the original has; negative before somebody asked.
	faces int
}

var _ transform.Env = (*environment)(nil)

func newEnvironment(j *job) *environment {
	o := j.source.oriented()
	return &environment{job: j, original: o, now: o, faces: -1}
}

// at says where in the chain we are.
func (e *environment) at(p *picture) { e.now, e.picture, e.trimmed = p.size(), p, nil }

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
	case "trw", "trh", "tar":
		return e.trim(name)
	case "cp":
		if e.job.source.layered() {
			return float64(e.job.page), true // layers count from 1, and 0 is all of them
		}
		return float64(e.job.page + 1), true
	case "pc":
		return float64(e.job.source.pages), true
	case "px":
		return float64(e.job.source.corner().x), true
	case "py":
		return float64(e.job.source.corner().y), true
	case "lc":
		return float64(len(e.job.source.names)), true
	case "du", "idu":
		return e.job.source.seconds(), true
	case "idn":
		return e.job.source.dpi(), true
	case "fc":
		return float64(e.faceCount()), true
	}
	return 0, false
}

// trim measures the picture without its uniform edges, as e_trim would leave it. A picture that cannot be looked at has
// no such size: decoding it fails anyway.
func (e *environment) trim(name string) (float64, bool) {
	if e.trimmed == nil && e.picture != nil {
		kept, err := e.picture.withoutEdges()
		if err != nil {
			return 0, false
		}
		e.trimmed = &kept
	}
	if e.trimmed == nil {
		return 0, false
	}
	switch name {
	case "trw":
		return float64(e.trimmed.w), true
	case "trh":
		return float64(e.trimmed.h), true
	}
	return e.trimmed.size().ratio(), true
}

// Strings are the tags, a value of the context or of the metadata, the public ID, or the names of the layers.
func (e *environment) Strings(name string) ([]string, bool) {
	if name == "pgnames" {
		return e.job.source.names, true
	}
	return facts{&e.job.request.Source}.Strings(name)
}

// facts answers for what is known of an asset without opening it. It implements transform.Env.
type facts struct{ asset *engine.Source }

// Number knows none.
func (facts) Number(string) (float64, bool) { return 0, false }

// Strings are the tags, a value of the context or of the metadata, or the public ID.
func (f facts) Strings(name string) ([]string, bool) {
	asset := f.asset
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
