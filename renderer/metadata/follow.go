package metadata

import (
	"slices"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

// effect is what rules do to a field beside what they make of it.
type effect struct {
	// applied are the values to give it, in the order of the rules.
	applied []applied
	// touched says that a rule of the field looks at a field that has been touched.
	touched bool
}

// applied is a value that a rule gives; join adds it to what the field holds.
type applied struct {
	texts []string
	join  bool
}

// follow makes of plain what the rules want whose conditions hold for values. plain is not changed.
func follow(plain *catalog.MetadataField, rules []catalog.MetadataRule, values map[string]any, touched map[string]bool) (*catalog.MetadataField, effect) {
	field, done := *plain, effect{}
	for i := range rules {
		rule := &rules[i]
		if rule.FieldID != field.ExternalID {
			continue
		}
		rule.Condition.FieldIDs(func(id string) { done.touched = done.touched || touched[id] })
		if !holds(&rule.Condition, values) {
			continue
		}
		if rule.Enable != nil {
			field.Disabled = !*rule.Enable
		}
		if rule.Mandatory != nil {
			field.Mandatory = *rule.Mandatory
		}
		if rule.Activate != nil {
			activate(&field, rule.Activate)
		}
		if rule.Apply != nil && (!rule.Append || field.Type == catalog.MetadataSet) {
			done.applied = append(done.applied, applied{texts: rule.Apply, join: rule.Append})
		}
	}
	return &field, done
}

// activate changes which choices of the field are active.
func activate(field *catalog.MetadataField, activation *catalog.MetadataActivation) {
	choices := slices.Clone(field.Datasource)
	for i := range choices {
		listed := activation.All || slices.Contains(activation.ExternalIDs, choices[i].ExternalID)
		choices[i].Inactive = !listed && (!activation.Append || choices[i].Inactive)
	}
	if field.Dynamic && !activation.All && !activation.Append {
		// Only what is listed can be chosen, be it in the datasource or not.
		for _, id := range activation.ExternalIDs {
			if !slices.ContainsFunc(choices, func(c catalog.MetadataChoice) bool { return c.ExternalID == id }) {
				choices = append(choices, catalog.MetadataChoice{ExternalID: id, Value: id})
			}
		}
		field.Dynamic = false
	}
	field.Datasource = choices
}

// holds says whether a condition holds for the values of an asset.
func holds(condition *catalog.MetadataCondition, values map[string]any) bool {
	for i := range condition.And {
		if !holds(&condition.And[i], values) {
			return false
		}
	}
	if len(condition.Or) > 0 {
		return slices.ContainsFunc(condition.Or, func(c catalog.MetadataCondition) bool { return holds(&c, values) })
	}
	if condition.Test == "" {
		return len(condition.And) > 0
	}
	value, populated := values[condition.FieldID]
	held, ok := asGiven(value)
	switch condition.Test {
	case catalog.TestPopulated:
		return populated
	case catalog.TestEmpty:
		return !populated
	case catalog.TestEquals:
		return populated && ok && equal(held.texts(), condition.Values)
	case catalog.TestIncludes:
		if held.isList {
			return populated && isSubset(condition.Values, held.list)
		}
		return populated && ok && slices.ContainsFunc(condition.Values, func(wanted string) bool { return equal(held.texts(), []string{wanted}) })
	}
	return false
}

// texts are the value's texts: one, or those of a list.
func (v Value) texts() []string {
	if v.isList {
		return v.list
	}
	return []string{v.text}
}

// equal says whether two values are the same; the order of the choices of a set does not matter.
func equal(a, b []string) bool {
	if len(a) == 1 && len(b) == 1 {
		return a[0] == b[0] || sameInteger(a[0], b[0])
	}
	return isSubset(a, b) && isSubset(b, a)
}

func isSubset(part, of []string) bool {
	return !slices.ContainsFunc(part, func(id string) bool { return !slices.Contains(of, id) })
}

// sameInteger says whether two texts are one integer, like 7 and +07.
func sameInteger(a, b string) bool {
	x, err := strconv.ParseInt(a, 10, 64)
	if err != nil {
		return false
	}
	y, err := strconv.ParseInt(b, 10, 64)
	return err == nil && x == y
}

// sameValue says whether two values of an asset are the same.
func sameValue(a, b any) bool {
	x, _ := asGiven(a)
	y, _ := asGiven(b)
	return slices.Equal(x.texts(), y.texts())
}

// inDependency are the fields in such an order that those which the rules of a field look at come before it; else it is
// that of their positions. Rules never turn in a circle: the catalog does not take the one that would close it.
func inDependency(fields map[string]catalog.MetadataField, rules []catalog.MetadataRule) []*catalog.MetadataField {
	ordered := inOrder(fields)
	if len(rules) == 0 {
		return ordered
	}
	byID := make(map[string]*catalog.MetadataField, len(ordered))
	for _, field := range ordered {
		byID[field.ExternalID] = field
	}
	var settled []*catalog.MetadataField
	seen := map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		if seen[id] || byID[id] == nil {
			return
		}
		seen[id] = true
		for i := range rules {
			if rules[i].FieldID == id {
				rules[i].Condition.FieldIDs(visit)
			}
		}
		settled = append(settled, byID[id])
	}
	for _, field := range ordered {
		visit(field.ExternalID)
	}
	return settled
}
