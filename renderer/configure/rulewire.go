package configure

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// fieldTypes are the types of metadata fields by external ID, in which the values of rules are written.
type fieldTypes map[string]v1alpha1.MetadataFieldType

func typesOf(fields []*v1alpha1.MetadataField) fieldTypes {
	types := fieldTypes{}
	for _, field := range fields {
		types[field.ExternalName()] = field.Spec.Type
	}
	return types
}

// listed writes single values for fields of the type set as lists of one: such a field holds lists.
func (t fieldTypes) listed(spec *v1alpha1.MetadataRuleSpec) {
	list := func(id string, value *v1alpha1.MetadataValue) {
		if value != nil && value.Value != nil && t[id] == v1alpha1.MetadataFieldSet {
			value.Values, value.Value = []string{*value.Value}, nil
		}
	}
	test := func(test *v1alpha1.MetadataRuleTest) { list(test.MetadataFieldID, test.Equals) }
	if spec.Result.ApplyValue != nil {
		list(spec.MetadataFieldID, &spec.Result.ApplyValue.MetadataValue)
	}
	test(&spec.Condition.MetadataRuleTest)
	for _, groups := range [][]v1alpha1.MetadataRuleGroup{spec.Condition.And, spec.Condition.Or} {
		for i := range groups {
			test(&groups[i].MetadataRuleTest)
			for _, tests := range [][]v1alpha1.MetadataRuleTest{groups[i].And, groups[i].Or} {
				for k := range tests {
					test(&tests[k])
				}
			}
		}
	}
}

// value is a value in the JSON of its field.
func (t fieldTypes) value(id string, value *v1alpha1.MetadataValue) any {
	if value.Value != nil {
		return scalar(t[id], *value.Value)
	}
	return value.Values
}

// showRule is a metadata rule as the API shows it, with its place of at.
func showRule(rule *v1alpha1.MetadataRule, types fieldTypes, at map[string]int32) wire.Object {
	spec := &rule.Spec
	condition := types.condition(&spec.Condition)
	shown := wire.Object{
		"external_id": rule.Name, "name": rule.ExternalName(), "metadata_field_id": spec.MetadataFieldID,
		"condition": condition, "condition_signature": signature(condition), "result": types.result(spec),
		"state": string(v1alpha1.MetadataRuleActive), "position": at[rule.Name],
	}
	if spec.State != "" {
		shown["state"] = string(spec.State)
	}
	return shown
}

