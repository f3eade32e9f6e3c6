package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// Queue is the durable list of jobs.
type Queue interface {
	// ClaimJob leases the job that has been due for longest; nil when there is none.
	ClaimJob(ctx context.Context, claim library.JobClaim) (*library.Job, error)
	// FinishJob, RetryJob, BuryJob and ReturnJob end a lease.
	FinishJob(ctx context.Context, job *library.Job) error
	RetryJob(ctx context.Context, job *library.Job, runAt time.Time, reason string) error
	BuryJob(ctx context.Context, job *library.Job, reason string) error
	ReturnJob(ctx context.Context, job *library.Job) error
	// RenewJob makes a lease end later.
	RenewJob(ctx context.Context, job *library.Job, until time.Time) error
	// ForgetDeadJobs deletes old dead letters.
	ForgetDeadJobs(ctx context.Context, before time.Time) error
	// JobsEnqueued tells of new jobs of this process.
	JobsEnqueued() <-chan struct{}
}

// Kind is how jobs of one kind are run.
type Kind struct {
	// Run does the work. It may be called again for a job that is done, when the process ended before that was noted.
	Run func(ctx context.Context, job *library.Job) error
	// Delay is the wait after the failed attempt of that number, from 1.
	Delay func(attempt int) time.Duration
	// Timeout bounds one run, and with it the lease: what is silent for longer is run by another worker.
	Timeout time.Duration
	// Lease, when above zero, is how long another worker waits for the job of a process that was killed; it is renewed while
	// the job runs. For kinds whose runs may take much longer than anybody wants to wait then.
	Lease time.Duration
	// Buried is told of a job that has failed for good, before that is noted; may be nil.
	Buried func(ctx context.Context, job *library.Job, reason string)
}

// Permanent marks an error of Kind.Run that no other attempt would change: the job has failed for good.
func Permanent(err error) error { return &permanentError{err} }

type permanentError struct{ error }

// Unwrap gives the marked error.
func (e *permanentError) Unwrap() error { return e.error }

// RunOptions are the parts of a runner. All are required but Logger and Worker.
type RunOptions struct {
	Queue Queue
	// Kinds are those that are run here, by name.
	Kinds map[string]Kind
	// Workers bounds the jobs that run at once, PerLane those of one lane.
	Workers, PerLane int
	// Tick is when to ask for jobs of other processes, and for those whose time has come.
	Tick <-chan time.Time
	// Now is the clock that due times and leases are measured by. The clocks of processes that share a database may
	// differ by less than leaseMargin.
	Now func() time.Time
	// Worker names this process in the leases; empty means a random name.
	Worker string
	// Logger gets what fails; nil discards it.
	Logger *slog.Logger
}

const (
	// leaseMargin is how much longer a lease is than the run that it is for.
	leaseMargin = 30 * time.Second
	// abandonments is how many attempts may end with the end of their process, beyond those that may fail: a job that ends
	// every process that takes it must not do so for ever.
	abandonments = 5
	// renewals is how often a lease is renewed in its time.
	renewals = 4
	// settleTimeout bounds the note of an outcome.
	settleTimeout = 10 * time.Second
	// deadFor is how long dead letters are kept, forgetEvery how often those beyond it are looked for.
	deadFor     = 30 * 24 * time.Hour
	forgetEvery = time.Hour
)

// errUnknownKind cannot happen as long as only known kinds are claimed.
var errUnknownKind = errors.New("nobody here runs jobs of that kind")

type runner struct {
	RunOptions
	kinds []string
	lease time.Duration

	running  sync.WaitGroup
	settled  chan *library.Job
	inLane   map[string]int
	busy     int
	forgotAt time.Time
}

// Run runs jobs until ctx ends: then those under way are cut off and given back, so that another process can take them at
// once, and Run returns nil.
func Run(ctx context.Context, options RunOptions) error {
	r := &runner{RunOptions: options, settled: make(chan *library.Job), inLane: map[string]int{}}
	if r.Logger == nil {
		r.Logger = slog.New(slog.DiscardHandler)
	}
	if r.Worker == "" {
		r.Worker = rand.Text()
	}
	for name, kind := range options.Kinds {
		r.kinds = append(r.kinds, name)
		lease := kind.Timeout + leaseMargin
		if kind.Lease > 0 {
			lease = kind.Lease
		}
		r.lease = max(r.lease, lease)
	}
	defer r.drain()
	for {
		r.fill(ctx)
		select {
		case <-ctx.Done():
			return nil
		case job := <-r.settled:
			r.leave(job)
		case <-r.Queue.JobsEnqueued():
		case <-r.Tick:
			r.forget(ctx)
		}
	}
}

