package catalog

import (
	"encoding/json"
	"reflect"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestPublishesMetadataRules(t *testing.T) {
	type spec = v1alpha1.MetadataRuleSpec
	object := func(object string, created int64, change func(*spec)) *v1alpha1.MetadataRule {
		rule := &v1alpha1.MetadataRule{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: object, CreationTimestamp: metav1.Unix(created, 0)},
			Spec: spec{
				EnvironmentRef: v1alpha1.EnvironmentReference{Name: name}, MetadataFieldID: "team",
				Condition: v1alpha1.MetadataRuleCondition{MetadataRuleTest: v1alpha1.MetadataRuleTest{MetadataFieldID: "category", Populated: new(true)}},
				Result:    v1alpha1.MetadataRuleResult{Enable: new(true)},
			},
		}
		change(&rule.Spec)
		return rule
	}
	c := newCluster(t, environmentObject(), secretObject(t, root),
		object("late", 100, func(*spec) {}),
		object("first", 200, func(s *spec) {
			s.Position = new(int32(0))
			s.Condition = v1alpha1.MetadataRuleCondition{Or: []v1alpha1.MetadataRuleGroup{
				{MetadataRuleTest: v1alpha1.MetadataRuleTest{MetadataFieldID: "a", Populated: new(false)}},
				{And: []v1alpha1.MetadataRuleTest{
					{MetadataFieldID: "b", Equals: &v1alpha1.MetadataValue{Value: new("x")}}, {MetadataFieldID: "c", Includes: []string{"y"}},
				}},
			}}
			s.Result = v1alpha1.MetadataRuleResult{
				SetMandatory:   new(true),
				ActivateValues: &v1alpha1.ActivateValues{ExternalIDs: []string{"hr"}, Mode: v1alpha1.ActivateValuesAppend},
				ApplyValue:     &v1alpha1.ApplyValue{MetadataValue: v1alpha1.MetadataValue{Values: []string{"hr"}}, Mode: v1alpha1.ApplyValueAppend},
			}
		}),
		object("off", 1, func(s *spec) { s.State = v1alpha1.MetadataRuleInactive }),
		object("circle", 300, func(s *spec) { s.MetadataFieldID, s.Condition.MetadataFieldID = "category", "team" }),
		object("broken", 1, func(s *spec) { s.Condition = v1alpha1.MetadataRuleCondition{} }),
		object("foreign", 1, func(s *spec) { s.EnvironmentRef.Name = "another" }),
	)
	k := start(t, c, nil)
	ready(t, c, k)
	want := []MetadataRule{
		{
			Name: "first", FieldID: "team", Mandatory: new(true), Apply: []string{"hr"}, Append: true,
			Activate: &MetadataActivation{ExternalIDs: []string{"hr"}, Append: true},
			Condition: MetadataCondition{Or: []MetadataCondition{
				{FieldID: "a", Test: TestEmpty},
				{And: []MetadataCondition{{FieldID: "b", Test: TestEquals, Values: []string{"x"}}, {FieldID: "c", Test: TestIncludes, Values: []string{"y"}}}},
			}},
		},
		{Name: "late", FieldID: "team", Enable: new(true), Condition: MetadataCondition{FieldID: "category", Test: TestPopulated}},
	}
	data, err := json.Marshal(k.Current())
	if err != nil {
		t.Fatal(err)
	}
	var restored Snapshot
	if err := json.Unmarshal(data, &restored); err != nil {
		t.Fatal(err)
	}
	for _, snapshot := range []*Snapshot{k.Current(), &restored} {
		if !reflect.DeepEqual(snapshot.MetadataRules, want) {
			t.Errorf("rules\n got %+v\nwant %+v", snapshot.MetadataRules, want)
		}
	}
}
