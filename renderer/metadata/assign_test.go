package metadata

import (
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// fieldsOf gives fields positions in their order.
func fieldsOf(list ...catalog.MetadataField) map[string]catalog.MetadataField {
	fields := map[string]catalog.MetadataField{}
	for position, field := range list {
		field.Position = position
		fields[field.ExternalID] = field
	}
	return fields
}

// having is a snapshot of fields and rules.
func having(fields map[string]catalog.MetadataField, rules ...catalog.MetadataRule) *catalog.Snapshot {
	return &catalog.Snapshot{MetadataFields: fields, MetadataRules: rules}
}

// shelf is one field of every type.
func shelf() map[string]catalog.MetadataField {
	choices := []catalog.MetadataChoice{{ExternalID: "r", Value: "Red"}, {ExternalID: "g", Value: "Green"}, {ExternalID: "old", Value: "Old", Inactive: true}}
	return fieldsOf(
		catalog.MetadataField{ExternalID: "note", Type: catalog.MetadataString, Validation: &catalog.MetadataValidation{Type: "and", Rules: []catalog.MetadataValidation{
			{Type: "strlen", Min: new(2), Max: new(5)}, {Type: "strregex", Regex: "[a-zé|]+"},
		}}},
		catalog.MetadataField{ExternalID: "size", Type: catalog.MetadataInteger, Validation: &catalog.MetadataValidation{Type: "and", Rules: []catalog.MetadataValidation{
			{Type: "greater_than", Value: "9"}, {Type: "less_than", Value: "100", Equals: true},
		}}},
		catalog.MetadataField{ExternalID: "day", Type: catalog.MetadataDate, Validation: &catalog.MetadataValidation{Type: "greater_than", Value: "2026-01-31", Equals: true}},
		catalog.MetadataField{ExternalID: "color", Type: catalog.MetadataEnum, Datasource: choices},
		catalog.MetadataField{ExternalID: "colors", Type: catalog.MetadataSet, Datasource: choices},
		catalog.MetadataField{ExternalID: "any", Type: catalog.MetadataEnum, Datasource: choices, Dynamic: true},
		catalog.MetadataField{ExternalID: "free", Type: catalog.MetadataString},
		catalog.MetadataField{ExternalID: "off", Type: catalog.MetadataString, Disabled: true, Mandatory: true, Default: []string{"x"}},
	)
}

func parse(t *testing.T, row string) Given {
	t.Helper()
	given, err := Parse([]string{row})
	if err != nil {
		t.Fatal(err)
	}
	return given
}

func TestTypedValues(t *testing.T) {
	for row, want := range map[string]map[string]any{
		"":                         nil,
		"note=abé":                 {"note": "abé"},
		"note=ab":                  {"note": "ab"},
		"note=ééééé":               {"note": "ééééé"},
		`note=a\|b`:                {"note": "a|b"},
		"size=42":                  {"size": int64(42)},
		"size=10|day=2026-01-31":   {"size": int64(10), "day": "2026-01-31"},
		"size=100":                 {"size": int64(100)},
		"color=r":                  {"color": "r"},
		`colors=["g","r","g"]`:     {"colors": []string{"g", "r"}},
		"colors=g":                 {"colors": []string{"g"}},
		`colors=[]`:                nil,
		"any=unheard of":           {"any": "unheard of"},
		`free=["a","b"]`:           {"free": `["a","b"]`},
		"off=":                     nil,
		`{"size":12,"colors":[]}`:  {"size": int64(12)},
		`{"colors":["r"]}`:         {"colors": []string{"r"}},
		`{"size":null,"color":""}`: nil,
	} {
		got, err := Assign(having(shelf()), nil, parse(t, row), Options{Upload: true})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v\nwant %#v", row, got, err, want)
		}
	}
}

