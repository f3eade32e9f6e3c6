package build

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
)

// userID is the unprivileged user of all containers, and the group that owns their volumes.
const userID = 65532

// Deployment runs the renderer and its engine. configuration is what RendererConfigMap gave; its content decides
// about restarts.
func Deployment(e *Environment, configuration *corev1ac.ConfigMapApplyConfiguration) *appsv1ac.DeploymentApplyConfiguration {
	labels := Labels(e.name(), ComponentRenderer)
	return appsv1ac.Deployment(RendererName(e.name()), e.namespace()).
		WithLabels(labels).
		WithOwnerReferences(e.owner()).
		WithSpec(appsv1ac.DeploymentSpec().
			WithReplicas(e.Effective.Replicas).
			// A pod counts once every node's proxy had the time to learn its address: an environment that says Ready
			// answers on its Service, and a rolling update never runs ahead of it.
			WithMinReadySeconds(2).
			WithRevisionHistoryLimit(3).
			WithProgressDeadlineSeconds(300).
			WithStrategy(strategy(e)).
			WithSelector(metav1ac.LabelSelector().WithMatchLabels(PodSelector(e.name()))).
			WithTemplate(corev1ac.PodTemplateSpec().
				WithLabels(labels).
				WithAnnotations(map[string]string{
					AnnotationConfigHash:                      configHash(configuration),
					"kubectl.kubernetes.io/default-container": ContainerRenderer,
				}).
				WithSpec(podSpec(e))))
}

// strategy replaces pods one by one. What is on a volume has one pod, so its successor comes up beside it and waits for
// the volume, and then for the renderer before it to give the library up: nobody answers for as short as that takes.
func strategy(e *Environment) *appsv1ac.DeploymentStrategyApplyConfiguration {
	unavailable := int32(0)
	if !e.CanScale() {
		unavailable = 1
	}
	return appsv1ac.DeploymentStrategy().
		WithType(appsv1.RollingUpdateDeploymentStrategyType).
		WithRollingUpdate(appsv1ac.RollingUpdateDeployment().
			WithMaxUnavailable(intstr.FromInt32(unavailable)).
			WithMaxSurge(intstr.FromInt32(1)))
}

// podSpec meets the restricted Pod Security Standard.
func podSpec(e *Environment) *corev1ac.PodSpecApplyConfiguration {
	pod := corev1ac.PodSpec().
		WithServiceAccountName(RendererName(e.name())).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithTerminationGracePeriodSeconds(terminationGracePeriod).
		WithSecurityContext(corev1ac.PodSecurityContext().
			WithRunAsNonRoot(true).
			WithRunAsUser(userID).
			WithRunAsGroup(userID).
			WithFSGroup(userID).
			WithFSGroupChangePolicy(corev1.FSGroupChangeOnRootMismatch).
			WithSeccompProfile(corev1ac.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))).
		WithContainers(rendererContainer(e), engineContainer(e)).
		WithVolumes(volumes(e)...)
	placement(pod, e)
	return pod
}

// containerSecurity is the same for every container.
func containerSecurity() *corev1ac.SecurityContextApplyConfiguration {
	return corev1ac.SecurityContext().
		WithAllowPrivilegeEscalation(false).
		WithReadOnlyRootFilesystem(true).
		WithRunAsNonRoot(true).
		WithCapabilities(corev1ac.Capabilities().WithDrop("ALL"))
}

// preStop keeps a container serving for a while after the pod was told to end.
func preStop(seconds int64) *corev1ac.LifecycleApplyConfiguration {
	return corev1ac.Lifecycle().WithPreStop(corev1ac.LifecycleHandler().
		WithSleep(corev1ac.SleepAction().WithSeconds(seconds)))
}
