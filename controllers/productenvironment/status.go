package productenvironment

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
)

// partTypes are the conditions that a status has from its first write.
func partTypes() []string {
	return []string{
		v1alpha1.ConditionCredentialsReady, v1alpha1.ConditionStorageReady, v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionConfigurationReady,
		v1alpha1.ConditionExposed, v1alpha1.ConditionRendererReady,
	}
}

// writeStatus sums the parts up and writes the status, if it differs from what is stored.
func (r *Reconciler) writeStatus(ctx context.Context, s *scope) error {
	status, generation, now := &s.environment.Status, s.environment.Generation, metav1.NewTime(r.Now())
	status.ObservedGeneration = generation
	parts := s.parts
	if len(parts) == 0 {
		parts = []conditions.Part{conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonProgressing, "")}
	}
	conditions.Set(&status.Conditions, generation, now, parts...)
	conditions.EnsureTypes(&status.Conditions, generation, now, partTypes()...)
	reportQuota(s.environment, now)
	forgetBackup(s.environment)
	isReady := meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReady)
	r.Metrics.EnvironmentReady(client.ObjectKeyFromObject(s.environment), isReady)
	if equality.Semantic.DeepEqual(s.stored.Status, *status) {
		return nil
	}
	written := s.environment.DeepCopy()
	patch := client.MergeFromWithOptions(s.stored, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, written, patch); err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	r.announce(s)
	r.announceQuota(s)
	s.stored = written
	s.environment.ResourceVersion = written.ResourceVersion
	return nil
}

// announce tells users, by an event, when the environment turned ready or got stuck.
func (r *Reconciler) announce(s *scope) {
	for _, news := range []struct{ condition, kind string }{
		{v1alpha1.ConditionReady, corev1.EventTypeNormal},
		{v1alpha1.ConditionStalled, corev1.EventTypeWarning},
	} {
		after := meta.FindStatusCondition(s.environment.Status.Conditions, news.condition)
		if after.Status != metav1.ConditionTrue || meta.IsStatusConditionTrue(s.stored.Status.Conditions, news.condition) {
			continue
		}
		r.Recorder.Eventf(s.environment, nil, news.kind, after.Reason, "Reconcile", "%s: %s", news.condition, after.Message)
	}
}