func TestRefusedValues(t *testing.T) {
	for row, message := range map[string]string{
		"x=1":                               `Metadata External IDs do not exist: ["x"]`,
		`y=1|x=1|size=1|q"=1`:               `Metadata External IDs do not exist: ["q\"","x","y"]`,
		"note=a":                            `Value "a" is invalid for metadata field note: it must have at least 2 characters`,
		"note=éééééé":                       `Value "éééééé" is invalid for metadata field note: it must have at most 5 characters`,
		"note=ab1":                          `Value "ab1" is invalid for metadata field note: it does not match [a-zé|]+`,
		"note=1ab":                          `Value "1ab" is invalid for metadata field note: it does not match [a-zé|]+`,
		"size=big":                          `Value "big" is invalid for metadata field size: it is no integer`,
		"size=12.5":                         `Value "12.5" is invalid for metadata field size: it is no integer`,
		"size=9":                            `Value "9" is invalid for metadata field size: it must be above 9`,
		"size=101":                          `Value "101" is invalid for metadata field size: it must be at or below 100`,
		`size=["12"]`:                       `Value "["12"]" is invalid for metadata field size: it is no integer`,
		`{"size":["12"]}`:                   `Value "["12"]" is invalid for metadata field size: the field takes one value, not a list`,
		"day=31.01.2026":                    `Value "31.01.2026" is invalid for metadata field day: it is no date as YYYY-MM-DD`,
		"day=2026-02-30":                    `Value "2026-02-30" is invalid for metadata field day: it is no date as YYYY-MM-DD`,
		"day=2026-01-30":                    `Value "2026-01-30" is invalid for metadata field day: it must be at or above 2026-01-31`,
		"color=Red":                         `Value "Red" is invalid for metadata field color: "Red" is no external ID of its datasource`,
		"color=" + strings.Repeat("é", 101): `Value "` + strings.Repeat("é", 100) + `…" is invalid for metadata field color: "` + strings.Repeat("é", 100) + `…" is no external ID of its datasource`,
		"color=" + strings.Repeat("é", 100): `Value "` + strings.Repeat("é", 100) + `" is invalid for metadata field color: "` + strings.Repeat("é", 100) + `" is no external ID of its datasource`,
		"color=old":                         `Value "old" is invalid for metadata field color: "old" is inactive in its datasource`,
		`colors=["r","nope"]`:               `Value "["r","nope"]" is invalid for metadata field colors: "nope" is no external ID of its datasource`,
		`colors=["old"]`:                    `Value "["old"]" is invalid for metadata field colors: "old" is inactive in its datasource`,
		"any=old":                           `Value "old" is invalid for metadata field any: "old" is inactive in its datasource`,
		"off=1":                             `Value "1" is invalid for metadata field off: the field is disabled`,
		"color=Red|size=small":              `Value "small" is invalid for metadata field size: it is no integer, Value "Red" is invalid for metadata field color: "Red" is no external ID of its datasource`,
	} {
		for _, options := range []Options{{}, {Upload: true}} {
			got, err := Assign(having(shelf()), nil, parse(t, row), options)
			if p := problem.From(err); err == nil || got != nil || p.Status != http.StatusBadRequest || p.Message != message {
				t.Errorf("%s: %v, %v\nwant %s", row, got, err, message)
			}
		}
	}
}

func TestMandatoryAndDefault(t *testing.T) {
	fields := fieldsOf(
		catalog.MetadataField{ExternalID: "must", Type: catalog.MetadataString, Mandatory: true},
		catalog.MetadataField{ExternalID: "both", Type: catalog.MetadataInteger, Mandatory: true, Default: []string{"7"}},
		catalog.MetadataField{ExternalID: "may", Type: catalog.MetadataSet, Default: []string{"a"}, Datasource: []catalog.MetadataChoice{{ExternalID: "a"}, {ExternalID: "b"}}},
	)
	for title, test := range map[string]struct {
		stored  map[string]any
		row     string
		options Options
		want    map[string]any
		refusal string
	}{
		"an upload gets defaults":   {row: "must=x", options: Options{Upload: true}, want: map[string]any{"must": "x", "both": int64(7), "may": []string{"a"}}},
		"given ones win":            {row: "must=x|both=8|may=b", options: Options{Upload: true}, want: map[string]any{"must": "x", "both": int64(8), "may": []string{"b"}}},
		"missing":                   {row: "both=8", options: Options{Upload: true}, refusal: "Metadata field must is mandatory"},
		"cleared":                   {row: "must=", options: Options{Upload: true}, refusal: "Metadata field must is mandatory"},
		"cleared with default":      {row: "must=x|both=|may=", options: Options{Upload: true}, want: map[string]any{"must": "x", "both": int64(7)}},
		"kept by an overwrite":      {stored: map[string]any{"must": "y", "may": []any{"b"}}, options: Options{Upload: true}, want: map[string]any{"must": "y", "both": int64(7), "may": []any{"b"}}},
		"an edit adds nothing":      {row: "may=b", want: map[string]any{"may": []string{"b"}}},
		"an edit cannot clear":      {stored: map[string]any{"must": "y"}, row: "must=", refusal: "Metadata field must is mandatory"},
		"invalid with default":      {row: "must=x|both=b|may=c", options: Options{Upload: true, ClearInvalid: true}, want: map[string]any{"must": "x", "both": int64(7), "may": []string{"a"}}},
		"an edit drops the invalid": {row: "may=c", options: Options{ClearInvalid: true}},
		"two problems":              {row: "both=b", options: Options{Upload: true}, refusal: `Metadata field must is mandatory, Value "b" is invalid for metadata field both: it is no integer`},
		"the unknown is never cleared": {row: "must=x|who=1", options: Options{Upload: true, ClearInvalid: true},
			refusal: `Metadata External IDs do not exist: ["who"]`},
	} {
		t.Run(title, func(t *testing.T) {
			before := maps.Clone(test.stored)
			got, err := Assign(having(fields), test.stored, parse(t, test.row), test.options)
			if test.refusal != "" {
				if p := problem.From(err); err == nil || p.Status != http.StatusBadRequest || p.Message != test.refusal {
					t.Errorf("%v, %v\nwant %s", got, err, test.refusal)
				}
			} else if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("%#v, %v\nwant %#v", got, err, test.want)
			}
			if !reflect.DeepEqual(test.stored, before) {
				t.Errorf("the stored values were changed to %v", test.stored)
			}
		})
	}
}

