package metadata

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Options say how values are assigned.
type Options struct {
	// Upload says that an asset is stored and not only edited: fields that nobody mentions get their default values,
	// and a mandatory field must end up with one.
	Upload bool
	// ClearInvalid drops values that their fields do not take, given ones and stored ones, instead of refusing them.
	ClearInvalid bool
}

// CheckFields refuses external IDs of no field, with a 400 that names them.
func CheckFields(fields map[string]catalog.MetadataField, given Given) error {
	var unknown []string
	for id := range given {
		if _, ok := fields[id]; !ok {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	list, _ := json.Marshal(unknown) // Texts can be written as JSON.
	return problem.BadRequest("Metadata External IDs do not exist: %s", list)
}

// Assign gives the values that an asset with the stored ones, nil for none, has once given ones are assigned. Fields that
// are not mentioned keep their values; an empty value clears its field. Neither map is changed.
//
// Errors are 400s: external IDs of no field, whatever the options; values that their fields do not take; a mandatory
// field left without a value.
func Assign(fields map[string]catalog.MetadataField, stored map[string]any, given Given, options Options) (map[string]any, error) {
	if err := CheckFields(fields, given); err != nil {
		return nil, err
	}
	values := maps.Clone(stored)
	if values == nil {
		values = map[string]any{}
	}
	if options.ClearInvalid {
		dropInvalid(fields, values)
	}
	var problems []string
	for _, field := range inOrder(fields) {
		value, mentioned := given[field.ExternalID]
		if err := assignOne(field, values, stored[field.ExternalID], value, mentioned, options); err != "" {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 {
		return nil, problem.BadRequest("%s", strings.Join(problems, ", "))
	}
	if len(values) == 0 {
		return nil, nil
	}
	return values, nil
}

// assignOne settles the value of one field, and says what is wrong with it.
func assignOne(field *catalog.MetadataField, values map[string]any, stored any, given Value, mentioned bool, options Options) string {
	id := field.ExternalID
	switch {
	case mentioned && given.empty():
		delete(values, id)
	case mentioned:
		value, reason := typed(field, given, stored)
		if reason == "" {
			values[id] = value
			return ""
		}
		if !options.ClearInvalid {
			return "Value " + quoted(given.shown()) + " is invalid for metadata field " + id + ": " + reason
		}
	}
	if _, has := values[id]; has || field.Disabled || !options.Upload && !mentioned {
		return ""
	}
	// Whoever clears a field does not want its default, unless it cannot be without a value.
	cleared := mentioned && given.empty()
	if len(field.Default) > 0 && (field.Mandatory || options.Upload && !cleared) {
		// The rules have checked the default when the field was taken into the catalog.
		if value, reason := typed(field, defaultOf(field), nil); reason == "" {
			values[id] = value
			return ""
		}
	}
	if field.Mandatory {
		return "Metadata field " + id + " is mandatory"
	}
	return ""
}

func defaultOf(field *catalog.MetadataField) Value {
	if field.Type == catalog.MetadataSet {
		return List(field.Default...)
	}
	return Text(field.Default[0])
}

// dropInvalid removes what the fields would not take now. Choices that have become inactive stay.
func dropInvalid(fields map[string]catalog.MetadataField, values map[string]any) {
	for id, value := range values {
		field, known := fields[id]
		if !known {
			delete(values, id)
			continue
		}
		again, ok := asGiven(value)
		if ok {
			_, reason := typed(&field, again, value)
			ok = reason == ""
		}
		if !ok {
			delete(values, id)
		}
	}
}

// Visible are the values of an asset whose fields exist: those of a deleted field are seen no more.
func Visible(fields map[string]catalog.MetadataField, values map[string]any) map[string]any {
	var visible map[string]any
	for id, value := range values {
		if _, known := fields[id]; !known {
			continue
		}
		if visible == nil {
			visible = make(map[string]any, len(values))
		}
		visible[id] = value
	}
	return visible
}

// inOrder are the fields in the order of their positions.
func inOrder(fields map[string]catalog.MetadataField) []*catalog.MetadataField {
	ordered := make([]*catalog.MetadataField, 0, len(fields))
	for _, field := range fields {
		ordered = append(ordered, &field)
	}
	slices.SortFunc(ordered, func(a, b *catalog.MetadataField) int {
		if a.Position != b.Position {
			return a.Position - b.Position
		}
		return strings.Compare(a.ExternalID, b.ExternalID)
	})
	return ordered
}

// shown is the value as a message repeats it.
func (v Value) shown() string {
	if !v.isList {
		return v.text
	}
	list, _ := json.Marshal(v.list) // Texts can be written as JSON.
	return string(list)
}

// quoted puts text into quotes, short and without control characters.
func quoted(text string) string {
	const maxRunes = 100
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, text))
	if len(runes) > maxRunes {
		runes = append(runes[:maxRunes], '…')
	}
	return `"` + string(runes) + `"`
}
