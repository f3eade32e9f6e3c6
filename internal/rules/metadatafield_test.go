package rules

import (
	"fmt"
	"slices"
	"testing"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func textField() *v1alpha1.MetadataField {
	return &v1alpha1.MetadataField{ObjectMeta: named("note"), Spec: v1alpha1.MetadataFieldSpec{EnvironmentRef: shop(), Label: "Note", Type: v1alpha1.MetadataFieldString}}
}

// choices gives f a datasource of a red and a blue choice, and a green one that was deleted.
func choices(f *v1alpha1.MetadataField, t v1alpha1.MetadataFieldType) {
	f.Spec.Type = t
	f.Spec.Datasource = &v1alpha1.MetadataDatasource{Values: []v1alpha1.MetadataDatasourceValue{
		{ExternalID: "r", Value: "Red"}, {ExternalID: "b", Value: "Blue", State: v1alpha1.DatasourceActive}, {ExternalID: "g", Value: "Green", State: v1alpha1.DatasourceInactive},
	}}
}

func value(text string) *v1alpha1.MetadataValue { return &v1alpha1.MetadataValue{Value: &text} }

func bounded(kind v1alpha1.MetadataValidationType, bound v1alpha1.MetadataBound) *v1alpha1.MetadataValidation {
	return &v1alpha1.MetadataValidation{Type: kind, MetadataBound: bound}
}

func TestValidateMetadataField(t *testing.T) {
	type F = v1alpha1.MetadataField
	check(t, textField, ValidateMetadataField, []row[F]{
		{"no label", func(f *F) { f.Spec.Label = " " }, []string{"spec.label"}},
		{"no type", func(f *F) { f.Spec.Type = "" }, []string{"spec.type"}},
		{"an unknown type", func(f *F) { f.Spec.Type = "float" }, []string{"spec.type"}},
		{"an ID with a slash", func(f *F) { f.Spec.ExternalID = "a/b" }, []string{"spec.externalID"}},
		{"an enum without choices", func(f *F) { f.Spec.Type = "enum" }, []string{"spec.datasource"}},
		{"a text with choices", func(f *F) { choices(f, "string") }, []string{"spec.datasource"}},
		{"a text with dynamic choices", func(f *F) { f.Spec.AllowDynamicListValues = new(true) }, []string{"spec.allowDynamicListValues"}},
		{"an enum", func(f *F) { choices(f, "enum"); f.Spec.AllowDynamicListValues = new(true) }, nil},
		{"wrong choices", func(f *F) {
			choices(f, "set")
			f.Spec.Datasource.Values = []v1alpha1.MetadataDatasourceValue{{ExternalID: "a", Value: "A"}, {ExternalID: "a", Value: "B"}, {Value: "C"}, {ExternalID: "d"}, {ExternalID: "e", Value: "E", State: "gone"}}
		}, []string{"spec.datasource.values[1].externalID", "spec.datasource.values[2].externalID", "spec.datasource.values[3].value", "spec.datasource.values[4].state"}},
		{"too many choices", func(f *F) {
			choices(f, "set")
			for i := range 3000 {
				f.Spec.Datasource.Values = append(f.Spec.Datasource.Values, v1alpha1.MetadataDatasourceValue{ExternalID: fmt.Sprint(i), Value: "x"})
			}
		}, []string{"spec.datasource.values"}},
		{"a choice as default", func(f *F) { choices(f, "enum"); f.Spec.DefaultValue = value("r") }, nil},
		{"a deleted choice as default", func(f *F) { choices(f, "enum"); f.Spec.DefaultValue = value("g") }, []string{"spec.defaultValue.value"}},
		{"what people see as default", func(f *F) { choices(f, "enum"); f.Spec.DefaultValue = value("Red") }, []string{"spec.defaultValue.value"}},
		{"several choices as default", func(f *F) {
			choices(f, "set")
			f.Spec.DefaultValue = &v1alpha1.MetadataValue{Values: []string{"r", "x"}}
		}, []string{"spec.defaultValue.values[1]"}},
		{"one choice as default of a set", func(f *F) { choices(f, "set"); f.Spec.DefaultValue = value("r") }, []string{"spec.defaultValue"}},
		{"a default that is nothing", func(f *F) { f.Spec.DefaultValue = &v1alpha1.MetadataValue{} }, []string{"spec.defaultValue"}},
		{"a number that is none", func(f *F) { f.Spec.Type = "integer"; f.Spec.DefaultValue = value("12.5") }, []string{"spec.defaultValue.value"}},
		{"a date that is none", func(f *F) { f.Spec.Type = "date"; f.Spec.DefaultValue = value("2026-02-30") }, []string{"spec.defaultValue.value"}},
		{"a bound of texts", func(f *F) { f.Spec.Validation = bounded("greater_than", v1alpha1.MetadataBound{Value: "1"}) }, []string{"spec.validation.type"}},
		{"a bound without value", func(f *F) {
			f.Spec.Type = "integer"
			f.Spec.Validation = bounded("less_than", v1alpha1.MetadataBound{})
		}, []string{"spec.validation.value"}},
		{"a length of numbers", func(f *F) {
			f.Spec.Type = "integer"
			f.Spec.Validation = bounded("strlen", v1alpha1.MetadataBound{Min: new(int32(1))})
		}, []string{"spec.validation.type"}},
		{"a length without bounds", func(f *F) { f.Spec.Validation = bounded("strlen", v1alpha1.MetadataBound{}) }, []string{"spec.validation"}},
		{"lengths that cross", func(f *F) {
			f.Spec.Validation = bounded("strlen", v1alpha1.MetadataBound{Min: new(int32(2)), Max: new(int32(1))})
		}, []string{"spec.validation.min"}},
		{"an expression that is none", func(f *F) { f.Spec.Validation = bounded("strregex", v1alpha1.MetadataBound{Regex: "("}) }, []string{"spec.validation.regex"}},
		{"no expression", func(f *F) { f.Spec.Validation = bounded("strregex", v1alpha1.MetadataBound{}) }, []string{"spec.validation.regex"}},
		{"an unknown validation", func(f *F) { f.Spec.Validation = bounded("even", v1alpha1.MetadataBound{}) }, []string{"spec.validation.type"}},
		{"and of nothing", func(f *F) { f.Spec.Validation = bounded("and", v1alpha1.MetadataBound{}) }, []string{"spec.validation.rules"}},
		{"rules of something else", func(f *F) {
			f.Spec.Validation = bounded("strlen", v1alpha1.MetadataBound{Min: new(int32(1))})
			f.Spec.Validation.Rules = []v1alpha1.MetadataValidationRule{{Type: "strlen"}}
		}, []string{"spec.validation.rules"}},
		{"a mistake among rules", func(f *F) {
			f.Spec.Validation = &v1alpha1.MetadataValidation{Type: "and", Rules: []v1alpha1.MetadataValidationRule{
				{Type: "strlen", MetadataBound: v1alpha1.MetadataBound{Max: new(int32(9))}}, {Type: "and"}}}
		}, []string{"spec.validation.rules[1].type"}},
		{"a validation of choices", func(f *F) {
			choices(f, "enum")
			f.Spec.Validation = bounded("strlen", v1alpha1.MetadataBound{Max: new(int32(1))})
		}, []string{"spec.validation"}},
	})
}

func TestADefaultValueMustMeetTheValidationOfItsField(t *testing.T) {
	between := &v1alpha1.MetadataValidation{Type: "and", Rules: []v1alpha1.MetadataValidationRule{
		{Type: "greater_than", MetadataBound: v1alpha1.MetadataBound{Value: "10"}},
		{Type: "less_than", MetadataBound: v1alpha1.MetadataBound{Value: "101", Equals: new(true)}},
	}}
	for _, test := range []struct {
		kind       v1alpha1.MetadataFieldType
		validation *v1alpha1.MetadataValidation
		good, bad  []string
	}{
		{"integer", between, []string{"11", "101"}, []string{"10", "102", "-50", "9"}},
		{"date", bounded("less_than", v1alpha1.MetadataBound{Value: "2026-01-31"}), []string{"2026-01-30", "1999-12-31"}, []string{"2026-01-31", "2026-02-01"}},
		{"string", bounded("strlen", v1alpha1.MetadataBound{Min: new(int32(2)), Max: new(int32(3))}), []string{"ab", "äöü"}, []string{"a", "abcd"}},
		{"string", bounded("strregex", v1alpha1.MetadataBound{Regex: "[a-z]+|x"}), []string{"abc"}, []string{"abc1", "x1"}},
	} {
		for _, text := range append(slices.Clone(test.good), test.bad...) {
			f := textField()
			f.Spec.Type, f.Spec.Validation, f.Spec.DefaultValue = test.kind, test.validation, value(text)
			got := paths(ValidateMetadataField(f))
			if slices.Contains(test.good, text) && len(got) > 0 || slices.Contains(test.bad, text) && !slices.Equal(got, []string{"spec.defaultValue.value"}) {
				t.Errorf("%s %q by %s gives errors at %q", test.kind, text, test.validation.Type, got)
			}
		}
	}
}

func TestTypeAndIDOfAMetadataFieldAreFixed(t *testing.T) {
	changed := textField()
	changed.Spec.Type, changed.Spec.ExternalID = "date", "other"
	if got := paths(ValidateMetadataFieldUpdate(changed, textField())); !slices.Equal(got, []string{"spec.type", "spec.externalID"}) {
		t.Errorf("got errors at %q", got)
	}
	spelledOut := textField()
	spelledOut.Spec.ExternalID = "note"
	if got := paths(ValidateMetadataFieldUpdate(spelledOut, textField())); len(got) > 0 {
		t.Errorf("an ID that is the object's name, written down, gives errors at %q", got)
	}
}
