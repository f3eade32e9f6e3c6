package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// ErrNoTrigger says that there is no trigger of a name any more.
var ErrNoTrigger = errors.New("there is no such webhook trigger")

// reportAttempts is how often a report is written that other writers of the status get in the way of.
const reportAttempts = 5

// ReportTrigger adds a report to the status of the named WebhookTrigger, beside those of other renderers. The error is
// ErrNoTrigger when it is gone.
func (k *Kubernetes) ReportTrigger(ctx context.Context, trigger string, report TriggerReport) error {
	err := reportOn(ctx, k, trigger, func(object *v1alpha1.WebhookTrigger) {
		if object.Status.Deliveries == nil {
			object.Status.Deliveries = &v1alpha1.TriggerDeliveries{}
		}
		addReport(object.Status.Deliveries, report)
	})
	if apierrors.IsNotFound(err) {
		return ErrNoTrigger
	}
	if err != nil {
		return fmt.Errorf("report on WebhookTrigger %s: %w", trigger, err)
	}
	return nil
}

// reportOn changes the status of the named object, again when other writers get in the way.
func reportOn[T any, P interface {
	*T
	client.Object
}](ctx context.Context, k *Kubernetes, name string, change func(P)) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	var err error
	for range reportAttempts {
		// A new one each time: what is read does not clear what it lacks.
		stored := P(new(T))
		if err = k.client.Get(ctx, client.ObjectKey{Namespace: k.options.Namespace, Name: name}, stored); err != nil {
			return err
		}
		changed := stored.DeepCopyObject().(P)
		change(changed)
		err = k.client.Status().Patch(ctx, changed, client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{}))
		if !apierrors.IsConflict(err) {
			break
		}
	}
	return err
}

func addReport(sum *v1alpha1.TriggerDeliveries, report TriggerReport) {
	sum.Delivered += report.Delivered
	sum.Failed += report.Failed
	sum.GivenUp += report.GivenUp
	if report.DeadLetters != nil {
		sum.DeadLetters = *report.DeadLetters
	}
	if report.Delivered > 0 {
		sum.ConsecutiveFailures = 0
	}
	sum.ConsecutiveFailures += report.FailedSince
	sum.LastDeliveryTime = later(sum.LastDeliveryTime, report.LastDelivery)
	if last := later(sum.LastFailureTime, report.LastFailure); last != sum.LastFailureTime {
		sum.LastFailureTime = last
		sum.LastFailure = shortFailure(report.LastError)
	}
}

// shortFailure makes a reason fit for a status.
func shortFailure(reason string) string {
	if runes := []rune(reason); len(runes) > maxFailure {
		return string(runes[:maxFailure-1]) + "…"
	}
	return reason
}

// maxFailure bounds what a status says of a failure, in characters.
const maxFailure = 1024

// later is the later of two times, in the seconds that a status knows.
func later(known *metav1.Time, reported time.Time) *metav1.Time {
	if reported.IsZero() || known != nil && reported.Before(known.Time) {
		return known
	}
	return new(metav1.NewTime(reported.Truncate(time.Second)))
}
