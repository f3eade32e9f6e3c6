package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/test/stores"
)

var databases stores.Stores

func TestMain(m *testing.M) { os.Exit(databases.Main(m)) }

const work = "work"

// clock runs ahead of the real one, by which the library enqueues.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// desk runs jobs of kind work and notes them.
type desk struct {
	*testing.T
	clock *clock
	tick  chan time.Time
	stop  func()

	mu   sync.Mutex
	runs []string
}

// newDesk starts a runner over queue. run gets every job after it was noted.
func newDesk(t *testing.T, queue Queue, c *clock, run func(ctx context.Context, job *library.Job) error) *desk {
	t.Helper()
	d := &desk{T: t, clock: c, tick: make(chan time.Time)}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	options := RunOptions{
		Queue: queue, Workers: 4, PerLane: 1, Tick: d.tick, Now: c.now,
		Kinds: map[string]Kind{work: {
			Run: func(ctx context.Context, job *library.Job) error {
				d.mu.Lock()
				d.runs = append(d.runs, fmt.Sprintf("%s#%d", job.ID, job.Attempts))
				d.mu.Unlock()
				return run(ctx, job)
			},
			Delay:   func(attempt int) time.Duration { return time.Duration(attempt) * time.Minute },
			Timeout: time.Minute,
		}},
	}
	go func() { ended <- Run(ctx, options) }()
	d.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the runner does not end")
		}
	})
	t.Cleanup(d.stop)
	return d
}

// noted are the runs so far.
func (d *desk) noted() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.runs, " ")
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func enqueue(t *testing.T, l *library.Library, jobs ...library.NewJob) {
	t.Helper()
	if err := l.EnqueueJobs(t.Context(), jobs); err != nil {
		t.Fatal(err)
	}
}

func newJob(id string) library.NewJob {
	return library.NewJob{ID: id, Kind: work, Payload: []byte(`{}`), MaxAttempts: 2}
}

func pending(t *testing.T, l *library.Library) []*library.Job {
	t.Helper()
	jobs, err := l.PendingJobs(t.Context(), work, 100)
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

func each(t *testing.T, run func(t *testing.T, l *library.Library)) {
	t.Helper()
	databases.Each(t, run)
}

func TestRunWakesAtOnceAndFinishes(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		d := newDesk(t, l, &clock{}, func(context.Context, *library.Job) error { return nil })
		// No tick ever comes.
		enqueue(t, l, newJob("a"))
		eventually(t, "the job", func() bool { return d.noted() == "a#1" && len(pending(t, l)) == 0 })
	})
}

func TestFailedJobsAreTriedAgainAndThenBuried(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		c := &clock{}
		d := newDesk(t, l, c, func(context.Context, *library.Job) error { return errors.New("no luck") })
		enqueue(t, l, newJob("a"))
		eventually(t, "the first attempt to be noted", func() bool {
			jobs := pending(t, l)
			return len(jobs) == 1 && jobs[0].LastError == "no luck" && jobs[0].LockedBy == ""
		})
		c.advance(50 * time.Second)
		d.tick <- time.Now()
		d.tick <- time.Now()
		if noted := d.noted(); noted != "a#1" {
			t.Errorf("before its time: %s", noted)
		}
		c.advance(15 * time.Second)
		d.tick <- time.Now()
		eventually(t, "the dead letter", func() bool {
			dead, err := l.DeadJobs(t.Context(), work, 10)
			return err == nil && len(dead) == 1 && dead[0].LastError == "no luck" && dead[0].Attempts == 2
		})
		c.advance(time.Hour)
		d.tick <- time.Now()
		d.tick <- time.Now()
		if noted := d.noted(); noted != "a#1 a#2" {
			t.Errorf("runs %s", noted)
		}
		// Dead letters do not stay for ever.
		c.advance(deadFor + time.Hour)
		d.tick <- time.Now()
		d.tick <- time.Now()
		if dead, err := l.DeadJobs(t.Context(), work, 10); err != nil || len(dead) != 0 {
			t.Errorf("dead letters after a month: %v, %v", dead, err)
		}
	})
}

