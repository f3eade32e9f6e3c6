package sign

import (
	"strconv"
	"time"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// MaxAge is how far the timestamp of a signed request may be from now, either way.
const MaxAge = time.Hour

// CheckTimestamp checks the timestamp parameter of a signed request, Unix seconds. What it returns is a
// *problem.Problem with status 400.
func CheckTimestamp(timestamp string, now time.Time) error {
	if timestamp == "" {
		return problem.BadRequest("Missing required parameter - timestamp")
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	// Beyond the year 9999 somebody sent milliseconds.
	if err != nil || seconds < 0 || seconds > maxTimestamp {
		return problem.BadRequest("Invalid timestamp %q: it must be the time in Unix seconds", timestamp)
	}
	reported := time.Unix(seconds, 0).UTC()
	const layout = "2006-01-02 15:04:05 -0700"
	if now.Sub(reported) > MaxAge {
		return problem.BadRequest("Stale request - reported time is %s which is more than 1 hour ago", reported.Format(layout))
	}
	if reported.Sub(now) > MaxAge {
		return problem.BadRequest("Stale request - reported time is %s which is more than 1 hour ahead", reported.Format(layout))
	}
	return nil
}

// maxTimestamp is 9999-12-31 23:59:59.
const maxTimestamp = 253402300799
