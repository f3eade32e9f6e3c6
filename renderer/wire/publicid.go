package wire

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// maxIDLength bounds a public ID, in characters.
const maxIDLength = 255

// ForbiddenInID are the characters that a public ID must not have: they mean something else in URLs.
const ForbiddenInID = `?&#\%<>+`

var versionFolder = regexp.MustCompile(`^v[0-9]+$`)

// CleanID brings a public ID, or a folder in front of one, into the form in which it is stored: no white space or
// slashes around it, no empty folders.
func CleanID(id string) string {
	id = strings.TrimFunc(id, func(r rune) bool { return r == '/' || unicode.IsSpace(r) })
	for strings.Contains(id, "//") {
		id = strings.ReplaceAll(id, "//", "/")
	}
	return id
}

// CheckID refuses an ID that could not be delivered.
func CheckID(parameter, id string) error {
	invalid := func(reason string) error {
		return problem.BadRequest("%s (%s) is invalid: %s", parameter, Printable(id), reason)
	}
	switch length := utf8.RuneCountInString(id); {
	case length == 0:
		return invalid("it is empty")
	case length > maxIDLength:
		return invalid("it is longer than 255 characters")
	case !utf8.ValidString(id):
		return invalid("it is not UTF-8")
	}
	if i := strings.IndexAny(id, ForbiddenInID); i >= 0 {
		return invalid("the character " + id[i:i+1] + " is not allowed")
	}
	if strings.ContainsFunc(id, unicode.IsControl) {
		return invalid("control characters are not allowed")
	}
	segments := strings.Split(id, "/")
	for i, segment := range segments {
		if segment == "." || segment == ".." {
			return invalid("the folder " + segment + " is not allowed")
		}
		if i < len(segments)-1 && versionFolder.MatchString(segment) {
			return invalid("a folder must not be named like a version (" + segment + ")")
		}
	}
	return nil
}

// CheckFolder is CheckID for a folder: all of its segments are folders, so that the last one must not look like a version
// either.
func CheckFolder(parameter, folder string) error { return CheckID(parameter, folder+"/x") }
