package library_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// die makes jobs dead letters that failed three times, at the library's time.
func die(t *testing.T, l *library.Library, now time.Time, condition string) {
	t.Helper()
	if err := l.Exec(t.Context(), fmt.Sprintf("UPDATE jobs SET dead = TRUE, attempts = 3, last_error = 'gone', updated_at = %d WHERE %s", now.UnixMicro(), condition)); err != nil {
		t.Fatal(err)
	}
}

func TestRevivedJobsBeginAnew(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		// How many there are of a kind about a subject, of which how many die: no two numbers are the same.
		for _, group := range []struct {
			kind, subject string
			alive, dead   int
		}{{"call", "x", 1, 2}, {"call", "y", 3, 4}, {"tell", "x", 5, 6}} {
			for n := range group.alive + group.dead {
				j := job(fmt.Sprintf("%s-%s-%02d", group.kind, group.subject, n))
				j.Kind, j.Subject, j.After = group.kind, group.subject, time.Hour
				enqueue(t, l, j)
				if n < group.dead {
					die(t, l, clock.time, "id = '"+j.ID+"'")
				}
			}
		}
		for about, want := range map[[2]string]int64{{"call", "x"}: 2, {"call", "y"}: 4, {"tell", "x"}: 6, {"tell", "y"}: 0} {
			if n, err := l.CountDeadJobs(t.Context(), about[0], about[1]); err != nil || n != want {
				t.Errorf("%d of %v are dead, %v, not %d", n, about, err, want)
			}
		}
		begun := clock.time.UnixMicro()
		clock.advance(time.Minute)
		revived, err := l.ReviveJobs(t.Context(), "call", []string{"call-x-01", "call-x-02", "tell-x-00", "none"}, "")
		if err != nil || len(revived) != 1 {
			t.Fatalf("%v, %v", revived, err)
		}
		if j := revived[0]; j.ID != "call-x-01" || j.Attempts != 0 || j.MaxAttempts != 2 || j.LastError != "" || j.Dead || !j.RunAt.Equal(clock.time) || !j.UpdatedAt.Equal(clock.time) || j.CreatedAt.UnixMicro() != begun {
			t.Errorf("%+v", j)
		}
		changed := rows(t, l, fmt.Sprintf("SELECT id FROM jobs WHERE updated_at > %d", begun))
		if !slices.Equal(changed, []string{"call-x-01"}) {
			t.Errorf("changed are %q", changed)
		}
		if j, err := l.ClaimJob(t.Context(), library.JobClaim{Kinds: []string{"call"}, Worker: "w", Now: clock.time, Until: clock.time.Add(time.Minute)}); err != nil || j == nil || j.ID != "call-x-01" || j.Attempts != 1 {
			t.Errorf("%+v, %v", j, err)
		}
	})
}

func TestTheOldestDeadJobsAreRevivedFirst(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		young := []library.NewJob{job("a-young"), job("b-young")}
		clock.advance(time.Second)
		enqueue(t, l, young...)
		clock.advance(-time.Second)
		old := make([]library.NewJob, library.RevivedAtOnce-1)
		for i := range old {
			old[i] = job(fmt.Sprintf("old-%04d", i))
		}
		enqueue(t, l, old...)
		die(t, l, clock.time, "1 = 1")
		clock.advance(time.Minute)
		if revived, err := l.ReviveJobs(t.Context(), kind, nil, ""); err != nil || len(revived) != library.RevivedAtOnce {
			t.Errorf("%d, %v", len(revived), err)
		}
		if dead, err := l.DeadJobs(t.Context(), kind, 10); err != nil || len(dead) != 1 || dead[0].ID != "b-young" {
			t.Errorf("left is %v, %v", dead, err)
		}
	})
}

func TestMessagesThatDiedLateAreKeptAsDeadLetters(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		for _, id := range []string{"dead", "unread", "other"} {
			j := job(id)
			if j.Kind = library.MessageKind; id == "other" {
				j.Kind = kind
			}
			enqueue(t, l, j)
		}
		die(t, l, clock.time.Add(time.Hour), "id = 'dead'")
		if err := l.ForgetDeadJobs(t.Context(), clock.time.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if left := rows(t, l, "SELECT id FROM jobs ORDER BY id"); !slices.Equal(left, []string{"dead", "other"}) {
			t.Errorf("left are %q", left)
		}
	})
}
