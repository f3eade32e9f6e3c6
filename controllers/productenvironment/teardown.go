package productenvironment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/storage"
)

// A deletion always ends: data that cannot be deleted is left where it is.
const (
	// teardownPatience is how long, since the environment was deleted, a deletion of data that does not get on is tried.
	teardownPatience = 2 * time.Minute
	// teardownLimit is how long one that gets on may go on.
	teardownLimit = 6 * time.Hour
	// teardownPause is the time between two attempts.
	teardownPause = 10 * time.Second
)

// teardown deletes the data when the policy, as it is now, says so, and lets the environment go. Everything else has
// an owner reference and is the garbage collector's. A backend that is already gone is no obstacle.
func (r *Reconciler) teardown(ctx context.Context, environment *v1alpha1.ProductEnvironment) (ctrl.Result, error) {
	changed := environment.DeepCopy()
	if !controllerutil.RemoveFinalizer(changed, Finalizer) {
		return ctrl.Result{}, nil
	}
	if environment.Spec.DeletionPolicy == v1alpha1.DeletionDelete {
		if err := r.deleteData(ctx, environment); err != nil {
			since := r.Now().Sub(environment.DeletionTimestamp.Time)
			_, backend := errors.AsType[*conditions.UntilError](err)
			unfinished := errors.Is(err, storage.ErrUnfinished)
			switch {
			case !backend && !unfinished: // the API server's errors pass
				return ctrl.Result{}, err
			case unfinished && since < teardownLimit:
				return ctrl.Result{RequeueAfter: time.Second}, nil
			case !unfinished && since < teardownPatience:
				r.Recorder.Eventf(environment, nil, corev1.EventTypeWarning, v1alpha1.ReasonDeleting, "Delete", "%v", err)
				return ctrl.Result{RequeueAfter: teardownPause}, nil
			}
			r.Recorder.Eventf(environment, nil, corev1.EventTypeWarning, v1alpha1.ReasonDataLeft, "Delete",
				"given up after %s, what is left stays where it is: %v", since.Round(time.Second), err)
		}
	}
	return ctrl.Result{}, client.IgnoreNotFound(r.patchFinalizers(ctx, environment, changed))
}

// deleteData deletes what the environment stored. The volume is asked too where the bytes are elsewhere: an embedded
// database lives on it.
func (r *Reconciler) deleteData(ctx context.Context, environment *v1alpha1.ProductEnvironment) error {
	var failures []error
	for _, kind := range slices.Compact([]string{rules.Effective(environment).Storage, rules.StorageVolume}) {
		provisioner, err := r.provisioner(kind)
		if err == nil {
			err = provisioner.Teardown(ctx, environment)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("deleting the data: %w", err))
		}
	}
	return errors.Join(failures...)
}
