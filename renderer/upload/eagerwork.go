package upload

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// EagerJobKind is the kind of the jobs that make eager transformations while nobody waits.
const EagerJobKind = "eager"

// eagerWork is the eager transformations of one call.
type eagerWork struct {
	handler  *Handler
	requests []eagerRequest
	// breakpoints are looked for when the transformations are made, while the caller waits.
	breakpoints []breakpointRequest
	// async leaves them to a job.
	async bool
	// told are those who are told when they are made.
	told   []notify.Target
	apiKey string
	links  wire.Links
	// batchID names the job in answers and notifications.
	batchID string
	// held are notifications of the call that wait for the transformations.
	held []library.NewJob
}

// eagerJob is the payload of a job.
type eagerJob struct {
	BatchID string `json:"batchID"`
	AssetID string `json:"assetID"`
	Version int64  `json:"version"`
	// Eager are the transformations as they were asked for, in the syntax of the parameter.
	Eager  []string        `json:"eager"`
	APIKey string          `json:"apiKey,omitempty"`
	Told   []notify.Target `json:"told,omitempty"`
	// Explodes says that they are the pages of a document, which are told of as that.
	Explodes bool `json:"explodes,omitempty"`
}

// jobs are those that the call leaves behind.
func (e *eagerWork) jobs(asset *library.Asset) ([]library.NewJob, error) {
	if !e.async || len(e.requests) == 0 {
		return nil, nil
	}
	e.batchID = library.NewJobID()
	wanted := eagerJob{BatchID: e.batchID, AssetID: asset.AssetID, Version: asset.Version, APIKey: e.apiKey, Told: e.told}
	for _, request := range e.requests {
		wanted.Eager = append(wanted.Eager, request.text())
	}
	return newJob(e.batchID, EagerJobKind, wanted)
}

// describe adds what is known of the transformations before they are made, and says how long the call's notifications are
// to wait for the rest.
func (e *eagerWork) describe(asset *library.Asset, answer wire.Object) time.Duration {
	if e.async && len(e.requests) > 0 {
		answer["batch_id"], answer["eager"] = e.batchID, e.entries(asset)
	}
	if len(e.breakpoints) > 0 || !e.async && len(e.requests) > 0 {
		return eagerHold
	}
	return 0
}

// finish makes the transformations that the caller waits for, and completes the answer.
func (e *eagerWork) finish(ctx context.Context, asset *library.Asset, answer wire.Object) {
	made := wire.Object{}
	if len(e.breakpoints) > 0 {
		made["responsive_breakpoints"] = e.handler.makeBreakpoints(ctx, asset, e.breakpoints, e.links)
	}
	var eager []wire.Object
	switch {
	case len(e.requests) == 0:
	case e.async:
		answer["batch_id"], answer["eager"] = e.batchID, e.entries(asset)
	default:
		eager, _ = e.handler.makeEager(ctx, asset, e.requests, e.links)
		made["eager"] = eager
	}
	maps.Copy(answer, made)
	if len(made) > 0 {
		e.handler.release(ctx, e.held, made, asset.PublicID)
	}
	if eager == nil {
		return
	}
	if err := e.handler.tellEager(ctx, asset, eager, e.told, e.apiKey, ""); err != nil {
		e.handler.logger.WarnContext(ctx, "those who wait for eager transformations could not be told", "publicID", asset.PublicID, "error", err)
	}
}

// entries are the transformations of asset that are still to be made.
func (e *eagerWork) entries(asset *library.Asset) []wire.Object {
	entries := make([]wire.Object, len(e.requests))
	for i, request := range e.requests {
		format := request.format
		if format == "" && !request.bare {
			format = asset.Format
		}
		url, secureURL := e.links.Derived(asset, request.transformation, format)
		entries[i] = wire.Object{
			"transformation": request.transformation, "status": "processing", "batch_id": e.batchID, "url": url, "secure_url": secureURL,
		}
	}
	return entries
}

// tellEager enqueues the notifications of transformations that were made.
func (h *Handler) tellEager(ctx context.Context, asset *library.Asset, made []wire.Object, told []notify.Target, apiKey, batchID string) error {
	if len(told) == 0 {
		return nil
	}
	fields := wire.Object{"asset_id": asset.AssetID, "public_id": asset.PublicID, "eager": made}
	if batchID != "" {
		fields["batch_id"] = batchID
	}
	if apiKey != "" {
		fields["api_key"] = apiKey
	}
	jobs, err := notify.Jobs(notify.Event{Type: notify.Eager, At: h.now(), RequestID: batchID, APIKey: apiKey, Fields: fields}, told, 0)
	if err != nil {
		return err
	}
	return h.library.EnqueueJobs(context.WithoutCancel(ctx), jobs)
}

// EagerKind runs the jobs of eager_async.
func (h *Handler) EagerKind() jobs.Kind { return kindOfJobs(h.runEager) }

// runEager makes the transformations of a job. An asset that was replaced or deleted meanwhile needs them no more.
func (h *Handler) runEager(ctx context.Context, job *library.Job) error {
	var wanted eagerJob
	snapshot, err := h.openJob(job, &wanted)
	if err != nil {
		return err
	}
	asset, err := h.library.AssetByID(ctx, wanted.AssetID)
	if errors.Is(err, library.ErrNotFound) || err == nil && asset.Version != wanted.Version {
		return nil
	}
	if err != nil {
		return err
	}
	requests, err := parseEagerJob(&wanted, named(snapshot))
	if err != nil {
		// A named transformation that is gone: the others cannot be told from it any more.
		return h.tellEager(ctx, asset, []wire.Object{{"transformation": wanted.Eager, "status": "failed", "reason": problem.From(err).Message}},
			wanted.Told, wanted.APIKey, wanted.BatchID)
	}
	links := wire.Links{Environment: snapshot.Environment, Secret: snapshot.Primary().APISecret}
	made, passing := h.makeEager(ctx, asset, requests, links)
	if passing != nil && job.Attempts < job.MaxAttempts {
		return passing
	}
	if wanted.Explodes {
		return h.tellExploded(ctx, asset, made, &wanted)
	}
	return h.tellEager(ctx, asset, made, wanted.Told, wanted.APIKey, wanted.BatchID)
}

// tellExploded enqueues the notifications of pages that were made.
func (h *Handler) tellExploded(ctx context.Context, asset *library.Asset, made []wire.Object, job *eagerJob) error {
	infos := make([]wire.Object, 0, len(made))
	for _, page := range made {
		info := wire.Object{}
		for _, name := range []string{"bytes", "url", "secure_url", "status", "reason"} {
			if value, ok := page[name]; ok {
				info[name] = value
			}
		}
		infos = append(infos, info)
	}
	event := notify.Event{Type: notify.Explode, At: h.now(), RequestID: job.BatchID, APIKey: job.APIKey, Fields: wire.Object{
		"asset_id": asset.AssetID, "public_id": asset.PublicID, "batch_id": job.BatchID, "pages": len(made), "image_infos": infos,
	}}
	jobs, err := notify.Jobs(event, job.Told, 0)
	if err != nil || len(jobs) == 0 {
		return err
	}
	return h.library.EnqueueJobs(context.WithoutCancel(ctx), jobs)
}
