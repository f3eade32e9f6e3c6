package productenvironment

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// whyNotReady finds, in the pods of a renderer that is not ready, what a user can do something about. Messages name
// containers and never pods or back-off times, so that they stay the same while the state does.
func whyNotReady(pods []corev1.Pod) (reason, message string) {
	pods = slices.Clone(pods)
	// The newest pod tells about the spec as it is now.
	slices.SortFunc(pods, func(a, b corev1.Pod) int {
		if c := b.CreationTimestamp.Compare(a.CreationTimestamp.Time); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	for i := range pods {
		if reason, message, found := podProblem(&pods[i]); found {
			return reason, message
		}
	}
	return v1alpha1.ReasonProgressing, "the renderer is starting"
}

// podProblem is what keeps one pod from getting ready, if it is more than time.
func podProblem(pod *corev1.Pod) (reason, message string, found bool) {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse && condition.Reason == corev1.PodReasonUnschedulable {
			return v1alpha1.ReasonUnschedulable, "no node takes the renderer: " + condition.Message, true
		}
	}
	for i := range pod.Status.ContainerStatuses {
		if reason, message, found := containerProblem(&pod.Status.ContainerStatuses[i]); found {
			return reason, message, true
		}
	}
	if pod.Status.Phase == corev1.PodFailed {
		return v1alpha1.ReasonCrashing, "the pod failed: " + pod.Status.Reason, true
	}
	return "", "", false
}

// containerProblem is what keeps one container from getting ready.
func containerProblem(status *corev1.ContainerStatus) (reason, message string, found bool) {
	if waiting := status.State.Waiting; waiting != nil {
		switch waiting.Reason {
		case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull":
			return v1alpha1.ReasonImagePullFailed, fmt.Sprintf("container %s: image %s cannot be pulled", status.Name, status.Image), true
		case "CreateContainerConfigError", "CreateContainerError", "RunContainerError":
			return v1alpha1.ReasonContainerConfig, fmt.Sprintf("container %s: %s", status.Name, waiting.Message), true
		}
	}
	if status.Ready {
		return "", "", false
	}
	// Between two crashes a container runs for a while; the last exit still tells.
	for _, terminated := range []*corev1.ContainerStateTerminated{status.State.Terminated, status.LastTerminationState.Terminated} {
		if terminated != nil {
			message = fmt.Sprintf("container %s exited with code %d (%s)", status.Name, terminated.ExitCode, terminated.Reason)
			if words := lastWords(terminated.Message); words != "" {
				message += ": " + words
			}
			return v1alpha1.ReasonCrashing, message, true
		}
	}
	return "", "", false
}

// lastWords are why a container says it ended: the error of the last line of its log, empty where that is no log line
// of ours.
func lastWords(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	var last struct {
		Error string `json:"error"`
	}
	if json.Unmarshal([]byte(lines[len(lines)-1]), &last) != nil {
		return ""
	}
	return stableWords(last.Error)
}
