package rules

import (
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// ValidateAccessKey says what is wrong with key.
func ValidateAccessKey(key *v1alpha1.AccessKey) field.ErrorList {
	path := field.NewPath("spec")
	errs := validateEnvironmentRef(key.Spec.EnvironmentRef, path.Child("environmentRef"))
	if key.Name != "" && key.Name == key.Spec.EnvironmentRef.Name {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), key.Name, "must not be the name of the environment: both would own the Secret "+key.Name+"-credentials"))
	}
	errs = append(errs, validateExternalName(key.Spec.Name, path.Child("name"))...)
	for i, purpose := range key.Spec.DedicatedFor {
		errs = append(errs, validateOneOf(path.Child("dedicatedFor").Index(i), purpose, v1alpha1.KeyForWebhooks)...)
	}
	return append(errs, validateRotation(key.Spec.Rotation, path.Child("rotation"))...)
}

// Values in effect where an AccessKey gives none, and what it may not fall below.
const (
	DefaultRotationOverlap = 24 * time.Hour
	minRotationEvery       = time.Minute
)

// RotationOf fills in what the rotation of key leaves out. every is 0 where the pair is replaced on demand only.
func RotationOf(key *v1alpha1.AccessKey) (every, overlap time.Duration) {
	rotation := orEmpty(key.Spec.Rotation)
	overlap = DefaultRotationOverlap
	if rotation.Overlap != nil {
		overlap = rotation.Overlap.Duration
	}
	return orEmpty(rotation.Every).Duration, overlap
}

func validateRotation(rotation *v1alpha1.KeyRotation, path *field.Path) field.ErrorList {
	if rotation == nil {
		return nil
	}
	var errs field.ErrorList
	every, overlap := RotationOf(&v1alpha1.AccessKey{Spec: v1alpha1.AccessKeySpec{Rotation: rotation}})
	if overlap < 0 {
		errs = append(errs, field.Invalid(path.Child("overlap"), overlap.String(), "must not be negative"))
	}
	if rotation.Every == nil {
		return errs
	}
	if every < minRotationEvery {
		errs = append(errs, field.Invalid(path.Child("every"), every.String(), "must be at least "+minRotationEvery.String()))
	}
	if overlap >= every {
		errs = append(errs, field.Invalid(path.Child("overlap"), overlap.String(), "must be shorter than every: a key has two pairs at most"))
	}
	return errs
}

// ValidateAccessKeyUpdate says which changes from old to key cannot be made, beside what is wrong with key itself.
func ValidateAccessKeyUpdate(key, old *v1alpha1.AccessKey) field.ErrorList {
	errs := ValidateAccessKey(key)
	if key.Spec.EnvironmentRef != old.Spec.EnvironmentRef {
		errs = append(errs, field.Forbidden(field.NewPath("spec", "environmentRef"), "a key cannot move to another environment"))
	}
	return errs
}
