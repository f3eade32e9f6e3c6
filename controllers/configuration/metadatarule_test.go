package configuration_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestRulesThatFitTheirFieldsAndEachOther(t *testing.T) {
	type spec = v1alpha1.MetadataRuleSpec
	for name, test := range map[string]struct {
		change          func(*spec)
		reason, message string
	}{
		"fits": {func(*spec) {}, v1alpha1.ReasonReady, "in use"},
		"all of no choices": {func(s *spec) { s.Result.ActivateValues = &v1alpha1.ActivateValues{All: new(true)} },
			v1alpha1.ReasonReady, "in use"},
		"choices of a field without": {func(s *spec) { s.Result.ActivateValues = &v1alpha1.ActivateValues{ExternalIDs: []string{"hr"}} },
			v1alpha1.ReasonInvalidSpec, "spec.result.activateValues"},
		"a value of another type": {func(s *spec) {
			s.Result.ApplyValue = &v1alpha1.ApplyValue{MetadataValue: v1alpha1.MetadataValue{Value: new("big")}}
		}, v1alpha1.ReasonInvalidSpec, "spec.result.applyValue.value"},
		"a circle": {func(s *spec) { s.MetadataFieldID, s.Condition.MetadataFieldID = "kind", "size" },
			v1alpha1.ReasonInvalidSpec, "kind decides on size decides on kind"},
	} {
		t.Run(name, func(t *testing.T) {
			rule := valid()["metadatarule"].(*v1alpha1.MetadataRule)
			rule.Name, rule.CreationTimestamp = "young", metav1.Unix(2000, 0)
			test.change(&rule.Spec)
			objects := []client.Object{environment(), valid()["metadatarule"], rule}
			for _, id := range []string{"size", "kind"} {
				field := valid()["metadatafield"].(*v1alpha1.MetadataField)
				field.Name = id
				objects = append(objects, field)
			}
			api := cluster(t, objects...)
			if err := reconcile(t, api, "metadatarule", rule); err != nil {
				t.Fatal(err)
			}
			if err := api.Get(t.Context(), client.ObjectKeyFromObject(rule), rule); err != nil {
				t.Fatal(err)
			}
			ready := meta.FindStatusCondition(rule.Status.Conditions, v1alpha1.ConditionReady)
			if ready.Reason != test.reason || !strings.Contains(ready.Message, test.message) {
				t.Errorf("condition %+v", ready)
			}
		})
	}
}
