package library_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

const kind = "work"

func job(id string) library.NewJob {
	return library.NewJob{ID: id, Kind: kind, Payload: []byte(`{"b":1,"a":"` + id + `"}`), MaxAttempts: 2}
}

func enqueue(t *testing.T, l *library.Library, jobs ...library.NewJob) {
	t.Helper()
	if err := l.EnqueueJobs(t.Context(), jobs); err != nil {
		t.Fatal(err)
	}
}

// claim takes the next job for a minute; nil when there is none.
func claim(t *testing.T, l *library.Library, now time.Time, worker string, busy ...string) *library.Job {
	t.Helper()
	job, err := l.ClaimJob(t.Context(), library.JobClaim{Kinds: []string{kind}, BusyLanes: busy, Worker: worker, Now: now, Until: now.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func TestJobIsLeasedUntilItEnds(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		enqueue(t, l, job("a"))
		select {
		case <-l.JobsEnqueued():
		default:
			t.Error("nobody was woken")
		}
		first := claim(t, l, clock.time, "one")
		if first == nil || first.ID != "a" || first.Attempts != 1 || first.MaxAttempts != 2 || string(first.Payload) != `{"b":1,"a":"a"}` || first.LockedBy != "one" {
			t.Fatalf("claimed %+v", first)
		}
		if again := claim(t, l, clock.time.Add(59*time.Second), "two"); again != nil {
			t.Errorf("leased twice: %+v", again)
		}
		// The worker was killed: its lease ends, and another one takes over.
		second := claim(t, l, clock.time.Add(time.Minute), "two")
		if second == nil || second.Attempts != 2 {
			t.Fatalf("after the lease: %+v", second)
		}
		// It was not killed after all: it is too late to say anything.
		for name, err := range map[string]error{
			"finish": l.FinishJob(t.Context(), first), "retry": l.RetryJob(t.Context(), first, clock.time, "late"),
			"bury": l.BuryJob(t.Context(), first, "late"), "return": l.ReturnJob(t.Context(), first),
		} {
			if !errors.Is(err, library.ErrLeaseLost) {
				t.Errorf("%s of a lost job: %v", name, err)
			}
		}
		if err := l.FinishJob(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		if left, err := l.PendingJobs(t.Context(), kind, 10); err != nil || len(left) != 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	})
}

func TestJobsWaitTheirTurn(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		late := job("late")
		late.After = time.Hour
		enqueue(t, l, late)
		other := job("other")
		other.Kind = "another"
		enqueue(t, l, other)
		enqueue(t, l, job("b"))
		clock.advance(time.Second)
		enqueue(t, l, job("c"))
		if got := claim(t, l, clock.time, "w"); got == nil || got.ID != "b" {
			t.Errorf("first %+v, want the one that was due first", got)
		}
		if got := claim(t, l, clock.time, "w"); got == nil || got.ID != "c" {
			t.Errorf("second %+v", got)
		}
		if got := claim(t, l, clock.time, "w"); got != nil {
			t.Errorf("not due, or not asked for: %+v", got)
		}
		if got := claim(t, l, clock.time.Add(time.Hour-time.Second), "w"); got == nil || got.Kind != kind {
			t.Errorf("an hour later %+v", got)
		}
	})
}

func TestBusyLanesAreLeftAside(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		var jobs []library.NewJob
		for _, lane := range []string{"x", "y", ""} {
			next := job("in " + lane)
			next.Lane = lane
			jobs = append(jobs, next)
		}
		enqueue(t, l, jobs...)
		var got []string
		for range 2 {
			if next := claim(t, l, clock.time, "w", "x"); next != nil {
				got = append(got, next.ID)
			}
		}
		if slices.Sort(got); !slices.Equal(got, []string{"in ", "in y"}) {
			t.Errorf("claimed %q, want all but the busy lane", got)
		}
		if next := claim(t, l, clock.time, "w", "x", "y"); next != nil {
			t.Errorf("claimed %+v of a busy lane", next)
		}
	})
}

