package upload

import (
	"cmp"
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// call is a signed request without a file, read and authorised.
type call struct {
	route    route
	snapshot *catalog.Snapshot
	params   wire.Params
	key      *catalog.Key
	// batchID is that of the job that makes the call; empty where somebody waits for it.
	batchID string
	// public says that nobody has signed the call, which therefore gets what everybody may have.
	public bool
}

// signedCall reads a request and checks that the owner of a key has made it.
func (h *Handler) signedCall(r *http.Request, route route, snapshot *catalog.Snapshot) (*call, error) {
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
	isLink := r.Method == http.MethodGet && route.downloads()
	key, err := h.checkSigned(r, params, snapshot, isLink)
	if err != nil {
		return nil, err
	}
	// A form that posts what a link would ask for can only shorten its hour; what is stored has no use for expires_at.
	if isLink || route.downloads() && params.String("mode") == "download" {
		if err := h.checkExpiry(params); err != nil {
			return nil, err
		}
	}
	return &call{route: route, snapshot: snapshot, params: params, key: key}, notify.CheckBatchID(params.String("batch_id"))
}

// links writes URLs for the caller.
func (c *call) links() wire.Links {
	return wire.Links{Environment: c.snapshot.Environment, Secret: c.key.APISecret}
}

// deliveryType is the type parameter, upload without one.
func (c *call) deliveryType() string {
	if given := c.params.String("type"); given != "" {
		return given
	}
	return "upload"
}

// event is one that the call causes.
func (h *Handler) event(c *call, eventType string, fields map[string]any) notify.Event {
	return notify.Event{Type: eventType, At: h.now(), RequestID: c.route.requestID, APIKey: c.key.APIKey, BatchID: cmp.Or(c.batchID, c.params.String("batch_id")), Fields: fields}
}

const (
	// maxUpdated bounds the assets of one call that edits several.
	maxUpdated = 1000
	// updatedAtOnce is how many of them a transaction changes.
	updatedAtOnce = 100
)

// keys are the assets that public_ids names.
func (c *call) keys() ([]library.Key, error) {
	publicIDs := c.params.List("public_ids")
	if len(publicIDs) == 0 {
		return nil, problem.BadRequest("Missing required parameter - public_ids")
	}
	if len(publicIDs) > maxUpdated {
		return nil, problem.BadRequest("Too many public_ids. Got %d. Maximum is %d.", len(publicIDs), maxUpdated)
	}
	keys := make([]library.Key, len(publicIDs))
	for i, id := range publicIDs {
		keys[i] = library.Key{ResourceType: c.route.resourceType, Type: c.deliveryType(), PublicID: wire.CleanID(id)}
	}
	return keys, nil
}

// edit changes assets and tells the triggers. The answer has the public IDs of those that exist; the others are skipped.
func (h *Handler) edit(r *http.Request, c *call, keys []library.Key, change func(*library.Asset) error) (wire.Object, error) {
	edited := []string{}
	for len(keys) > 0 {
		batch := keys[:min(len(keys), updatedAtOnce)]
		keys = keys[len(batch):]
		changes, err := h.library.UpdateAssets(r.Context(), batch, library.UpdateOptions{
			Change: change,
			Jobs: func(changes []library.Change) ([]library.NewJob, error) {
				return notify.ChangeJobs(h.event(c, "", nil), c.snapshot, changes)
			},
		})
		if err != nil {
			return nil, wire.Unavailable("The database", err)
		}
		for _, changed := range changes {
			edited = append(edited, changed.After.PublicID)
		}
	}
	return wire.Object{"public_ids": edited}, nil
}
