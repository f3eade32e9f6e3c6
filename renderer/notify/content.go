package notify

import (
	"encoding/json"
	"fmt"

	"github.com/darkroom-media/darkroom/internal/jsonlogic"
	"github.com/darkroom-media/darkroom/internal/payload"
	"github.com/darkroom-media/darkroom/renderer/catalog"
)

// contentFor is what a trigger is sent of a notification: its payload template filled in, or all of it. The error is
// errUnwanted when the filter of the trigger refuses the notification.
func contentFor(trigger *catalog.Trigger, body map[string]json.RawMessage) ([]byte, error) {
	content, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if len(trigger.Filter) > 0 {
		if err := checkFilter(trigger.Filter, content); err != nil {
			return nil, err
		}
	}
	if len(trigger.PayloadTemplate) == 0 {
		return content, nil
	}
	template, err := payload.Parse(trigger.PayloadTemplate)
	if err != nil {
		return nil, fmt.Errorf("the payload template is invalid: %w", err)
	}
	return template.Render(body)
}

func checkFilter(filter, content json.RawMessage) error {
	rule, err := jsonlogic.Parse(filter)
	if err != nil {
		return fmt.Errorf("the filter is invalid: %w", err)
	}
	var notification any
	if err := json.Unmarshal(content, &notification); err != nil {
		return err
	}
	accepted, err := rule.Accepts(notification)
	if err != nil {
		return fmt.Errorf("the filter cannot be decided: %w", err)
	}
	if !accepted {
		return errUnwanted
	}
	return nil
}