// signature is the same for equal conditions.
func signature(condition wire.Object) string {
	text, _ := json.Marshal(condition) // Its keys are sorted, and it holds what can be written.
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

func (t fieldTypes) condition(condition *v1alpha1.MetadataRuleCondition) wire.Object {
	shown := t.test(&condition.MetadataRuleTest)
	for name, groups := range map[string][]v1alpha1.MetadataRuleGroup{"and": condition.And, "or": condition.Or} {
		if len(groups) == 0 {
			continue
		}
		list := make([]wire.Object, len(groups))
		for i := range groups {
			list[i] = t.test(&groups[i].MetadataRuleTest)
			for name, tests := range map[string][]v1alpha1.MetadataRuleTest{"and": groups[i].And, "or": groups[i].Or} {
				if len(tests) == 0 {
					continue
				}
				inner := make([]wire.Object, len(tests))
				for k := range tests {
					inner[k] = t.test(&tests[k])
				}
				list[i][name] = inner
			}
		}
		shown[name] = list
	}
	return shown
}

func (t fieldTypes) test(test *v1alpha1.MetadataRuleTest) wire.Object {
	shown := wire.Object{}
	if test.MetadataFieldID == "" {
		return shown
	}
	shown["metadata_field_id"] = test.MetadataFieldID
	switch {
	case test.Populated != nil:
		shown["populated"] = *test.Populated
	case test.Equals != nil:
		shown["equals"] = t.value(test.MetadataFieldID, test.Equals)
	default:
		values := make([]any, len(test.Includes))
		for i, value := range test.Includes {
			values[i] = scalar(t[test.MetadataFieldID], value)
		}
		shown["includes"] = values
	}
	return shown
}

func (t fieldTypes) result(spec *v1alpha1.MetadataRuleSpec) wire.Object {
	shown, result := wire.Object{}, &spec.Result
	if result.Enable != nil {
		shown["enable"] = *result.Enable
	}
	if values := result.ActivateValues; values != nil {
		if on(values.All) {
			shown["activate_values"] = "all"
		} else {
			mode := values.Mode
			if mode == "" {
				mode = v1alpha1.ActivateValuesOverride
			}
			shown["activate_values"] = wire.Object{"external_ids": values.ExternalIDs, "mode": string(mode)}
		}
	}
	if value := result.ApplyValue; value != nil {
		mode := value.Mode
		if mode == "" {
			mode = v1alpha1.ApplyValueDefault
		}
		shown["apply_value"] = wire.Object{"value": t.value(spec.MetadataFieldID, &value.MetadataValue), "mode": string(mode)}
	}
	if result.SetMandatory != nil {
		shown["set_mandatory"] = *result.SetMandatory
	}
	return shown
}

// givenCondition is a condition as requests write it.
type givenCondition struct {
	MetadataFieldID string           `json:"metadata_field_id"`
	Populated       *flag            `json:"populated"`
	Equals          json.RawMessage  `json:"equals"`
	Includes        json.RawMessage  `json:"includes"`
	And             []givenCondition `json:"and"`
	Or              []givenCondition `json:"or"`
}

// readRule sets what the request gives of a rule.
func readRule(params wire.Params, spec *v1alpha1.MetadataRuleSpec) error {
	for name, text := range map[string]*string{"name": &spec.Name, "metadata_field_id": &spec.MetadataFieldID, "state": (*string)(&spec.State)} {
		if params.Has(name) {
			*text = params.String(name)
		}
	}
	if params.Has("position") {
		position, err := params.Int("position", 0, 0, 1000)
		if err != nil {
			return err
		}
		spec.Position = new(int32(position))
	}
	if params.Has("condition") {
		var given givenCondition
		if err := decode(params, "condition", &given); err != nil {
			return err
		}
		flat, err := given.inTwoLevels()
		if err != nil {
			return err
		}
		condition, err := flat.spec()
		if err != nil {
			return err
		}
		spec.Condition = condition
	}
	if params.Has("result") {
		result, err := readRuleResult(params)
		if err != nil {
			return err
		}
		spec.Result = result
	}
	return nil
}

func (g *givenCondition) spec() (condition v1alpha1.MetadataRuleCondition, err error) {
	if condition.MetadataRuleTest, err = g.test(); err != nil {
		return condition, err
	}
	if condition.And, err = groups(g.And); err != nil {
		return condition, err
	}
	condition.Or, err = groups(g.Or)
	return condition, err
}

func groups(given []givenCondition) ([]v1alpha1.MetadataRuleGroup, error) {
	var list []v1alpha1.MetadataRuleGroup
	for _, g := range given {
		test, err := g.test()
		if err != nil {
			return nil, err
		}
		group := v1alpha1.MetadataRuleGroup{MetadataRuleTest: test}
		if group.And, err = tests(g.And); err != nil {
			return nil, err
		}
		if group.Or, err = tests(g.Or); err != nil {
			return nil, err
		}
		list = append(list, group)
	}
	return list, nil
}

func tests(given []givenCondition) ([]v1alpha1.MetadataRuleTest, error) {
	var list []v1alpha1.MetadataRuleTest
	for _, g := range given {
		test, err := g.test()
		if err != nil {
			return nil, err
		}
		list = append(list, test)
	}
	return list, nil
}

func (g *givenCondition) test() (v1alpha1.MetadataRuleTest, error) {
	test := v1alpha1.MetadataRuleTest{MetadataFieldID: g.MetadataFieldID, Populated: (*bool)(g.Populated)}
	var err error
	if test.Equals, err = readMetadataValue("condition", g.Equals); err != nil {
		return test, err
	}
	includes, err := readMetadataValue("condition", valuesOf(g.Includes))
	switch {
	case err != nil || includes == nil:
		return test, err
	case includes.Value != nil:
		test.Includes = []string{*includes.Value} // A single value is a list of one.
	default:
		test.Includes = includes.Values
	}
	return test, nil
}

// valuesOf is the list of the values of an object of texts, in the order of its keys, which is how the SDK for Java has the values of includes; what
// is no such object is left as it is.
func valuesOf(raw json.RawMessage) json.RawMessage {
	var object map[string]string
	if json.Unmarshal(raw, &object) != nil || len(object) == 0 {
		return raw
	}
	var values []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		values = append(values, object[key])
	}
	list, err := json.Marshal(values)
	if err != nil {
		return raw
	}
	return list
}

