package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

// Reporter keeps what came of a trigger's notifications where people can see it.
type Reporter interface {
	// ReportTrigger adds to what is kept. The error is catalog.ErrNoTrigger when the trigger is gone.
	ReportTrigger(ctx context.Context, trigger string, report catalog.TriggerReport) error
}

const (
	// reportEvery is the time between two reports on a trigger while nothing but numbers changes.
	reportEvery = 5 * time.Minute
	// turnEvery bounds the reports on a receiver that wavers.
	turnEvery = 5 * time.Second
	// retryReport is the wait after a report that could not be written.
	retryReport = 30 * time.Second
)

// Reports collects what came of notifications and reports it: at once when a receiver begins to fail or to succeed, every
// five minutes otherwise, and never when there is nothing new. It is safe for concurrent use.
type Reports struct {
	reporter Reporter
	letters  Letters
	now      func() time.Time
	logger   *slog.Logger
	woken    chan struct{}

	mu       sync.Mutex
	triggers map[string]*history
}

// history is what is known of one trigger since the start.
type history struct {
	// pending is not reported yet; news says that it is more than nothing.
	pending catalog.TriggerReport
	news    bool
	// failing is how the newest attempt ended, reportedFailing how it was when a report was written last, at reported.
	failing, reportedFailing bool
	reported                 time.Time
	// notBefore puts the next report off after one that failed.
	notBefore time.Time
}

// Letters counts notifications that were given up.
type Letters interface {
	// CountDeadJobs counts the jobs of a kind about a subject that have failed for good.
	CountDeadJobs(ctx context.Context, kind, subject string) (int64, error)
}

// NewReports makes Reports. letters tells how many notifications of a trigger were given up; now is the clock; logger gets
// reports that could not be written.
func NewReports(reporter Reporter, letters Letters, now func() time.Time, logger *slog.Logger) *Reports {
	return &Reports{reporter: reporter, letters: letters, now: now, logger: logger, woken: make(chan struct{}, 1), triggers: map[string]*history{}}
}

// Run reports until ctx ends, and then once more what is left. Reports that have to wait for their time are looked at
// with every tick.
func (r *Reports) Run(ctx context.Context, tick <-chan time.Time) error {
	for {
		select {
		case <-r.woken:
			r.flush(ctx, false)
		case <-tick:
			r.flush(ctx, false)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), turnEvery)
			defer cancel()
			r.flush(last, true)
			return nil
		}
	}
}

// add notes the end of an attempt: err is nil when the receiver took the notification.
func (r *Reports) add(trigger string, at time.Time, err error) {
	r.change(trigger, func(h *history) {
		h.failing = err != nil
		if err == nil {
			h.pending.Delivered++
			h.pending.FailedSince = 0
			h.pending.LastDelivery = at
			return
		}
		h.pending.Failed++
		h.pending.FailedSince++
		h.pending.LastFailure, h.pending.LastError = at, public(err)
	})
}

// giveUp notes that a notification will not be tried again.
func (r *Reports) giveUp(trigger string) {
	r.change(trigger, func(h *history) { h.pending.GivenUp++ })
}

func (r *Reports) change(trigger string, change func(*history)) {
	r.mu.Lock()
	h := r.triggers[trigger]
	if h == nil {
		h = &history{}
		r.triggers[trigger] = h
	}
	change(h)
	h.news = true
	r.mu.Unlock()
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// due says whether a report is to be written now.
func (h *history) due(now time.Time) bool {
	if !h.news || now.Before(h.notBefore) {
		return false
	}
	wait := reportEvery
	if h.failing != h.reportedFailing {
		wait = turnEvery
	}
	return h.reported.IsZero() || now.Sub(h.reported) >= wait
}

// flush writes the reports that are due, or all.
func (r *Reports) flush(ctx context.Context, all bool) {
	now := r.now()
	for trigger, report := range r.take(now, all) {
		if letters, err := r.letters.CountDeadJobs(ctx, JobKind, trigger); err == nil {
			report.DeadLetters = &letters
		} else {
			r.logger.WarnContext(ctx, "Notifications that were given up could not be counted", "trigger", trigger, "error", err)
		}
		err := r.reporter.ReportTrigger(ctx, trigger, report)
		if errors.Is(err, catalog.ErrNoTrigger) {
			r.mu.Lock()
			delete(r.triggers, trigger)
			r.mu.Unlock()
			continue
		}
		if err != nil {
			r.logger.WarnContext(ctx, "What came of notifications could not be reported", "trigger", trigger, "error", err)
			r.putBack(trigger, report, now.Add(retryReport))
		}
	}
}

// take gives out what is to be reported and counts it as reported.
func (r *Reports) take(now time.Time, all bool) map[string]catalog.TriggerReport {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := map[string]catalog.TriggerReport{}
	for trigger, h := range r.triggers {
		if h.due(now) || all && h.news {
			taken[trigger] = h.pending
			// A notification is given up before its job is buried: the letters are counted once more, later.
			h.pending, h.news = catalog.TriggerReport{}, h.pending.GivenUp > 0
			h.reportedFailing, h.reported = h.failing, now
		}
	}
	return taken
}

// putBack joins a report that could not be written with what came meanwhile, to be written after notBefore.
func (r *Reports) putBack(trigger string, report catalog.TriggerReport, notBefore time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.triggers[trigger]
	newer := h.pending
	if newer.Delivered == 0 {
		newer.FailedSince += report.FailedSince
	}
	newer.Delivered += report.Delivered
	newer.Failed += report.Failed
	newer.GivenUp += report.GivenUp
	if newer.LastDelivery.IsZero() {
		newer.LastDelivery = report.LastDelivery
	}
	if newer.LastFailure.IsZero() {
		newer.LastFailure, newer.LastError = report.LastFailure, report.LastError
	}
	h.pending, h.news, h.reported, h.notBefore = newer, true, time.Time{}, notBefore
}
