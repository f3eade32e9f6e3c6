package configuration_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("A metadata field", func() {
	newField := func(ctx context.Context, namespace, name string, change func(*v1alpha1.MetadataFieldSpec)) *v1alpha1.MetadataField {
		field := &v1alpha1.MetadataField{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Spec: v1alpha1.MetadataFieldSpec{
				EnvironmentRef: v1alpha1.EnvironmentReference{Name: "shop"}, Label: "Size", Type: v1alpha1.MetadataFieldInteger,
			},
		}
		change(&field.Spec)
		Expect(running.Client.Create(ctx, field)).To(Succeed())
		return field
	}

	It("is ready while its environment is there", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		field := newField(ctx, namespace, "size", func(spec *v1alpha1.MetadataFieldSpec) { spec.ExternalID = "Size ID" })
		eventually(ctx, field, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonEnvironmentNotFound)
		environment := newEnvironment(ctx, namespace)
		eventually(ctx, field, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
		Expect(field.Status.ExternalName).To(Equal("Size ID"))
		Expect(running.Client.Delete(ctx, environment)).To(Succeed())
		eventually(ctx, field, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonEnvironmentNotFound)
	})

	It("stalls with the field path where it came past admission", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		newEnvironment(ctx, namespace)
		field := newField(ctx, namespace, "size", func(spec *v1alpha1.MetadataFieldSpec) {
			spec.Validation = &v1alpha1.MetadataValidation{Type: v1alpha1.ValidationGreaterThan, MetadataBound: v1alpha1.MetadataBound{Value: "10"}}
			spec.DefaultValue = &v1alpha1.MetadataValue{Value: new("3")}
		})
		eventually(ctx, field, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonInvalidSpec)
		Expect(message(field)).To(HavePrefix("spec.defaultValue.value:"))
		field.Spec.DefaultValue.Value = new("11")
		Expect(running.Client.Update(ctx, field)).To(Succeed())
		eventually(ctx, field, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
	})

	It("leaves an external ID that is taken to the older one, until that is gone", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		newEnvironment(ctx, namespace)
		older := newField(ctx, namespace, "a", func(spec *v1alpha1.MetadataFieldSpec) { spec.ExternalID = "size" })
		eventually(ctx, older, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
		younger := newField(ctx, namespace, "size", func(*v1alpha1.MetadataFieldSpec) {})
		eventually(ctx, younger, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonNameTaken)
		Expect(message(younger)).To(ContainSubstring("MetadataField a "))
		Expect(running.Client.Delete(ctx, older)).To(Succeed())
		eventually(ctx, younger, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
	})
})
