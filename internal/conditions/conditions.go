// Package conditions turns what the steps of a controller report into the conditions of a status: one for each part,
// and Ready, Reconciling and Stalled in the shape that kstatus reads, computed from the parts and never set by hand.
package conditions

import (
	"errors"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/apply"
)

// maxMessage keeps messages readable and below the API's limit of 32 kB.
const maxMessage = 2048

// Part is what one step says about its part of an object.
type Part struct {
	// Type is the condition type of the part.
	Type string
	// Reason and Message explain the state. They are stable: the same state gives the same words.
	Reason, Message string
	state           state
}

// state orders parts: what is worst speaks for the whole.
type state int

const (
	ready state = iota
	waiting
	blocked
)

// Ready says that the part is as the spec wants it.
func Ready(conditionType, reason, message string) Part {
	return Part{Type: conditionType, Reason: reason, Message: message, state: ready}
}

// Waiting says that the part is on its way without anybody's help.
func Waiting(conditionType, reason, message string) Part {
	return Part{Type: conditionType, Reason: reason, Message: message, state: waiting}
}

// Blocked says that somebody has to act.
func Blocked(conditionType, reason, message string) Part {
	return Part{Type: conditionType, Reason: reason, Message: message, state: blocked}
}

// UntilError is a state that only looking again can change, since nothing tells the operator of the change.
type UntilError struct {
	// Part is the state.
	Part Part
	// Err is what was met; it may say more than Part, which has to stay the same while the state does.
	Err error
}

// Error is the error that was met.
func (e *UntilError) Error() string { return e.Part.Type + ": " + e.Err.Error() }

// Unwrap is the error that was met.
func (e *UntilError) Unwrap() error { return e.Err }

// Failed is the part whose step ended in err. An object that belongs to somebody else blocks; all else is tried
// again.
func Failed(conditionType string, err error) Part {
	if _, notOwned := errors.AsType[*apply.NotOwnedError](err); notOwned {
		return Blocked(conditionType, v1alpha1.ReasonNotOwned, err.Error())
	}
	if until, ok := errors.AsType[*UntilError](err); ok {
		part := until.Part
		part.Type = conditionType
		return part
	}
	if errors.Is(err, apply.ErrDeleting) {
		return Waiting(conditionType, v1alpha1.ReasonProgressing, err.Error())
	}
	return Waiting(conditionType, v1alpha1.ReasonApplyFailed, err.Error())
}

// Invalid is the whole of an object whose spec breaks rules. The message names every field path, in the order of the
// rules.
func Invalid(problems field.ErrorList) Part {
	messages := make([]string, 0, len(problems))
	for _, problem := range problems {
		messages = append(messages, problem.Error())
	}
	return Blocked(v1alpha1.ConditionReady, v1alpha1.ReasonInvalidSpec, strings.Join(messages, "; "))
}

// IsReady says that the part is as the spec wants it.
func (p Part) IsReady() bool { return p.state == ready }

// IsBlocked says that somebody has to act on the part.
func (p Part) IsBlocked() bool { return p.state == blocked }

// Set writes the summary of parts and the parts into list. A part of type Ready is the whole of an object and makes
// no condition of its own. now is the time of transitions; conditions that do not change keep theirs.
func Set(list *[]metav1.Condition, generation int64, now metav1.Time, parts ...Part) {
	worst := worstOf(parts)
	set(list, generation, now, v1alpha1.ConditionReady, worst.state == ready, worst.Reason, worst.Message)
	setIf(list, generation, now, v1alpha1.ConditionReconciling, waiting, worst)
	setIf(list, generation, now, v1alpha1.ConditionStalled, blocked, worst)
	for _, part := range parts {
		if part.Type != v1alpha1.ConditionReady {
			set(list, generation, now, part.Type, part.state == ready, part.Reason, part.Message)
		}
	}
}

// worstOf is the first of the parts in the worst state. Where all is well it is the one that is the whole, or else
// says no more than that.
func worstOf(parts []Part) Part {
	worst := Ready(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "")
	for _, part := range parts {
		if part.state > worst.state || part.state == ready && worst.state == ready && part.Type == v1alpha1.ConditionReady {
			worst = part
		}
	}
	return worst
}

// setIf sets one of the conditions that are normally False.
func setIf(list *[]metav1.Condition, generation int64, now metav1.Time, conditionType string, when state, worst Part) {
	if worst.state == when {
		set(list, generation, now, conditionType, true, worst.Reason, worst.Message)
		return
	}
	set(list, generation, now, conditionType, false, v1alpha1.ReasonIdle, "")
}

func set(list *[]metav1.Condition, generation int64, now metav1.Time, conditionType string, is bool, reason, message string) {
	status := metav1.ConditionFalse
	if is {
		status = metav1.ConditionTrue
	}
	if runes := []rune(message); len(runes) > maxMessage {
		message = string(runes[:maxMessage-1]) + "…"
	}
	meta.SetStatusCondition(list, metav1.Condition{
		Type: conditionType, Status: status, Reason: reason, Message: message,
		ObservedGeneration: generation, LastTransitionTime: now,
	})
}

// EnsureTypes adds the conditions that list lacks as Unknown, so that a status has its whole shape even when a pass
// ends early.
func EnsureTypes(list *[]metav1.Condition, generation int64, now metav1.Time, types ...string) {
	for _, conditionType := range types {
		if meta.FindStatusCondition(*list, conditionType) == nil {
			meta.SetStatusCondition(list, metav1.Condition{
				Type: conditionType, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonProgressing,
				ObservedGeneration: generation, LastTransitionTime: now,
			})
		}
	}
}
