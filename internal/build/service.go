package build

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
)

// ServicePort is the port of the Service.
const ServicePort = 80

// Service is the address of an environment in the cluster: uploads, APIs and delivery on port 80.
func Service(e *Environment) *corev1ac.ServiceApplyConfiguration {
	return corev1ac.Service(ServiceName(e.name()), e.namespace()).
		WithLabels(Labels(e.name(), ComponentRenderer)).
		WithOwnerReferences(e.owner()).
		WithSpec(corev1ac.ServiceSpec().
			WithType(corev1.ServiceTypeClusterIP).
			WithSelector(PodSelector(e.name())).
			WithPorts(corev1ac.ServicePort().
				WithName("http").
				WithProtocol(corev1.ProtocolTCP).
				WithAppProtocol("http").
				WithPort(ServicePort).
				WithTargetPort(intstr.FromString("http"))))
}
