package configuration_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("An upload preset", func() {
	newPreset := func(ctx context.Context, namespace, name string, change func(*v1alpha1.UploadPresetSpec)) *v1alpha1.UploadPreset {
		preset := &v1alpha1.UploadPreset{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Spec:       v1alpha1.UploadPresetSpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: "shop"}},
		}
		change(&preset.Spec)
		Expect(running.Client.Create(ctx, preset)).To(Succeed())
		return preset
	}
	unchanged := func(*v1alpha1.UploadPresetSpec) {}

	It("is ready while its environment is there", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		preset := newPreset(ctx, namespace, "web", func(spec *v1alpha1.UploadPresetSpec) { spec.Name = "Web Form" })
		eventually(ctx, preset, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonEnvironmentNotFound)
		environment := newEnvironment(ctx, namespace)
		eventually(ctx, preset, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
		Expect(preset.Status.ExternalName).To(Equal("Web Form"))
		Expect(running.Client.Delete(ctx, environment)).To(Succeed())
		eventually(ctx, preset, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonEnvironmentNotFound)
	})

	It("stalls with the field path where it came past admission", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		newEnvironment(ctx, namespace)
		preset := newPreset(ctx, namespace, "web", func(spec *v1alpha1.UploadPresetSpec) { spec.PublicID = "a#b" })
		eventually(ctx, preset, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonInvalidSpec)
		Expect(message(preset)).To(HavePrefix("spec.publicID:"))
	})

	It("names the metadata fields that it misses, until they are there", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		newEnvironment(ctx, namespace)
		preset := newPreset(ctx, namespace, "web", func(spec *v1alpha1.UploadPresetSpec) {
			spec.Metadata = []v1alpha1.PresetMetadata{{Field: "Size ID", MetadataValue: v1alpha1.MetadataValue{Value: new("3")}}}
		})
		eventually(ctx, preset, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidReference)
		Expect(message(preset)).To(And(
			HavePrefix("spec.metadata[0].field:"), HaveSuffix("Size ID")))
		field := &v1alpha1.MetadataField{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "size"},
			Spec: v1alpha1.MetadataFieldSpec{
				EnvironmentRef: v1alpha1.EnvironmentReference{Name: "shop"}, ExternalID: "Size ID", Label: "Size", Type: v1alpha1.MetadataFieldInteger,
			},
		}
		Expect(running.Client.Create(ctx, field)).To(Succeed())
		eventually(ctx, preset, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
		Expect(running.Client.Delete(ctx, field)).To(Succeed())
		eventually(ctx, preset, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidReference)
	})

	It("leaves a name that is taken to the older one, until that is gone", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		newEnvironment(ctx, namespace)
		older := newPreset(ctx, namespace, "a", func(spec *v1alpha1.UploadPresetSpec) { spec.Name = "web" })
		eventually(ctx, older, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
		younger := newPreset(ctx, namespace, "web", unchanged)
		eventually(ctx, younger, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonNameTaken)
		Expect(running.Client.Delete(ctx, older)).To(Succeed())
		eventually(ctx, younger, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
	})
})