func TestStoredValues(t *testing.T) {
	// As they come back from a database.
	stored := map[string]any{"size": 42.0, "color": "old", "colors": []any{"old", "r"}, "gone": "x", "note": "way too long"}
	for title, test := range map[string]struct {
		row     string
		options Options
		want    map[string]any
	}{
		"nothing changes": {want: stored},
		"one changes":     {row: "size=43", want: map[string]any{"size": int64(43), "color": "old", "colors": []any{"old", "r"}, "gone": "x", "note": "way too long"}},
		"inactive ones stay": {row: `color=old|colors=["old","g"]`,
			want: map[string]any{"size": 42.0, "color": "old", "colors": []string{"old", "g"}, "gone": "x", "note": "way too long"}},
		"invalid ones are cleared": {row: "size=1", options: Options{ClearInvalid: true},
			want: map[string]any{"size": 42.0, "color": "old", "colors": []any{"old", "r"}}},
		"a cleared one goes": {row: "size=|color=", options: Options{ClearInvalid: true}, want: map[string]any{"colors": []any{"old", "r"}}},
	} {
		t.Run(title, func(t *testing.T) {
			got, err := Assign(having(shelf()), stored, parse(t, test.row), test.options)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("%#v, %v\nwant %#v", got, err, test.want)
			}
		})
	}
	broken := map[string]any{"size": 1.5, "colors": []any{1.0}, "note": true, "free": nil}
	if got, err := Assign(having(shelf()), broken, nil, Options{ClearInvalid: true}); err != nil || got != nil {
		t.Errorf("values of no type at all: %v, %v", got, err)
	}
}

func TestVisible(t *testing.T) {
	got := Visible(shelf(), map[string]any{"size": int64(1), "gone": "x"})
	if !reflect.DeepEqual(got, map[string]any{"size": int64(1)}) {
		t.Errorf("visible %v", got)
	}
	if got := Visible(nil, map[string]any{"gone": "x"}); got != nil {
		t.Errorf("visible without fields: %v", got)
	}
}

func TestValidations(t *testing.T) {
	number := &catalog.MetadataField{Type: catalog.MetadataInteger}
	words := &catalog.MetadataField{Type: catalog.MetadataString}
	for _, test := range []struct {
		field      *catalog.MetadataField
		validation catalog.MetadataValidation
		text, want string
	}{
		{number, catalog.MetadataValidation{Type: "less_than", Value: "10"}, "10", "it must be below 10"},
		{number, catalog.MetadataValidation{Type: "less_than", Value: "10"}, "9", ""},
		{number, catalog.MetadataValidation{Type: "less_than", Value: "10"}, "-11", ""},
		{number, catalog.MetadataValidation{Type: "greater_than", Value: "-5"}, "-10", "it must be above -5"},
		{number, catalog.MetadataValidation{Type: "greater_than", Value: "-5", Equals: true}, "-5", ""},
		{words, catalog.MetadataValidation{Type: "strlen", Min: new(2)}, "a", "it must have at least 2 characters"},
		{words, catalog.MetadataValidation{Type: "strlen", Min: new(2)}, "abc", ""},
		{words, catalog.MetadataValidation{Type: "strlen", Max: new(2)}, "abc", "it must have at most 2 characters"},
		{words, catalog.MetadataValidation{Type: "strlen", Max: new(2)}, "", ""},
		{words, catalog.MetadataValidation{Type: "strregex", Regex: "("}, "(", "it does not match ("},
	} {
		if got := broken(test.field, &test.validation, test.text); got != test.want {
			t.Errorf("%+v: %q is %q, want %q", test.validation, test.text, got, test.want)
		}
	}
}