// killed is a queue of a process that is killed: what it claims it never speaks of again.
type killed struct {
	Queue
	dead chan struct{}
}

func (k killed) gone() error {
	select {
	case <-k.dead:
		return errors.New("this process was killed")
	default:
		return nil
	}
}

func (k killed) ClaimJob(ctx context.Context, claim library.JobClaim) (*library.Job, error) {
	if err := k.gone(); err != nil {
		return nil, err
	}
	return k.Queue.ClaimJob(ctx, claim)
}

func (k killed) ReturnJob(context.Context, *library.Job) error {
	return k.gone()
}

func TestJobOfAKilledRunnerRunsAgain(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		c := &clock{}
		process := killed{Queue: l, dead: make(chan struct{})}
		first := newDesk(t, process, c, func(ctx context.Context, _ *library.Job) error {
			<-ctx.Done()
			return ctx.Err()
		})
		enqueue(t, l, newJob("a"))
		eventually(t, "the job to be under way", func() bool { return first.noted() == "a#1" })
		close(process.dead)
		first.stop()
		if jobs := pending(t, l); len(jobs) != 1 || jobs[0].LockedBy == "" {
			t.Fatalf("after the kill: %+v", jobs)
		}
		second := newDesk(t, l, c, func(context.Context, *library.Job) error { return nil })
		second.tick <- time.Now()
		second.tick <- time.Now()
		if noted := second.noted(); noted != "" {
			t.Errorf("while the lease lasts: %s", noted)
		}
		c.advance(time.Minute + leaseMargin)
		second.tick <- time.Now()
		eventually(t, "the job to run again", func() bool { return second.noted() == "a#2" && len(pending(t, l)) == 0 })
	})
}

func TestStoppedRunnerGivesItsJobsBack(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		c := &clock{}
		first := newDesk(t, l, c, func(ctx context.Context, _ *library.Job) error {
			<-ctx.Done()
			return ctx.Err()
		})
		enqueue(t, l, newJob("a"))
		eventually(t, "the job to be under way", func() bool { return first.noted() == "a#1" })
		first.stop()
		// No clock moves: the next process takes it at once, and the attempt did not count.
		second := newDesk(t, l, c, func(context.Context, *library.Job) error { return nil })
		eventually(t, "the job to run again", func() bool { return second.noted() == "a#1" && len(pending(t, l)) == 0 })
	})
}

func TestOneLaneDoesNotTakeAllWorkers(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		hang := make(chan struct{})
		d := newDesk(t, l, &clock{}, func(_ context.Context, job *library.Job) error {
			if job.Lane == "hangs" {
				<-hang
			}
			return nil
		})
		var jobs []library.NewJob
		for i := range 6 {
			job := newJob(fmt.Sprintf("h%d", i))
			job.Lane = "hangs"
			jobs = append(jobs, job)
		}
		enqueue(t, l, jobs...)
		eventually(t, "the hanging one to begin", func() bool { return d.noted() != "" })
		good := newJob("good")
		good.Lane = "answers"
		enqueue(t, l, good)
		eventually(t, "the other lane", func() bool { return strings.Contains(d.noted(), "good#1") })
		if noted := d.noted(); strings.Count(noted, "h") != 1 {
			t.Errorf("one lane has %s", noted)
		}
		close(hang)
		eventually(t, "all to end", func() bool { return len(pending(t, l)) == 0 })
	})
}

