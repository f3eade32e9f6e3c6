package upload

import (
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// explicit does to an asset that is stored what an upload could have done: it describes it anew, makes eager
// transformations, and asks for its moderation.
func (h *Handler) explicit(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return nil, err
	}
	publicID := cleanID(c.params.String("public_id"))
	for _, required := range []struct{ name, value string }{{"public_id", publicID}, {"type", c.params.String("type")}} {
		if required.value == "" {
			return nil, problem.BadRequest("Missing required parameter - %s", required.name)
		}
	}
	wanted, err := h.parseExplicit(c)
	if err != nil {
		return nil, err
	}
	told, err := h.audience(notify.Explicit, c.params, snapshot)
	if err != nil {
		return nil, err
	}
	e := &eagerWork{handler: h, requests: wanted.eager, async: wanted.eagerAsync, told: wanted.toldEager, apiKey: c.key.APIKey, links: c.links()}
	key := library.Key{ResourceType: route.resourceType, Type: c.deliveryType(), PublicID: publicID}
	changes, err := h.library.UpdateAssets(r.Context(), []library.Key{key}, library.UpdateOptions{
		Change: func(asset *library.Asset) error { return wanted.apply(c, h, asset) },
		Jobs: func(changes []library.Change) ([]library.NewJob, error) {
			jobs, err := notify.ChangeJobs(h.event(c, "", nil), snapshot, changes)
			if err != nil {
				return nil, err
			}
			more, err := e.jobs(changes[0].After)
			if err != nil {
				return nil, err
			}
			fields := h.explicitAnswer(c, wanted, changes[0].After)
			hold := e.describe(changes[0].After, fields)
			own, err := notify.Jobs(h.event(c, notify.Explicit, fields), told, hold)
			e.held = nil
			if hold > 0 {
				e.held = own
			}
			return append(append(jobs, more...), own...), err
		},
	})
	switch {
	case err != nil:
		return nil, wire.Unavailable("The database", err)
	case len(changes) == 0:
		return nil, problem.NotFound("Resource not found - %s", printable(publicID))
	}
	asset := changes[0].After
	answer := h.explicitAnswer(c, wanted, asset)
	e.finish(r.Context(), asset, answer)
	return answer, nil
}

// explicitAnswer is the answer without its eager transformations.
func (h *Handler) explicitAnswer(c *call, wanted *settings, asset *library.Asset) wire.Object {
	taken := &intake{handler: h, snapshot: c.snapshot, wanted: wanted}
	return h.answer(&library.Stored{Asset: asset}, taken, &caller{key: c.key, secret: c.key.APISecret}, c.links())
}

// parseExplicit reads what the call wants: the parameters of an upload that concern no bytes.
func (h *Handler) parseExplicit(c *call) (*settings, error) {
	wanted := &settings{resourceType: c.route.resourceType, deliveryType: c.deliveryType(), accessMode: c.params.String("access_mode")}
	if err := checkAvailable(c.params); err != nil {
		return nil, err
	}
	if c.params.Has("asset_folder") && !c.snapshot.Environment.DynamicFolders {
		return nil, problem.BadRequest("asset_folder is not allowed in fixed folder mode: the folder is part of the public ID")
	}
	for _, step := range []func() error{
		wanted.checkAccessMode,
		func() error { return wanted.readFolders(c.params, c.snapshot.Environment.DynamicFolders) },
		func() error { return wanted.readDescription(c.params) },
		func() error { return metadata.CheckFields(c.snapshot.MetadataFields, wanted.metadata) },
		func() error { return wanted.readEager(h, c.params, c.snapshot) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	for _, flag := range []string{"invalidate", "overwrite"} {
		if _, err := c.params.Bool(flag, false); err != nil {
			return nil, err
		}
	}
	return wanted, nil
}

// apply changes an asset. Tags, context and coordinates replace the stored ones; metadata is changed field by field.
func (s *settings) apply(c *call, h *Handler, asset *library.Asset) (err error) {
	if len(s.tags) > 0 {
		asset.Tags = s.tags
	}
	if len(s.context) > 0 {
		asset.Context = s.context
	}
	if len(s.faces) > 0 {
		asset.Faces = s.faces
	}
	if len(s.custom) > 0 {
		asset.Custom = s.custom
	}
	if len(s.regions) > 0 {
		asset.Regions = s.regions
	}
	if s.displayName != "" {
		asset.DisplayName = s.displayName
	}
	if c.params.Has("asset_folder") {
		asset.AssetFolder = s.assetFolder
	}
	if s.accessMode != "" {
		asset.AccessMode = s.accessMode
	}
	if s.moderate {
		asset.Moderation = pending(h.now())
	}
	if len(s.metadata) > 0 || s.clearInvalid {
		asset.Metadata, err = metadata.Assign(c.snapshot, asset.Metadata, s.metadata, metadata.Options{ClearInvalid: s.clearInvalid})
	}
	return err
}
