package upload

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

const (
	// jobAttempts is how often a job of ours may fail for reasons that pass, jobTimeout bounds one run, jobRetry grows from one to
	// the next.
	jobAttempts = 5
	jobTimeout  = 10 * time.Minute
	jobRetry    = 30 * time.Second
)

// kindOfJobs is a kind of jobs that are run by a function.
func kindOfJobs(run func(ctx context.Context, job *library.Job) error) jobs.Kind {
	return jobs.Kind{Run: run, Delay: func(attempt int) time.Duration { return time.Duration(attempt) * jobRetry }, Timeout: jobTimeout}
}

// batchOf names in answers and notifications what a job makes for a call: as the caller does, or by the ID of the job.
func batchOf(params wire.Params, jobID string) string {
	return cmp.Or(params.String("batch_id"), jobID)
}

// newJob is a job with its ID and payload.
func newJob(id, kind string, payload any) ([]library.NewJob, error) {
	text, err := json.Marshal(payload)
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("write a job: %w", err))
	}
	return []library.NewJob{{ID: id, Kind: kind, Payload: text, MaxAttempts: jobAttempts}}, nil
}

// openJob reads the payload of a job, and gives the configuration of now.
func (h *Handler) openJob(job *library.Job, payload any) (*catalog.Snapshot, error) {
	if err := json.Unmarshal(job.Payload, payload); err != nil {
		return nil, fmt.Errorf("read a job: %w", err)
	}
	snapshot := h.catalog.Current()
	if snapshot == nil {
		return nil, problem.Unavailable("The configuration", nil)
	}
	return snapshot, nil
}

// passes says that a job that failed is to be tried again.
func passes(err error, job *library.Job) bool {
	found := problem.From(err)
	return (found.Transient || found.Status >= http.StatusInternalServerError) && job.Attempts < job.MaxAttempts
}

// tellRefusal tells those who wait for a job why there is nothing, and the triggers that want to know of failures. event gives all
// but the fields that say so.
func (h *Handler) tellRefusal(ctx context.Context, event notify.Event, params wire.Params, snapshot *catalog.Snapshot, refusal error) error {
	event.Fields["error"] = wire.Object{"message": problem.From(refusal).Message}
	jobs, err := h.refusalJobs(event, params, snapshot)
	if err == nil && len(jobs) > 0 {
		err = h.library.EnqueueJobs(context.WithoutCancel(ctx), jobs)
	}
	if err != nil {
		return errors.Join(refusal, err)
	}
	return nil
}

func (h *Handler) refusalJobs(event notify.Event, params wire.Params, snapshot *catalog.Snapshot) ([]library.NewJob, error) {
	told, err := h.audience(event.Type, params, snapshot)
	if err != nil {
		return nil, err
	}
	jobs, err := notify.Jobs(event, told, 0)
	if err != nil {
		return nil, err
	}
	event.Type = notify.Failed
	failed, err := notify.Jobs(event, notify.Targets(snapshot, notify.Failed, ""), 0)
	return append(jobs, failed...), err
}
