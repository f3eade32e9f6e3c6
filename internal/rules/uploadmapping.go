package rules

import (
	"net/url"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// rootFolder stands for all folders.
const rootFolder = "/"

var placeholders = regexp.MustCompile(`\{[^{}]*\}`)

// unsupportedInUploadMapping names what renderers cannot do for a mapping.
func unsupportedInUploadMapping(mapping *v1alpha1.UploadMapping) field.ErrorList {
	var errs field.ErrorList
	path := field.NewPath("spec")
	if scheme, _, _ := strings.Cut(mapping.Spec.Template, "://"); scheme != "http" && scheme != "https" {
		errs = append(errs, field.Forbidden(path.Child("template"), "the renderers of this version download from http and https only"))
	}
	if mapping.Spec.UploadPresetName != "" {
		errs = append(errs, field.Forbidden(path.Child("uploadPresetName"), "the renderers of this version use no preset for what they download"))
	}
	return errs
}

// ValidateUploadMapping says what is wrong with mapping.
func ValidateUploadMapping(mapping *v1alpha1.UploadMapping) field.ErrorList {
	spec, path := &mapping.Spec, field.NewPath("spec")
	errs := validateEnvironmentRef(spec.EnvironmentRef, path.Child("environmentRef"))
	if spec.Folder == "" {
		errs = append(errs, field.Required(path.Child("folder"), ""))
	}
	if spec.Folder != rootFolder {
		errs = append(errs, validateIDPath(spec.Folder, path.Child("folder"))...)
	}
	for _, placeholder := range placeholders.FindAllString(spec.Template, -1) {
		if placeholder != "{resource_type}" && placeholder != "{public_id}" {
			errs = append(errs, field.Invalid(path.Child("template"), field.OmitValueType{}, placeholder+" stands for nothing: only {resource_type} and {public_id} do"))
		}
	}
	template, err := url.Parse(spec.Template)
	if err != nil || template.Host == "" || template.Scheme == "" {
		errs = append(errs, field.Invalid(path.Child("template"), field.OmitValueType{}, "must be an address"))
	} else {
		errs = append(errs, validateOneOf(path.Child("template"), template.Scheme, "http", "https", "ftp", "s3", "gs")...)
	}
	return append(errs, validateExternalName(spec.UploadPresetName, path.Child("uploadPresetName"))...)
}
