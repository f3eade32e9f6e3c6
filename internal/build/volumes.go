package build

import (
	"k8s.io/apimachinery/pkg/api/resource"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
)

// Volumes of a renderer pod.
const (
	volumeConfig    = "config"
	volumeToken     = "token"
	volumeSocket    = "socket"
	volumeCache     = "cache"
	volumeTemporary = "tmp"
	volumeData      = "data"
	volumeDatabase  = "database"
	volumeBucket    = "bucket"
	volumeTokens    = "tokens"
	volumeBackup    = "backup"
	// volumeBackupBucket is the Secret with the credentials of the backup's bucket.
	volumeBackupBucket = "backup-bucket"
)

// volumes of the pod.
func volumes(e *Environment) []*corev1ac.VolumeApplyConfiguration {
	list := []*corev1ac.VolumeApplyConfiguration{
		corev1ac.Volume().WithName(volumeConfig).WithConfigMap(corev1ac.ConfigMapVolumeSource().
			WithName(RendererName(e.name()))),
		corev1ac.Volume().WithName(volumeToken).WithProjected(token()),
		emptyDir(volumeSocket, resource.MustParse("16Mi")),
		emptyDir(volumeCache, cacheLimit(e.Effective.CacheSize)),
		corev1ac.Volume().WithName(volumeTemporary).WithEmptyDir(corev1ac.EmptyDirVolumeSource()),
	}
	if e.usesVolume() {
		list = append(list, corev1ac.Volume().WithName(volumeData).WithPersistentVolumeClaim(
			corev1ac.PersistentVolumeClaimVolumeSource().WithClaimName(VolumeClaimName(e.name()))))
	}
	if e.usesPostgres() {
		list = append(list, corev1ac.Volume().WithName(volumeDatabase).WithSecret(
			secretFiles(e.Object.Spec.Database.Postgres.SecretRef.Name, DatabaseKey(e.Object.Spec.Database.Postgres))))
	}
	if secret := e.bucketSecret(); secret != "" {
		list = append(list, corev1ac.Volume().WithName(volumeBucket).WithSecret(
			secretFiles(secret, BucketAccessKeyID, BucketSecretAccessKey)))
	}
	if e.backsUpToVolume() {
		list = append(list, corev1ac.Volume().WithName(volumeBackup).WithPersistentVolumeClaim(
			corev1ac.PersistentVolumeClaimVolumeSource().WithClaimName(BackupClaimName(e.name()))))
	}
	if secret := e.backupSecret(); secret != "" {
		list = append(list, corev1ac.Volume().WithName(volumeBackupBucket).WithSecret(
			secretFiles(secret, BucketAccessKeyID, BucketSecretAccessKey)))
	}
	if secret := e.tokenSecret(); secret != nil {
		list = append(list, corev1ac.Volume().WithName(volumeTokens).WithSecret(secretFiles(secret.Name, secret.Key)))
	}
	return list
}

// secretFiles are the named entries of a Secret, and no others that it may hold.
func secretFiles(secret string, entries ...string) *corev1ac.SecretVolumeSourceApplyConfiguration {
	source := corev1ac.SecretVolumeSource().WithSecretName(secret)
	for _, entry := range entries {
		source.WithItems(corev1ac.KeyToPath().WithKey(entry).WithPath(entry))
	}
	return source
}

// token is what the kubelet mounts into every container of a pod by default, here as a volume that only the renderer
// mounts.
func token() *corev1ac.ProjectedVolumeSourceApplyConfiguration {
	return corev1ac.ProjectedVolumeSource().WithSources(
		corev1ac.VolumeProjection().WithServiceAccountToken(corev1ac.ServiceAccountTokenProjection().
			WithPath("token").
			WithExpirationSeconds(3607)),
		corev1ac.VolumeProjection().WithConfigMap(corev1ac.ConfigMapProjection().
			WithName("kube-root-ca.crt").
			WithItems(corev1ac.KeyToPath().WithKey("ca.crt").WithPath("ca.crt"))),
		corev1ac.VolumeProjection().WithDownwardAPI(corev1ac.DownwardAPIProjection().
			WithItems(corev1ac.DownwardAPIVolumeFile().
				WithPath("namespace").
				WithFieldRef(corev1ac.ObjectFieldSelector().WithAPIVersion("v1").WithFieldPath("metadata.namespace")))),
	)
}

// emptyDir is a folder that lives as long as the pod.
func emptyDir(name string, limit resource.Quantity) *corev1ac.VolumeApplyConfiguration {
	return corev1ac.Volume().WithName(name).WithEmptyDir(corev1ac.EmptyDirVolumeSource().
		WithSizeLimit(limit))
}

// cacheLimit leaves room above the cache's own bound for files that are being written: a pod whose folder exceeds its
// limit is evicted.
func cacheLimit(size resource.Quantity) resource.Quantity {
	limit := size.DeepCopy()
	limit.Add(resource.MustParse("1Gi"))
	return limit
}
