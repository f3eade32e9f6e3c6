package admin

import (
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// The calls on notifications are an API of ours: those that could not be delivered can be seen, and sent again.

// States of a notification, as the calls name them.
const letterFailed, letterWaiting = "failed", "waiting"

// listLetters answers GET /notifications: those that were given up, or that wait with status=waiting, the newest first.
// Parameters: status, trigger_id, max_results (1 to 500; 10) and next_cursor.
func (h *Handler) listLetters(c *call) (wire.Object, error) {
	limit, err := c.params.Int("max_results", defaultResults, 1, maxResults)
	if err != nil {
		return nil, err
	}
	list := library.JobList{Kind: notify.JobKind, Dead: true, Subject: c.params.String("trigger_id"), MaxResults: limit, Cursor: c.params.String("next_cursor")}
	switch status := c.params.String("status"); status {
	case "", letterFailed:
	case letterWaiting:
		list.Dead = false
	default:
		return nil, problem.BadRequest("Invalid status %q: it must be failed or waiting", wire.Printable(status))
	}
	jobs, next, err := h.library.ListJobs(c.context, list)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	letters := make([]wire.Object, len(jobs))
	for i, job := range jobs {
		letter, err := notify.ReadLetter(job)
		if err != nil {
			return nil, err
		}
		letters[i] = showLetter(letter)
	}
	answer := wire.Object{"notifications": letters}
	if next != "" {
		answer["next_cursor"] = next
	}
	return answer, nil
}

func showLetter(letter *notify.Letter) wire.Object {
	shown := wire.Object{
		"id": letter.ID, "notification_type": letter.Event, "uri": letter.URL, "trigger_id": nil, "status": letterFailed,
		"attempts": letter.Attempts, "last_error": nil, "created_at": wire.Time(letter.CreatedAt), "payload": letter.Body,
	}
	if letter.Trigger != "" {
		shown["trigger_id"] = letter.Trigger
	}
	if letter.LastError != "" {
		shown["last_error"] = letter.LastError
	}
	if letter.Dead {
		shown["failed_at"] = wire.Time(letter.UpdatedAt)
	} else {
		shown["status"], shown["next_attempt_at"] = letterWaiting, wire.Time(letter.NextAttempt)
	}
	return shown
}

// resendLetters answers POST /notifications/resend: notifications that were given up are tried again, with all their attempts
// before them. Parameters, one of: ids (at most 100), trigger_id, all. The answer names what is sent again; partial says that
// there are more.
func (h *Handler) resendLetters(c *call) (wire.Object, error) {
	ids, trigger := c.params.List("ids"), c.params.String("trigger_id")
	all, err := c.params.Bool("all", false)
	if err != nil {
		return nil, err
	}
	if err := checkCount("ids", ids); err != nil {
		return nil, err
	}
	given := 0
	for _, is := range []bool{len(ids) > 0, trigger != "", all} {
		if is {
			given++
		}
	}
	if given != 1 {
		return nil, problem.BadRequest("Exactly one of ids, trigger_id and all is required")
	}
	revived, err := h.library.ReviveJobs(c.context, notify.JobKind, ids, trigger)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	resent := make([]string, len(revived))
	for i, job := range revived {
		resent[i] = job.ID
	}
	return wire.Object{"resent": resent, "partial": len(revived) == library.RevivedAtOnce}, nil
}
