package catalog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// reportEvery is the least time between two reports of usage, whichever replica writes them.
const reportEvery = 5 * time.Minute

// Usage is what an environment holds and uses, over all replicas. Samples do not count.
type Usage struct {
	// Assets were uploaded, DerivedFiles made from them; StoredBytes is the length of both.
	Assets, DerivedFiles, StoredBytes int64
	// Day and Month are today's in UTC.
	Day, Month PeriodUsage
	// Exceeded are the quotas that are used up, by their fields of spec.quotas.
	Exceeded []string
}

// PeriodUsage is what was used in a day or a month.
type PeriodUsage struct {
	// Period is 2026-01-31 or 2026-01.
	Period                                                string
	Transformations, CPUSeconds, Requests, BandwidthBytes int64
}

// ReportUsage writes what is used, counted at now, into the status of the environment. It writes nothing when that is what
// the status says, nor when the last report is less than five minutes old, unless other quotas are used up than it said.
func (k *Kubernetes) ReportUsage(ctx context.Context, used Usage, now time.Time) error {
	environment := &v1alpha1.ProductEnvironment{}
	name := client.ObjectKey{Namespace: k.options.Namespace, Name: k.options.Environment}
	if err := k.client.Get(ctx, name, environment); err != nil {
		return fmt.Errorf("reading the product environment to report usage: %w", err)
	}
	next := usageStatus(used, environment.Status.Usage, now)
	if last := environment.Status.Usage; last != nil {
		same := next.DeepCopy()
		same.ObservedAt = last.ObservedAt
		early := now.Sub(last.ObservedAt.Time) < reportEvery && slices.Equal(next.Exceeded, last.Exceeded)
		if early || equality.Semantic.DeepEqual(same, last) {
			return nil
		}
	}
	reported := environment.DeepCopy()
	reported.Status.Usage = next
	if err := k.client.Status().Patch(ctx, reported, client.MergeFrom(environment)); err != nil {
		return fmt.Errorf("reporting usage: %w", err)
	}
	return nil
}

// usageStatus is the status after a report. A day without use leaves the last one that had some, so that an idle
// environment is not written to.
func usageStatus(used Usage, last *v1alpha1.UsageStatus, now time.Time) *v1alpha1.UsageStatus {
	status := &v1alpha1.UsageStatus{
		Assets: used.Assets, DerivedFiles: used.DerivedFiles, StoredBytes: used.StoredBytes,
		Exceeded: used.Exceeded, ObservedAt: metav1.NewTime(now.Truncate(time.Second)),
	}
	if used.Day == (PeriodUsage{Period: used.Day.Period}) {
		if last != nil {
			status.Day, status.Month = last.Day, last.Month
		}
		return status
	}
	status.Day, status.Month = periodStatus(used.Day), periodStatus(used.Month)
	return status
}

func periodStatus(used PeriodUsage) *v1alpha1.PeriodUsage {
	return &v1alpha1.PeriodUsage{
		Period: used.Period, Transformations: used.Transformations, CPUSeconds: used.CPUSeconds, Requests: used.Requests, BandwidthBytes: used.BandwidthBytes,
	}
}
