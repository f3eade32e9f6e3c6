package rules

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var transformationNamePattern = regexp.MustCompile(`^[\p{L}\p{N}_\-. ]+$`)

// ValidateTransformation says what is wrong with t. Whether its text parses is found out by the renderer.
func ValidateTransformation(t *v1alpha1.Transformation) field.ErrorList {
	spec, path := &t.Spec, field.NewPath("spec")
	errs := validateEnvironmentRef(spec.EnvironmentRef, path.Child("environmentRef"))
	errs = append(errs, validateExternalName(spec.Name, path.Child("name"))...)
	if spec.Name != "" && !transformationNamePattern.MatchString(spec.Name) {
		errs = append(errs, field.Invalid(path.Child("name"), spec.Name, "must consist of letters, digits, _, -, . and spaces"))
	}
	if spec.Transformation == "" {
		errs = append(errs, field.Required(path.Child("transformation"), ""))
	}
	return append(errs, validateTransformation(spec.Transformation, path.Child("transformation"))...)
}
