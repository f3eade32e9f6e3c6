package rules

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var transformationNamePattern = regexp.MustCompile(`^[\p{L}\p{N}_\-. ]+$`)

// ParseTransformation says what is wrong with a transformation in the syntax of delivery URLs. The grammar is the
// renderer's; whoever composes a program lends it to the rules.
type ParseTransformation func(text string) error

// ValidateTransformation says what is wrong with t. Nil for parse leaves its text to the renderer.
func ValidateTransformation(t *v1alpha1.Transformation, parse ParseTransformation) field.ErrorList {
	spec, path := &t.Spec, field.NewPath("spec")
	errs := validateEnvironmentRef(spec.EnvironmentRef, path.Child("environmentRef"))
	errs = append(errs, validateExternalName(spec.Name, path.Child("name"))...)
	if spec.Name != "" && !transformationNamePattern.MatchString(spec.Name) {
		errs = append(errs, field.Invalid(path.Child("name"), spec.Name, "must consist of letters, digits, _, -, . and spaces"))
	}
	if spec.Transformation == "" {
		errs = append(errs, field.Required(path.Child("transformation"), ""))
	}
	errs = append(errs, validateTransformation(spec.Transformation, path.Child("transformation"))...)
	if parse != nil && len(errs) == 0 {
		if err := parse(spec.Transformation); err != nil {
			errs = append(errs, field.Invalid(path.Child("transformation"), spec.Transformation, err.Error()))
		}
	}
	return errs
}
