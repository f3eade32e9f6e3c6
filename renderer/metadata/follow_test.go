package metadata

import (
	"reflect"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

func test(id, what string, values ...string) catalog.MetadataCondition {
	return catalog.MetadataCondition{FieldID: id, Test: what, Values: values}
}

func TestConditions(t *testing.T) {
	values := map[string]any{"size": float64(7), "color": "r", "colors": []any{"g", "r"}, "day": "2026-01-31"}
	for name, test := range map[string]struct {
		condition catalog.MetadataCondition
		want      bool
	}{
		"populated":              {test("size", catalog.TestPopulated), true},
		"not populated":          {test("free", catalog.TestPopulated), false},
		"empty":                  {test("free", catalog.TestEmpty), true},
		"not empty":              {test("color", catalog.TestEmpty), false},
		"equals":                 {test("color", catalog.TestEquals, "r"), true},
		"equals another":         {test("color", catalog.TestEquals, "g"), false},
		"equals of no value":     {test("free", catalog.TestEquals, ""), false},
		"the same integer":       {test("size", catalog.TestEquals, "07"), true},
		"a date":                 {test("day", catalog.TestEquals, "2026-01-31"), true},
		"a set in another order": {test("colors", catalog.TestEquals, "r", "g"), true},
		"a part of a set":        {test("colors", catalog.TestEquals, "r"), false},
		"includes":               {test("colors", catalog.TestIncludes, "r"), true},
		"includes all":           {test("colors", catalog.TestIncludes, "r", "old"), false},
		"one of":                 {test("size", catalog.TestIncludes, "1", "7"), true},
		"none of":                {test("color", catalog.TestIncludes, "g", "b"), false},
		"and":                    {catalog.MetadataCondition{And: []catalog.MetadataCondition{test("size", catalog.TestPopulated), test("free", catalog.TestPopulated)}}, false},
		"or":                     {catalog.MetadataCondition{Or: []catalog.MetadataCondition{test("free", catalog.TestPopulated), {And: []catalog.MetadataCondition{test("size", catalog.TestPopulated), test("color", catalog.TestEquals, "r")}}}}, true},
		"nothing":                {catalog.MetadataCondition{}, false},
	} {
		if got := holds(&test.condition, values); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// office are fields that depend on each other, the ones that others depend on in the last positions.
func office() *catalog.Snapshot {
	choices := func(ids ...string) (all []catalog.MetadataChoice) {
		for _, id := range ids {
			all = append(all, catalog.MetadataChoice{ExternalID: id, Value: strings.ToUpper(id)})
		}
		return all
	}
	employee := test("category", catalog.TestEquals, "employee")
	return having(fieldsOf(
		catalog.MetadataField{ExternalID: "desk", Type: catalog.MetadataInteger},
		catalog.MetadataField{ExternalID: "badge", Type: catalog.MetadataString, Disabled: true, Default: []string{"grey"}},
		catalog.MetadataField{ExternalID: "topics", Type: catalog.MetadataSet, Datasource: choices("law", "tax", "news")},
		catalog.MetadataField{ExternalID: "team", Type: catalog.MetadataEnum, Datasource: choices("hr", "it", "press"), Dynamic: true},
		catalog.MetadataField{ExternalID: "category", Type: catalog.MetadataEnum, Datasource: choices("employee", "guest")},
		catalog.MetadataField{ExternalID: "note", Type: catalog.MetadataString},
	),
		catalog.MetadataRule{FieldID: "desk", Condition: test("team", catalog.TestEquals, "hr"), Mandatory: new(true)},
		catalog.MetadataRule{FieldID: "badge", Condition: employee, Enable: new(true)},
		catalog.MetadataRule{FieldID: "team", Condition: employee, Activate: &catalog.MetadataActivation{ExternalIDs: []string{"hr", "it"}}},
		catalog.MetadataRule{FieldID: "team", Condition: test("category", catalog.TestEquals, "guest"), Apply: []string{"press"}},
		catalog.MetadataRule{FieldID: "topics", Condition: test("team", catalog.TestEquals, "press"), Apply: []string{"news"}, Append: true},
	)
}

func TestRulesAreFollowed(t *testing.T) {
	upload, update := Options{Upload: true}, Options{}
	stored := map[string]any{"category": "guest", "team": "press"}
	for name, test := range map[string]struct {
		options Options
		stored  map[string]any
		row     string
		want    map[string]any
		refusal string
	}{
		"nothing holds":                   {upload, nil, "note=x|team=any", map[string]any{"note": "x", "team": "any"}, ""},
		"a disabled field":                {upload, nil, "badge=red", nil, `Value "red" is invalid for metadata field badge: the field is disabled`},
		"an enabled field":                {upload, nil, "category=employee|badge=red", map[string]any{"category": "employee", "badge": "red"}, ""},
		"the default of an enabled field": {upload, nil, "category=employee", map[string]any{"category": "employee", "badge": "grey"}, ""},
		"an active choice":                {upload, nil, "category=employee|team=it|badge=b", map[string]any{"category": "employee", "team": "it", "badge": "b"}, ""},
		"no active choice":                {upload, nil, "category=employee|team=press", nil, `Value "press" is invalid for metadata field team: "press" is inactive in its datasource`},
		"a choice from outside":           {upload, nil, "category=employee|team=any", nil, `Value "any" is invalid for metadata field team: "any" is no external ID of its datasource`},
		"it is dropped":                   {Options{Upload: true, ClearInvalid: true}, nil, "category=employee|team=any|badge=", map[string]any{"category": "employee"}, ""},
		"applied, and from it others":     {upload, nil, "category=guest", map[string]any{"category": "guest", "team": "press", "topics": []string{"news"}}, ""},
		"appended":                        {upload, nil, `topics=["law"]|team=press`, map[string]any{"team": "press", "topics": []string{"law", "news"}}, ""},
		"appended once":                   {upload, nil, `topics=["news","law"]|team=press`, map[string]any{"team": "press", "topics": []string{"news", "law"}}, ""},
		"no default beside a value":       {upload, nil, "category=guest|team=it", map[string]any{"category": "guest", "team": "it"}, ""},
		"made mandatory":                  {upload, nil, "team=hr", nil, "Metadata field desk is mandatory"},
		"given what was made mandatory":   {upload, nil, "team=hr|desk=4", map[string]any{"team": "hr", "desk": int64(4)}, ""},
		"updated":                         {update, map[string]any{"note": "n"}, "category=guest", map[string]any{"note": "n", "category": "guest", "team": "press", "topics": []string{"news"}}, ""},
		"updated and made mandatory":      {update, map[string]any{"note": "n"}, "team=hr", nil, "Metadata field desk is mandatory"},
		"an update of something else":     {update, map[string]any{"team": "hr"}, "note=n", map[string]any{"team": "hr", "note": "n"}, ""},
		"cleared":                         {update, stored, "team=", map[string]any{"category": "guest"}, ""},
		"what became inactive stays":      {update, stored, "category=employee", map[string]any{"category": "employee", "team": "press"}, ""},
		"clear_invalid clears the disabled": {Options{ClearInvalid: true}, map[string]any{"category": "employee", "badge": "red"}, "category=guest",
			map[string]any{"category": "guest", "team": "press", "topics": []string{"news"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Assign(office(), test.stored, parse(t, test.row), test.options)
			if test.refusal != "" {
				if err == nil || err.Error() != test.refusal {
					t.Errorf("%v, %v", got, err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("%v, %v\nwant %v", got, err, test.want)
			}
		})
	}
}
