package build

import (
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"
)

// DisruptionBudget lets drains of nodes take one replica at a time, nil where an environment cannot have several. It
// says how many may be away, not how many must stay: so it needs no change when the replicas do, never keeps a node
// from being drained because there is only one of them, and pods that are not ready hold nobody up.
func DisruptionBudget(e *Environment) *policyv1ac.PodDisruptionBudgetApplyConfiguration {
	if !e.CanScale() {
		return nil
	}
	return policyv1ac.PodDisruptionBudget(RendererName(e.name()), e.namespace()).
		WithLabels(Labels(e.name(), ComponentRenderer)).
		WithOwnerReferences(e.owner()).
		WithSpec(policyv1ac.PodDisruptionBudgetSpec().
			WithMaxUnavailable(intstr.FromInt32(1)).
			WithUnhealthyPodEvictionPolicy(policyv1.AlwaysAllow).
			WithSelector(metav1ac.LabelSelector().WithMatchLabels(PodSelector(e.name()))))
}
