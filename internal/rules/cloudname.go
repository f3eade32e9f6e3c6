package rules

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Bounds of a cloud name, in characters.
const (
	cloudNameMin = 2
	cloudNameMax = 63
)

var cloudNamePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$`)

// ValidateCloudName says what is wrong with a cloud name. It is the first segment of paths, so it has one spelling:
// lower case.
func ValidateCloudName(name string, path *field.Path) field.ErrorList {
	switch {
	case len(name) < cloudNameMin:
		return field.ErrorList{field.Invalid(path, name, "must have at least 2 characters")}
	case len(name) > cloudNameMax:
		return field.ErrorList{field.TooLong(path, name, cloudNameMax)}
	case !cloudNamePattern.MatchString(name):
		return field.ErrorList{field.Invalid(path, name, "must consist of lower case letters, digits, - and _, and begin and end with a letter or digit")}
	case isReserved(name):
		return field.ErrorList{field.Invalid(path, name, "is a word that delivery or API paths begin with")}
	}
	return nil
}

// isReserved says whether name is a path segment that means something else where a URL may begin with a cloud name:
// the root of an API, or a word that a delivery URL begins with on a host that addresses one environment alone.
func isReserved(name string) bool {
	switch name {
	case "v1_1", "v2", "res", "search",
		"image", "video", "raw", "iu", "images", "private_images", "authenticated_images", "videos", "files":
		return true
	}
	return false
}