func TestFailedJobs(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		enqueue(t, l, job("a"))
		first := claim(t, l, clock.time, "w")
		reason := strings.Repeat("é", 2000) + "\x00\xff"
		if err := l.RetryJob(t.Context(), first, clock.time.Add(3*time.Minute), "no\x00"+reason); err != nil {
			t.Fatal(err)
		}
		if early := claim(t, l, clock.time.Add(2*time.Minute), "w"); early != nil {
			t.Errorf("too early: %+v", early)
		}
		clock.advance(3 * time.Minute)
		again := claim(t, l, clock.time, "w")
		if again == nil || again.Attempts != 2 || !strings.HasPrefix(again.LastError, "no?é") {
			t.Fatalf("second attempt %+v", again)
		}
		// Given back, it does not count.
		if err := l.ReturnJob(t.Context(), again); err != nil {
			t.Fatal(err)
		}
		if again = claim(t, l, clock.time, "w"); again == nil || again.Attempts != 2 {
			t.Fatalf("given back %+v", again)
		}
		if err := l.BuryJob(t.Context(), again, "for good"); err != nil {
			t.Fatal(err)
		}
		if got := claim(t, l, clock.time.Add(time.Hour), "w"); got != nil {
			t.Errorf("a dead one runs: %+v", got)
		}
		dead, err := l.DeadJobs(t.Context(), kind, 10)
		if err != nil || len(dead) != 1 || !dead[0].Dead || dead[0].LastError != "for good" || dead[0].ID != "a" {
			t.Errorf("dead letters %+v, %v", dead, err)
		}
		if err := l.ForgetDeadJobs(t.Context(), clock.time); err != nil {
			t.Fatal(err)
		}
		if dead, err := l.DeadJobs(t.Context(), kind, 10); err != nil || len(dead) != 1 {
			t.Errorf("a young dead letter is gone: %v", err)
		}
		if err := l.ForgetDeadJobs(t.Context(), clock.time.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if dead, err := l.DeadJobs(t.Context(), kind, 10); err != nil || len(dead) != 0 {
			t.Errorf("an old dead letter stays: %v, %v", dead, err)
		}
	})
}

func TestHeldJobIsReleasedWithItsPayload(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		held := job("held")
		held.After = time.Hour
		enqueue(t, l, held)
		if err := l.ReleaseJob(t.Context(), "held", []byte(`{"more":true}`)); err != nil {
			t.Fatal(err)
		}
		got := claim(t, l, clock.time, "w")
		if got == nil || string(got.Payload) != `{"more":true}` {
			t.Fatalf("released %+v", got)
		}
		if err := l.ReleaseJob(t.Context(), "held", []byte(`{}`)); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("releasing one that runs: %v", err)
		}
		if err := l.ReleaseJob(t.Context(), "held", []byte(`{`)); err == nil {
			t.Error("a payload that is no JSON is taken")
		}
	})
}

// TestEachJobIsClaimedOnce lets many workers take many jobs.
func TestEachJobIsClaimedOnce(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		var jobs []library.NewJob
		for i := range 60 {
			jobs = append(jobs, job(strconv.Itoa(i)))
		}
		enqueue(t, l, jobs...)
		var mu sync.Mutex
		taken := map[string]int{}
		var group sync.WaitGroup
		for worker := range 6 {
			group.Go(func() {
				for {
					got, err := l.ClaimJob(t.Context(), library.JobClaim{Kinds: []string{kind}, Worker: strconv.Itoa(worker), Now: clock.time, Until: clock.time.Add(time.Minute)})
					if err != nil {
						t.Error(err)
						return
					}
					if got == nil {
						// Of PostgreSQL, others may hold the rest just now, but they take it, too.
						return
					}
					mu.Lock()
					taken[got.ID]++
					mu.Unlock()
				}
			})
		}
		group.Wait()
		for id, times := range taken {
			if times != 1 {
				t.Errorf("job %s was claimed %d times", id, times)
			}
		}
		if len(taken) != len(jobs) {
			t.Errorf("%d jobs were claimed of %d", len(taken), len(jobs))
		}
	})
}

