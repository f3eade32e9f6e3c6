package build

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// placement says where pods may run and with which Secrets their images are pulled.
func placement(pod *corev1ac.PodSpecApplyConfiguration, e *Environment) {
	spread(pod, e)
	renderer := e.Object.Spec.Renderer
	if renderer == nil {
		return
	}
	for _, secret := range renderer.ImagePullSecrets {
		pod.WithImagePullSecrets(corev1ac.LocalObjectReference().WithName(secret.Name))
	}
	if len(renderer.NodeSelector) > 0 {
		pod.WithNodeSelector(maps.Clone(renderer.NodeSelector))
	}
	for _, toleration := range slices.Clone(renderer.Tolerations) {
		pod.WithTolerations(tolerationOf(toleration))
	}
}

// tolerationOf leaves out what is not set.
func tolerationOf(t corev1.Toleration) *corev1ac.TolerationApplyConfiguration {
	c := corev1ac.Toleration()
	if t.Key != "" {
		c.WithKey(t.Key)
	}
	if t.Operator != "" {
		c.WithOperator(t.Operator)
	}
	if t.Value != "" {
		c.WithValue(t.Value)
	}
	if t.Effect != "" {
		c.WithEffect(t.Effect)
	}
	if t.TolerationSeconds != nil {
		c.WithTolerationSeconds(*t.TolerationSeconds)
	}
	return c
}

// revisionLabel tells the pods of an update from those that they replace.
const revisionLabel = "pod-template-hash"

// spread keeps replicas apart; a single replica needs no term. Only pods of one revision count, so that an update can
// start a new pod where every node has an old one.
func spread(pod *corev1ac.PodSpecApplyConfiguration, e *Environment) {
	if e.Effective.Replicas < 2 {
		return
	}
	selector := metav1ac.LabelSelector().WithMatchLabels(PodSelector(e.name()))
	switch e.Effective.Spread {
	case v1alpha1.SpreadRequired:
		pod.WithAffinity(corev1ac.Affinity().WithPodAntiAffinity(corev1ac.PodAntiAffinity().
			WithRequiredDuringSchedulingIgnoredDuringExecution(corev1ac.PodAffinityTerm().
				WithTopologyKey(e.Effective.TopologyKey).
				WithLabelSelector(selector).
				WithMatchLabelKeys(revisionLabel))))
	case v1alpha1.SpreadPreferred:
		pod.WithTopologySpreadConstraints(corev1ac.TopologySpreadConstraint().
			WithMaxSkew(1).
			WithTopologyKey(e.Effective.TopologyKey).
			WithWhenUnsatisfiable(corev1.ScheduleAnyway).
			WithLabelSelector(selector).
			WithMatchLabelKeys(revisionLabel))
	}
}
