package productenvironment

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Finalizer holds an environment back until its data is deleted. Only environments whose data is to be deleted carry
// it: what is to be kept needs nobody's help.
const Finalizer = v1alpha1.GroupName + "/data"

// ensureFinalizer makes the finalizer follow the deletion policy. It says whether it wrote; the event of the write
// starts the next pass.
func (r *Reconciler) ensureFinalizer(ctx context.Context, environment *v1alpha1.ProductEnvironment) (bool, error) {
	changed := environment.DeepCopy()
	change := controllerutil.RemoveFinalizer
	if environment.Spec.DeletionPolicy == v1alpha1.DeletionDelete {
		change = controllerutil.AddFinalizer
	}
	if !change(changed, Finalizer) {
		return false, nil
	}
	return true, r.patchFinalizers(ctx, environment, changed)
}

// patchFinalizers writes nothing but the finalizers, and only onto the object that was read.
func (r *Reconciler) patchFinalizers(ctx context.Context, environment, changed *v1alpha1.ProductEnvironment) error {
	patch := client.MergeFromWithOptions(environment, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, changed, patch); err != nil {
		return fmt.Errorf("writing the finalizers: %w", err)
	}
	return nil
}
