package upload

import (
	"context"
	"net/url"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Compose makes and stores the file that the multi or sprite method would make of the images with a tag, for a delivery URL whose
// file is not there. ext is the extension of the URL. Only images that everybody may have are taken: the file is for everybody.
// transformation is applied to each picture of a sprite. The error is a *problem.Problem, 404 when there is no such image.
func (h *Handler) Compose(ctx context.Context, deliveryType, tag, transformation, ext string) error {
	snapshot := h.catalog.Current()
	if snapshot == nil {
		return problem.Unavailable("The configuration", nil)
	}
	build, format := h.makeMulti, ""
	switch extension := canonical(ext); {
	case deliveryType == typeSprite:
		build = h.makeSprite
		if extension == "jpg" || extension == "webp" || extension == "gif" || extension == "avif" {
			format = extension
		}
	case extension == "webp" || extension == "png" || extension == "pdf":
		format = extension
	}
	primary := snapshot.Primary()
	c := &call{
		route: route{cloud: snapshot.Environment.CloudName, resourceType: library.Image}, snapshot: snapshot, key: &primary, public: true,
		params: wire.Params(url.Values{"tag": {tag}, "format": {format}, "transformation": {transformation}}),
	}
	// Who waits for the same file waits together; who goes away does not keep the others from getting it.
	_, err, _ := h.composing.Do(deliveryType+"\x00"+tag+"\x00"+transformation, func() (any, error) {
		background := context.WithoutCancel(ctx)
		m, err := build(background, c)
		if err != nil {
			return nil, err
		}
		return h.keep(background, c, m, "")
	})
	return err
}