func TestJobsAreACommittedPartOfTheirCause(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		refuse := errors.New("refused")
		key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"}
		reserve(t, l, "originals/a")
		_, err := l.StoreAsset(t.Context(), picture("a"), library.StoreOptions{Jobs: func(*library.Stored) ([]library.NewJob, error) { return nil, refuse }})
		if !errors.Is(err, refuse) {
			t.Fatalf("error %v", err)
		}
		broken := library.NewJob{Kind: kind, Payload: []byte(`{`)}
		_, err = l.StoreAsset(t.Context(), picture("a"), library.StoreOptions{Jobs: func(*library.Stored) ([]library.NewJob, error) { return []library.NewJob{job("x"), broken}, nil }})
		if err == nil {
			t.Fatal("a job without payload is taken")
		}
		if _, err := l.Asset(t.Context(), key); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("the asset is there without its jobs: %v", err)
		}
		if got := claim(t, l, clock.time, "w"); got != nil {
			t.Errorf("a job is there without its cause: %+v", got)
		}

		var version int64
		_, err = l.StoreAsset(t.Context(), picture("a"), library.StoreOptions{Jobs: func(stored *library.Stored) ([]library.NewJob, error) {
			version = stored.Asset.Version
			return []library.NewJob{job("stored")}, nil
		}})
		if err != nil || version == 0 {
			t.Fatalf("version %d, %v", version, err)
		}
		to := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "b"}
		clock.advance(time.Second)
		_, err = l.RenameAsset(t.Context(), key, to, library.RenameOptions{Jobs: func(renamed library.Change) ([]library.NewJob, error) {
			return []library.NewJob{job("renamed to " + renamed.After.PublicID)}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		clock.advance(time.Second)
		_, _, err = l.DeleteAsset(t.Context(), to, library.DeleteOptions{Jobs: func(deleted *library.Asset) ([]library.NewJob, error) {
			return []library.NewJob{job("deleted " + deleted.PublicID)}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		pending, err := l.PendingJobs(t.Context(), kind, 10)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, waiting := range pending {
			ids = append(ids, waiting.ID)
		}
		if !slices.Equal(ids, []string{"stored", "renamed to b", "deleted b"}) {
			t.Errorf("jobs %q", ids)
		}
	})
}

func TestRelationsAndTheirJobsAreOneTransaction(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		newClock(l)
		var ids []string
		for _, name := range []string{"a", "b", "c"} {
			ids = append(ids, keep(t, l, name, "o/"+name, nil).AssetID)
		}
		related := func() (names string) {
			t.Helper()
			assets, _, err := l.Related(t.Context(), ids[0], 10, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, asset := range assets {
				names += asset.PublicID
			}
			return names
		}
		broken := func([]error) ([]library.NewJob, error) { return nil, errors.New("no jobs today") }
		if _, err := l.Relate(t.Context(), ids[0], ids[1:], broken); err == nil || related() != "" {
			t.Errorf("related %q, %v", related(), err)
		}
		var seen []error
		jobs := func(outcomes []error) ([]library.NewJob, error) {
			seen = outcomes
			return []library.NewJob{job(library.NewJobID())}, nil
		}
		outcomes, err := l.Relate(t.Context(), ids[0], []string{ids[2], "0123", ids[1], ids[2]}, jobs)
		if err != nil || !slices.Equal(outcomes, seen) || outcomes[0] != nil || !errors.Is(outcomes[1], library.ErrNotFound) || outcomes[2] != nil || !errors.Is(outcomes[3], library.ErrExists) {
			t.Errorf("outcomes %v, told %v, %v", outcomes, seen, err)
		}
		if _, err := l.Unrelate(t.Context(), ids[0], ids[1:], broken); err == nil || len(related()) != 2 {
			t.Errorf("related %q, %v", related(), err)
		}
		outcomes, err = l.Unrelate(t.Context(), ids[0], []string{ids[1], ids[1]}, jobs)
		if err != nil || outcomes[0] != nil || !errors.Is(outcomes[1], library.ErrNotFound) || related() != "c" {
			t.Errorf("outcomes %v, related %q, %v", outcomes, related(), err)
		}
		waiting, err := l.PendingJobs(t.Context(), kind, 10)
		if err != nil || len(waiting) != 2 {
			t.Errorf("%d jobs, %v", len(waiting), err)
		}
	})
}

func TestReleasingIsOfOneJob(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		for _, id := range []string{"a", "b", "dead"} {
			held := job(id)
			held.After = time.Hour
			enqueue(t, l, held)
		}
		if err := l.Exec(t.Context(), "UPDATE jobs SET dead = TRUE WHERE id = 'dead'"); err != nil {
			t.Fatal(err)
		}
		begun := clock.time
		clock.advance(time.Minute)
		if err := l.ReleaseJob(t.Context(), "a", []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"dead", "none"} {
			if err := l.ReleaseJob(t.Context(), id, []byte(`{}`)); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("%s: %v", id, err)
			}
		}
		pending, err := l.PendingJobs(t.Context(), kind, 10)
		if err != nil || len(pending) != 2 {
			t.Fatalf("%v, %v", pending, err)
		}
		if a := pending[0]; a.ID != "a" || string(a.Payload) != "{}" || !a.RunAt.Equal(clock.time) || !a.UpdatedAt.Equal(clock.time) {
			t.Errorf("%+v", a)
		}
		if b := pending[1]; b.ID != "b" || string(b.Payload) == "{}" || !b.RunAt.Equal(begun.Add(time.Hour)) || !b.UpdatedAt.Equal(begun) {
			t.Errorf("%+v", b)
		}
	})
}
