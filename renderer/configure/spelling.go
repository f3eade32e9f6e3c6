package configure

import (
	"encoding/json"
	"maps"
	"net/url"
	"strings"

	"github.com/darkroom-media/darkroom/migration/source"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// asText gives params in which a transformation is written as it stands in URLs, where it came as the answers show it: as objects
// with the long names of parameters. Several are joined by separator, a slash where they are components of one.
func asText(params wire.Params, name, separator string) (wire.Params, error) {
	rows := params.Rows(name)
	var texts []string
	spelled := false
	for _, row := range rows {
		if !strings.HasPrefix(row, "{") && !strings.HasPrefix(row, "[") {
			texts = append(texts, row)
			continue
		}
		spelled = true
		var shown any
		if err := json.Unmarshal([]byte(row), &shown); err != nil {
			return nil, problem.BadRequest("Invalid value for %s: %q is no JSON", name, wire.Printable(row))
		}
		text, err := source.Transformation(shown)
		if err != nil {
			return nil, problem.BadRequest("Invalid value for %s: %s", name, err)
		}
		texts = append(texts, text)
	}
	if !spelled {
		return params, nil
	}
	written := wire.Params(maps.Clone(url.Values(params)))
	maps.DeleteFunc(written, func(key string, _ []string) bool { return wire.BaseName(key) == name })
	written[name] = []string{strings.Join(texts, separator)}
	return written, nil
}
