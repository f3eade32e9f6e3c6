package rules

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// maxEnvironmentName leaves room for what the names of Services and pods add to that of their environment.
const maxEnvironmentName = 52

// ValidateProductEnvironment says what is wrong with environment.
func ValidateProductEnvironment(environment *v1alpha1.ProductEnvironment) field.ErrorList {
	spec, path := &environment.Spec, field.NewPath("spec")
	errs := validateEnvironmentName(environment.Name)
	if spec.CloudName != "" {
		errs = append(errs, ValidateCloudName(spec.CloudName, path.Child("cloudName"))...)
	}
	if spec.Renderer != nil {
		errs = append(errs, validateRenderer(spec.Renderer, path.Child("renderer"))...)
	}
	errs = append(errs, validateStorage(spec.Storage, path.Child("storage"))...)
	errs = append(errs, validateDatabase(spec.Database, path.Child("database"))...)
	errs = append(errs, validateReplicas(spec, path.Child("renderer", "replicas"))...)
	if spec.Uploads != nil {
		errs = append(errs, validateUploads(spec.Uploads, path.Child("uploads"))...)
	}
	if spec.Delivery != nil {
		errs = append(errs, validateDelivery(spec.Delivery, path.Child("delivery"))...)
	}
	if spec.Backup != nil {
		errs = append(errs, validateBackup(spec, path.Child("backup"))...)
	}
	if spec.Quotas != nil {
		errs = append(errs, validateQuotas(spec.Quotas, path.Child("quotas"))...)
	}
	errs = append(errs, validateOneOf(path.Child("signatureAlgorithm"), spec.SignatureAlgorithm, v1alpha1.SignatureSHA1, v1alpha1.SignatureSHA256)...)
	return append(errs, validateOneOf(path.Child("deletionPolicy"), spec.DeletionPolicy, v1alpha1.DeletionRetain, v1alpha1.DeletionDelete)...)
}

// ValidateProductEnvironmentUpdate says which changes from old to environment cannot be made, beside what is wrong
// with environment itself.
func ValidateProductEnvironmentUpdate(environment, old *v1alpha1.ProductEnvironment) field.ErrorList {
	path := field.NewPath("spec")
	errs := ValidateProductEnvironment(environment)
	if environment.Spec.CloudName != old.Spec.CloudName {
		renamed := environment.DeepCopy()
		renamed.Status = old.Status
		if renaming := RenamingOf(renamed); renaming.Verdict == RenameRefused {
			errs = append(errs, field.Forbidden(path.Child("cloudName"), renaming.Reason))
		}
	}
	before, after := Effective(old), Effective(environment)
	if before.Storage != after.Storage {
		errs = append(errs, field.Forbidden(path.Child("storage"), fmt.Sprintf("the bytes cannot move from %s to %s", before.Storage, after.Storage)))
	}
	if after.Storage == StorageS3 {
		errs = append(errs, newBucketMoves(environment, old)...)
	}
	if before.Database != after.Database {
		errs = append(errs, field.Forbidden(path.Child("database"), fmt.Sprintf("the library cannot move from %s to %s", before.Database, after.Database)))
	}
	if after.Storage != StorageVolume || before.Storage != StorageVolume {
		return errs
	}
	if after.VolumeSize.Cmp(before.VolumeSize) < 0 {
		errs = append(errs, field.Forbidden(path.Child("storage", "volume", "size"), fmt.Sprintf("a volume cannot shrink; it has %s", before.VolumeSize.String())))
	}
	if !equalPointers(volumeClass(environment), volumeClass(old)) {
		errs = append(errs, field.Forbidden(path.Child("storage", "volume", "storageClassName"), "the class of a volume cannot change"))
	}
	return errs
}

// newBucketMoves are the moves of the bytes that the change from old to environment asks for, without those that old asked
// for already.
func newBucketMoves(environment, old *v1alpha1.ProductEnvironment) field.ErrorList {
	changed := environment.DeepCopy()
	changed.Status = old.Status
	before := BucketMoves(old)
	return slices.DeleteFunc(BucketMoves(changed), func(move *field.Error) bool {
		return slices.ContainsFunc(before, func(other *field.Error) bool { return other.Field == move.Field })
	})
}

func volumeClass(environment *v1alpha1.ProductEnvironment) *string {
	return orEmpty(orEmpty(environment.Spec.Storage).Volume).StorageClassName
}

func equalPointers[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func validateEnvironmentName(name string) field.ErrorList {
	path := field.NewPath("metadata", "name")
	if name == "" { // an object that is about to get its name from generateName
		return nil
	}
	var errs field.ErrorList
	if len(name) > maxEnvironmentName {
		errs = append(errs, field.TooLong(path, name, maxEnvironmentName))
	}
	for _, message := range validation.IsDNS1035Label(name) {
		errs = append(errs, field.Invalid(path, name, message))
	}
	return errs
}
