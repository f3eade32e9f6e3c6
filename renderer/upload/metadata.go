package upload

import (
	"errors"
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// maxUpdated bounds the assets of one call that edits several.
const maxUpdated = 1000

// updateMetadata gives metadata to assets. It answers with the public IDs of those that exist; the others are skipped.
func (h *Handler) updateMetadata(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	if err := checkBearer(r); err != nil {
		return nil, err
	}
	params, err := wire.ReadParams(r, maxFieldBytes)
	if err != nil {
		return nil, err
	}
	if err := checkCloud(route.cloud, params, snapshot); err != nil {
		return nil, err
	}
	if _, err := h.checkSigned(params, snapshot); err != nil {
		return nil, err
	}
	for _, name := range []string{"metadata", "public_ids"} {
		if !params.Has(name) {
			return nil, problem.BadRequest("Missing required parameter - %s", name)
		}
	}
	publicIDs := params.List("public_ids")
	if len(publicIDs) > maxUpdated {
		return nil, problem.BadRequest("Too many public_ids. Got %d. Maximum is %d.", len(publicIDs), maxUpdated)
	}
	given, err := metadata.Parse(params.Rows("metadata"))
	if err != nil {
		return nil, err
	}
	if err := metadata.CheckFields(snapshot.MetadataFields, given); err != nil {
		return nil, err
	}
	clearInvalid, err := params.Bool("clear_invalid", false)
	if err != nil {
		return nil, err
	}
	key := library.Key{ResourceType: route.resourceType, Type: params.String("type")}
	if key.Type == "" {
		key.Type = "upload"
	}
	updated := []string{}
	for _, id := range publicIDs {
		key.PublicID = cleanID(id)
		_, err := h.library.UpdateAsset(r.Context(), key, func(asset *library.Asset) (err error) {
			asset.Metadata, err = metadata.Assign(snapshot.MetadataFields, asset.Metadata, given, metadata.Options{ClearInvalid: clearInvalid})
			return err
		})
		switch {
		case err == nil:
			updated = append(updated, key.PublicID)
		case !errors.Is(err, library.ErrNotFound):
			return nil, wire.Unavailable("The database", err)
		}
	}
	return wire.Object{"public_ids": updated}, nil
}
