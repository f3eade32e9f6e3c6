package build

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"
)

// NetworkPolicy lets everybody in on the media port and only pods of the cluster on the internal one, which serves
// probes and metrics. It says nothing of the way out: databases, buckets and remote uploads lie anywhere, and what may
// be fetched is checked where it is dialled.
func NetworkPolicy(e *Environment) *networkingv1ac.NetworkPolicyApplyConfiguration {
	port := func(number int32) *networkingv1ac.NetworkPolicyPortApplyConfiguration {
		return networkingv1ac.NetworkPolicyPort().WithProtocol(corev1.ProtocolTCP).WithPort(intstr.FromInt32(number))
	}
	return networkingv1ac.NetworkPolicy(RendererName(e.name()), e.namespace()).
		WithLabels(Labels(e.name(), ComponentRenderer)).
		WithOwnerReferences(e.owner()).
		WithSpec(networkingv1ac.NetworkPolicySpec().
			WithPodSelector(metav1ac.LabelSelector().WithMatchLabels(PodSelector(e.name()))).
			WithPolicyTypes(networkingv1.PolicyTypeIngress).
			WithIngress(
				networkingv1ac.NetworkPolicyIngressRule().WithPorts(port(portMedia)),
				networkingv1ac.NetworkPolicyIngressRule().WithPorts(port(portInternal)).
					WithFrom(networkingv1ac.NetworkPolicyPeer().WithNamespaceSelector(metav1ac.LabelSelector())),
			))
}
