package vips

import (
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/engine/psd"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// embeddedPage begins a pg_ that asks for the file that a smart object is made of.
const embeddedPage = "embedded:"

// openEmbedded opens the file behind a smart object of a PSD: by its number among the smart objects, from the bottom, or
// by the name of its layer or file (name:<name>).
func (j *job) openEmbedded(in *source, object string, w wishes) (*source, error) {
	if !in.layered() {
		return nil, problem.BadRequest("Invalid page - embedded:%s: a %s has no embedded objects", object, in.format.name)
	}
	f, err := psd.Open(in.data)
	if err != nil {
		return nil, invalid(err)
	}
	data := embeddedFile(f, object)
	if data == nil {
		return nil, problem.BadRequest("Invalid page - there is no embedded object %s", strings.TrimPrefix(object, "name:"))
	}
	s, err := openInside(j.worker.formats, data, j.limits.MaxInputPixels, w)
	if err != nil {
		return nil, err
	}
	// Sources are closed in the order of the list: this one reads from the other.
	j.opened = slices.Insert(j.opened, 0, s)
	return s, nil
}

// embeddedFile finds a file in a document, nil when it is not there.
func embeddedFile(f *psd.File, object string) []byte {
	name, byName := strings.CutPrefix(object, "name:")
	wanted, err := strconv.Atoi(object)
	if !byName && err != nil {
		return nil
	}
	number := 0
	for i := range f.Layers {
		found, ok := f.Object(&f.Layers[i])
		if !ok {
			continue
		}
		number++
		if byName && (f.Layers[i].Name == name || found.Name == name) || !byName && number == wanted {
			return found.Data
		}
	}
	return nil
}
