package productenvironment

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// reportQuota tells by a condition what the renderer last reported of the quotas. It is no part of Ready.
func reportQuota(environment *v1alpha1.ProductEnvironment, now metav1.Time) {
	conditions := &environment.Status.Conditions
	if environment.Spec.Quotas == nil {
		meta.RemoveStatusCondition(conditions, v1alpha1.ConditionWithinQuota)
		return
	}
	condition := metav1.Condition{
		Type: v1alpha1.ConditionWithinQuota, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonWithinQuota, Message: "no quota is used up",
		ObservedGeneration: environment.Generation, LastTransitionTime: now,
	}
	if exceeded := exceededQuotas(environment); len(exceeded) > 0 {
		condition.Status, condition.Reason = metav1.ConditionFalse, v1alpha1.ReasonQuotaExceeded
		condition.Message = fmt.Sprintf("used up: %s; new derived files are refused with status 420, stored files are delivered", strings.Join(exceeded, ", "))
	}
	meta.SetStatusCondition(conditions, condition)
}

// exceededQuotas are the quotas that the renderer last reported as used up, by their fields of the spec.
func exceededQuotas(environment *v1alpha1.ProductEnvironment) []string {
	if environment.Spec.Quotas == nil || environment.Status.Usage == nil {
		return nil
	}
	var fields []string
	for _, name := range environment.Status.Usage.Exceeded {
		fields = append(fields, "spec.quotas."+name)
	}
	return fields
}

// announceQuota tells users, by an event, that a quota is used up, or that none is any more.
func (r *Reconciler) announceQuota(s *scope) {
	after := meta.FindStatusCondition(s.environment.Status.Conditions, v1alpha1.ConditionWithinQuota)
	before := meta.FindStatusCondition(s.stored.Status.Conditions, v1alpha1.ConditionWithinQuota)
	switch {
	case after == nil || before != nil && before.Status == after.Status && before.Message == after.Message:
	case after.Status == metav1.ConditionFalse:
		r.Recorder.Eventf(s.environment, nil, corev1.EventTypeWarning, after.Reason, "Reconcile", "%s", after.Message)
	case before != nil && before.Status == metav1.ConditionFalse:
		r.Recorder.Eventf(s.environment, nil, corev1.EventTypeNormal, after.Reason, "Reconcile", "%s", after.Message)
	}
}
