package transform

import (
	"strings"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// maxShown bounds how much of a piece an error repeats, in bytes.
const maxShown = 200

// shown makes a piece fit for an error message, which is also a response header: bounded, in one line.
func shown(s string) string {
	if len(s) > maxShown {
		cut := maxShown
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
}

// invalid is the error for a value that a parameter does not take: "Invalid width - abc".
func invalid(name, value string) *problem.Problem {
	return problem.BadRequest("Invalid %s - %s", name, shown(value))
}

// unavailable is the error for a piece that needs an add-on this deployment lacks.
func unavailable(piece, addon string) *problem.Problem {
	return problem.BadRequest("%s is not available in this deployment: it needs the add-on %s", shown(piece), addon)
}
