package upload

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// eagerHold is how long a notification waits for the eager transformations that it tells of. Should the process end
// while they are made, it goes out without them.
const eagerHold = 10 * time.Minute

// audience are those who are told of a call's outcome.
func (h *Handler) audience(event string, params wire.Params, snapshot *catalog.Snapshot) ([]notify.Target, error) {
	callURL := params.String("notification_url")
	if callURL != "" {
		if err := notify.CheckURL("notification_url", callURL); err != nil {
			return nil, err
		}
	}
	return toldBy(params, notify.Targets(snapshot, event, callURL)), nil
}

// toldBy has the call's own URL told by the algorithm that the call is signed by, if it is.
func toldBy(params wire.Params, told []notify.Target) []notify.Target {
	if !params.Has("signature") {
		return told
	}
	return notify.SignedBy(sign.AlgorithmOf(params.String("signature")), told)
}

// told is an event that the upload causes.
func (i *intake) told(eventType string, fields wire.Object) notify.Event {
	return notify.Event{
		Type: eventType, At: i.handler.now(), RequestID: i.requestID, APIKey: i.apiKey(), BatchID: cmp.Or(i.batchID, i.params.String("batch_id")), Fields: fields,
	}
}

// notifications are the jobs that an upload causes: those that tell of it, and its eager transformations. They are enqueued
// with the row, so that no upload goes untold.
func (i *intake) notifications(stored *library.Stored) ([]library.NewJob, error) {
	told, hold := i.wanted.told, time.Duration(0)
	kind, fields := notify.Upload, wire.Object(nil)
	if i.event != "" {
		kind = i.event
	}
	if i.fields != nil {
		fields = i.fields(stored.Asset, i.links)
	} else {
		fields = i.handler.answer(stored, i, i.caller, i.links)
	}
	event := i.told("", nil)
	var jobs []library.NewJob
	if i.wanted.imported == nil && !i.wanted.sample { // Nobody is told of what comes with the environment, or with an import.
		var err error
		if jobs, err = notify.FolderJobs(event, i.snapshot, stored.MadeFolders); err != nil {
			return nil, err
		}
	}
	if stored.Existing {
		told = i.wanted.toldExisting
	} else if i.eager != nil {
		eager, err := i.eager.jobs(stored.Asset)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, eager...)
		hold = i.eager.describe(stored.Asset, fields)
	}
	if len(told) == 0 {
		return jobs, nil
	}
	event.Type, event.Fields = kind, fields
	own, err := notify.Jobs(event, told, hold)
	if i.eager != nil {
		i.eager.held = nil
		if hold > 0 {
			i.eager.held = own
		}
	}
	return append(jobs, own...), err
}

// release sends notifications that have waited for eager transformations and breakpoints, with what was made.
func (h *Handler) release(ctx context.Context, held []library.NewJob, made wire.Object, publicID string) {
	for _, job := range held {
		payload, err := notify.WithFields(job.Payload, made)
		if err == nil {
			err = h.library.ReleaseJob(ctx, job.ID, payload)
		}
		if err != nil && !errors.Is(err, library.ErrNotFound) {
			h.logger.WarnContext(ctx, "a notification will be late and without its eager transformations", "publicID", publicID, "error", err)
		}
	}
}
