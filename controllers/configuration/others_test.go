package configuration_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

var _ = Describe("What configures an environment", func() {
	It("is told truthfully whether it is in use, whatever its kind", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		newEnvironment(ctx, namespace)
		for _, id := range []string{"size", "kind"} {
			field := valid()["metadatafield"].(*v1alpha1.MetadataField)
			field.Namespace, field.Name, field.Spec.Label = namespace, id, id
			Expect(running.Client.Create(ctx, field)).To(Succeed())
		}
		for kind, object := range valid() {
			object.SetNamespace(namespace)
			Expect(running.Client.Create(ctx, object)).To(Succeed(), kind)
			switch kind {
			case "assetimport":
				// No renderer runs here; what it would report is reported below.
				eventually(ctx, object, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonPending)
				reported := object.(*v1alpha1.AssetImport)
				Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(reported), reported)).To(Succeed())
				reported.Status.Progress = &v1alpha1.ImportProgress{Run: rules.ImportRun(reported), State: v1alpha1.ImportCompleted, Total: 1, Done: 1}
				Expect(running.Client.Status().Update(ctx, reported)).To(Succeed())
				eventually(ctx, object, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
			case "streamingprofile":
				eventually(ctx, object, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonUnsupported)
			default:
				eventually(ctx, object, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
			}
		}
	})
})
