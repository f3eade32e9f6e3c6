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

// Assign gives the values that an asset with the stored ones, nil for none, has once given ones are assigned and the
// metadata rules are followed. Fields that are not mentioned keep their values, but for what a rule applies; an empty value
// clears its field. Neither map is changed.
//
// Errors are 400s: external IDs of no field, whatever the options; values that their fields do not take; a mandatory
// field left without a value.
func Assign(snapshot *catalog.Snapshot, stored map[string]any, given Given, options Options) (map[string]any, error) {
	fields := snapshot.MetadataFields
	if err := CheckFields(fields, given); err != nil {
		return nil, err
	}
	a := &assignment{stored: stored, given: given, options: options, values: maps.Clone(stored), touched: map[string]bool{}}
	if a.values == nil {
		a.values = map[string]any{}
	}
	if options.ClearInvalid {
		// Values of fields that are no more.
		maps.DeleteFunc(a.values, func(id string, _ any) bool { _, known := fields[id]; return !known })
	}
	problems := map[string]string{}
	for _, field := range inDependency(fields, snapshot.MetadataRules) {
		if problem := a.settle(field, snapshot.MetadataRules); problem != "" {
			problems[field.ExternalID] = problem
		}
	}
	if len(problems) > 0 {
		var texts []string
		for _, field := range inOrder(fields) {
			if text, ok := problems[field.ExternalID]; ok {
				texts = append(texts, text)
			}
		}
		return nil, problem.BadRequest("%s", strings.Join(texts, ", "))
	}
	if len(a.values) == 0 {
		return nil, nil
	}
	return a.values, nil
}

// assignment is the work of one Assign.
type assignment struct {
	stored  map[string]any
	given   Given
	options Options
	// values are those of the asset as far as they are settled.
	values map[string]any
	// touched are the fields that the request mentions or whose values have changed.
	touched map[string]bool
}

// settle gives one field its value, once the fields that its rules look at have theirs, and says what is wrong with it.
func (a *assignment) settle(plain *catalog.MetadataField, rules []catalog.MetadataRule) string {
	id := plain.ExternalID
	given, mentioned := a.given[id]
	a.touched[id] = mentioned
	field, effect := follow(plain, rules, a.values, a.touched)
	if stored, has := a.values[id]; has && a.options.ClearInvalid && !takes(field, stored) {
		delete(a.values, id)
	}
	if mentioned && given.empty() {
		delete(a.values, id)
	} else if mentioned {
		value, reason := typed(field, given, a.stored[id])
		switch {
		case reason == "":
			a.values[id] = value
		case !a.options.ClearInvalid:
			return "Value " + quoted(given.shown()) + " is invalid for metadata field " + id + ": " + reason
		}
	}
	// A rule concerns an update that touches what it looks at or decides on, and every upload.
	concerned := a.options.Upload || mentioned || effect.touched
	a.supply(field, effect, mentioned && given.empty(), concerned)
	before, had := a.stored[id]
	now, has := a.values[id]
	a.touched[id] = mentioned || had != has || has && !sameValue(before, now)
	if field.Mandatory && !field.Disabled && concerned && !has {
		return "Metadata field " + id + " is mandatory"
	}
	return ""
}

// supply gives the field what rules apply, or its default, when nobody has given it a value. Whoever clears a field does
// not want either, unless the field cannot be without a value.
func (a *assignment) supply(field *catalog.MetadataField, effect effect, cleared, concerned bool) {
	if field.Disabled || !concerned {
		return
	}
	id := field.ExternalID
	wanted := !cleared || field.Mandatory
	for _, apply := range effect.applied {
		held, has := a.values[id]
		text := apply.texts
		switch {
		case apply.join && has:
			before, _ := asGiven(held)
			text = slices.Concat(before.list, text)
		case has || !wanted:
			continue
		}
		if value, reason := typed(field, ofTexts(field, text), held); reason == "" {
			a.values[id] = value
		}
	}
	if _, has := a.values[id]; has || !wanted || len(field.Default) == 0 || !a.options.Upload && !field.Mandatory {
		return
	}
	// The rules have checked the default when the field was taken into the catalog.
	if value, reason := typed(field, ofTexts(field, field.Default), nil); reason == "" {
		a.values[id] = value
	}
}

// ofTexts is a value in the form of the catalog, as a request would give it.
func ofTexts(field *catalog.MetadataField, texts []string) Value {
	if field.Type == catalog.MetadataSet {
		return List(texts...)
	}
	if len(texts) != 1 {
		return List(texts...) // which no other field takes
	}
	return Text(texts[0])
}

// takes says whether the field would take a stored value now. Choices that have become inactive stay.
func takes(field *catalog.MetadataField, stored any) bool {
	again, ok := asGiven(stored)
	if !ok {
		return false
	}
	_, reason := typed(field, again, stored)
	return reason == ""
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
