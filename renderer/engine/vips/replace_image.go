package vips

import (
	"slices"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine/pdf"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

const (
	replaceFlag = "replace_image"
	// replacementQuality is that of the JPEG that takes the place of an image.
	replacementQuality = 90
)

// replaceImages puts the layers that carry fl_replace_image into the PDF that the base is, and leaves the rest of the
// plan. It gives the document when nothing is left to be done to it.
func (j *job) replaceImages() (*encoded, error) {
	replaced := false
	for {
		at := slices.IndexFunc(j.request.Plan.Components, func(c transform.Component) bool {
			return c.Layer != nil && c.If == nil && has(c.Layer, replaceFlag)
		})
		if at < 0 {
			break
		}
		if err := j.replaceImage(&j.request.Plan.Components[at]); err != nil {
			return nil, err
		}
		rest := *j.request
		rest.Plan.Components = slices.Delete(slices.Clone(rest.Plan.Components), at, at+1)
		j.request, replaced = &rest, true
	}
	if !replaced || j.format != j.source.format.name || len(j.request.Plan.Components) > 0 {
		return nil, nil
	}
	return &encoded{bytes: slices.Clone(j.source.data), format: j.format, size: j.source.oriented(), pages: j.source.pages}, nil
}

// replaceImage replaces the source by a document with the layer in the place of its first image. How large the layer is
// does not matter: it gets the place of that.
func (j *job) replaceImage(c *transform.Component) error {
	if j.source.format.name != "pdf" {
		return problem.BadRequest("fl_replace_image is for PDF documents, not for %s", j.source.format.name)
	}
	base, err := open(j.source, j.source.page)
	if err != nil {
		return invalid(err)
	}
	j.keep(base)
	s := &stage{job: j, frame: &frame{source: &j.request.Source, from: j.source}, component: c, picture: base}
	layer := *c.Layer
	layer.Components = slices.Clone(layer.Components)
	for i := range layer.Components {
		layer.Components[i].Resize = nil
	}
	asset, err := s.layerAsset(&layer)
	if err != nil {
		return err
	}
	p, err := s.renderLayer(&layer, asset, anchor{})
	if err != nil {
		return err
	}
	if err := p.flatten(govips.Color{R: 255, G: 255, B: 255}); err != nil {
		return err
	}
	picture := pdf.Picture{Width: p.size().w, Height: p.size().h}
	if picture.JPEG, err = encodeJPEG(p.image, encoding{quality: replacementQuality, fullChroma: true}); err != nil {
		return err
	}
	document, err := pdf.ReplaceImage(j.source.data, picture)
	if err != nil {
		return problem.BadRequest("Invalid flag - replace_image: %s", err)
	}
	mapped, err := mapCopy(document)
	if err != nil {
		return err
	}
	j.rolls = append(j.rolls, mapped) // unmapped after all that reads from it was closed
	changed, err := openInside(j.worker.formats, mapped, j.limits.MaxInputPixels, j.wishes)
	if err != nil {
		return err
	}
	j.opened = slices.Insert(j.opened, 0, changed)
	if j.source.page != 0 {
		if err := changed.turnTo(j.source.page); err != nil {
			return err
		}
	}
	j.source = changed
	return nil
}
