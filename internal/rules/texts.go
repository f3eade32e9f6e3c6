package rules

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// maxTransformation bounds a transformation, in bytes.
const maxTransformation = 4096

// forbiddenInID are the characters that no public ID or folder may hold: they would end or change a path or a query.
const forbiddenInID = `?&#\%<>+`

var (
	formatPattern        = regexp.MustCompile(`^[a-z0-9]{1,16}$`)
	versionFolderPattern = regexp.MustCompile(`^v[0-9]+$`)
)

// validateEnvironmentRef checks the reference that every configuring kind has.
func validateEnvironmentRef(reference v1alpha1.EnvironmentReference, path *field.Path) field.ErrorList {
	return validateObjectName(reference.Name, path.Child("name"))
}

// validateObjectName checks the name of an object that is referred to.
func validateObjectName(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	var errs field.ErrorList
	for _, message := range validation.IsDNS1123Subdomain(name) {
		errs = append(errs, field.Invalid(path, name, message))
	}
	return errs
}

// validateExternalName checks a name of the APIs, which need not be a DNS label. An empty one is absent.
func validateExternalName(name string, path *field.Path) field.ErrorList {
	switch {
	case name == "":
		return nil
	case len(name) > 255:
		return field.ErrorList{field.TooLong(path, name, 255)}
	case strings.TrimSpace(name) != name:
		return field.ErrorList{field.Invalid(path, name, "must not begin or end with a space")}
	case strings.ContainsRune(name, '/') || strings.ContainsFunc(name, unicode.IsControl):
		return field.ErrorList{field.Invalid(path, name, "must hold neither slashes nor control characters")}
	}
	return nil
}

// validateIDPath checks a public ID, a prefix of one, or a folder. An empty one is absent.
func validateIDPath(id string, path *field.Path) field.ErrorList {
	if id == "" {
		return nil
	}
	if len(id) > 255 {
		return field.ErrorList{field.TooLong(path, id, 255)}
	}
	if strings.ContainsAny(id, forbiddenInID) || strings.ContainsFunc(id, unicode.IsControl) {
		return field.ErrorList{field.Invalid(path, id, "must hold neither control characters nor any of "+forbiddenInID)}
	}
	trimmed := strings.Trim(id, "/ ")
	if trimmed == "" {
		return field.ErrorList{field.Invalid(path, id, "must hold more than slashes and spaces")}
	}
	if slices.ContainsFunc(strings.Split(trimmed, "/"), func(name string) bool { return name == "." || name == ".." }) {
		return field.ErrorList{field.Invalid(path, id, "must not have a folder . or ..")}
	}
	if slices.ContainsFunc(strings.Split(trimmed, "/"), versionFolderPattern.MatchString) {
		return field.ErrorList{field.Invalid(path, id, "must not have a folder that looks like a version, such as v1")}
	}
	return nil
}

// validateTransformation checks what can be known of a transformation without its grammar, which the renderer has.
// Spaces are allowed: some clients decode a transformation before they send it. An empty one is absent.
func validateTransformation(transformation string, path *field.Path) field.ErrorList {
	switch {
	case len(transformation) > maxTransformation:
		return field.ErrorList{field.TooLong(path, transformation, maxTransformation)}
	case strings.ContainsFunc(transformation, unicode.IsControl):
		return field.ErrorList{field.Invalid(path, transformation, "must not hold control characters")}
	case strings.HasPrefix(transformation, "/") && transformation != "/":
		return field.ErrorList{field.Invalid(path, transformation, "must not begin with a slash")}
	}
	return nil
}

// validateFormat checks a file format, written as an extension without the dot. An empty one is absent.
func validateFormat(format string, path *field.Path) field.ErrorList {
	if format == "" || formatPattern.MatchString(format) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, format, "must be a file extension in lower case without the dot, such as webp")}
}

// validateHTTPURL checks an address that is called. An empty one is absent. The address itself stays out of the
// message: it may carry a token.
func validateHTTPURL(raw string, path *field.Path) field.ErrorList {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must be an http or https URL with a host")}
	}
	return nil
}

// validateHostname checks a DNS name. Upper case is refused: a name has one spelling.
func validateHostname(host string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, message := range validation.IsDNS1123Subdomain(host) {
		errs = append(errs, field.Invalid(path, host, message))
	}
	return errs
}

// validateMetadataValue checks that exactly one member is set.
func validateMetadataValue(value *v1alpha1.MetadataValue, path *field.Path) field.ErrorList {
	if (value.Value != nil) == (value.Values != nil) {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "exactly one of value and values must be set")}
	}
	var errs field.ErrorList
	seen := map[string]bool{}
	for i, id := range value.Values {
		if id == "" {
			errs = append(errs, field.Required(path.Child("values").Index(i), ""))
		}
		if seen[id] {
			errs = append(errs, field.Duplicate(path.Child("values").Index(i), id))
		}
		seen[id] = true
	}
	return errs
}
