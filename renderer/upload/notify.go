package upload

import (
	"context"
	"errors"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// eagerHold is how long a notification waits for the eager transformations that it tells of. Should the process end
// while they are made, it goes out without them.
const eagerHold = 10 * time.Minute

// audience are those who are told of a call's outcome.
func (h *Handler) audience(event string, params wire.Params, snapshot *catalog.Snapshot) ([]notify.Target, error) {
	callURL := params.String("notification_url")
	if callURL != "" {
		if err := notify.CheckURL(callURL); err != nil {
			return nil, err
		}
	}
	return notify.Targets(snapshot, event, callURL), nil
}

// notifications are the jobs that tell of an upload. They are enqueued with the row, so that no upload goes untold.
func (i *intake) notifications(stored *library.Stored) ([]library.NewJob, error) {
	told, hold := i.wanted.told, time.Duration(0)
	if stored.Existing {
		told = i.wanted.toldExisting
	} else if len(i.wanted.eager) > 0 {
		hold = eagerHold
	}
	if len(told) == 0 {
		return nil, nil
	}
	event := notify.Event{
		Type: notify.Upload, At: i.handler.now(), RequestID: i.requestID, Fields: i.handler.answer(stored, i, i.caller, i.links),
	}
	if i.caller.key != nil {
		event.APIKey = i.caller.key.APIKey
	}
	jobs, err := notify.Jobs(event, told, hold)
	if hold > 0 {
		i.held = jobs
	}
	return jobs, err
}

// releaseNotifications sends what has waited for the eager transformations.
func (i *intake) releaseNotifications(ctx context.Context, eager any) {
	for _, job := range i.held {
		payload, err := notify.WithField(job.Payload, "eager", eager)
		if err == nil {
			err = i.handler.library.ReleaseJob(ctx, job.ID, payload)
		}
		if err != nil && !errors.Is(err, library.ErrNotFound) {
			i.handler.logger.WarnContext(ctx, "a notification will be late and without its eager transformations", "publicID", i.asset.PublicID, "error", err)
		}
	}
}
