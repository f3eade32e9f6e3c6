package notify

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

var errReceiver = errors.New("the server answered 500")

// look lets the reports be looked at, and waits until that has happened.
func (r *runningReports) look() {
	r.tick <- time.Now()
	r.tick <- time.Now()
}

// noLetters cannot be counted.
type noLetters struct{}

func (noLetters) CountDeadJobs(context.Context, string, string) (int64, error) {
	return 0, errors.New("the database is away")
}

func TestReportsAreWrittenWhenTheyAreNews(t *testing.T) {
	c, b := &clock{}, &board{}
	r := newReports(t, b, noLetters{}, c)
	expect := func(what string, reports int) {
		t.Helper()
		r.look()
		if got := b.count(); got != reports {
			t.Fatalf("%s: %d reports, want %d", what, got, reports)
		}
	}
	r.add("hook", c.now(), nil)
	eventually(t, "the first delivery, without a tick", func() bool { return b.count() == 1 })
	for range 100 {
		r.add("hook", c.now(), nil)
	}
	c.advance(reportEvery - time.Minute)
	expect("more of the same", 1)
	r.add("hook", c.now(), errReceiver)
	eventually(t, "the first failure, without a tick", func() bool { return b.count() == 2 })
	for range 10 {
		r.add("hook", c.now(), errReceiver)
	}
	c.advance(reportEvery - time.Second)
	expect("more failures", 2)
	r.add("hook", c.now(), nil)
	eventually(t, "the first success after them", func() bool { return b.count() == 3 })
	r.add("hook", c.now(), errReceiver)
	expect("a receiver that wavers", 3)
	c.advance(turnEvery)
	expect("the receiver has wavered", 4)
	c.advance(24 * time.Hour)
	expect("nothing new for a day", 4)
	r.add("hook", c.now(), errReceiver)
	expect("a failure a day later", 5)
	if sum := b.sum(); sum.Delivered != 102 || sum.Failed != 13 || sum.FailedSince != 2 {
		t.Errorf("sum %+v", sum)
	}
	// What is left at the end is written.
	r.giveUp("hook")
	expect("a number", 5)
	r.stop()
	if sum := b.sum(); b.count() != 6 || sum.GivenUp != 1 {
		t.Errorf("at the end: %d reports, %+v", b.count(), sum)
	}
}

func TestReportsThatCannotBeWrittenWait(t *testing.T) {
	c, b := &clock{}, &board{fail: errors.New("the API server is away")}
	r := newReports(t, b, noLetters{}, c)
	r.add("hook", c.now(), nil)
	r.look()
	r.add("hook", c.now(), errReceiver)
	r.look()
	b.set(nil)
	r.look()
	if b.count() != 0 {
		t.Error("a failing API server is asked without pause")
	}
	c.advance(retryReport)
	r.look()
	if sum := b.sum(); b.count() != 1 || sum.Delivered != 1 || sum.Failed != 1 || sum.FailedSince != 1 || b.reports[0].LastError != errReceiver.Error() || b.reports[0].LastDelivery.IsZero() {
		t.Errorf("%d reports, %+v", b.count(), sum)
	}
	// A trigger that is gone is forgotten.
	b.set(catalog.ErrNoTrigger)
	c.advance(reportEvery)
	r.add("hook", c.now(), nil)
	r.look()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.triggers) != 0 {
		t.Errorf("still known: %v", r.triggers)
	}
}
