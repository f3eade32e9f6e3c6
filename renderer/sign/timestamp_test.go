package sign

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestCheckTimestamp(t *testing.T) {
	// A fraction of a second is as old as it is.
	now := time.Date(2026, 1, 31, 6, 14, 53, 999, time.FixedZone("UTC+1", 3600))
	unix := now.Unix()
	for name, test := range map[string]struct {
		timestamp string
		want      string
	}{
		"now":               {unixText(unix), ""},
		"59 minutes old":    {unixText(unix - 59*60), ""},
		"59 minutes on":     {unixText(unix + 59*60), ""},
		"stale":             {unixText(unix - 3600), "Stale request - reported time is 2026-01-31 04:14:53 +0000 which is more than 1 hour ago"},
		"of the future":     {unixText(unix + 3602), "Stale request - reported time is 2026-01-31 06:14:55 +0000 which is more than 1 hour ahead"},
		"long ago":          {"0", "Stale request - reported time is 1970-01-01 00:00:00 +0000 which is more than 1 hour ago"},
		"the last there is": {unixText(maxTimestamp), "Stale request - reported time is 9999-12-31 23:59:59 +0000 which is more than 1 hour ahead"},
		"missing":           {"", "Missing required parameter - timestamp"},
		"text":              {"now", `Invalid timestamp "now": it must be the time in Unix seconds`},
		"fraction":          {"1.5", `Invalid timestamp "1.5": it must be the time in Unix seconds`},
		"negative":          {"-1", `Invalid timestamp "-1": it must be the time in Unix seconds`},
		"milliseconds":      {unixText(unix * 1000), `Invalid timestamp "1769836493000": it must be the time in Unix seconds`},
		"overflow":          {"99999999999999999999", `Invalid timestamp "99999999999999999999": it must be the time in Unix seconds`},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckTimestamp(test.timestamp, now)
			if test.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			p, ok := errors.AsType[*problem.Problem](err)
			if !ok || p.Status != http.StatusBadRequest || p.Message != test.want {
				t.Errorf("%v, want a 400 %q", err, test.want)
			}
		})
	}
}

func unixText(seconds int64) string { return strconv.FormatInt(seconds, 10) }
