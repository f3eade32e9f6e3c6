package productenvironment

import (
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// teardown deletes the data when the policy, as it is now, says so, and lets the environment go. Everything else has
// an owner reference and is the garbage collector's. A backend that is already gone is no obstacle.
func (r *Reconciler) teardown(ctx context.Context, environment *v1alpha1.ProductEnvironment) error {
	changed := environment.DeepCopy()
	if !controllerutil.RemoveFinalizer(changed, Finalizer) {
		return nil
	}
	if environment.Spec.DeletionPolicy == v1alpha1.DeletionDelete {
		if err := r.deleteData(ctx, environment); err != nil {
			return err
		}
	}
	return client.IgnoreNotFound(r.patchFinalizers(ctx, environment, changed))
}

// deleteData deletes what the environment stored. The volume is asked too where the bytes are elsewhere: an embedded
// database lives on it.
func (r *Reconciler) deleteData(ctx context.Context, environment *v1alpha1.ProductEnvironment) error {
	for _, kind := range slices.Compact([]string{rules.Effective(environment).Storage, rules.StorageVolume}) {
		provisioner, ok := r.Storage[kind]
		if !ok {
			continue // never reconciled, so nothing was stored
		}
		if err := provisioner.Teardown(ctx, environment); err != nil {
			return fmt.Errorf("deleting the data: %w", err)
		}
	}
	return nil
}
