package rules

import (
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
	return append(errs, validateExternalName(key.Spec.Name, path.Child("name"))...)
}

// ValidateAccessKeyUpdate says which changes from old to key cannot be made, beside what is wrong with key itself.
func ValidateAccessKeyUpdate(key, old *v1alpha1.AccessKey) field.ErrorList {
	errs := ValidateAccessKey(key)
	if key.Spec.EnvironmentRef != old.Spec.EnvironmentRef {
		errs = append(errs, field.Forbidden(field.NewPath("spec", "environmentRef"), "a key cannot move to another environment"))
	}
	return errs
}
