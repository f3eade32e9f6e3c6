package rules

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// backupSuffix makes the name under which the bucket of a backup is marked. No environment has a dot in its name.
const backupSuffix = ".backup"

func validateBackup(spec *v1alpha1.ProductEnvironmentSpec, path *field.Path) field.ErrorList {
	backup := spec.Backup
	if (backup.Volume == nil) == (backup.S3 == nil) {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "exactly one of volume and s3 must be set")}
	}
	if backup.Volume != nil {
		return validateVolume(backup.Volume, path.Child("volume"))
	}
	path = path.Child("s3")
	errs := validateBucket(&backup.S3.BucketPlace, path)
	if s3 := orEmpty(spec.Storage).S3; s3 != nil && backup.S3.Bucket != "" && s3.Bucket == backup.S3.Bucket && sameEndpoint(s3.Endpoint, backup.S3.Endpoint) {
		errs = append(errs, field.Invalid(path.Child("bucket"), backup.S3.Bucket, "must be another bucket than that of the bytes"))
	}
	if lock := backup.S3.ObjectLock; lock != nil {
		path := path.Child("objectLock")
		errs = append(errs, validateOneOf(path.Child("mode"), lock.Mode, v1alpha1.ObjectLockGovernance, v1alpha1.ObjectLockCompliance)...)
		errs = append(errs, validateRange(path.Child("days"), &lock.Days, 1, 36500)...)
	}
	return errs
}

func sameEndpoint(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }

// BackupEnvironment is an environment whose bytes are where those of the backup of environment are: what makes, names and
// marks a bucket does the same for a backup. It must have spec.backup.s3.
func BackupEnvironment(environment *v1alpha1.ProductEnvironment) *v1alpha1.ProductEnvironment {
	backup := environment.DeepCopy()
	backup.Name += backupSuffix
	backup.Spec.Storage = &v1alpha1.StorageSpec{S3: &v1alpha1.S3Storage{BucketPlace: environment.Spec.Backup.S3.BucketPlace}}
	backup.Status.Bucket = orEmpty(environment.Status.Backup).Bucket.DeepCopy()
	return backup
}

// fillBackup says where backups go; nowhere until the bucket is settled.
func (e *Environment) fillBackup(environment *v1alpha1.ProductEnvironment) {
	spec := environment.Spec.Backup
	switch {
	case spec == nil:
	case spec.Volume != nil:
		e.Backup = StorageVolume
		e.BackupVolumeSize = quantityOr(spec.Volume.Size, DefaultVolumeBytes)
	case spec.S3 != nil:
		if recorded := orEmpty(environment.Status.Backup).Bucket; recorded != nil {
			e.Backup, e.BackupBucket = StorageS3, recorded.Name
		}
	}
}
