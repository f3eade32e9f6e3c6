package upload

import (
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// editMetadata gives metadata to several assets.
func (h *Handler) editMetadata(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return nil, err
	}
	if len(c.params.Pairs("metadata")) == 0 {
		return nil, problem.BadRequest("Missing required parameter - metadata")
	}
	keys, err := c.keys()
	if err != nil {
		return nil, err
	}
	given, err := metadata.Parse(c.params.Pairs("metadata"))
	if err != nil {
		return nil, err
	}
	if err := metadata.CheckFields(snapshot.MetadataFields, given); err != nil {
		return nil, err
	}
	clearInvalid, err := c.params.Bool("clear_invalid", false)
	if err != nil {
		return nil, err
	}
	return h.edit(r, c, keys, func(asset *library.Asset) (err error) {
		asset.Metadata, err = metadata.Assign(snapshot, asset.Metadata, given, metadata.Options{ClearInvalid: clearInvalid})
		return err
	})
}
