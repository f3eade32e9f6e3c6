package conditions_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/conditions"
)

var (
	good    = conditions.Ready("Good", v1alpha1.ReasonReady, "fine")
	coming  = conditions.Waiting("Coming", v1alpha1.ReasonProgressing, "soon")
	stopped = conditions.Blocked("Stopped", v1alpha1.ReasonNotOwned, "yours")
)

func at(seconds int64) metav1.Time { return metav1.NewTime(time.Unix(seconds, 0)) }

func TestTheSummaryFollowsTheWorstPart(t *testing.T) {
	for name, c := range map[string]struct {
		parts                       []conditions.Part
		ready, reconciling, stalled metav1.ConditionStatus
		reason, message             string
	}{
		"all ready":           {[]conditions.Part{good}, "True", "False", "False", v1alpha1.ReasonReady, ""},
		"one waits":           {[]conditions.Part{good, coming}, "False", "True", "False", v1alpha1.ReasonProgressing, "soon"},
		"one blocks":          {[]conditions.Part{coming, stopped, good}, "False", "False", "True", v1alpha1.ReasonNotOwned, "yours"},
		"the first speaks":    {[]conditions.Part{coming, conditions.Waiting("Later", "Other", "later")}, "False", "True", "False", v1alpha1.ReasonProgressing, "soon"},
		"a whole that is":     {[]conditions.Part{conditions.Ready(v1alpha1.ConditionReady, "Disabled", "off")}, "True", "False", "False", "Disabled", "off"},
		"a whole that is not": {[]conditions.Part{conditions.Blocked(v1alpha1.ConditionReady, "Bad", "no")}, "False", "False", "True", "Bad", "no"},
	} {
		t.Run(name, func(t *testing.T) {
			var list []metav1.Condition
			conditions.Set(&list, 7, at(1), c.parts...)
			for conditionType, want := range map[string]metav1.ConditionStatus{
				v1alpha1.ConditionReady: c.ready, v1alpha1.ConditionReconciling: c.reconciling, v1alpha1.ConditionStalled: c.stalled,
			} {
				got := meta.FindStatusCondition(list, conditionType)
				if got == nil || got.Status != want || got.ObservedGeneration != 7 || got.Reason == "" {
					t.Errorf("%s is %+v, want %s", conditionType, got, want)
				}
			}
			if ready := meta.FindStatusCondition(list, v1alpha1.ConditionReady); ready.Reason != c.reason || ready.Message != c.message {
				t.Errorf("Ready says %s %q, want %s %q", ready.Reason, ready.Message, c.reason, c.message)
			}
			for _, part := range c.parts {
				if got := meta.FindStatusCondition(list, part.Type); got == nil || got.Reason != part.Reason {
					t.Errorf("%s is %+v", part.Type, got)
				}
			}
		})
	}
}

func TestConditionsThatDoNotChangeKeepTheirTransition(t *testing.T) {
	var list []metav1.Condition
	conditions.Set(&list, 1, at(1), good, coming)
	conditions.Set(&list, 2, at(2), good, conditions.Ready("Coming", v1alpha1.ReasonReady, "here"))
	for conditionType, want := range map[string]metav1.Time{"Good": at(1), "Coming": at(2), v1alpha1.ConditionReady: at(2), v1alpha1.ConditionStalled: at(1)} {
		if got := meta.FindStatusCondition(list, conditionType).LastTransitionTime; !got.Equal(&want) {
			t.Errorf("%s changed at %s, want %s", conditionType, got, want)
		}
	}
}

func TestEnsureTypesFillsTheShapeAndTouchesNothingElse(t *testing.T) {
	var list []metav1.Condition
	conditions.Set(&list, 1, at(1), good)
	conditions.EnsureTypes(&list, 1, at(2), "Good", "Missing")
	if got := meta.FindStatusCondition(list, "Good"); got.Status != metav1.ConditionTrue {
		t.Errorf("Good is %+v", got)
	}
	if got := meta.FindStatusCondition(list, "Missing"); got == nil || got.Status != metav1.ConditionUnknown {
		t.Errorf("Missing is %+v", got)
	}
}

func TestFailedTellsWhoHasToAct(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		reason  string
		blocked bool
	}{
		"somebody else's": {fmt.Errorf("applying: %w", &apply.NotOwnedError{Kind: "Service", Name: "a"}), v1alpha1.ReasonNotOwned, true},
		"being deleted":   {fmt.Errorf("applying: %w", apply.ErrDeleting), v1alpha1.ReasonProgressing, false},
		"any other":       {errors.New("no"), v1alpha1.ReasonApplyFailed, false},
	} {
		t.Run(name, func(t *testing.T) {
			part := conditions.Failed("Part", c.err)
			if part.Reason != c.reason || part.IsBlocked() != c.blocked || part.IsReady() || part.Message != c.err.Error() {
				t.Errorf("part %+v", part)
			}
		})
	}
}

func TestInvalidNamesEveryFieldPath(t *testing.T) {
	part := conditions.Invalid(field.ErrorList{
		field.Required(field.NewPath("spec", "a"), ""), field.Forbidden(field.NewPath("spec", "b").Index(1), "no"),
	})
	if !part.IsBlocked() || part.Reason != v1alpha1.ReasonInvalidSpec || part.Message != "spec.a: Required value; spec.b[1]: Forbidden: no" {
		t.Errorf("part %+v", part)
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	var list []metav1.Condition
	conditions.Set(&list, 1, at(1), conditions.Waiting("Part", "Reason", strings.Repeat("ä", 40_000)))
	if message := meta.FindStatusCondition(list, "Part").Message; len(message) > 32_768 || !strings.HasSuffix(message, "ä…") {
		t.Errorf("a message of %d bytes", len(message))
	}
}
