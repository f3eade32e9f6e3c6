package metadata

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

// typed is what field makes of a value that is not empty, or the reason why it takes no such value. stored is the value
// that the asset has: choices that have become inactive may stay on it.
func typed(field *catalog.MetadataField, given Value, stored any) (value any, reason string) {
	if field.Disabled {
		return nil, "the field is disabled"
	}
	if field.Type == catalog.MetadataSet {
		return set(field, given.list, stored)
	}
	if given.isList {
		return nil, "the field takes one value, not a list"
	}
	switch field.Type {
	case catalog.MetadataInteger:
		number, err := strconv.ParseInt(given.text, 10, 64)
		if err != nil {
			return nil, "it is no integer"
		}
		value = number
	case catalog.MetadataDate:
		if _, err := time.Parse(time.DateOnly, given.text); err != nil {
			return nil, "it is no date as YYYY-MM-DD"
		}
		value = given.text
	case catalog.MetadataEnum:
		return given.text, choose(field, given.text, held(stored))
	default:
		value = given.text
	}
	if field.Validation != nil {
		reason = broken(field, field.Validation, given.text)
	}
	return value, reason
}

// set takes the external IDs of a set, each of them once.
func set(field *catalog.MetadataField, items []string, stored any) (value any, reason string) {
	before := held(stored)
	var chosen []string
	for _, item := range items {
		if slices.Contains(chosen, item) {
			continue
		}
		if reason := choose(field, item, before); reason != "" {
			return nil, reason
		}
		chosen = append(chosen, item)
	}
	return chosen, ""
}

// maxDynamicValue bounds a value that becomes a choice by being assigned, in characters, as external IDs are.
const maxDynamicValue = 255

// choose says why id cannot be chosen on an asset that had the choices before, or "".
func choose(field *catalog.MetadataField, id string, before []string) string {
	for _, choice := range field.Datasource {
		if choice.ExternalID != id {
			continue
		}
		if choice.Inactive && !slices.Contains(before, id) {
			return quoted(id) + " is inactive in its datasource"
		}
		return ""
	}
	if field.Dynamic && id != "" {
		if utf8.RuneCountInString(id) > maxDynamicValue {
			return quoted(id) + " is longer than 255 characters"
		}
		return ""
	}
	return quoted(id) + " is no external ID of its datasource"
}

// held are the choices that a stored value holds.
func held(stored any) []string {
	value, ok := asGiven(stored)
	switch {
	case !ok:
		return nil
	case value.isList:
		return value.list
	}
	return []string{value.text}
}

// asGiven turns a value of an asset, as it was made here or read back from JSON, into what a request would have given.
func asGiven(value any) (Value, bool) {
	switch value := value.(type) {
	case string:
		return Value{text: value, list: []string{value}}, true
	case int64:
		return Text(strconv.FormatInt(value, 10)), true
	case float64:
		if value != math.Trunc(value) {
			return Value{}, false
		}
		return Text(strconv.FormatFloat(value, 'f', -1, 64)), true
	case json.Number:
		return Text(value.String()), true
	case []string:
		return List(value...), true
	case []any:
		items := make([]string, 0, len(value))
		for _, element := range value {
			item, ok := element.(string)
			if !ok {
				return Value{}, false
			}
			items = append(items, item)
		}
		return List(items...), true
	}
	return Value{}, false
}
