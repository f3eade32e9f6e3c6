package description

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// maxAccessRules bounds the rules of an asset.
const maxAccessRules = 100

// parseAccessControl reads access_control: a JSON list of rules, or rules one by one. Without the parameter it gives nil, and
// for a list without rules an empty one.
func parseAccessControl(rows []string) ([]library.AccessRule, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	given := []map[string]json.RawMessage{}
	for _, row := range rows {
		var some []map[string]json.RawMessage
		if !strings.HasPrefix(strings.TrimSpace(row), "[") {
			row = "[" + row + "]"
		}
		if err := json.Unmarshal([]byte(row), &some); err != nil {
			return nil, problem.BadRequest("Invalid access_control: %q is not a list of rules like {\"access_type\":\"token\"}", wire.Printable(row))
		}
		given = append(given, some...)
	}
	if len(given) > maxAccessRules {
		return nil, problem.BadRequest("Too many access_control rules. Got %d. Maximum is %d.", len(given), maxAccessRules)
	}
	rules := make([]library.AccessRule, 0, len(given))
	for _, one := range given {
		rule, err := parseAccessRule(one)
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

func parseAccessRule(given map[string]json.RawMessage) (rule library.AccessRule, err error) {
	for name, raw := range given {
		value, ok := wire.Scalar(raw)
		if !ok || value == "" {
			continue
		}
		switch name {
		case "access_type":
			rule.Type = value
		case "start":
			rule.Start, err = parseTime(value)
		case "end":
			rule.End, err = parseTime(value)
		default:
			// A key of its own, or a path, would narrow the rule: without them it would admit more than was meant.
			err = problem.BadRequest("Invalid access_control: %q of a rule is not available", wire.Printable(name))
		}
		if err != nil {
			return rule, err
		}
	}
	if rule.Type != library.AccessToken && rule.Type != library.AccessAnonymous {
		return rule, problem.BadRequest("Invalid access_control: access_type %q is neither token nor anonymous", wire.Printable(rule.Type))
	}
	if rule.Start != nil && rule.End != nil && !rule.Start.Before(*rule.End) {
		return rule, problem.BadRequest("Invalid access_control: start is not before end")
	}
	return rule, nil
}

// timeLayouts are the ways in which the SDKs and their users write times. Those without a zone are in UTC.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04 -0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00",
	"2006-01-02 15:04:05 MST", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly,
}

func parseTime(text string) (*time.Time, error) {
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			at = at.UTC().Truncate(time.Second)
			return &at, nil
		}
	}
	return nil, problem.BadRequest("Invalid access_control: %q is not a time like 2006-01-02T15:04:05Z", wire.Printable(text))
}
