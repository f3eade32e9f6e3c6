package rules

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// ValidateMetadataRule says what is wrong with rule. Whether its fields exist, and whether rules turn in a circle, is
// found out where all of them are known.
func ValidateMetadataRule(rule *v1alpha1.MetadataRule) field.ErrorList {
	spec, path := &rule.Spec, field.NewPath("spec")
	errs := validateEnvironmentRef(spec.EnvironmentRef, path.Child("environmentRef"))
	errs = append(errs, validateExternalName(spec.Name, path.Child("name"))...)
	if spec.MetadataFieldID == "" {
		errs = append(errs, field.Required(path.Child("metadataFieldID"), ""))
	}
	errs = append(errs, validateRuleCondition(&spec.Condition, path.Child("condition"))...)
	errs = append(errs, validateRuleResult(&spec.Result, path.Child("result"))...)
	return append(errs, validateOneOf(path.Child("state"), spec.State, v1alpha1.MetadataRuleActive, v1alpha1.MetadataRuleInactive)...)
}

func validateRuleCondition(c *v1alpha1.MetadataRuleCondition, path *field.Path) field.ErrorList {
	errs := validateJunction(&c.MetadataRuleTest, len(c.And), len(c.Or), path)
	for i, group := range c.And {
		errs = append(errs, validateRuleGroup(&group, path.Child("and").Index(i))...)
	}
	for i, group := range c.Or {
		errs = append(errs, validateRuleGroup(&group, path.Child("or").Index(i))...)
	}
	return errs
}

func validateRuleGroup(g *v1alpha1.MetadataRuleGroup, path *field.Path) field.ErrorList {
	errs := validateJunction(&g.MetadataRuleTest, len(g.And), len(g.Or), path)
	for i, test := range g.And {
		errs = append(errs, validateJunction(&test, 0, 0, path.Child("and").Index(i))...)
	}
	for i, test := range g.Or {
		errs = append(errs, validateJunction(&test, 0, 0, path.Child("or").Index(i))...)
	}
	return errs
}

// validateJunction checks that a condition is one thing: a complete test of a field, or one list of conditions.
func validateJunction(test *v1alpha1.MetadataRuleTest, and, or int, path *field.Path) field.ErrorList {
	if count(test.MetadataFieldID != "", and > 0, or > 0) != 1 {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must set exactly one of metadataFieldID, and, or")}
	}
	wanted := count(test.MetadataFieldID != "")
	if count(test.Populated != nil, test.Equals != nil, len(test.Includes) > 0) != wanted {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must test a field by exactly one of populated, equals, includes")}
	}
	if test.Equals != nil {
		return validateMetadataValue(test.Equals, path.Child("equals"))
	}
	return nil
}

func validateRuleResult(r *v1alpha1.MetadataRuleResult, path *field.Path) field.ErrorList {
	if count(r.Enable != nil, r.ActivateValues != nil, r.ApplyValue != nil, r.SetMandatory != nil) == 0 {
		return field.ErrorList{field.Required(path, "must set at least one of enable, activateValues, applyValue, setMandatory")}
	}
	var errs field.ErrorList
	if values := r.ActivateValues; values != nil {
		path := path.Child("activateValues")
		if count(valueOr(values.All, false), values.ExternalIDs != nil) != 1 {
			errs = append(errs, field.Invalid(path, field.OmitValueType{}, "must set either all to true or externalIDs"))
		}
		errs = append(errs, validateOneOf(path.Child("mode"), values.Mode, v1alpha1.ActivateValuesOverride, v1alpha1.ActivateValuesAppend)...)
	}
	if value := r.ApplyValue; value != nil {
		path := path.Child("applyValue")
		errs = append(errs, validateMetadataValue(&value.MetadataValue, path)...)
		errs = append(errs, validateOneOf(path.Child("mode"), value.Mode, v1alpha1.ApplyValueDefault, v1alpha1.ApplyValueAppend)...)
	}
	return errs
}

// ValidateMetadataRuleForField says which results of rule, which is valid itself, its field cannot take. The renderers do
// not follow such a result.
func ValidateMetadataRuleForField(rule *v1alpha1.MetadataRule, f *v1alpha1.MetadataField) field.ErrorList {
	var errs field.ErrorList
	result, path := &rule.Spec.Result, field.NewPath("spec", "result")
	known := func(id string) bool {
		return valueOr(f.Spec.AllowDynamicListValues, false) || f.Spec.Datasource != nil &&
			slices.ContainsFunc(f.Spec.Datasource.Values, func(choice v1alpha1.MetadataDatasourceValue) bool { return choice.ExternalID == id })
	}
	if values := result.ActivateValues; values != nil {
		path := path.Child("activateValues")
		// To activate every choice changes nothing where there are none: it is how SDKs write a rule that limits nothing.
		if !hasDatasource(f.Spec.Type) && !valueOr(values.All, false) {
			errs = append(errs, field.Forbidden(path, "is for fields of the types enum and set, unless it activates all"))
		}
		for i, id := range values.ExternalIDs {
			if hasDatasource(f.Spec.Type) && !known(id) {
				errs = append(errs, field.Invalid(path.Child("externalIDs").Index(i), id, "must be the external ID of a choice"))
			}
		}
	}
	if value := result.ApplyValue; value != nil {
		path := path.Child("applyValue")
		if value.Mode == v1alpha1.ApplyValueAppend && f.Spec.Type != v1alpha1.MetadataFieldSet {
			errs = append(errs, field.Invalid(path.Child("mode"), value.Mode, "is for fields of the type set"))
		}
		spec := f.Spec.DeepCopy()
		spec.DefaultValue = &value.MetadataValue
		if spec.Datasource != nil {
			// What a rule applies, a rule can activate, too.
			for i := range spec.Datasource.Values {
				spec.Datasource.Values[i].State = v1alpha1.DatasourceActive
			}
			if valueOr(spec.AllowDynamicListValues, false) {
				for _, id := range append(slices.Clone(value.Values), valueOr(value.Value, "")) {
					spec.Datasource.Values = append(spec.Datasource.Values, v1alpha1.MetadataDatasourceValue{ExternalID: id})
				}
			}
		}
		errs = append(errs, validateDefaultValue(spec, path)...)
	}
	return errs
}

// count is how many of its arguments are true.
func count(facts ...bool) int {
	n := 0
	for _, fact := range facts {
		if fact {
			n++
		}
	}
	return n
}
