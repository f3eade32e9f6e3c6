package build

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// VolumeClaim is the claim that holds the data of an environment, nil when it needs none. It carries no owner
// reference: data is never left to the garbage collector, the teardown deletes it when the deletion policy says so.
func VolumeClaim(e *Environment) *corev1ac.PersistentVolumeClaimApplyConfiguration {
	if !e.usesVolume() {
		return nil
	}
	var volume *v1alpha1.VolumeStorage
	if storage := e.Object.Spec.Storage; storage != nil {
		volume = storage.Volume
	}
	return e.claim(VolumeClaimName(e.name()), ComponentStorage, e.Effective.VolumeSize, volume)
}

// BackupClaim is the claim that holds the backups of an environment, nil when it needs none. Nothing of ours deletes it.
func BackupClaim(e *Environment) *corev1ac.PersistentVolumeClaimApplyConfiguration {
	if !e.backsUpToVolume() {
		return nil
	}
	return e.claim(BackupClaimName(e.name()), ComponentBackup, e.Effective.BackupVolumeSize, e.Object.Spec.Backup.Volume)
}

func (e *Environment) claim(name, component string, size resource.Quantity, volume *v1alpha1.VolumeStorage) *corev1ac.PersistentVolumeClaimApplyConfiguration {
	spec := corev1ac.PersistentVolumeClaimSpec().
		WithAccessModes(corev1.ReadWriteOnce).
		WithResources(corev1ac.VolumeResourceRequirements().
			WithRequests(corev1.ResourceList{corev1.ResourceStorage: size}))
	if volume != nil && volume.StorageClassName != nil {
		spec.WithStorageClassName(*volume.StorageClassName)
	}
	return corev1ac.PersistentVolumeClaim(name, e.namespace()).
		WithLabels(Labels(e.name(), component)).
		WithAnnotations(map[string]string{AnnotationCloudName: e.Effective.CloudName}).
		WithSpec(spec)
}
