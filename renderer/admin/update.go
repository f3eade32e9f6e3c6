package admin

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/darkroom-media/darkroom/renderer/description"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// update answers POST /resources/<resource type>/<type>/<public ID>.
func (h *Handler) update(c *call) (wire.Object, error) {
	return h.updateAsset(c, library.Key{ResourceType: c.path[0], Type: c.path[1], PublicID: c.path[2]})
}

// updateByAssetID answers PUT and POST /resources/<asset ID>.
func (h *Handler) updateByAssetID(c *call) (wire.Object, error) {
	asset, err := h.library.AssetByID(c.context, c.path[0])
	if errors.Is(err, library.ErrNotFound) {
		return nil, problem.NotFound("Resource not found - %s", c.path[0])
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	return h.updateAsset(c, keyOf(asset))
}

func (h *Handler) updateAsset(c *call, key library.Key) (wire.Object, error) {
	change, err := readEdit(c, h.now())
	if err != nil {
		return nil, err
	}
	callURL, err := notificationURL(c)
	if err != nil {
		return nil, err
	}
	changes, err := h.library.UpdateAssets(c.context, []library.Key{key}, library.UpdateOptions{
		Change: change.apply,
		Jobs:   func(changes []library.Change) ([]library.NewJob, error) { return h.tellUpdate(c, callURL, changes) },
	})
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	if len(changes) == 0 {
		return nil, problem.NotFound("Resource not found - %s", key.PublicID)
	}
	asset := changes[0].After
	shown := *c
	// In a question these are flags that ask for parts of the answer; here they are values.
	shown.params = maps.Clone(c.params)
	maps.DeleteFunc(shown.params, func(name string, _ []string) bool {
		return slices.Contains([]string{"tags", "context", "metadata"}, wire.BaseName(name))
	})
	return h.details(&shown, asset)
}

// tellUpdate are the jobs that tell of an update of one asset.
func (h *Handler) tellUpdate(c *call, callURL string, changes []library.Change) ([]library.NewJob, error) {
	jobs, err := notify.ChangeJobsTo(h.event(c), c.snapshot, callURL, changes)
	if err != nil {
		return nil, err
	}
	before, asset := changes[0].Before, changes[0].After
	decided := false
	for i, moderation := range asset.Moderation {
		if i < len(before.Moderation) && before.Moderation[i].Status == moderation.Status {
			continue
		}
		decided = true
		url, secureURL := c.links.Asset(asset)
		more, err := h.tellAt(c, callURL, notify.Moderated, notify.ModeratedFields(asset, moderation, url, secureURL))
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, more...)
	}
	if summary := notify.ModerationSummaryFields(asset); decided && summary != nil {
		more, err := h.tellAt(c, callURL, notify.ModerationSummary, summary)
		return append(jobs, more...), err
	}
	return jobs, nil
}

// edit is what an update changes; what is empty stays.
type edit struct {
	call *call
	said *description.Description
	// moderation is the status that a person gives it.
	moderation string
	admin      []adminChange
	now        time.Time
}

// readEdit reads and checks the parameters of an update.
func readEdit(c *call, now time.Time) (*edit, error) {
	for _, name := range []string{"auto_tagging", "background_removal", "categorization",
		"detection", "ocr", "raw_convert", "similarity_search", "visual_search"} {
		if c.params.Has(name) {
			return nil, problem.BadRequest("Illegal value for %s: it is not available", name)
		}
	}
	e := &edit{call: c, moderation: c.params.String("moderation_status"), now: now}
	if allowed := []string{"", library.ModerationApproved, library.ModerationRejected, library.ModerationPending}; !slices.Contains(allowed, e.moderation) {
		return nil, problem.BadRequest("Illegal value for moderation_status: %q is not approved, rejected or pending", wire.Printable(e.moderation))
	}
	var err error
	if e.admin, err = parseAdminContext(c.params.Rows("admin_context")); err != nil {
		return nil, err
	}
	e.said, err = description.ReadChange(c.params, c.snapshot)
	return e, err
}

// apply changes asset.
func (e *edit) apply(asset *library.Asset) error {
	if e.moderation != "" {
		if len(asset.Moderation) == 0 {
			asset.Moderation = []library.Moderation{{Kind: "manual"}}
		}
		last := &asset.Moderation[len(asset.Moderation)-1]
		last.Status, last.UpdatedAt = e.moderation, e.now
	}
	if err := changeAdminContext(asset, e.admin); err != nil {
		return err
	}
	return e.said.Change(asset, e.call.snapshot)
}
