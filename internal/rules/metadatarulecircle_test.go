package rules

import (
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestFollowedMetadataRules(t *testing.T) {
	rule := func(name, target string, tested ...string) *v1alpha1.MetadataRule {
		r := &v1alpha1.MetadataRule{ObjectMeta: named(name), Spec: v1alpha1.MetadataRuleSpec{MetadataFieldID: target}}
		for _, id := range tested {
			r.Spec.Condition.Or = append(r.Spec.Condition.Or, v1alpha1.MetadataRuleGroup{And: []v1alpha1.MetadataRuleTest{{MetadataFieldID: id, Populated: new(true)}}})
		}
		return r
	}
	inactive := rule("inactive", "a", "c")
	inactive.Spec.State = v1alpha1.MetadataRuleInactive
	followed, refused := FollowedMetadataRules([]*v1alpha1.MetadataRule{
		inactive, rule("a-b", "b", "a"), rule("b-c", "c", "x", "b"), rule("c-a", "a", "y", "c"), rule("itself", "d", "d"), rule("again", "c", "a"), rule("d-a", "a", "d"),
	})
	var names []string
	for _, rule := range followed {
		names = append(names, rule.Name)
	}
	if got := strings.Join(names, " "); got != "a-b b-c again d-a" {
		t.Errorf("followed: %s", got)
	}
	for name, message := range map[string]string{"c-a": "a decides on b decides on c decides on a", "itself": "d decides on d"} {
		if got := refused[name].ToAggregate(); got == nil || !strings.Contains(got.Error(), "spec.condition: Invalid value: turns in a circle with the older rules: "+message) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if len(refused) != 2 {
		t.Errorf("refused %v", refused)
	}
}
