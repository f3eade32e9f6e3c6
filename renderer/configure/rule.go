package configure

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// The external ID of a metadata rule is the name of its object: several rules may share the name that people see.

func noRule(id string) *problem.Problem {
	return problem.NotFound("Metadata rule %s not found", wire.Printable(id))
}

// rulesAndFields are the metadata rules, the oldest first, and the fields that they are about.
func (e *Editor) rulesAndFields(r *Request) ([]*v1alpha1.MetadataRule, []*v1alpha1.MetadataField, error) {
	found, err := listed[*v1alpha1.MetadataRule](e, r, catalog.KindMetadataRule)
	if err != nil {
		return nil, nil, err
	}
	fields, err := e.fields(r)
	return found, fields, err
}

// listRules answers GET /metadata_rules, in the order in which rules are followed.
func (e *Editor) listRules(r *Request) (wire.Object, error) {
	existing, fields, err := e.rulesAndFields(r)
	if err != nil {
		return nil, err
	}
	catalog.RulesInPosition(existing)
	types, at := typesOf(fields), places(existing)
	shown := make([]wire.Object, len(existing))
	for i, rule := range existing {
		shown[i] = showRule(rule, types, at)
	}
	return wire.Object{"metadata_rules": shown}, nil
}

// showRule answers GET /metadata_rules/<id>.
func (e *Editor) showRule(r *Request) (wire.Object, error) {
	existing, fields, err := e.rulesAndFields(r)
	if err != nil {
		return nil, err
	}
	for _, rule := range existing {
		if rule.Name == r.Path[0] {
			return showRule(rule, typesOf(fields), places(existing)), nil
		}
	}
	return nil, noRule(r.Path[0])
}

// createRule answers POST /metadata_rules.
func (e *Editor) createRule(r *Request) (wire.Object, error) {
	rule := &v1alpha1.MetadataRule{Spec: v1alpha1.MetadataRuleSpec{EnvironmentRef: e.objects.Reference()}}
	for _, name := range []string{"metadata_field_id", "name", "condition", "result"} {
		if _, err := required(r, name); err != nil {
			return nil, err
		}
	}
	if err := readRule(r.Params, &rule.Spec); err != nil {
		return nil, err
	}
	rule.Name = "rule-" + randomName()
	if errs := faults(rule, rules.ValidateMetadataRule); len(errs) > 0 {
		return nil, invalid(errs)
	}
	existing, fields, err := e.rulesAndFields(r)
	if err != nil {
		return nil, err
	}
	typesOf(fields).listed(&rule.Spec)
	if err := fits(rule, existing, append(slices.Clone(existing), rule), fields); err != nil {
		return nil, err
	}
	taken := problem.Conflict("Metadata rule %s already exists", rule.Name)
	if err := failed(e.objects.Create(r.Context, rule), taken); err != nil {
		return nil, err
	}
	return showRule(rule, typesOf(fields), places(append(slices.Clone(existing), rule))), nil
}

// places are the positions of rules, oldest first, by name. A rule without one comes behind those that have one, in the order of
// age: the API knows no rule without a position.
func places(existing []*v1alpha1.MetadataRule) map[string]int32 {
	ordered := slices.Clone(existing)
	catalog.RulesInPosition(ordered)
	at, last := map[string]int32{}, int32(-1)
	for _, rule := range ordered {
		last++
		if rule.Spec.Position != nil {
			last = *rule.Spec.Position
		}
		at[rule.Name] = last
	}
	return at
}

// updateRule answers PUT /metadata_rules/<id>. What is not given stays.
func (e *Editor) updateRule(r *Request) (wire.Object, error) {
	existing, fields, err := e.rulesAndFields(r)
	if err != nil {
		return nil, err
	}
	rule, err := changeBy(e, r, catalog.KindMetadataRule, (*v1alpha1.MetadataRule).GetName, r.Path[0], rules.ValidateMetadataRule, noRule(r.Path[0]), func(rule *v1alpha1.MetadataRule) error {
		if err := readRule(r.Params, &rule.Spec); err != nil {
			return err
		}
		typesOf(fields).listed(&rule.Spec)
		if errs := rules.ValidateMetadataRule(rule); len(errs) > 0 {
			return invalid(errs)
		}
		others := slices.Clone(existing)
		for i, other := range others {
			if other.Name == rule.Name {
				others[i] = rule
			}
		}
		return fits(rule, existing, others, fields)
	})
	if err != nil {
		return nil, err
	}
	for i, other := range existing {
		if other.Name == rule.Name {
			existing[i] = rule
		}
	}
	return showRule(rule, typesOf(fields), places(existing)), nil
}

// deleteRule answers DELETE /metadata_rules/<id>. SDKs look for one of two forms of success.
func (e *Editor) deleteRule(r *Request) (wire.Object, error) {
	if _, err := removeBy(e, r, catalog.KindMetadataRule, (*v1alpha1.MetadataRule).GetName, r.Path[0], noRule(r.Path[0])); err != nil {
		return nil, err
	}
	return wire.Object{"message": "ok", "success": true}, nil
}

// fits refuses a valid rule whose fields do not exist, whose field cannot take its result, or by which a field would come to
// depend on itself. before are the rules as they are, after as they would be.
func fits(rule *v1alpha1.MetadataRule, before, after []*v1alpha1.MetadataRule, fields []*v1alpha1.MetadataField) error {
	known := map[string]*v1alpha1.MetadataField{}
	for _, f := range fields {
		known[f.ExternalName()] = f
	}
	for _, id := range append(rules.FieldsOfRuleCondition(&rule.Spec.Condition), rule.Spec.MetadataFieldID) {
		if known[id] == nil {
			return problem.BadRequest("Metadata External IDs do not exist: [%q]", wire.Printable(id))
		}
	}
	if errs := rules.ValidateMetadataRuleForField(rule, known[rule.Spec.MetadataFieldID]); len(errs) > 0 {
		return invalid(errs)
	}
	refusedBefore, refused := unfollowed(before), unfollowed(after)
	for name, errs := range refused {
		if _, ever := refusedBefore[name]; !ever {
			return invalid(errs)
		}
	}
	return nil
}

// unfollowed are the rules that turn in a circle, by name, and why.
func unfollowed(all []*v1alpha1.MetadataRule) map[string]field.ErrorList {
	valid := slices.DeleteFunc(slices.Clone(all), func(rule *v1alpha1.MetadataRule) bool { return len(rules.ValidateMetadataRule(rule)) > 0 })
	_, refused := rules.FollowedMetadataRules(valid)
	return refused
}
