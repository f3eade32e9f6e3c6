package productenvironment

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// pod is a renderer pod with one container in the given state.
func pod(status corev1.ContainerStatus) corev1.Pod {
	status.Name, status.Image = "renderer", "darkroom/renderer:1"
	return corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{status}}}
}

func waiting(reason, message string) corev1.ContainerStatus {
	return corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}}
}

func TestWhyNotReadyFindsWhatAUserCanDoSomethingAbout(t *testing.T) {
	exited := &corev1.ContainerStateTerminated{ExitCode: 2, Reason: "Error"}
	unschedulable := corev1.Pod{Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: "0/3 nodes are available",
	}}}}
	crashing := waiting("CrashLoopBackOff", "back-off 10s restarting failed container=renderer pod=shop-renderer-x_media")
	crashing.LastTerminationState.Terminated = exited
	runningAgain := corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
	runningAgain.LastTerminationState.Terminated = exited
	recovered := runningAgain
	recovered.Ready = true
	const crash = "container renderer exited with code 2 (Error)"
	for name, c := range map[string]struct {
		pods            []corev1.Pod
		reason, message string
	}{
		"no pod":              {nil, v1alpha1.ReasonProgressing, "the renderer is starting"},
		"starting":            {[]corev1.Pod{pod(waiting("ContainerCreating", ""))}, v1alpha1.ReasonProgressing, "the renderer is starting"},
		"no node":             {[]corev1.Pod{unschedulable}, v1alpha1.ReasonUnschedulable, "no node takes the renderer: 0/3 nodes are available"},
		"pull fails":          {[]corev1.Pod{pod(waiting("ErrImagePull", "rpc error"))}, v1alpha1.ReasonImagePullFailed, "container renderer: image darkroom/renderer:1 cannot be pulled"},
		"pull backs off":      {[]corev1.Pod{pod(waiting("ImagePullBackOff", "Back-off pulling"))}, v1alpha1.ReasonImagePullFailed, "container renderer: image darkroom/renderer:1 cannot be pulled"},
		"a Secret is missing": {[]corev1.Pod{pod(waiting("CreateContainerConfigError", `secret "db" not found`))}, v1alpha1.ReasonContainerConfig, `container renderer: secret "db" not found`},
		"backs off":           {[]corev1.Pod{pod(crashing)}, v1alpha1.ReasonCrashing, crash},
		"between crashes":     {[]corev1.Pod{pod(runningAgain)}, v1alpha1.ReasonCrashing, crash},
		"has exited":          {[]corev1.Pod{pod(corev1.ContainerStatus{State: corev1.ContainerState{Terminated: exited}})}, v1alpha1.ReasonCrashing, crash},
		"has recovered":       {[]corev1.Pod{pod(recovered)}, v1alpha1.ReasonProgressing, "the renderer is starting"},
		"evicted":             {[]corev1.Pod{{Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted"}}}, v1alpha1.ReasonCrashing, "the pod failed: Evicted"},
	} {
		t.Run(name, func(t *testing.T) {
			if reason, message := whyNotReady(c.pods); reason != c.reason || message != c.message {
				t.Errorf("%s %q, want %s %q", reason, message, c.reason, c.message)
			}
		})
	}
}

func TestWhyNotReadyPrefersTheNewestPod(t *testing.T) {
	older, newer := pod(waiting("ErrImagePull", "")), pod(waiting("CreateContainerConfigError", "m"))
	older.CreationTimestamp, newer.CreationTimestamp = metav1.Unix(1, 0), metav1.Unix(2, 0)
	if reason, _ := whyNotReady([]corev1.Pod{older, newer}); reason != v1alpha1.ReasonContainerConfig {
		t.Errorf("the reason is %s", reason)
	}
}

func TestDeploymentPartIsReadyOnlyWhenTheRolloutIsComplete(t *testing.T) {
	complete := appsv1.DeploymentStatus{ObservedGeneration: 3, Replicas: 2, UpdatedReplicas: 2, ReadyReplicas: 2, AvailableReplicas: 2}
	for name, change := range map[string]func(*appsv1.Deployment){
		"not yet seen":           func(d *appsv1.Deployment) { d.Status.ObservedGeneration = 2 },
		"an old pod still there": func(d *appsv1.Deployment) { d.Status.Replicas = 3 },
		"not all updated":        func(d *appsv1.Deployment) { d.Status.UpdatedReplicas = 1 },
		"not all available":      func(d *appsv1.Deployment) { d.Status.AvailableReplicas = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			two := int32(2)
			deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Generation: 3}, Spec: appsv1.DeploymentSpec{Replicas: &two}, Status: complete}
			if part, settled := deploymentPart(deployment); !settled || !part.IsReady() {
				t.Fatal("a complete rollout is not ready")
			}
			change(deployment)
			if _, settled := deploymentPart(deployment); settled {
				t.Error("settled")
			}
		})
	}
	zero := int32(0)
	part, _ := deploymentPart(&appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: &zero}})
	if part.Reason != v1alpha1.ReasonScaledToZero || part.IsReady() {
		t.Errorf("scaled to zero: %+v", part)
	}
}

func TestPodsThatArePolicedAreReportedWithoutTheirNames(t *testing.T) {
	deployment := &appsv1.Deployment{Status: appsv1.DeploymentStatus{Conditions: []appsv1.DeploymentCondition{{
		Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue,
		Message:            `pods "shop-renderer-5d8f-abcde" is forbidden: exceeded quota: small`,
		LastTransitionTime: metav1.NewTime(time.Unix(1, 0)),
	}}}}
	part, refused := podsRefused(deployment)
	if !refused || part.Reason != v1alpha1.ReasonPodsRefused || part.Message != "the renderer's pods are refused: exceeded quota: small" {
		t.Errorf("part %+v", part)
	}
	if _, refused := podsRefused(&appsv1.Deployment{}); refused {
		t.Error("refused without a reason")
	}
}
