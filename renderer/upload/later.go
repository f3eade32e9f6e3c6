package upload

import (
	"context"
	"maps"
	"net/url"

	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// CallJobKind is the kind of the jobs that make archives, multis and sprites, and what explicit calls ask for, when nobody waits.
const CallJobKind = "call"

// callJob is the payload of a job: a call that was found to be allowed.
type callJob struct {
	BatchID      string      `json:"batchID"`
	Action       string      `json:"action"`
	ResourceType string      `json:"resourceType"`
	Params       wire.Params `json:"params"`
	APIKey       string      `json:"apiKey"`
	RequestID    string      `json:"requestID,omitempty"`
}

// callLater leaves a call to a job, and answers at once.
func (h *Handler) callLater(ctx context.Context, c *call) (wire.Object, error) {
	if _, err := h.audience(callEvents[c.route.action], c.params, c.snapshot); err != nil {
		return nil, err
	}
	id := library.NewJobID()
	job := callJob{
		BatchID: batchOf(c.params, id), Action: c.route.action, ResourceType: c.route.resourceType, Params: wire.Params(maps.Clone(url.Values(c.params))),
		APIKey: c.key.APIKey, RequestID: c.route.requestID,
	}
	clearParam(job.Params, "async")
	enqueued, err := newJob(id, CallJobKind, job)
	if err != nil {
		return nil, err
	}
	if err := h.library.EnqueueJobs(ctx, enqueued); err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	return wire.Object{"status": "processing", "batch_id": job.BatchID}, nil
}

// callEvents are what those who wait for a call are told of.
var callEvents = map[string]string{actionMulti: notify.Multi, actionSprite: notify.Sprite, actionArchive: notify.Archive, actionExplicit: notify.Explicit}

// CallKind runs the jobs.
func (h *Handler) CallKind() jobs.Kind { return kindOfJobs(h.runCall) }

// runCall makes what a call asks for. What is refused is told of to those who wait for it.
func (h *Handler) runCall(ctx context.Context, job *library.Job) error {
	var wanted callJob
	snapshot, err := h.openJob(job, &wanted)
	if err != nil {
		return err
	}
	c := &call{
		route: route{resourceType: wanted.ResourceType, action: wanted.Action, requestID: wanted.RequestID}, snapshot: snapshot, params: wanted.Params,
		batchID: wanted.BatchID,
	}
	key, known := snapshot.Keys[wanted.APIKey]
	if !known {
		return h.refuseCall(ctx, c, wanted.APIKey, problem.Unauthorized("Invalid api_key %s", wanted.APIKey))
	}
	c.key = &key
	if err = h.makeCall(ctx, c, "call:"+job.ID); err == nil || passes(err, job) {
		return err
	}
	return h.refuseCall(ctx, c, wanted.APIKey, err)
}

// makeCall makes and stores it, once.
func (h *Handler) makeCall(ctx context.Context, c *call, once string) error {
	if c.route.action == actionArchive {
		a := &archive{handler: h, call: c}
		if err := a.read(); err != nil {
			return err
		}
		if err := a.choose(ctx); err != nil {
			return err
		}
		_, err := a.store(ctx, once)
		return err
	}
	if c.route.action == actionExplicit {
		_, err := h.makeExplicit(ctx, c)
		return err
	}
	build := h.makeMulti
	if c.route.action == actionSprite {
		build = h.makeSprite
	}
	m, err := build(ctx, c)
	if err != nil {
		return err
	}
	_, err = h.keep(ctx, c, m, once)
	return err
}

// refuseCall tells those who wait for a call why there is nothing.
func (h *Handler) refuseCall(ctx context.Context, c *call, apiKey string, refusal error) error {
	event := notify.Event{
		Type: callEvents[c.route.action], At: h.now(), RequestID: c.route.requestID, APIKey: apiKey, BatchID: c.batchID, Fields: wire.Object{},
	}
	return h.tellRefusal(ctx, event, c.params, c.snapshot, refusal)
}
