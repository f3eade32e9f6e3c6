package storage

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
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
	return v.ensure(ctx, e, build.VolumeClaim(e), "spec.storage.volume")
}

// EnsureBackup does the same for the claim of the backups, which has no lock.
func (v *Volume) EnsureBackup(ctx context.Context, e *build.Environment) (conditions.Part, error) {
	part, err := v.ensure(ctx, e, build.BackupClaim(e), "spec.backup.volume")
	part.Type = v1alpha1.ConditionBackupReady
	if err == nil && part.IsReady() {
		part.Reason = v1alpha1.ReasonNotLocked
		part.Message += "; a volume has no object lock: whoever can write there can delete backups"
	}
	return part, err
}

func (v *Volume) ensure(ctx context.Context, e *build.Environment, wanted *corev1ac.PersistentVolumeClaimApplyConfiguration, path string) (conditions.Part, error) {
	claim, key := &corev1.PersistentVolumeClaim{}, types.NamespacedName{Namespace: e.Object.Namespace, Name: *wanted.Name}
	if err := v.Client.Get(ctx, key, claim); client.IgnoreNotFound(err) != nil {
		return conditions.Part{}, fmt.Errorf("reading PersistentVolumeClaim %s: %w", key.Name, err)
	}
	if message := immutable(wanted, claim, path); message != "" {
		return conditions.Blocked(v1alpha1.ConditionStorageReady, v1alpha1.ReasonImmutable, message), nil
	}
	applied := &corev1.PersistentVolumeClaim{}
	if err := v.Applier.To(ctx, e.Object, ownership(e.Object.Name), wanted, applied); err != nil {
		return conditions.Part{}, err
	}
	return claimPart(applied), nil
}

// immutable says what of the spec, at path, an existing claim cannot follow. claim may be empty.
func immutable(wanted *corev1ac.PersistentVolumeClaimApplyConfiguration, claim *corev1.PersistentVolumeClaim, path string) string {
	size, has := (*wanted.Spec.Resources.Requests)[corev1.ResourceStorage], claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if !has.IsZero() && size.Cmp(has) < 0 {
		return fmt.Sprintf("%s.size: %s is less than the %s of PersistentVolumeClaim %s, and a volume cannot shrink", path, size.String(), has.String(), claim.Name)
	}
	if class, asked := claim.Spec.StorageClassName, wanted.Spec.StorageClassName; asked != nil && class != nil && *asked != *class {
		return fmt.Sprintf("%s.storageClassName: PersistentVolumeClaim %s is of class %q, and that cannot change", path, claim.Name, *class)
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
