package rules

import (
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Bounds of a cloud name, in characters.
const (
	cloudNameMin = 2
	cloudNameMax = 128
)

var cloudNamePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

// CanonicalCloudName is the one spelling under which a cloud name is held and compared: lower case.
func CanonicalCloudName(name string) string { return strings.ToLower(name) }

// ValidateCloudName says what is wrong with a cloud name. It is the first segment of paths.
func ValidateCloudName(name string, path *field.Path) field.ErrorList {
	switch {
	case len(name) < cloudNameMin:
		return field.ErrorList{field.Invalid(path, name, "must have at least 2 characters")}
	case len(name) > cloudNameMax:
		return field.ErrorList{field.TooLong(path, name, cloudNameMax)}
	case !cloudNamePattern.MatchString(name):
		return field.ErrorList{field.Invalid(path, name, "must consist of letters, digits and hyphens, and begin with a letter")}
	case isReserved(CanonicalCloudName(name)):
		return field.ErrorList{field.Invalid(path, name, "is a word that delivery or API paths begin with")}
	}
	return nil
}

// isReserved says whether name is a path segment that means something else where a URL may begin with a cloud name:
// the root of an API, or a word that a delivery URL begins with on a host that addresses one environment alone. Such
// segments with an underscore are no cloud names anyway.
func isReserved(name string) bool {
	switch name {
	case "v2", "res", "search", "image", "video", "raw", "iu", "images", "videos", "files":
		return true
	}
	return false
}