// readMetadataValue reads one value, or a list of them; nil when there is none.
func readMetadataValue(parameter string, raw json.RawMessage) (*v1alpha1.MetadataValue, error) {
	var list []loose
	if json.Unmarshal(raw, &list) == nil && list != nil {
		value := &v1alpha1.MetadataValue{Values: make([]string, len(list))}
		for i, element := range list {
			value.Values[i] = string(element)
		}
		return value, nil
	}
	text, ok := wire.Scalar(raw)
	switch {
	case !ok:
		return nil, nil
	case text != "" && text[0] == '{' && raw[0] == '{':
		return nil, problem.BadRequest("Invalid value for %s: %q is no value of a metadata field", parameter, wire.Printable(text))
	}
	return &v1alpha1.MetadataValue{Value: &text}, nil
}

func readRuleResult(params wire.Params) (result v1alpha1.MetadataRuleResult, err error) {
	var given struct {
		Enable         *flag           `json:"enable"`
		ActivateValues json.RawMessage `json:"activate_values"`
		ApplyValue     *struct {
			Value json.RawMessage         `json:"value"`
			Mode  v1alpha1.ApplyValueMode `json:"mode"`
		} `json:"apply_value"`
		SetMandatory *flag `json:"set_mandatory"`
		// The SDK for Java has names of its own.
		ApplyValues json.RawMessage `json:"apply_values"`
		Mandatory   *flag           `json:"mandatory"`
	}
	if err := decode(params, "result", &given); err != nil {
		return result, err
	}
	result.Enable, result.SetMandatory = (*bool)(given.Enable), (*bool)(cmp.Or(given.SetMandatory, given.Mandatory))
	if value, err := readMetadataValue("result", given.ApplyValues); err != nil {
		return result, err
	} else if value != nil {
		result.ApplyValue = &v1alpha1.ApplyValue{MetadataValue: *value}
	}
	if text, ok := wire.Scalar(given.ActivateValues); ok {
		values := &v1alpha1.ActivateValues{}
		if text == "all" {
			values.All = new(true)
		} else {
			var some struct {
				ExternalIDs []string                    `json:"external_ids"`
				Mode        v1alpha1.ActivateValuesMode `json:"mode"`
			}
			if json.Unmarshal([]byte(text), &some) != nil || some.ExternalIDs == nil {
				return result, problem.BadRequest("Invalid result: activate_values is neither all nor an object with external_ids and mode")
			}
			values.ExternalIDs, values.Mode = some.ExternalIDs, some.Mode
		}
		result.ActivateValues = values
	}
	if apply := given.ApplyValue; apply != nil {
		value, err := readMetadataValue("result", apply.Value)
		if err != nil {
			return result, err
		}
		if value == nil {
			return result, problem.BadRequest("Invalid result: apply_value needs a value")
		}
		result.ApplyValue = &v1alpha1.ApplyValue{MetadataValue: *value, Mode: apply.Mode}
	}
	return result, nil
}
