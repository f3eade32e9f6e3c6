package rules

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var profileNamePattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// ValidateStreamingProfile says what is wrong with profile.
func ValidateStreamingProfile(profile *v1alpha1.StreamingProfile) field.ErrorList {
	spec, path := &profile.Spec, field.NewPath("spec")
	errs := validateEnvironmentRef(spec.EnvironmentRef, path.Child("environmentRef"))
	errs = append(errs, validateExternalName(spec.Name, path.Child("name"))...)
	if spec.Name != "" && !profileNamePattern.MatchString(spec.Name) {
		errs = append(errs, field.Invalid(path.Child("name"), spec.Name, "must consist of letters, digits, _ and -"))
	}
	path = path.Child("representations")
	if len(spec.Representations) == 0 {
		errs = append(errs, field.Required(path, ""))
	}
	for i, representation := range spec.Representations {
		path := path.Index(i).Child("transformation")
		if representation.Transformation == "" {
			errs = append(errs, field.Required(path, ""))
		}
		errs = append(errs, validateTransformation(representation.Transformation, path)...)
	}
	return errs
}
