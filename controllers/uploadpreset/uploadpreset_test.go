package uploadpreset_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/test/apiserver"
	"github.com/darkroom-media/darkroom/test/apiserver/operator"
)

func TestUploadPresetOnAnAPIServer(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "UploadPreset on an API server")
}

var running *operator.Operator

var _ = BeforeSuite(func() {
	ctrl.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(GinkgoWriter, nil)))
	SetDefaultEventuallyTimeout(20 * time.Second)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	folder, err := os.MkdirTemp("", "darkroom-apiserver-")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(os.RemoveAll, folder)
	running, err = operator.Start(folder)
	if errors.Is(err, apiserver.ErrUnavailable) {
		Skip(err.Error())
	}
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(running.Stop()).To(Succeed()) })
})

var _ = Describe("An upload preset", func() {
	newNamespace := func(ctx context.Context) string {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "spec-"}}
		Expect(running.Client.Create(ctx, namespace)).To(Succeed())
		return namespace.Name
	}
	newPreset := func(ctx context.Context, namespace, name string, change func(*v1alpha1.UploadPresetSpec)) *v1alpha1.UploadPreset {
		preset := &v1alpha1.UploadPreset{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Spec:       v1alpha1.UploadPresetSpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: "shop"}},
		}
		change(&preset.Spec)
		Expect(running.Client.Create(ctx, preset)).To(Succeed())
		return preset
	}
	newEnvironment := func(ctx context.Context, namespace string) *v1alpha1.ProductEnvironment {
		environment := &v1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop"}}
		Expect(running.Client.Create(ctx, environment)).To(Succeed())
		return environment
	}
	unchanged := func(*v1alpha1.UploadPresetSpec) {}
	eventually := func(ctx context.Context, preset *v1alpha1.UploadPreset, conditionType string, status metav1.ConditionStatus, reason string) {
		GinkgoHelper()
		Eventually(func(g Gomega) {
			g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(preset), preset)).To(Succeed())
			g.Expect(meta.FindStatusCondition(preset.Status.Conditions, conditionType)).To(HaveValue(And(
				HaveField("Status", status), HaveField("Reason", reason), HaveField("ObservedGeneration", preset.Generation))))
		}).Should(Succeed())
	}

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
		Expect(meta.FindStatusCondition(preset.Status.Conditions, v1alpha1.ConditionReady).Message).To(HavePrefix("spec.publicID:"))
	})

	It("names the metadata fields that it misses, until they are there", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		newEnvironment(ctx, namespace)
		preset := newPreset(ctx, namespace, "web", func(spec *v1alpha1.UploadPresetSpec) {
			spec.Metadata = []v1alpha1.PresetMetadata{{Field: "Size ID", MetadataValue: v1alpha1.MetadataValue{Value: new("3")}}}
		})
		eventually(ctx, preset, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidReference)
		Expect(meta.FindStatusCondition(preset.Status.Conditions, v1alpha1.ConditionReady).Message).To(And(
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
