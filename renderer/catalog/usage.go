package catalog

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// reportEvery is the least time between two reports of usage, whichever replica writes them.
const reportEvery = 5 * time.Minute

// ReportUsage writes how many assets were uploaded, counted at now, into the status of the environment. It writes
// nothing when that is what the status says, or when the last report is less than five minutes old.
func (k *Kubernetes) ReportUsage(ctx context.Context, assets int64, now time.Time) error {
	environment := &v1alpha1.ProductEnvironment{}
	name := client.ObjectKey{Namespace: k.options.Namespace, Name: k.options.Environment}
	if err := k.client.Get(ctx, name, environment); err != nil {
		return fmt.Errorf("reading the product environment to report usage: %w", err)
	}
	if last := environment.Status.Usage; last != nil && (last.Assets == assets || now.Sub(last.ObservedAt.Time) < reportEvery) {
		return nil
	}
	reported := environment.DeepCopy()
	reported.Status.Usage = &v1alpha1.UsageStatus{Assets: assets, ObservedAt: metav1.NewTime(now)}
	if err := k.client.Status().Patch(ctx, reported, client.MergeFrom(environment)); err != nil {
		return fmt.Errorf("reporting usage: %w", err)
	}
	return nil
}
