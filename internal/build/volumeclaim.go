package build

import (
	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
)

// VolumeClaim is the claim that holds the data of an environment, nil when it needs none. It carries no owner
// reference: data is never left to the garbage collector, the teardown deletes it when the deletion policy says so.
func VolumeClaim(e *Environment) *corev1ac.PersistentVolumeClaimApplyConfiguration {
	if !e.usesVolume() {
		return nil
	}
	spec := corev1ac.PersistentVolumeClaimSpec().
		WithAccessModes(corev1.ReadWriteOnce).
		WithResources(corev1ac.VolumeResourceRequirements().
			WithRequests(corev1.ResourceList{corev1.ResourceStorage: e.Effective.VolumeSize}))
	if storage := e.Object.Spec.Storage; storage != nil && storage.Volume != nil && storage.Volume.StorageClassName != nil {
		spec.WithStorageClassName(*storage.Volume.StorageClassName)
	}
	return corev1ac.PersistentVolumeClaim(VolumeClaimName(e.name()), e.namespace()).
		WithLabels(Labels(e.name(), ComponentStorage)).
		WithAnnotations(map[string]string{AnnotationCloudName: e.Effective.CloudName}).
		WithSpec(spec)
}
