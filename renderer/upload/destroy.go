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

// destroy deletes one asset with everything derived from it.
func (h *Handler) destroy(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
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
	caller, err := h.checkSigned(params, snapshot)
	if err != nil {
		return nil, err
	}
	told, err := h.audience(notify.Delete, params, snapshot)
	if err != nil {
		return nil, err
	}
	publicID := cleanID(params.String("public_id"))
	if publicID == "" {
		return nil, problem.BadRequest("Missing required parameter - public_id")
	}
	deliveryType := params.String("type")
	if deliveryType == "" {
		deliveryType = "upload"
	}
	key := library.Key{ResourceType: route.resourceType, Type: deliveryType, PublicID: publicID}
	options := library.DeleteOptions{Jobs: func(deleted *library.Asset) ([]library.NewJob, error) {
		// This notification carries no request ID, by its contract.
		return notify.Jobs(notify.Event{Type: notify.Delete, At: h.now(), APIKey: caller.APIKey, Fields: notify.DeletedFields(deleted)}, told, 0)
	}}
	switch _, _, err := h.library.DeleteAsset(r.Context(), key, options); {
	case errors.Is(err, library.ErrNotFound):
		return wire.Object{"result": "not found"}, nil
	case err != nil:
		return nil, wire.Unavailable("The database", err)
	}
	return wire.Object{"result": "ok"}, nil
}
