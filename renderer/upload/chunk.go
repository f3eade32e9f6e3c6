package upload

import (
	"regexp"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

var contentRange = regexp.MustCompile(`^bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*|-1)$`)

// checkWhole accepts a Content-Range that covers the whole file.
func checkWhole(header string) error {
	match := contentRange.FindStringSubmatch(header)
	if match == nil {
		return problem.BadRequest("Invalid Content-Range %q", printable(header))
	}
	first, _ := strconv.ParseInt(match[1], 10, 64)
	last, _ := strconv.ParseInt(match[2], 10, 64)
	total, err := strconv.ParseInt(match[3], 10, 64)
	if err != nil || first != 0 || last+1 != total {
		return problem.BadRequest("Uploads in several chunks are not available; send the file in one request")
	}
	return nil
}
