package configuration

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
)

func metadataRules() kind[*v1alpha1.MetadataRule] {
	return kind[*v1alpha1.MetadataRule]{
		name: "metadatarule", word: "MetadataRule", list: &v1alpha1.MetadataRuleList{}, validate: rules.ValidateMetadataRule,
		check: checkRule, alsoWokenBy: []v1alpha1.Configuration{&v1alpha1.MetadataField{}, &v1alpha1.MetadataRule{}},
	}
}

// checkRule looks at a rule beside the fields and the other rules of its environment.
func checkRule(ctx context.Context, reader client.Reader, rule *v1alpha1.MetadataRule, _ *v1alpha1.ProductEnvironment) (conditions.Part, error) {
	if rule.Spec.State == v1alpha1.MetadataRuleInactive {
		return conditions.Ready(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "the MetadataRule is inactive"), nil
	}
	all, err := ofEnvironment[*v1alpha1.MetadataRule](ctx, reader, &v1alpha1.MetadataRuleList{}, rule.Namespace, rule.EnvironmentName())
	if err != nil {
		return conditions.Part{}, err
	}
	all = slices.DeleteFunc(all, func(other *v1alpha1.MetadataRule) bool { return len(rules.ValidateMetadataRule(other)) > 0 })
	slices.SortFunc(all, func(a, b *v1alpha1.MetadataRule) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	if _, refused := rules.FollowedMetadataRules(all); len(refused[rule.Name]) > 0 {
		return conditions.Invalid(refused[rule.Name]), nil
	}
	known, err := fieldsInUse(ctx, reader, rule)
	if err != nil {
		return conditions.Part{}, err
	}
	var missing []string
	name := func(path, id string) {
		if known[id] == nil {
			missing = append(missing, fmt.Sprintf("%s: the environment has no MetadataField with the external ID %s", path, id))
		}
	}
	name("spec.metadataFieldID", rule.Spec.MetadataFieldID)
	for _, id := range rules.FieldsOfRuleCondition(&rule.Spec.Condition) {
		name("spec.condition", id)
	}
	if len(missing) > 0 {
		return conditions.Waiting(v1alpha1.ConditionReady, v1alpha1.ReasonInvalidReference, strings.Join(missing, "; ")), nil
	}
	if problems := rules.ValidateMetadataRuleForField(rule, known[rule.Spec.MetadataFieldID]); len(problems) > 0 {
		return conditions.Invalid(problems), nil
	}
	return inUse("MetadataRule"), nil
}
