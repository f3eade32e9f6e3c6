package upload

import (
	"errors"
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// destroy deletes one asset, by its public ID or its asset ID, with everything derived from it. The answer is nil when it has
// sent a browser on.
func (h *Handler) destroy(w http.ResponseWriter, r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return nil, err
	}
	told, err := h.audience(notify.Delete, c.params, snapshot)
	if err != nil {
		return nil, err
	}
	// What is deleted is never served again, whether or not that is asked for.
	if _, err := c.params.Bool("invalidate", false); err != nil {
		return nil, err
	}
	// This notification carries no request ID, by its contract.
	event := notify.Event{Type: notify.Delete, At: h.now(), APIKey: c.key.APIKey}
	if route.resourceType == resourceByID {
		callback := c.params.String("callback")
		if _, err := redirectTo(r, callback, nil); err != nil {
			return nil, err
		}
		answer, err := h.destroyByID(r, c, event, told)
		if err != nil {
			return nil, err
		}
		return sendOn(w, r, callback, answer)
	}
	publicID := wire.CleanID(c.params.String("public_id"))
	if publicID == "" {
		return nil, problem.BadRequest("Missing required parameter - public_id")
	}
	return h.delete(r, library.Key{ResourceType: route.resourceType, Type: c.deliveryType(), PublicID: publicID}, event, told)
}

func (h *Handler) destroyByID(r *http.Request, c *call, event notify.Event, told []notify.Target) (wire.Object, error) {
	id := c.params.String("asset_id")
	if id == "" {
		return nil, problem.BadRequest("Missing required parameter - asset_id")
	}
	asset, err := h.library.AssetByID(r.Context(), id)
	if errors.Is(err, library.ErrNotFound) {
		return wire.Object{"result": "not found"}, nil
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	answer, err := h.delete(r, keyOf(asset), event, told)
	if err == nil && c.snapshot.Environment.DynamicFolders {
		answer["asset_folder"] = asset.AssetFolder
	}
	return answer, err
}

// delete deletes an asset and tells of it. event gives all but what was deleted.
func (h *Handler) delete(r *http.Request, key library.Key, event notify.Event, told []notify.Target) (wire.Object, error) {
	options := library.DeleteOptions{Jobs: func(deleted *library.Asset) ([]library.NewJob, error) {
		event.Fields = notify.DeletedFields(deleted)
		return notify.Jobs(event, told, 0)
	}}
	switch _, _, err := h.library.DeleteAsset(r.Context(), key, options); {
	case errors.Is(err, library.ErrNotFound):
		return wire.Object{"result": "not found"}, nil
	case err != nil:
		return nil, wire.Unavailable("The database", err)
	}
	return wire.Object{"result": "ok"}, nil
}
