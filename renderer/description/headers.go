package description

import (
	"net/http"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// maxHeaderBytes bounds the headers of an asset together.
const maxHeaderBytes = 2048

// deliveryHeaders are those that an asset may be delivered with, by the documentation of the parameter.
func deliveryHeaders() []string { return []string{"Authorization", "Link", "X-Robots-Tag"} }

// parseHeaders reads lines "Name: value".
func parseHeaders(rows []string) ([]string, error) {
	var headers []string
	total := 0
	for _, row := range rows {
		for line := range strings.Lines(row) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			name, value, found := strings.Cut(line, ":")
			name, value = http.CanonicalHeaderKey(strings.TrimSpace(name)), strings.TrimSpace(value)
			if !found || value == "" || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
				return nil, problem.BadRequest("Invalid headers: %q is not \"Name: value\" in ASCII", wire.Printable(line))
			}
			if !slices.Contains(deliveryHeaders(), name) {
				return nil, problem.BadRequest("Invalid headers: %q is not one of %s", wire.Printable(name), strings.Join(deliveryHeaders(), ", "))
			}
			headers = append(headers, name+": "+value)
			total += len(name) + len(value)
		}
	}
	if total > maxHeaderBytes {
		return nil, problem.BadRequest("Invalid headers: they are longer than %d bytes", maxHeaderBytes)
	}
	return headers, nil
}

// parseQuality reads quality_override, which is written like q_ and must not be automatic itself.
func parseQuality(text string) (string, error) {
	plan := &transform.Plan{}
	if err := plan.SetDefaultQuality(text); err != nil || plan.Output.Quality.Auto != "" {
		return "", problem.BadRequest("Invalid quality_override - %s", wire.Printable(text))
	}
	return text, nil
}
