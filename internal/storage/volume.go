package storage

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
)

// Volume keeps the bytes on a PersistentVolumeClaim.
type Volume struct {
	Client  client.Client
	Applier *apply.Applier
}

var _ Provisioner = (*Volume)(nil)

// ownership of a claim hangs on its labels, so that an environment takes up the data that one of its name left.
func ownership(environment string) apply.Ownership {
	return apply.Labelled(build.Evidence(environment))
}

// Ensure creates the claim and lets it grow.
func (v *Volume) Ensure(ctx context.Context, e *build.Environment, _ Record) (conditions.Part, error) {
	claim, key := &corev1.PersistentVolumeClaim{}, claimKey(e.Object)
	if err := v.Client.Get(ctx, key, claim); client.IgnoreNotFound(err) != nil {
		return conditions.Part{}, fmt.Errorf("reading PersistentVolumeClaim %s: %w", key.Name, err)
	}
	if message := immutable(e, claim); message != "" {
		return conditions.Blocked(v1alpha1.ConditionStorageReady, v1alpha1.ReasonImmutable, message), nil
	}
	applied := &corev1.PersistentVolumeClaim{}
	if err := v.Applier.To(ctx, e.Object, ownership(e.Object.Name), build.VolumeClaim(e), applied); err != nil {
		return conditions.Part{}, err
	}
	return claimPart(applied), nil
}

// immutable says what of the spec an existing claim cannot follow. claim may be empty.
func immutable(e *build.Environment, claim *corev1.PersistentVolumeClaim) string {
	has := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if !has.IsZero() && e.Effective.VolumeSize.Cmp(has) < 0 {
		return fmt.Sprintf("spec.storage.volume.size: %s is less than the %s of PersistentVolumeClaim %s, and a volume cannot shrink",
			e.Effective.VolumeSize.String(), has.String(), claim.Name)
	}
	wanted := build.VolumeClaim(e).Spec.StorageClassName
	if class := claim.Spec.StorageClassName; wanted != nil && class != nil && *wanted != *class {
		return fmt.Sprintf("spec.storage.volume.storageClassName: PersistentVolumeClaim %s is of class %q, and that cannot change",
			claim.Name, *class)
	}
	return ""
}

// claimPart says how a claim is.
func claimPart(claim *corev1.PersistentVolumeClaim) conditions.Part {
	switch claim.Status.Phase {
	case corev1.ClaimBound:
		return conditions.Ready(v1alpha1.ConditionStorageReady, v1alpha1.ReasonReady,
			fmt.Sprintf("PersistentVolumeClaim %s is bound", claim.Name))
	case corev1.ClaimLost:
		return conditions.Blocked(v1alpha1.ConditionStorageReady, v1alpha1.ReasonVolumeLost,
			fmt.Sprintf("PersistentVolumeClaim %s has lost its volume", claim.Name))
	}
	return conditions.Waiting(v1alpha1.ConditionStorageReady, v1alpha1.ReasonVolumePending,
		fmt.Sprintf("PersistentVolumeClaim %s waits for its volume", claim.Name))
}

// Teardown deletes the claim. It does not wait: Kubernetes keeps a claim until no pod uses it.
func (v *Volume) Teardown(ctx context.Context, environment *v1alpha1.ProductEnvironment) error {
	claim, key := &corev1.PersistentVolumeClaim{}, claimKey(environment)
	if err := v.Client.Get(ctx, key, claim); err != nil {
		return client.IgnoreNotFound(wrap("reading", key.Name, err))
	}
	if ownership(environment.Name)(claim) != apply.Ours || !claim.DeletionTimestamp.IsZero() {
		return nil
	}
	err := v.Client.Delete(ctx, claim, client.Preconditions{UID: &claim.UID})
	return client.IgnoreNotFound(wrap("deleting", key.Name, err))
}

func claimKey(environment *v1alpha1.ProductEnvironment) types.NamespacedName {
	return types.NamespacedName{Namespace: environment.Namespace, Name: build.VolumeClaimName(environment.Name)}
}

func wrap(doing, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s PersistentVolumeClaim %s: %w", doing, name, err)
}
