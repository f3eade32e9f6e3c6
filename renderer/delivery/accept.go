package delivery

import (
	"strconv"
	"strings"
)

// lists tells whether an Accept header names mediaType itself with a quality above zero. Wildcards do not count: every
// client sends them, whatever it can read.
func lists(accept []string, mediaType string) bool {
	for _, line := range accept {
		for item := range strings.SplitSeq(line, ",") {
			name, parameters, _ := strings.Cut(item, ";")
			if strings.EqualFold(strings.TrimSpace(name), mediaType) && quality(parameters) > 0 {
				return true
			}
		}
	}
	return false
}

// quality reads the q parameter of a media range; 1 when there is none, 0 when it is malformed.
func quality(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || q < 0 || q > 1 {
			return 0
		}
		return q
	}
	return 1
}
