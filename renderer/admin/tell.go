package admin

import (
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
)

// event is something that a call has caused; its type and what it tells are to be added.
func (h *Handler) event(c *call) notify.Event {
	return notify.Event{At: h.now(), RequestID: c.requestID, APIKey: c.apiKey}
}

// notificationURL is the call's own URL for notifications, empty for none.
func notificationURL(c *call) (string, error) {
	callURL := c.params.String("notification_url")
	if callURL == "" {
		return "", nil
	}
	return callURL, notify.CheckURL("notification_url", callURL)
}

// tell are the jobs that tell the call's own URL and the triggers of an event.
func (h *Handler) tell(c *call, event string, fields map[string]any) ([]library.NewJob, error) {
	callURL, err := notificationURL(c)
	if err != nil {
		return nil, err
	}
	return h.tellAt(c, callURL, event, fields)
}

// tellAt is tell for a URL that is checked.
func (h *Handler) tellAt(c *call, callURL, event string, fields map[string]any) ([]library.NewJob, error) {
	told := h.event(c)
	told.Type, told.Fields = event, fields
	return notify.Jobs(told, notify.Targets(c.snapshot, event, callURL), 0)
}
