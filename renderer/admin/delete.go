package admin

import (
	"errors"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Bounds of a call that deletes by a condition: how many assets, and how many are read at a time.
const (
	defaultDeleteLimit = 1000
	defaultDeletePage  = 100
)

// deletion collects what one call has deleted.
type deletion struct {
	told     []notify.Target
	statuses wire.Object
	counts   wire.Object
	// keepOriginal deletes derived files only, those of the transformations if there are any.
	keepOriginal    bool
	transformations []string
}

// newDeletion begins a call; those whom it tells are the same for all its assets.
func newDeletion(c *call) (*deletion, error) {
	callURL, err := notificationURL(c)
	if err != nil {
		return nil, err
	}
	// What is deleted is served by nobody afterwards, whether or not an invalidation is asked for.
	if _, err := c.params.Bool("invalidate", false); err != nil {
		return nil, err
	}
	if err := notify.CheckBatchID(c.params.String("batch_id")); err != nil {
		return nil, err
	}
	d := &deletion{told: notify.Targets(c.snapshot, notify.Delete, callURL), statuses: wire.Object{}, counts: wire.Object{}}
	if d.keepOriginal, err = c.params.Bool("keep_original", false); err != nil {
		return nil, err
	}
	for _, row := range c.params.Rows("transformations") {
		for transformation := range strings.SplitSeq(row, "|") {
			if transformation = strings.TrimSpace(transformation); transformation != "" {
				d.transformations = append(d.transformations, transformation)
			}
		}
	}
	return d, nil
}

func (d *deletion) add(id, status string, original, derived int) {
	d.statuses[id] = status
	d.counts[id] = wire.Object{"original": original, "derived": derived}
}

func (d *deletion) answer(nextCursor string) wire.Object {
	answer := wire.Object{"deleted": d.statuses, "deleted_counts": d.counts, "partial": nextCursor != ""}
	if nextCursor != "" {
		answer["next_cursor"] = nextCursor
	}
	return answer
}

// delete answers DELETE /resources/<resource type>/<type>.
func (h *Handler) delete(c *call) (wire.Object, error) {
	all, err := c.params.Bool("all", false)
	if err != nil {
		return nil, err
	}
	publicIDs, err := c.ids("public_ids")
	if err != nil {
		return nil, err
	}
	prefix := c.params.String("prefix")
	given := 0
	for _, is := range []bool{len(publicIDs) > 0, prefix != "", all} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		// Whichever were left out, more or less than what was meant would be gone.
		return nil, problem.BadRequest("Invalid parameters: only one of public_ids, prefix and all says what to delete")
	case len(publicIDs) > 0:
		deleted, err := newDeletion(c)
		if err != nil {
			return nil, err
		}
		for _, id := range publicIDs {
			key := library.Key{ResourceType: c.path[0], Type: c.path[1], PublicID: id}
			if err := h.deleteOne(c, deleted, id, key); err != nil {
				return nil, err
			}
		}
		return deleted.answer(""), nil
	case prefix != "", all:
		return h.deleteListed(c, library.ListOptions{ResourceType: c.path[0], Type: c.path[1], Prefix: prefix})
	}
	return nil, problem.BadRequest("Missing required parameter - public_ids, prefix or all")
}

// deleteByTag answers DELETE /resources/<resource type>/tags/<tag>.
func (h *Handler) deleteByTag(c *call) (wire.Object, error) {
	return h.deleteListed(c, library.ListOptions{ResourceType: c.path[0], Tag: c.path[1]})
}

// deleteByAssetIDs answers DELETE /resources.
func (h *Handler) deleteByAssetIDs(c *call) (wire.Object, error) {
	ids, err := c.someIDs("asset_ids")
	if err != nil {
		return nil, err
	}
	deleted, err := newDeletion(c)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		asset, err := h.library.AssetByID(c.context, id)
		if errors.Is(err, library.ErrNotFound) {
			deleted.add(id, "not_found", 0, 0)
			continue
		}
		if err != nil {
			return nil, wire.Unavailable("The database", err)
		}
		if err := h.deleteOne(c, deleted, id, keyOf(asset)); err != nil {
			return nil, err
		}
	}
	return deleted.answer(""), nil
}

// deleteOne deletes an asset with everything derived from it, or only the latter, and notes it under id.
func (h *Handler) deleteOne(c *call, deleted *deletion, id string, key library.Key) error {
	if deleted.keepOriginal || len(deleted.transformations) > 0 {
		derived, err := h.library.DeleteDerivedOf(c.context, key, deleted.transformations)
		switch {
		case errors.Is(err, library.ErrNotFound):
			deleted.add(id, "not_found", 0, 0)
		case err != nil:
			return wire.Unavailable("The database", err)
		default:
			deleted.add(id, "deleted", 0, derived)
		}
		return nil
	}
	options := library.DeleteOptions{Jobs: func(asset *library.Asset) ([]library.NewJob, error) {
		return notify.Jobs(notify.Event{Type: notify.Delete, At: h.now(), APIKey: c.apiKey, BatchID: c.params.String("batch_id"), Fields: notify.DeletedFields(asset)}, deleted.told, 0)
	}}
	_, derived, err := h.library.DeleteAsset(c.context, key, options)
	switch {
	case errors.Is(err, library.ErrNotFound):
		deleted.add(id, "not_found", 0, 0)
	case err != nil:
		return wire.Unavailable("The database", err)
	default:
		deleted.add(id, "deleted", 1, derived)
	}
	return nil
}

// deleteListed deletes what options select, up to deleteLimit assets; the answer's cursor leads on.
func (h *Handler) deleteListed(c *call, options library.ListOptions) (wire.Object, error) {
	options.MaxResults = h.deletePage
	options.Cursor = c.params.String("next_cursor")
	deleted, err := newDeletion(c)
	if err != nil {
		return nil, err
	}
	for count := 0; ; {
		page, err := h.library.List(c.context, options)
		if err != nil {
			return nil, wire.Unavailable("The database", err)
		}
		for _, asset := range page.Assets {
			if err := h.deleteOne(c, deleted, asset.PublicID, keyOf(asset)); err != nil {
				return nil, err
			}
		}
		count += len(page.Assets)
		if page.NextCursor == "" || count >= h.deleteLimit {
			return deleted.answer(page.NextCursor), nil
		}
		options.Cursor = page.NextCursor
	}
}

func keyOf(asset *library.Asset) library.Key {
	return library.Key{ResourceType: asset.ResourceType, Type: asset.Type, PublicID: asset.PublicID}
}
