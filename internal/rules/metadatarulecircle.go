package rules

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// FieldsOfRuleCondition are the external IDs of the metadata fields that a condition tests, in their order, each once.
func FieldsOfRuleCondition(condition *v1alpha1.MetadataRuleCondition) []string {
	var ids []string
	add := func(tests ...v1alpha1.MetadataRuleTest) {
		for _, test := range tests {
			if id := test.MetadataFieldID; id != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	add(condition.MetadataRuleTest)
	for _, group := range slices.Concat(condition.And, condition.Or) {
		add(group.MetadataRuleTest)
		add(group.And...)
		add(group.Or...)
	}
	return ids
}

// FollowedMetadataRules are the active ones of the rules of an environment, which are valid and the oldest first. Where
// fields would come to depend on themselves, the youngest rule of the circle is not followed; refused says why, by the
// rule's object name.
func FollowedMetadataRules(oldestFirst []*v1alpha1.MetadataRule) (followed []*v1alpha1.MetadataRule, refused map[string]field.ErrorList) {
	refused = map[string]field.ErrorList{}
	dependents := map[string][]string{}
	for _, rule := range oldestFirst {
		if rule.Spec.State == v1alpha1.MetadataRuleInactive {
			continue
		}
		target, tested := rule.Spec.MetadataFieldID, FieldsOfRuleCondition(&rule.Spec.Condition)
		if circle := way(dependents, target, tested); circle != nil {
			refused[rule.Name] = field.ErrorList{field.Invalid(field.NewPath("spec", "condition"), field.OmitValueType{},
				fmt.Sprintf("turns in a circle with the older rules: %s", strings.Join(append(circle, target), " decides on ")))}
			continue
		}
		for _, id := range tested {
			dependents[id] = append(dependents[id], target)
		}
		followed = append(followed, rule)
	}
	return followed, refused
}

// way is one that leads along edges from a node to one of the ends, both included, or nil.
func way(edges map[string][]string, from string, ends []string) []string {
	seen := map[string]bool{}
	var walk func(at string) []string
	walk = func(at string) []string {
		if slices.Contains(ends, at) {
			return []string{at}
		}
		seen[at] = true
		for _, next := range edges[at] {
			if seen[next] {
				continue
			}
			if rest := walk(next); rest != nil {
				return append([]string{at}, rest...)
			}
		}
		return nil
	}
	return walk(from)
}
