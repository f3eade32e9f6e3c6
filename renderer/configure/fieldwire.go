package configure

import (
	"encoding/json"
	"strings"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// showField is a metadata field as the API shows it, with its choices.
func showField(field *v1alpha1.MetadataField, choices []v1alpha1.MetadataDatasourceValue) wire.Object {
	spec := &field.Spec
	shown := wire.Object{
		"type": spec.Type, "external_id": field.ExternalName(), "label": spec.Label, "mandatory": on(spec.Mandatory),
		"default_value": nil, "validation": nil, "default_disabled": on(spec.DefaultDisabled),
		"restrictions": wire.Object{"readonly_ui": false},
	}
	if value := spec.DefaultValue; value != nil {
		if value.Value != nil {
			shown["default_value"] = scalar(spec.Type, *value.Value)
		} else {
			shown["default_value"] = value.Values
		}
	}
	if validation := spec.Validation; validation != nil {
		checks := showBound(spec.Type, validation.Type, &validation.MetadataBound)
		if validation.Type == v1alpha1.ValidationAnd {
			rules := make([]wire.Object, len(validation.Rules))
			for i, rule := range validation.Rules {
				rules[i] = showBound(spec.Type, rule.Type, &rule.MetadataBound)
			}
			checks["rules"] = rules
		}
		shown["validation"] = checks
	}
	if restrictions := spec.Restrictions; restrictions != nil {
		set := wire.Object{"readonly_ui": on(restrictions.ReadonlyUI)}
		for name, value := range map[string]*bool{"hidden_ui": restrictions.HiddenUI, "excluded_from_search": restrictions.ExcludedFromSearch} {
			if value != nil {
				set[name] = *value
			}
		}
		shown["restrictions"] = set
	}
	if spec.Datasource != nil {
		values := make([]wire.Object, len(choices))
		for i := range choices {
			values[i] = showChoice(&choices[i])
			values[i]["state"] = state(&choices[i])
		}
		shown["datasource"] = wire.Object{"values": values}
		shown["allow_dynamic_list_values"] = on(spec.AllowDynamicListValues)
	}
	return shown
}

func on(flag *bool) bool { return flag != nil && *flag }

// scalar is a value in the JSON type of its field.
func scalar(t v1alpha1.MetadataFieldType, text string) any {
	if t == v1alpha1.MetadataFieldInteger {
		return json.Number(text)
	}
	return text
}

func showBound(t v1alpha1.MetadataFieldType, kind v1alpha1.MetadataValidationType, bound *v1alpha1.MetadataBound) wire.Object {
	shown := wire.Object{"type": kind}
	if bound.Value != "" {
		shown["value"] = scalar(t, bound.Value)
	}
	if bound.Equals != nil {
		shown["equals"] = *bound.Equals
	}
	if bound.Min != nil {
		shown["min"] = *bound.Min
	}
	if bound.Max != nil {
		shown["max"] = *bound.Max
	}
	if bound.Regex != "" {
		shown["regex"] = bound.Regex
	}
	return shown
}

func showChoice(choice *v1alpha1.MetadataDatasourceValue) wire.Object {
	return wire.Object{"external_id": choice.ExternalID, "value": choice.Value}
}

func state(choice *v1alpha1.MetadataDatasourceValue) v1alpha1.DatasourceState {
	if choice.State == "" {
		return v1alpha1.DatasourceActive
	}
	return choice.State
}

// readField sets what the request gives of a field, but for what is fixed after creation.
func readField(params wire.Params, spec *v1alpha1.MetadataFieldSpec) error {
	if params.Has("label") {
		spec.Label = params.String("label")
	}
	for name, flag := range map[string]**bool{"mandatory": &spec.Mandatory, "default_disabled": &spec.DefaultDisabled, "allow_dynamic_list_values": &spec.AllowDynamicListValues} {
		if !params.Has(name) {
			continue
		}
		value, err := params.Bool(name, false)
		if err != nil {
			return err
		}
		*flag = &value
	}
	if rows := params.Rows("default_value"); len(rows) > 0 {
		spec.DefaultValue = &v1alpha1.MetadataValue{Value: &rows[0]}
		if spec.Type == v1alpha1.MetadataFieldSet {
			spec.DefaultValue = &v1alpha1.MetadataValue{Values: rows}
		}
	}
	if params.Has("datasource") {
		values, err := readDatasource(params, "datasource", true)
		if err != nil {
			return err
		}
		hasOne := spec.Type == v1alpha1.MetadataFieldEnum || spec.Type == v1alpha1.MetadataFieldSet
		if hasOne || len(values) > 0 { // The Go SDK sends an empty one with every field.
			spec.Datasource = &v1alpha1.MetadataDatasource{Values: values}
		}
	}
	if params.Has("validation") {
		validation, err := readValidation(params)
		if err != nil {
			return err
		}
		spec.Validation = validation
	}
	return readRestrictions(params, spec)
}

func readRestrictions(params wire.Params, spec *v1alpha1.MetadataFieldSpec) error {
	if !params.Has("restrictions") {
		return nil
	}
	var given struct {
		ReadonlyUI         *flag `json:"readonly_ui"`
		HiddenUI           *flag `json:"hidden_ui"`
		ExcludedFromSearch *flag `json:"excluded_from_search"`
	}
	if err := decode(params, "restrictions", &given); err != nil {
		return err
	}
	spec.Restrictions = &v1alpha1.MetadataRestrictions{
		ReadonlyUI: (*bool)(given.ReadonlyUI), HiddenUI: (*bool)(given.HiddenUI), ExcludedFromSearch: (*bool)(given.ExcludedFromSearch),
	}
	return nil
}

// bound is one condition on the wire.
type bound struct {
	Type   v1alpha1.MetadataValidationType `json:"type"`
	Value  loose                           `json:"value"`
	Equals *flag                           `json:"equals"`
	Min    *int32                          `json:"min"`
	Max    *int32                          `json:"max"`
	Regex  string                          `json:"regex"`
}

func (b *bound) spec() v1alpha1.MetadataBound {
	return v1alpha1.MetadataBound{Value: string(b.Value), Equals: (*bool)(b.Equals), Min: b.Min, Max: b.Max, Regex: b.Regex}
}

// givenValidation is a validation as requests write it.
type givenValidation struct {
	bound
	Rules []givenValidation `json:"rules"`
}

func readValidation(params wire.Params) (*v1alpha1.MetadataValidation, error) {
	var given givenValidation
	if err := decode(params, "validation", &given); err != nil {
		return nil, err
	}
	validation := &v1alpha1.MetadataValidation{Type: given.Type, MetadataBound: given.spec()}
	for _, rule := range given.joined() {
		validation.Rules = append(validation.Rules, v1alpha1.MetadataValidationRule{Type: rule.Type, MetadataBound: rule.spec()})
	}
	return validation, nil
}

// joined are the rules, with those of an and inside of an and in its place: it means the same, and specs have but one list.
func (g *givenValidation) joined() []givenValidation {
	var rules []givenValidation
	for _, rule := range g.Rules {
		if inner := rule.joined(); rule.Type == v1alpha1.ValidationAnd && len(inner) > 0 {
			rules = append(rules, inner...)
			continue
		}
		rules = append(rules, rule)
	}
	return rules
}

// readDatasource reads {"values":[{"external_id","value","state"}]}, or the list alone when it is not wrapped. IDs that
// are not given are made up.
func readDatasource(params wire.Params, name string, wrapped bool) ([]v1alpha1.MetadataDatasourceValue, error) {
	var given []struct {
		ExternalID string                   `json:"external_id"`
		Value      loose                    `json:"value"`
		State      v1alpha1.DatasourceState `json:"state"`
	}
	var err error
	if wrapped {
		object := map[string]json.RawMessage{}
		if err = decode(params, name, &object); err == nil && len(object["values"]) > 0 {
			err = json.Unmarshal(object["values"], &given)
		}
	} else {
		err = decode(params, name, &given)
	}
	if err != nil {
		return nil, problem.BadRequest("Invalid datasource: not a list of values, each with external_id and value").Because(err)
	}
	values := make([]v1alpha1.MetadataDatasourceValue, len(given))
	for i, value := range given {
		values[i] = v1alpha1.MetadataDatasourceValue{ExternalID: value.ExternalID, Value: strings.TrimSpace(string(value.Value)), State: value.State}
		if value.ExternalID == "" {
			values[i].ExternalID = randomName()
		}
	}
	return values, nil
}
