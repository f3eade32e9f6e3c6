package admin

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// update answers POST /resources/<resource type>/<type>/<public ID>.
func (h *Handler) update(c *call) (wire.Object, error) {
	return h.updateAsset(c, library.Key{ResourceType: c.path[0], Type: c.path[1], PublicID: c.path[2]})
}

// updateByAssetID answers PUT /resources/<asset ID>.
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

// edit is what an update changes; what is nil stays.
type edit struct {
	call          *call
	tags          []string
	context       map[string]string
	metadata      metadata.Given
	clearInvalid  bool
	faces, custom [][4]int
	regions       map[string][][2]int
	displayName   string
	// assetFolder is nil to stay.
	assetFolder *string
	// moderation is the status that a person gives it.
	moderation string
	now        time.Time
}

// readEdit reads and checks the parameters of an update.
func readEdit(c *call, now time.Time) (*edit, error) {
	for _, name := range []string{"access_control", "admin_context", "auto_tagging", "background_removal", "categorization",
		"detection", "ocr", "quality_override", "raw_convert", "similarity_search", "unique_display_name",
		"visual_search"} {
		if c.params.Has(name) {
			return nil, problem.BadRequest("Illegal value for %s: it is not available", name)
		}
	}
	e := &edit{call: c, displayName: c.params.String("display_name"), moderation: c.params.String("moderation_status"), now: now}
	if allowed := []string{"", library.ModerationApproved, library.ModerationRejected, library.ModerationPending}; !slices.Contains(allowed, e.moderation) {
		return nil, problem.BadRequest("Illegal value for moderation_status: %q is not approved, rejected or pending", wire.Printable(e.moderation))
	}
	if c.params.Has("asset_folder") {
		if !c.snapshot.Environment.DynamicFolders {
			return nil, problem.BadRequest("asset_folder is not allowed in fixed folder mode: the folder is part of the public ID")
		}
		folder := strings.Trim(c.params.String("asset_folder"), "/")
		e.assetFolder = &folder
	}
	if utf8.RuneCountInString(e.displayName) > 255 || strings.Contains(e.displayName, "/") {
		return nil, problem.BadRequest("Invalid display_name %q: at most 255 characters and no slashes are allowed", wire.Printable(e.displayName))
	}
	var err error
	if e.tags, err = wire.ParseTags(c.params.Rows("tags")); err != nil {
		return nil, err
	}
	if e.context, err = wire.ParsePairs("context", c.params.Rows("context")); err != nil {
		return nil, err
	}
	if e.metadata, err = metadata.Parse(c.params.Rows("metadata")); err != nil {
		return nil, err
	}
	if e.clearInvalid, err = c.params.Bool("clear_invalid", false); err != nil {
		return nil, err
	}
	if e.faces, err = wire.ParseCoordinates("face_coordinates", c.params.Rows("face_coordinates")); err != nil {
		return nil, err
	}
	if e.custom, err = wire.ParseCoordinates("custom_coordinates", c.params.Rows("custom_coordinates")); err != nil {
		return nil, err
	}
	e.regions, err = wire.ParseRegions(c.params.String("regions"))
	return e, err
}

// apply changes asset. Tags, context and coordinates replace the stored ones; metadata is changed field by field.
func (e *edit) apply(asset *library.Asset) (err error) {
	if len(e.tags) > 0 {
		asset.Tags = e.tags
	}
	if len(e.context) > 0 {
		asset.Context = e.context
	}
	if len(e.faces) > 0 {
		asset.Faces = e.faces
	}
	if len(e.custom) > 0 {
		asset.Custom = e.custom
	}
	if len(e.regions) > 0 {
		asset.Regions = e.regions
	}
	if e.displayName != "" {
		asset.DisplayName = e.displayName
	}
	if e.assetFolder != nil {
		asset.AssetFolder = *e.assetFolder
	}
	if e.moderation != "" {
		if len(asset.Moderation) == 0 {
			asset.Moderation = []library.Moderation{{Kind: "manual"}}
		}
		last := &asset.Moderation[len(asset.Moderation)-1]
		last.Status, last.UpdatedAt = e.moderation, e.now
	}
	if len(e.metadata) > 0 || e.clearInvalid {
		asset.Metadata, err = metadata.Assign(e.call.snapshot, asset.Metadata, e.metadata, metadata.Options{ClearInvalid: e.clearInvalid})
	}
	return err
}
