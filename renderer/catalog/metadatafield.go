package catalog

import (
	"cmp"
	"slices"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Types of metadata fields.
const (
	MetadataString  = "string"
	MetadataInteger = "integer"
	MetadataDate    = "date"
	MetadataEnum    = "enum"
	MetadataSet     = "set"
)

// MetadataField is a structured metadata field.
type MetadataField struct {
	ExternalID string `json:"externalID"`
	Label      string `json:"label"`
	// Type is string, integer, date, enum or set.
	Type      string `json:"type"`
	Mandatory bool   `json:"mandatory,omitempty"`
	// Default is the default value in its text form; a set has any number of external IDs, every other type has one
	// text. Nil is no default.
	Default    []string            `json:"default,omitempty"`
	Validation *MetadataValidation `json:"validation,omitempty"`
	// Datasource holds the choices of an enum or a set, in the order in which they are listed.
	Datasource []MetadataChoice `json:"datasource,omitempty"`
	// ReadonlyUI, HiddenUI and ExcludedFromSearch are the field's restrictions.
	ReadonlyUI         bool `json:"readonlyUI,omitempty"`
	HiddenUI           bool `json:"hiddenUI,omitempty"`
	ExcludedFromSearch bool `json:"excludedFromSearch,omitempty"`
	// Disabled refuses values until a metadata rule enables the field.
	Disabled bool `json:"disabled,omitempty"`
	// Dynamic takes values that the datasource does not hold.
	Dynamic bool `json:"dynamic,omitempty"`
	// Position orders the fields of an environment: 0, 1, 2 and so on.
	Position int `json:"position"`
}

// MetadataChoice is one choice of a datasource.
type MetadataChoice struct {
	ExternalID string `json:"externalID"`
	Value      string `json:"value"`
	// Inactive choices stay on the assets that have them and can be given to no other.
	Inactive bool `json:"inactive,omitempty"`
}

// MetadataValidation is a condition on values, in the form that the APIs show.
type MetadataValidation struct {
	// Type is greater_than, less_than, strlen, strregex or and.
	Type string `json:"type"`
	// Value is the bound of greater_than and less_than, an integer or a date; Equals makes it allowed itself.
	Value  string `json:"value,omitempty"`
	Equals bool   `json:"equals,omitempty"`
	// Min and Max bound strlen, in characters.
	Min *int `json:"min,omitempty"`
	Max *int `json:"max,omitempty"`
	// Regex is the regular expression (RE2) that the whole of a text must match.
	Regex string `json:"regex,omitempty"`
	// Rules must all hold; they are for the type and.
	Rules []MetadataValidation `json:"rules,omitempty"`
}

// translateMetadataFields are fields as plain data by external ID, each with its position among them.
func translateMetadataFields(oldestFirst []*v1alpha1.MetadataField) map[string]MetadataField {
	InPosition(oldestFirst)
	fields := make(map[string]MetadataField, len(oldestFirst))
	for position, field := range oldestFirst {
		translated := translateMetadataField(field)
		translated.Position = position
		fields[translated.ExternalID] = translated
	}
	return fields
}

// translateMetadataField is field as plain data, without its position.
func translateMetadataField(field *v1alpha1.MetadataField) MetadataField {
	spec := &field.Spec
	translated := MetadataField{
		ExternalID: field.ExternalName(),
		Label:      spec.Label,
		Type:       string(spec.Type),
		Mandatory:  isTrue(spec.Mandatory),
		Disabled:   isTrue(spec.DefaultDisabled),
		Dynamic:    isTrue(spec.AllowDynamicListValues),
	}
	if value := spec.DefaultValue; value != nil {
		translated.Default = textsOf(value)
	}
	if validation := spec.Validation; validation != nil {
		checks := translateBound(validation.Type, &validation.MetadataBound)
		for _, rule := range validation.Rules {
			checks.Rules = append(checks.Rules, translateBound(rule.Type, &rule.MetadataBound))
		}
		translated.Validation = &checks
	}
	if spec.Datasource != nil {
		for _, choice := range spec.Datasource.Values {
			translated.Datasource = append(translated.Datasource, MetadataChoice{
				ExternalID: choice.ExternalID, Value: choice.Value, Inactive: choice.State == v1alpha1.DatasourceInactive,
			})
		}
	}
	if restrictions := spec.Restrictions; restrictions != nil {
		translated.ReadonlyUI = isTrue(restrictions.ReadonlyUI)
		translated.HiddenUI = isTrue(restrictions.HiddenUI)
		translated.ExcludedFromSearch = isTrue(restrictions.ExcludedFromSearch)
	}
	return translated
}

func translateBound(kind v1alpha1.MetadataValidationType, bound *v1alpha1.MetadataBound) MetadataValidation {
	return MetadataValidation{
		Type: string(kind), Value: bound.Value, Equals: isTrue(bound.Equals),
		Min: wide(bound.Min), Max: wide(bound.Max), Regex: bound.Regex,
	}
}

func isTrue(value *bool) bool { return value != nil && *value }

func wide(value *int32) *int {
	if value == nil {
		return nil
	}
	return new(int(*value))
}

// InPosition orders fields, oldest first, by their positions; those without one come last and keep their order.
func InPosition(fields []*v1alpha1.MetadataField) {
	byPosition(fields, func(field *v1alpha1.MetadataField) *int32 { return field.Spec.Position })
}

// byPosition orders objects, oldest first, by their positions; those without one come last and keep their order.
func byPosition[T any](objects []T, position func(T) *int32) {
	slices.SortStableFunc(objects, func(a, b T) int {
		x, y := position(a), position(b)
		switch {
		case x == nil && y == nil:
			return 0
		case x == nil:
			return 1
		case y == nil:
			return -1
		}
		return cmp.Compare(*x, *y)
	})
}
