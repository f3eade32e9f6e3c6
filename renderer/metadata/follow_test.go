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
	values := map[string]any{"size": float64(7), "color": "r", "colors": []any{"g", "r"}, "day": "2026-01-31", "one": []any{"g"}, "zero": int64(0), "broken": true}
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
		"the first of a set":     {test("colors", catalog.TestEquals, "g"), false},
		"more than a set":        {test("one", catalog.TestEquals, "g", "r"), false},
		"another integer":        {test("size", catalog.TestEquals, "8"), false},
		"zero and no integer":    {test("zero", catalog.TestEquals, "x"), false},
		"equals what is broken":  {test("broken", catalog.TestEquals, ""), false},
		"one of what is broken":  {test("broken", catalog.TestIncludes, ""), false},
		"or of what does not":    {catalog.MetadataCondition{Or: []catalog.MetadataCondition{test("free", catalog.TestPopulated), test("size", catalog.TestEmpty)}}, false},
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

// TestWhatRulesDoToAField has one rule, which holds when the field "on" is set, for a field.
func TestWhatRulesDoToAField(t *testing.T) {
	choices := []catalog.MetadataChoice{{ExternalID: "hr"}, {ExternalID: "it"}, {ExternalID: "old", Inactive: true}}
	set := catalog.MetadataField{Type: catalog.MetadataSet, Datasource: choices}
	enum := catalog.MetadataField{Type: catalog.MetadataEnum, Datasource: choices}
	dynamic := catalog.MetadataField{Type: catalog.MetadataEnum, Datasource: choices, Dynamic: true}
	number := catalog.MetadataField{Type: catalog.MetadataInteger, Default: []string{"7"}}
	none := catalog.MetadataRule{}
	apply := func(values ...string) catalog.MetadataRule { return catalog.MetadataRule{Apply: values} }
	activate := func(values ...string) catalog.MetadataRule {
		return catalog.MetadataRule{Activate: &catalog.MetadataActivation{ExternalIDs: values}}
	}
	more := func(values ...string) catalog.MetadataRule {
		return catalog.MetadataRule{Activate: &catalog.MetadataActivation{ExternalIDs: values, Append: true}}
	}
	all := catalog.MetadataRule{Activate: &catalog.MetadataActivation{All: true}}
	for name, test := range map[string]struct {
		field catalog.MetadataField
		rule  catalog.MetadataRule
		row   string
		want  any
		// refused says that the value is not taken.
		refused bool
	}{
		"nothing to apply":                    {set, catalog.MetadataRule{Enable: new(true)}, "", nil, false},
		"a value beside what is applied":      {set, apply("hr"), `{"f":["it"]}`, []string{"it"}, false},
		"what is applied is invalid":          {enum, apply("nobody"), "", nil, false},
		"several values for one":              {enum, apply("hr", "it"), "", nil, false},
		"appended to one value":               {enum, catalog.MetadataRule{Apply: []string{"hr"}, Append: true}, "", nil, false},
		"a default for what became mandatory": {number, catalog.MetadataRule{Mandatory: new(true)}, "", int64(7), false},
		"no default for what did not":         {number, none, "", nil, false},
		"activated from the datasource":       {dynamic, activate("old"), "f=old", "old", false},
		"activated beyond the datasource":     {dynamic, activate("new"), "f=new", "new", false},
		"beside what is activated":            {dynamic, activate("new"), "f=any", nil, true},
		"inactive beside it":                  {dynamic, activate("new", "it"), "f=hr", nil, true},
		"activated twice":                     {dynamic, activate("it", "it"), "f=it", "it", false},
		"beside what is activated as well":    {dynamic, more("old"), "f=any", "any", false},
		"active as before":                    {dynamic, more("old"), "f=hr", "hr", false},
		"all of them, and others":             {dynamic, all, "f=any", "any", false},
		"all of them":                         {dynamic, all, "f=old", "old", false},
		"none of a datasource":                {enum, activate("new"), "f=new", nil, true},
		"too long":                            {dynamic, none, "f=" + strings.Repeat("é", 256), nil, true},
		"as long as may be":                   {dynamic, none, "f=" + strings.Repeat("é", 255), strings.Repeat("é", 255), false},
		"nothing as a choice":                 {catalog.MetadataField{Type: catalog.MetadataSet, Dynamic: true}, none, `{"f":[""]}`, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			test.field.ExternalID = "f"
			rule := test.rule
			rule.FieldID, rule.Condition = "f", catalog.MetadataCondition{FieldID: "on", Test: catalog.TestPopulated}
			snapshot := having(fieldsOf(test.field, catalog.MetadataField{ExternalID: "on", Type: catalog.MetadataString}), rule)
			given := parse(t, test.row)
			given["on"] = Text("yes")
			got, err := Assign(snapshot, nil, given, Options{})
			if (err != nil) != test.refused || !reflect.DeepEqual(got["f"], test.want) {
				t.Errorf("%#v, %v\nwant %#v", got["f"], err, test.want)
			}
		})
	}
}

// A rule is followed on an update that changes what it looks at, even by another rule; one that looks at a field that is gone
// never holds.
func TestRulesFollowRules(t *testing.T) {
	snapshot := having(fieldsOf(
		catalog.MetadataField{ExternalID: "note", Type: catalog.MetadataString},
		catalog.MetadataField{ExternalID: "topics", Type: catalog.MetadataSet, Datasource: []catalog.MetadataChoice{{ExternalID: "law"}, {ExternalID: "news"}}},
		catalog.MetadataField{ExternalID: "team", Type: catalog.MetadataString},
	),
		catalog.MetadataRule{FieldID: "topics", Condition: test("team", catalog.TestEquals, "press"), Apply: []string{"news"}, Append: true},
		catalog.MetadataRule{FieldID: "note", Condition: test("topics", catalog.TestIncludes, "news"), Apply: []string{"read"}},
		catalog.MetadataRule{FieldID: "note", Condition: test("gone", catalog.TestPopulated), Apply: []string{"lost"}},
	)
	got, err := Assign(snapshot, map[string]any{"topics": []any{"law"}}, parse(t, "team=press"), Options{})
	if want := map[string]any{"team": "press", "topics": []string{"law", "news"}, "note": "read"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v\nwant %v", got, err, want)
	}
	// Nothing changes what is looked at.
	got, err = Assign(snapshot, map[string]any{"topics": []any{"law", "news"}}, parse(t, "team=hr"), Options{})
	if want := map[string]any{"team": "hr", "topics": []any{"law", "news"}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v\nwant %v", got, err, want)
	}
}

func TestFieldsOfOnePosition(t *testing.T) {
	fields := map[string]catalog.MetadataField{}
	for _, id := range []string{"e", "b", "d", "a", "c"} {
		fields[id] = catalog.MetadataField{ExternalID: id, Position: 1}
	}
	fields["z"] = catalog.MetadataField{ExternalID: "z"}
	var order string
	for _, field := range inOrder(fields) {
		order += field.ExternalID
	}
	if order != "zabcde" {
		t.Errorf("in the order %s", order)
	}
}