func TestPanicsAndAbandonmentsCountAsFailures(t *testing.T) {
	l := databases.Library(t)
	c := &clock{}
	newDesk(t, l, c, func(context.Context, *library.Job) error { panic("oh") })
	once := newJob("a")
	once.MaxAttempts = 1
	enqueue(t, l, once)
	eventually(t, "the dead letter", func() bool {
		dead, err := l.DeadJobs(t.Context(), work, 10)
		return err == nil && len(dead) == 1 && dead[0].LastError == "the job panicked: oh"
	})
	r := &runner{}
	ran := false
	kind := Kind{Timeout: time.Second, Run: func(context.Context, *library.Job) error {
		ran = true
		return nil
	}}
	if err := r.try(t.Context(), kind, &library.Job{Attempts: 2 + abandonments, MaxAttempts: 2}); err != nil || !ran {
		t.Errorf("ran %v, %v", ran, err)
	}
	ran = false
	if err := r.try(t.Context(), kind, &library.Job{Attempts: 3 + abandonments, MaxAttempts: 2}); err == nil || ran {
		t.Errorf("what ends every process runs on: %v", err)
	}
}

// renewing counts the renewals of a queue, and may say that a lease is lost.
type renewing struct {
	Queue
	renewed chan struct{}
	lost    func() bool
}

func (r renewing) RenewJob(ctx context.Context, job *library.Job, until time.Time) error {
	if r.lost() {
		return library.ErrLeaseLost
	}
	err := r.Queue.RenewJob(ctx, job, until)
	r.renewed <- struct{}{}
	return err
}

func TestLongJobsKeepTheirLeaseAndEndWhenItIsLost(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		var mu sync.Mutex
		lost := false
		queue := renewing{Queue: l, renewed: make(chan struct{}), lost: func() bool {
			mu.Lock()
			defer mu.Unlock()
			return lost
		}}
		ended := make(chan error, 1)
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = Run(ctx, RunOptions{
				Queue: queue, Workers: 1, PerLane: 1, Tick: nil, Now: time.Now,
				Kinds: map[string]Kind{work: {
					Run: func(ctx context.Context, _ *library.Job) error {
						<-ctx.Done()
						ended <- ctx.Err()
						return ctx.Err()
					},
					Delay: func(int) time.Duration { return time.Hour }, Timeout: time.Hour, Lease: 200 * time.Millisecond,
				}},
			})
		}()
		enqueue(t, l, newJob("a"))
		<-queue.renewed
		before := pending(t, l)[0].LockedUntil
		<-queue.renewed
		<-queue.renewed
		if after := pending(t, l)[0].LockedUntil; !after.After(before) {
			t.Errorf("the lease ended at %s and ends at %s", before, after)
		}
		mu.Lock()
		lost = true
		mu.Unlock()
		for {
			select {
			case <-queue.renewed:
				continue
			case err := <-ended:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("ended by %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Error("a job whose lease is lost goes on")
			}
			break
		}
		cancel()
		<-done
		// A lease that another worker has cannot be renewed.
		job := &library.Job{ID: "a", LockedBy: "nobody", Attempts: 1}
		if err := l.RenewJob(t.Context(), job, time.Now()); !errors.Is(err, library.ErrLeaseLost) {
			t.Errorf("renewed for somebody else: %v", err)
		}
	})
}

func TestAPermanentFailureIsBuriedAtOnce(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		c := &clock{}
		newDesk(t, l, c, func(context.Context, *library.Job) error {
			return fmt.Errorf("try: %w", Permanent(errors.New("closed")))
		})
		if err := l.EnqueueJobs(t.Context(), []library.NewJob{{ID: "a", Kind: work, Payload: []byte("{}"), MaxAttempts: 9}}); err != nil {
			t.Fatal(err)
		}
		var letters []*library.Job
		deadline := time.Now().Add(20 * time.Second)
		for len(letters) == 0 {
			var err error
			if letters, _, err = l.ListJobs(t.Context(), library.JobList{Kind: work, Dead: true}); err != nil {
				t.Fatal(err)
			}
			if time.Now().After(deadline) {
				t.Fatal("no dead letter")
			}
		}
		if letters[0].Attempts != 1 || letters[0].LastError != "try: closed" {
			t.Errorf("after %d attempts: %q", letters[0].Attempts, letters[0].LastError)
		}
	})
}