// fill starts due jobs while there are free workers.
func (r *runner) fill(ctx context.Context) {
	for r.busy < r.Workers && ctx.Err() == nil {
		now := r.Now()
		job, err := r.Queue.ClaimJob(ctx, library.JobClaim{
			Kinds: r.kinds, BusyLanes: r.busyLanes(), Worker: r.Worker, Now: now, Until: now.Add(r.lease),
		})
		if err != nil {
			if ctx.Err() == nil {
				r.Logger.ErrorContext(ctx, "Jobs cannot be read, waiting ones are late", "error", err)
			}
			return
		}
		if job == nil {
			return
		}
		r.busy++
		r.inLane[job.Lane]++
		r.running.Go(func() {
			r.work(ctx, job)
			r.settled <- job
		})
	}
}

func (r *runner) busyLanes() []string {
	var lanes []string
	for lane, jobs := range r.inLane {
		if lane != "" && jobs >= r.PerLane {
			lanes = append(lanes, lane)
		}
	}
	return lanes
}

func (r *runner) leave(job *library.Job) {
	r.busy--
	if r.inLane[job.Lane]--; r.inLane[job.Lane] == 0 {
		delete(r.inLane, job.Lane)
	}
}

// drain waits for the jobs under way, whose context has ended.
func (r *runner) drain() {
	for r.busy > 0 {
		r.leave(<-r.settled)
	}
	r.running.Wait()
}

// work runs one job and notes how it went.
func (r *runner) work(ctx context.Context, job *library.Job) {
	kind, known := r.Kinds[job.Kind]
	err := errUnknownKind
	if known {
		err = r.try(ctx, kind, job)
	}
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	switch settled := r.settle(settling, ctx.Err() != nil, kind, job, err); {
	case errors.Is(settled, library.ErrLeaseLost):
		r.Logger.WarnContext(ctx, "A job took longer than its lease and may have run twice", "kind", job.Kind, "job", job.ID)
	case settled != nil:
		r.Logger.ErrorContext(ctx, "The outcome of a job could not be noted, it will run again", "kind", job.Kind, "job", job.ID, "error", settled)
	}
}

// try runs a job, unless too many processes have ended while they did.
func (r *runner) try(ctx context.Context, kind Kind, job *library.Job) (err error) {
	if job.Attempts > job.MaxAttempts+abandonments {
		return fmt.Errorf("%d attempts ended with the process that made them", job.Attempts-1)
	}
	running, cancel := context.WithTimeout(ctx, kind.Timeout)
	defer cancel()
	if kind.Lease > 0 {
		renewing := make(chan struct{})
		defer func() { <-renewing }()
		go func() {
			defer close(renewing)
			r.renew(running, cancel, job)
		}()
		// Deferred calls run in the reverse order: the renewal ends before it is waited for.
		defer cancel()
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the job panicked: %v", v)
		}
	}()
	return kind.Run(running, job)
}

// renew keeps the lease of a job until ctx ends, and ends the run of one that another worker has taken.
func (r *runner) renew(ctx context.Context, cancel context.CancelFunc, job *library.Job) {
	ticker := time.NewTicker(r.lease / renewals)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := r.Queue.RenewJob(ctx, job, r.Now().Add(r.lease))
		if errors.Is(err, library.ErrLeaseLost) {
			cancel()
			return
		}
		if err != nil && ctx.Err() == nil {
			r.Logger.WarnContext(ctx, "The lease of a job could not be renewed", "kind", job.Kind, "job", job.ID, "error", err)
		}
	}
}

func (r *runner) settle(ctx context.Context, stopping bool, kind Kind, job *library.Job, err error) error {
	_, permanent := errors.AsType[*permanentError](err)
	switch {
	case err == nil:
		return r.Queue.FinishJob(ctx, job)
	case stopping:
		return r.Queue.ReturnJob(ctx, job)
	case permanent, job.Attempts >= job.MaxAttempts:
		r.Logger.ErrorContext(ctx, "A job has failed for good", "kind", job.Kind, "job", job.ID, "attempts", job.Attempts, "error", err)
		if kind.Buried != nil {
			kind.Buried(ctx, job, err.Error())
		}
		return r.Queue.BuryJob(ctx, job, err.Error())
	}
	return r.Queue.RetryJob(ctx, job, r.Now().Add(kind.Delay(job.Attempts)), err.Error())
}

// forget deletes old dead letters, now and then.
func (r *runner) forget(ctx context.Context) {
	now := r.Now()
	if now.Sub(r.forgotAt) < forgetEvery {
		return
	}
	r.forgotAt = now
	if err := r.Queue.ForgetDeadJobs(ctx, now.Add(-deadFor)); err != nil && ctx.Err() == nil {
		r.Logger.WarnContext(ctx, "Old dead letters could not be deleted", "error", err)
	}
}
