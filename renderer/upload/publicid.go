package upload

import (
	"crypto/rand"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// maxIDLength bounds a public ID, in characters.
const maxIDLength = 255

// forbiddenInID are the characters that a public ID must not have: they mean something else in URLs.
const forbiddenInID = `?&#\%<>+`

var versionFolder = regexp.MustCompile(`^v[0-9]+$`)

// cleanID brings a public ID, or a folder in front of one, into the form in which it is stored: no white space or
// slashes around it, no empty folders.
func cleanID(id string) string {
	id = strings.TrimFunc(id, func(r rune) bool { return r == '/' || unicode.IsSpace(r) })
	for strings.Contains(id, "//") {
		id = strings.ReplaceAll(id, "//", "/")
	}
	return id
}

// checkID refuses an ID that could not be delivered.
func checkID(parameter, id string) error {
	invalid := func(reason string) error {
		return problem.BadRequest("%s (%s) is invalid: %s", parameter, printable(id), reason)
	}
	switch length := utf8.RuneCountInString(id); {
	case length == 0:
		return invalid("it is empty")
	case length > maxIDLength:
		return invalid("it is longer than 255 characters")
	case !utf8.ValidString(id):
		return invalid("it is not UTF-8")
	}
	if i := strings.IndexAny(id, forbiddenInID); i >= 0 {
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

// splitFilename separates a name from its extension.
func splitFilename(filename string) (name, extension string) {
	extension = path.Ext(filename)
	name = strings.TrimSuffix(filename, extension)
	if name == "" || extension == "." {
		return filename, ""
	}
	return name, strings.TrimPrefix(extension, ".")
}

// idFromFilename makes a valid ID of a file's name.
func idFromFilename(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(forbiddenInID+"/", r) || unicode.IsControl(r) || unicode.IsSpace(r) || r == utf8.RuneError {
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, ".")
	// Room for the folder, the random suffix and the extension.
	if runes := []rune(name); len(runes) > 150 {
		name = string(runes[:150])
	}
	if name == "" {
		return "file"
	}
	return name
}

// chooseID makes the public ID of an upload, which may ask for one, for one made of the file's name, or for none.
func chooseID(wanted *settings, resourceType, name, extension string) (string, error) {
	id := wanted.publicID
	if id == "" {
		id = randomName(20)
		if wanted.useFilename {
			id = idFromFilename(name)
			if wanted.uniqueFilename {
				id += "_" + randomName(6)
			}
		}
		if resourceType == library.Raw && extension != "" {
			id += "." + idFromFilename(extension)
		}
	}
	if wanted.idPrefix != "" {
		id = wanted.idPrefix + "/" + id
	}
	return id, checkID("public_id", id)
}

// randomName makes n random characters a-z and 0-9.
func randomName(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	// The largest multiple of the alphabet's size below 256: bytes above it would favour the first characters.
	const usable = 256 - 256%len(alphabet)
	name := make([]byte, 0, n)
	random := make([]byte, 2*n)
	for len(name) < n {
		_, _ = rand.Read(random) // never fails, by its contract
		for _, b := range random {
			if int(b) < usable && len(name) < n {
				name = append(name, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(name)
}

// printable cuts a value down to what fits into a message.
func printable(value string) string { return wire.Printable(value) }
