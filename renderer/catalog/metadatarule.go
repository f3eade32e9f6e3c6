package catalog

import (
	"log/slog"
	"slices"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// MetadataRule makes a metadata field depend on the values of others.
type MetadataRule struct {
	// Name is that of the MetadataRule object.
	Name string `json:"name"`
	// FieldID is the external ID of the field that the result applies to.
	FieldID   string            `json:"fieldID"`
	Condition MetadataCondition `json:"condition"`
	// Enable and Mandatory say what the field becomes; nil leaves it.
	Enable    *bool `json:"enable,omitempty"`
	Mandatory *bool `json:"mandatory,omitempty"`
	// Activate are the choices that become active; nil leaves them.
	Activate *MetadataActivation `json:"activate,omitempty"`
	// Apply is a value in its text form, like MetadataField.Default; nil is none. Append adds it to a set that has others.
	Apply  []string `json:"apply,omitempty"`
	Append bool     `json:"append,omitempty"`
}

// MetadataActivation are choices that become active: all, or those of some external IDs, alone or beside the active ones.
type MetadataActivation struct {
	All         bool     `json:"all,omitempty"`
	ExternalIDs []string `json:"externalIDs,omitempty"`
	Append      bool     `json:"append,omitempty"`
}

// Tests of a MetadataCondition.
const (
	TestPopulated = "populated"
	TestEmpty     = "empty"
	TestEquals    = "equals"
	TestIncludes  = "includes"
)

// MetadataCondition tests one field, or joins conditions. Exactly one of Test, And and Or is set.
type MetadataCondition struct {
	FieldID string `json:"fieldID,omitempty"`
	// Test is what is asked of the field: TestPopulated, TestEmpty, TestEquals or TestIncludes.
	Test string `json:"test,omitempty"`
	// Values are those that TestEquals and TestIncludes name, in their text form.
	Values []string            `json:"values,omitempty"`
	And    []MetadataCondition `json:"and,omitempty"`
	Or     []MetadataCondition `json:"or,omitempty"`
}

// FieldIDs calls yield with the external ID of every test of the condition.
func (c *MetadataCondition) FieldIDs(yield func(id string)) {
	if c.Test != "" {
		yield(c.FieldID)
	}
	for _, part := range slices.Concat(c.And, c.Or) {
		part.FieldIDs(yield)
	}
}

// translateMetadataRules are the rules that are followed as plain data, in the order in which they are.
func translateMetadataRules(oldestFirst []*v1alpha1.MetadataRule, logger *slog.Logger) []MetadataRule {
	followed, refused := rules.FollowedMetadataRules(oldestFirst)
	for name, problems := range refused {
		logger.Warn("an object is not in use", "kind", "MetadataRule", "object", name, "error", problems.ToAggregate())
	}
	RulesInPosition(followed)
	translated := make([]MetadataRule, len(followed))
	for i, rule := range followed {
		translated[i] = translateMetadataRule(rule)
	}
	return translated
}

// RulesInPosition orders rules, oldest first, as they are followed: by their positions; those without one come last and keep
// their order.
func RulesInPosition(rules []*v1alpha1.MetadataRule) {
	byPosition(rules, func(rule *v1alpha1.MetadataRule) *int32 { return rule.Spec.Position })
}

func translateMetadataRule(rule *v1alpha1.MetadataRule) MetadataRule {
	spec := &rule.Spec
	translated := MetadataRule{
		Name: rule.Name, FieldID: spec.MetadataFieldID, Condition: translateCondition(&spec.Condition),
		Enable: spec.Result.Enable, Mandatory: spec.Result.SetMandatory,
	}
	if values := spec.Result.ActivateValues; values != nil {
		translated.Activate = &MetadataActivation{All: isTrue(values.All), ExternalIDs: values.ExternalIDs, Append: values.Mode == v1alpha1.ActivateValuesAppend}
	}
	if value := spec.Result.ApplyValue; value != nil {
		translated.Apply, translated.Append = textsOf(&value.MetadataValue), value.Mode == v1alpha1.ApplyValueAppend
	}
	return translated
}

// textsOf is a value in its text form.
func textsOf(value *v1alpha1.MetadataValue) []string {
	if value.Value != nil {
		return []string{*value.Value}
	}
	return slices.Clone(value.Values)
}

func translateCondition(condition *v1alpha1.MetadataRuleCondition) MetadataCondition {
	translated := translateTest(&condition.MetadataRuleTest)
	translated.And, translated.Or = translateGroups(condition.And), translateGroups(condition.Or)
	return translated
}

func translateGroups(groups []v1alpha1.MetadataRuleGroup) []MetadataCondition {
	var translated []MetadataCondition
	for i := range groups {
		group := translateTest(&groups[i].MetadataRuleTest)
		group.And, group.Or = translateTests(groups[i].And), translateTests(groups[i].Or)
		translated = append(translated, group)
	}
	return translated
}

func translateTests(tests []v1alpha1.MetadataRuleTest) []MetadataCondition {
	var translated []MetadataCondition
	for i := range tests {
		translated = append(translated, translateTest(&tests[i]))
	}
	return translated
}

func translateTest(test *v1alpha1.MetadataRuleTest) MetadataCondition {
	translated := MetadataCondition{FieldID: test.MetadataFieldID}
	switch {
	case test.Equals != nil:
		translated.Test, translated.Values = TestEquals, textsOf(test.Equals)
	case len(test.Includes) > 0:
		translated.Test, translated.Values = TestIncludes, test.Includes
	case isTrue(test.Populated):
		translated.Test = TestPopulated
	case test.Populated != nil:
		translated.Test = TestEmpty
	}
	return translated
}
