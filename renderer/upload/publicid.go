package upload

import (
	"crypto/rand"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

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
		if strings.ContainsRune(wire.ForbiddenInID+"/", r) || unicode.IsControl(r) || unicode.IsSpace(r) || r == utf8.RuneError {
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
	if resourceType == library.Raw && wanted.rawID != "" {
		id = wanted.rawID
	}
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
	return id, wire.CheckID("public_id", id)
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
