package upload

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/analysis"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/description"
	"github.com/darkroom-media/darkroom/renderer/library"
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
	publicID := c.explicitID()
	for _, required := range []struct{ name, value string }{{"public_id", publicID}, {"type", c.params.String("type")}} {
		if required.value == "" {
			return nil, problem.BadRequest("Missing required parameter - %s", required.name)
		}
	}
	if _, err := h.parseExplicit(c); err != nil {
		return nil, err
	}
	async, err := c.params.Bool("async", false)
	if err != nil {
		return nil, err
	}
	if !async {
		return h.makeExplicit(r.Context(), c)
	}
	answer, err := h.callLater(r.Context(), c)
	if err == nil {
		answer["status"], answer["resource_type"], answer["type"], answer["public_id"] = "pending", route.resourceType, c.deliveryType(), publicID
	}
	return answer, err
}

// isRemote says that the bytes of a delivery type come from elsewhere.
func isRemote(environment *catalog.Environment, deliveryType string) bool {
	_, configured := environment.RemoteTypes[deliveryType]
	return configured || deliveryType == wire.TypeFetch
}

// explicitID is the public ID of the call; that of a remote asset, which may be a URL, is as it was given.
func (c *call) explicitID() string {
	id := c.params.String("public_id")
	if isRemote(&c.snapshot.Environment, c.deliveryType()) {
		return id
	}
	return wire.CleanID(id)
}

// makeExplicit does what the call asks for. A remote asset that is not there yet is fetched.
func (h *Handler) makeExplicit(ctx context.Context, c *call) (wire.Object, error) {
	route, snapshot, publicID := c.route, c.snapshot, c.explicitID()
	wanted, err := h.parseExplicit(c)
	if err != nil {
		return nil, err
	}
	told, err := h.audience(notify.Explicit, c.params, snapshot)
	if err != nil {
		return nil, err
	}
	e := &eagerWork{handler: h, requests: wanted.eager, breakpoints: wanted.breakpoints, async: wanted.eagerAsync, told: wanted.toldEager, event: h.event(c, "", nil), links: c.links()}
	key := library.Key{ResourceType: route.resourceType, Type: c.deliveryType(), PublicID: publicID}
	if h.sources != nil && isRemote(&snapshot.Environment, key.Type) {
		if _, err := h.sources.Asset(ctx, key); err != nil && !errors.Is(err, library.ErrNotFound) {
			return nil, badSource(err)
		}
	}
	if err := h.analyseStored(ctx, key, wanted.analysis, snapshot); err != nil {
		return nil, err
	}
	changes, err := h.library.UpdateAssets(ctx, []library.Key{key}, library.UpdateOptions{
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
	e.finish(ctx, asset, answer)
	hook := &scripted{source: wanted.onSuccess, snapshot: snapshot, event: h.event(c, "", nil)}
	if updated := h.succeed(ctx, hook, asset, answer); updated != asset {
		maps.Copy(answer, h.explicitAnswer(c, wanted, updated))
	}
	return answer, nil
}

// analyseStored has an asset's picture looked at before it is changed. Whether there is such an asset is said later.
func (h *Handler) analyseStored(ctx context.Context, key library.Key, wanted analysis.Wanted, snapshot *catalog.Snapshot) error {
	if !wanted.Any() {
		return nil
	}
	asset, err := h.library.Asset(ctx, key)
	if errors.Is(err, library.ErrNotFound) {
		return nil
	}
	if err != nil {
		return wire.Unavailable("The database", err)
	}
	looker := analysis.Stored{Bucket: h.bucket, Library: h.library, Engine: h.engine}
	return looker.Complete(ctx, wanted, asset, &snapshot.Environment)
}

// explicitAnswer is the answer without its eager transformations.
func (h *Handler) explicitAnswer(c *call, wanted *settings, asset *library.Asset) wire.Object {
	taken := &intake{handler: h, snapshot: c.snapshot, wanted: wanted}
	return h.answer(&library.Stored{Asset: asset}, taken, signer(c.key, c.params), c.links())
}

// parseExplicit reads what the call wants: the parameters of an upload that concern no bytes.
func (h *Handler) parseExplicit(c *call) (*settings, error) {
	wanted := &settings{resourceType: c.route.resourceType, deliveryType: c.deliveryType()}
	if err := checkAvailable(c.params); err != nil {
		return nil, err
	}
	said, err := description.ReadChange(c.params, c.snapshot)
	if err != nil {
		return nil, err
	}
	wanted.said = *said
	if err := wanted.readScripts(c.params); err != nil {
		return nil, err
	}
	if c.params.Has("eval") {
		return nil, problem.BadRequest("Invalid value for eval: it is for uploads")
	}
	if wanted.analysis, err = analysis.Read(c.params); err != nil {
		return nil, err
	}
	if wanted.moderate, err = checkModeration(c.params.String("moderation")); err != nil {
		return nil, err
	}
	if err := wanted.readEager(h, c.params, c.snapshot); err != nil {
		return nil, err
	}
	if wanted.deliveryType == wire.TypeFetch {
		wanted.formatByTransformation()
	}
	for _, flag := range []string{"invalidate", "overwrite"} {
		if _, err := c.params.Bool(flag, false); err != nil {
			return nil, err
		}
	}
	return wanted, nil
}

// formatByTransformation has the formats of derived files be asked for by f_: the URLs of files elsewhere have no extension of ours.
func (s *settings) formatByTransformation() {
	for i := range s.eager {
		if request := &s.eager[i]; request.format != "" {
			request.transformation, request.format = request.transformation+"/f_"+request.format, ""
		}
	}
	for i := range s.breakpoints {
		if request := &s.breakpoints[i]; request.format != "" {
			request.transformation, request.format = strings.TrimPrefix(request.transformation+"/f_"+request.format, "/"), ""
		}
	}
}

// apply changes an asset.
func (s *settings) apply(c *call, h *Handler, asset *library.Asset) error {
	if s.moderate {
		asset.Moderation = pending(h.now())
	}
	return s.said.Change(asset, c.snapshot)
}
