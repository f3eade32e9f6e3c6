package productenvironment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
)

// Probe asks the renderer at a pod's address why it is not ready: one line for each part that is missing, each
// beginning with the name of the part and a colon; empty when it is ready by now. Kubernetes itself keeps of a
// readiness probe only that it failed.
type Probe func(ctx context.Context, podIP string) (string, error)

const (
	// probeDeadline bounds one question. It is below the pods' own deadline, so that a pass is never held up long.
	probeDeadline = 3 * time.Second
	// probeBytes bounds an answer.
	probeBytes = 2048
)

// AskReadiness is the Probe that asks over HTTP.
func AskReadiness(ctx context.Context, podIP string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, probeDeadline)
	defer cancel()
	url := "http://" + net.JoinHostPort(podIP, strconv.Itoa(build.InternalPort)) + "/readyz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", fmt.Errorf("asking the renderer: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("asking the renderer: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, probeBytes))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return "", fmt.Errorf("asking the renderer: %w", err)
	}
	if response.StatusCode == http.StatusOK {
		return "", nil
	}
	return string(content), nil
}

// AskService fails when nothing answers HTTP at an address, host:port.
type AskService func(ctx context.Context, address string) error

// AskOverHTTP is the AskService that asks: any answer is one.
func AskOverHTTP(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, probeDeadline)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+address+"/", nil)
	if err != nil {
		return fmt.Errorf("asking the Service: %w", err)
	}
	// A connection of its own: one that is kept would tell of an earlier way.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("asking the Service: %w", err)
	}
	return response.Body.Close()
}

// confirm lets an environment be ready only when it answers at its Service: pods may be ready before every node's proxy leads to
// them. Once that was seen it is not asked again while the renderer stays ready.
func (r *Reconciler) confirm(ctx context.Context, s *scope, part conditions.Part) (conditions.Part, error) {
	if r.AskService == nil || !part.IsReady() || meta.IsStatusConditionTrue(s.stored.Status.Conditions, v1alpha1.ConditionRendererReady) {
		return part, nil
	}
	service, name := &corev1.Service{}, build.ServiceName(s.environment.Name)
	if err := r.Client.Get(ctx, client.ObjectKey{Namespace: s.environment.Namespace, Name: name}, service); err != nil {
		return conditions.Part{}, fmt.Errorf("reading Service %s: %w", name, err)
	}
	if ip := service.Spec.ClusterIP; ip != "" && ip != corev1.ClusterIPNone {
		address := net.JoinHostPort(ip, strconv.Itoa(build.ServicePort))
		if err := r.AskService(ctx, address); err != nil {
			s.lookAgainIn(s.patience(r.Now())) // no event tells when it answers
			return conditions.Waiting(v1alpha1.ConditionRendererReady, v1alpha1.ReasonServiceUnreachable,
				fmt.Sprintf("all replicas are ready, and Service %s does not answer at %s: %s", name, address, stableWords(err.Error()))), nil
		}
	}
	return part, nil
}

// askPods lets a pod that runs and is not ready say why. Where none answers, nothing more is known than that time
// passes.
func (r *Reconciler) askPods(ctx context.Context, pods []corev1.Pod) (reason, message string, away []conditions.Part) {
	for i := range pods {
		if !runsUnready(&pods[i]) {
			continue
		}
		answer, err := r.Probe(ctx, pods[i].Status.PodIP)
		if err == nil && strings.TrimSpace(answer) != "" {
			return readinessReason(answer)
		}
	}
	return v1alpha1.ReasonProgressing, "the renderer is starting", nil
}

// runsUnready says that the renderer of a pod runs and its probe fails.
func runsUnready(pod *corev1.Pod) bool {
	return pod.Status.PodIP != "" && pod.DeletionTimestamp.IsZero() &&
		slices.ContainsFunc(pod.Status.ContainerStatuses, func(status corev1.ContainerStatus) bool {
			return status.Name == build.ContainerRenderer && status.State.Running != nil && !status.Ready
		})
}

// readinessReason makes a reason of what the renderer says of its parts, and the states of the backends that it cannot
// reach.
func readinessReason(answer string) (reason, message string, away []conditions.Part) {
	reason = v1alpha1.ReasonProgressing
	for line := range strings.Lines(answer) {
		part, _, _ := strings.Cut(line, ":")
		switch part {
		case "database":
			reason = v1alpha1.ReasonDatabaseUnavailable
			away = append(away, conditions.Waiting(v1alpha1.ConditionDatabaseReady, reason, "the renderer says: "+stableWords(line)))
		case "bucket":
			away = append(away, conditions.Waiting(v1alpha1.ConditionStorageReady, v1alpha1.ReasonBucketUnavailable, "the renderer says: "+stableWords(line)))
			if reason == v1alpha1.ReasonProgressing {
				reason = v1alpha1.ReasonBucketUnavailable
			}
		}
	}
	return reason, "the renderer is not ready: " + stableWords(answer), away
}

// passing is what differs with every attempt: the near end of a connection, ids of requests and hosts.
var passing = regexp.MustCompile(`(\[[0-9a-fA-F:]+\]|[0-9.]+):[0-9]+->|, (RequestID|HostID): [^,]*`)

// stableWords are the words of an answer on one line, the same while the state is.
func stableWords(answer string) string {
	lines := strings.FieldsFunc(answer, func(c rune) bool { return c == '\n' || c == '\r' })
	slices.Sort(lines)
	return passing.ReplaceAllString(strings.Join(lines, "; "), "")
}
