package catalog

import (
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Reports of several renderers are one sum; what is older than what is known changes no times.
func TestReportsAddUp(t *testing.T) {
	sum := &v1alpha1.TriggerDeliveries{}
	at := time.Date(2026, 1, 31, 4, 14, 53, 123456000, time.UTC)
	letters := func(n int64) *int64 { return &n }
	for _, step := range []struct {
		report                                               TriggerReport
		delivered, failed, givenUp, deadLetters, consecutive int64
		delivery, failure                                    time.Time
		last                                                 string
	}{
		{TriggerReport{Delivered: 3, LastDelivery: at}, 3, 0, 0, 0, 0, at, time.Time{}, ""},
		{TriggerReport{Failed: 2, FailedSince: 2, LastFailure: at.Add(time.Minute), LastError: "away", DeadLetters: letters(4)}, 3, 2, 0, 4, 2, at, at.Add(time.Minute), "away"},
		{TriggerReport{Failed: 1, FailedSince: 1, GivenUp: 1, LastFailure: at, LastError: "earlier"}, 3, 3, 1, 4, 3, at, at.Add(time.Minute), "away"},
		{TriggerReport{Delivered: 1, Failed: 1, FailedSince: 1, LastDelivery: at.Add(time.Second), LastFailure: at.Add(2 * time.Minute), LastError: strings.Repeat("é", 2000), DeadLetters: letters(0)},
			4, 4, 1, 0, 1, at.Add(time.Second), at.Add(2 * time.Minute), strings.Repeat("é", 1023) + "…"},
		{TriggerReport{Delivered: 1, LastDelivery: at}, 5, 4, 1, 0, 0, at.Add(time.Second), at.Add(2 * time.Minute), strings.Repeat("é", 1023) + "…"},
	} {
		addReport(sum, step.report)
		if sum.Delivered != step.delivered || sum.Failed != step.failed || sum.GivenUp != step.givenUp || sum.DeadLetters != step.deadLetters || sum.ConsecutiveFailures != step.consecutive {
			t.Errorf("after %+v there are %+v", step.report, sum)
		}
		if !sum.LastDeliveryTime.Time.Equal(step.delivery.Truncate(time.Second)) || sum.LastFailure != step.last {
			t.Errorf("after %+v the last delivery was at %s, and the last failure is %.20q", step.report, sum.LastDeliveryTime, sum.LastFailure)
		}
		if step.failure.IsZero() != (sum.LastFailureTime == nil) || sum.LastFailureTime != nil && !sum.LastFailureTime.Time.Equal(step.failure.Truncate(time.Second)) {
			t.Errorf("after %+v the last failure was at %s", step.report, sum.LastFailureTime)
		}
	}
}
