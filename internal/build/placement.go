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
	if affinity := spread(e); affinity != nil {
		pod.WithAffinity(affinity)
	}
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

// spread keeps replicas apart; a single replica needs no term.
func spread(e *Environment) *corev1ac.AffinityApplyConfiguration {
	if e.Effective.Replicas < 2 || e.Effective.Spread == v1alpha1.SpreadNone {
		return nil
	}
	term := corev1ac.PodAffinityTerm().
		WithTopologyKey(e.Effective.TopologyKey).
		WithLabelSelector(metav1ac.LabelSelector().WithMatchLabels(PodSelector(e.name())))
	anti := corev1ac.PodAntiAffinity()
	if e.Effective.Spread == v1alpha1.SpreadRequired {
		anti.WithRequiredDuringSchedulingIgnoredDuringExecution(term)
	} else {
		anti.WithPreferredDuringSchedulingIgnoredDuringExecution(
			corev1ac.WeightedPodAffinityTerm().WithWeight(100).WithPodAffinityTerm(term))
	}
	return corev1ac.Affinity().WithPodAntiAffinity(anti)
}
