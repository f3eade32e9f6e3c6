package productenvironment

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
)

// ensureRenderer keeps the Deployment, and says why it is not ready.
func (r *Reconciler) ensureRenderer(ctx context.Context, s *scope) (conditions.Part, error) {
	if s.isUnsettled() {
		return conditions.Waiting(v1alpha1.ConditionRendererReady, v1alpha1.ReasonWaitingForStorage,
			"the renderer is left as it is until its storage and its database are settled"), nil
	}
	if s.configuration == nil {
		return conditions.Waiting(v1alpha1.ConditionRendererReady, v1alpha1.ReasonProgressing,
			"the renderer waits for its configuration"), nil
	}
	if err := r.owned(ctx, s, build.NetworkPolicy(s.build), &networkingv1.NetworkPolicy{}); err != nil {
		return conditions.Part{}, err
	}
	if budget := build.DisruptionBudget(s.build); budget != nil {
		if err := r.owned(ctx, s, budget, &policyv1.PodDisruptionBudget{}); err != nil {
			return conditions.Part{}, err
		}
	}
	deployment := &appsv1.Deployment{}
	if err := r.owned(ctx, s, build.Deployment(s.build, s.configuration), deployment); err != nil {
		return conditions.Part{}, err
	}
	r.reportRenderer(s, deployment)
	if part, settled := deploymentPart(deployment); settled {
		return r.confirm(ctx, s, part)
	}
	if part, refused := podsRefused(deployment); refused {
		return part, nil
	}
	pods := &corev1.PodList{}
	err := r.Client.List(ctx, pods, client.InNamespace(s.environment.Namespace), client.MatchingLabels(build.PodSelector(s.environment.Name)))
	if err != nil {
		return conditions.Part{}, fmt.Errorf("listing the renderer's pods: %w", err)
	}
	reason, message := whyNotReady(pods.Items)
	if reason == v1alpha1.ReasonProgressing || reason == v1alpha1.ReasonCrashing {
		// A renderer that runs by now knows better than its last exit what it lacks.
		asked, answer, away := r.askPods(ctx, pods.Items)
		s.correct(away)
		if reason == v1alpha1.ReasonProgressing || asked != v1alpha1.ReasonProgressing {
			reason, message = asked, answer
		}
		if asked != v1alpha1.ReasonProgressing {
			s.lookAgainIn(s.patience(r.Now())) // no event tells when the words change
		}
	}
	return conditions.Waiting(v1alpha1.ConditionRendererReady, reason, message), nil
}

// reportRenderer writes what runs into the status.
func (r *Reconciler) reportRenderer(s *scope, deployment *appsv1.Deployment) {
	effective := s.build.Effective
	s.environment.Status.Database = effective.Database
	s.environment.Status.Storage = effective.Storage
	cacheSize := effective.CacheSize.DeepCopy()
	s.environment.Status.Renderer = &v1alpha1.RendererStatus{
		Image:          s.build.RendererImage,
		EngineImage:    s.build.EngineImage,
		Replicas:       effective.Replicas,
		ReadyReplicas:  deployment.Status.ReadyReplicas,
		EngineChildren: effective.EngineChildren,
		CacheSize:      &cacheSize,
	}
}

// deploymentPart says how the Deployment is, as far as it knows itself.
func deploymentPart(deployment *appsv1.Deployment) (part conditions.Part, settled bool) {
	wanted, status := int32(1), deployment.Status
	if deployment.Spec.Replicas != nil {
		wanted = *deployment.Spec.Replicas
	}
	if wanted == 0 {
		return conditions.Blocked(v1alpha1.ConditionRendererReady, v1alpha1.ReasonScaledToZero,
			"spec.renderer.replicas: 0 stops the environment"), true
	}
	if status.ObservedGeneration >= deployment.Generation && status.UpdatedReplicas >= wanted &&
		status.Replicas <= status.UpdatedReplicas && status.AvailableReplicas >= wanted {
		return conditions.Ready(v1alpha1.ConditionRendererReady, v1alpha1.ReasonReady, "all replicas are ready"), true
	}
	return conditions.Part{}, false
}

// podsRefused says that the API server refuses the renderer's pods, for a quota or a policy. The part of the message
// that names a pod is left out: every attempt has another name.
func podsRefused(deployment *appsv1.Deployment) (part conditions.Part, refused bool) {
	for _, condition := range deployment.Status.Conditions {
		if condition.Type != appsv1.DeploymentReplicaFailure || condition.Status != corev1.ConditionTrue {
			continue
		}
		message := condition.Message
		if _, why, ok := strings.Cut(message, " is forbidden: "); ok {
			message = why
		}
		return conditions.Waiting(v1alpha1.ConditionRendererReady, v1alpha1.ReasonPodsRefused, "the renderer's pods are refused: "+message), true
	}
	return conditions.Part{}, false
}
