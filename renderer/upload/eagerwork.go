package upload

import (
	"cmp"
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
	told []notify.Target
	// event is what notifications have in common.
	event notify.Event
	links wire.Links
	// batchID names the transformations in answers and notifications; empty where the caller waits for them and has no name for them.
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
	// RequestID is that of the call.
	RequestID string `json:"requestID,omitempty"`
	// Explodes says that they are the pages of a document, which are told of as that.
	Explodes bool `json:"explodes,omitempty"`
}

// event is what the notifications of the job have in common.
func (j *eagerJob) event() notify.Event {
	return notify.Event{RequestID: j.RequestID, APIKey: j.APIKey, BatchID: j.BatchID}
}

// jobs are those that the call leaves behind.
func (e *eagerWork) jobs(asset *library.Asset) ([]library.NewJob, error) {
	if !e.async || len(e.requests) == 0 {
		return nil, nil
	}
	id := library.NewJobID()
	e.batchID = cmp.Or(e.event.BatchID, id)
	wanted := eagerJob{
		BatchID: e.batchID, AssetID: asset.AssetID, Version: asset.Version, APIKey: e.event.APIKey, Told: e.told, RequestID: e.event.RequestID,
	}
	for _, request := range e.requests {
		wanted.Eager = append(wanted.Eager, request.text())
	}
	return newJob(id, EagerJobKind, wanted)
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
	if err := e.handler.tellEager(ctx, asset, eager, e.told, e.event); err != nil {
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

// tellEager enqueues the notifications of transformations that were made. event says whose call has asked for them.
func (h *Handler) tellEager(ctx context.Context, asset *library.Asset, made []wire.Object, told []notify.Target, event notify.Event) error {
	if len(told) == 0 {
		return nil
	}
	fields := wire.Object{"asset_id": asset.AssetID, "public_id": asset.PublicID, "eager": made}
	if event.APIKey != "" {
		fields["api_key"] = event.APIKey
	}
	event.Type, event.At, event.Fields = notify.Eager, h.now(), fields
	jobs, err := notify.Jobs(event, told, 0)
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
			wanted.Told, wanted.event())
	}
	links := wire.Links{Environment: snapshot.Environment, Secret: snapshot.Primary().APISecret}
	made, passing := h.makeEager(ctx, asset, requests, links)
	if passing != nil && job.Attempts < job.MaxAttempts {
		return passing
	}
	if wanted.Explodes {
		return h.tellExploded(ctx, asset, made, &wanted)
	}
	return h.tellEager(ctx, asset, made, wanted.Told, wanted.event())
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
	event := job.event()
	event.Type, event.At, event.Fields = notify.Explode, h.now(), wire.Object{
		"asset_id": asset.AssetID, "public_id": asset.PublicID, "pages": len(made), "image_infos": infos,
	}
	jobs, err := notify.Jobs(event, job.Told, 0)
	if err != nil || len(jobs) == 0 {
		return err
	}
	return h.library.EnqueueJobs(context.WithoutCancel(ctx), jobs)
}
