package upload

import (
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// moderationManual waits for a person, who decides by the Admin API.
const moderationManual = "manual"

// checkModeration reads a|b. People are the only ones who moderate: every other kind is an add-on.
func checkModeration(value string) (asked bool, err error) {
	for kind := range strings.SplitSeq(value, "|") {
		if kind = strings.TrimSpace(kind); kind == "" {
			continue
		}
		if kind != moderationManual {
			return false, problem.BadRequest("Moderation %s moderation is not valid", printable(kind))
		}
		asked = true
	}
	return asked, nil
}

// pending is a moderation that was asked for at a time.
func pending(at time.Time) []library.Moderation {
	return []library.Moderation{{Kind: moderationManual, Status: library.ModerationPending, UpdatedAt: at}}
}
