package upload

import (
	"context"
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// typeMulti is the delivery type of animations and documents made of several images.
const typeMulti = "multi"

// multi makes an animation or a document of the images with a tag, or of those at URLs. It is stored as it is: a transformation
// is applied when it is delivered.
func (h *Handler) multi(w http.ResponseWriter, r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	return h.assembled(w, r, route, snapshot, h.makeMulti)
}

func (h *Handler) makeMulti(ctx context.Context, c *call) (*made, error) {
	format := canonical(c.params.String("format"))
	switch format {
	case "":
		format = "gif"
	case "gif", "webp", "png", "pdf":
	case "mp4", "webm":
		return nil, problem.BadRequest("Invalid extension in format: %s: videos are not made here", format)
	default:
		return nil, problem.BadRequest("Invalid extension in format: %s", printable(format))
	}
	transformation := c.params.String("transformation")
	plan, err := transform.Parse(transformation, named(c.snapshot))
	if err != nil {
		return nil, err
	}
	delay := 0
	if d := plan.Output.Delay; d != nil {
		delay = int(d.Value)
	}
	pictures, err := h.gather(ctx, c, "")
	if err != nil {
		return nil, err
	}
	defer pictures.close(ctx)
	publicID, err := pictures.publicID()
	if err != nil {
		return nil, err
	}
	result, err := h.engine.Assemble(ctx, &engine.AssembleRequest{Files: pictures.files(), Format: format, Delay: delay, Limits: pictures.limits()})
	if err != nil {
		return nil, err
	}
	return &made{
		result: result, deliveryType: typeMulti, publicID: publicID, event: notify.Multi,
		fields: func(asset *library.Asset, links wire.Links) wire.Object {
			url, secureURL := links.Derived(asset, transformation, format)
			return wire.Object{"url": url, "secure_url": secureURL, "asset_id": asset.AssetID, "public_id": asset.PublicID, "version": asset.Version}
		},
	}, nil
}
