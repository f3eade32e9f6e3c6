package metadata

import (
	"strings"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Adopt gives the values of an asset that was settled elsewhere: what it held there it holds here, so far as the fields are of the same
// type and their validations take it. Neither rules nor defaults nor mandatory fields have a say, fields that are disabled keep their
// values, and choices that are inactive stay, as they do on assets that are there.
//
// Errors are 400s: external IDs of no field, values of another type.
func Adopt(snapshot *catalog.Snapshot, given Given) (map[string]any, error) {
	fields := snapshot.MetadataFields
	if err := CheckFields(fields, given); err != nil {
		return nil, err
	}
	values := map[string]any{}
	var problems []string
	for _, plain := range inOrder(fields) {
		value, mentioned := given[plain.ExternalID]
		if !mentioned || value.empty() {
			continue
		}
		field := *plain
		field.Disabled = false
		held, reason := typed(&field, value, value.asHeld(&field))
		if reason != "" {
			problems = append(problems, "Value "+quoted(value.shown())+" is invalid for metadata field "+field.ExternalID+": "+reason)
			continue
		}
		values[field.ExternalID] = held
	}
	switch {
	case len(problems) > 0:
		return nil, problem.BadRequest("%s", strings.Join(problems, ", "))
	case len(values) == 0:
		return nil, nil
	}
	return values, nil
}

// asHeld is the value in the form in which an asset holds it.
func (v Value) asHeld(field *catalog.MetadataField) any {
	if field.Type == catalog.MetadataSet {
		return v.list
	}
	return v.text
}
