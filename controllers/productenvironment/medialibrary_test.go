package productenvironment_test

import (
	"context"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var mediaLibrary = types.NamespacedName{Namespace: shop.Namespace, Name: "shop-media-library"}

func presetOf(owner types.UID, change func(*v1alpha1.UploadPreset)) *v1alpha1.UploadPreset {
	preset := &v1alpha1.UploadPreset{
		ObjectMeta: metav1.ObjectMeta{Namespace: mediaLibrary.Namespace, Name: mediaLibrary.Name},
		Spec:       v1alpha1.UploadPresetSpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: shop.Name}},
	}
	if owner != "" {
		preset.OwnerReferences = []metav1.OwnerReference{{APIVersion: "media.darkroom.dev/v1alpha1", Kind: "ProductEnvironment", Name: shop.Name, UID: owner}}
	}
	if change != nil {
		change(preset)
	}
	return preset
}

func TestTheMediaLibraryPresetIsMadeOnce(t *testing.T) {
	b := newBench(t, newShop())
	b.mustReconcile(shop)
	preset := &v1alpha1.UploadPreset{}
	if err := b.client.Get(t.Context(), mediaLibrary, preset); err != nil {
		t.Fatal(err)
	}
	if preset.ExternalName() != "media_library" || preset.Spec.Unsigned != nil || len(preset.OwnerReferences) != 1 || preset.OwnerReferences[0].UID != "uid-shop" {
		t.Errorf("made %+v", preset)
	}
	if recorded := b.environment(shop).Status.MediaLibraryPreset; recorded != mediaLibrary.Name {
		t.Errorf("the status names %q", recorded)
	}
	preset.Spec.Tags = []string{"edited"}
	if err := b.client.Update(t.Context(), preset); err != nil {
		t.Fatal(err)
	}
	b.mustReconcile(shop)
	if err := b.client.Get(t.Context(), mediaLibrary, preset); err != nil || len(preset.Spec.Tags) != 1 {
		t.Errorf("the edited preset became %+v, %v", preset.Spec, err)
	}
	if err := b.client.Delete(t.Context(), preset); err != nil {
		t.Fatal(err)
	}
	b.mustReconcile(shop)
	if err := b.client.Get(t.Context(), mediaLibrary, preset); !apierrors.IsNotFound(err) {
		t.Errorf("the deleted preset is back: %v", err)
	}
}

func TestAPresetThatIsThereServesTheMediaLibrary(t *testing.T) {
	mine := presetOf("", func(p *v1alpha1.UploadPreset) { p.Name, p.Spec.Name = "mine", "media_library" })
	b := newBench(t, newShop(), mine)
	b.mustReconcile(shop)
	if recorded := b.environment(shop).Status.MediaLibraryPreset; recorded != "mine" {
		t.Errorf("the status names %q", recorded)
	}
	if err := b.client.Get(t.Context(), mediaLibrary, &v1alpha1.UploadPreset{}); !apierrors.IsNotFound(err) {
		t.Errorf("a second preset was made: %v", err)
	}
}

func TestThePresetOfAnEarlierEnvironmentIsWaitedFor(t *testing.T) {
	left := presetOf("uid-earlier", nil)
	b := newBench(t, newShop(), left)
	if result := b.mustReconcile(shop); result.RequeueAfter == 0 {
		t.Error("nobody looks again")
	}
	if recorded := b.environment(shop).Status.MediaLibraryPreset; recorded != "" {
		t.Errorf("the status names %q, which is about to be collected", recorded)
	}
	if err := b.client.Delete(t.Context(), left); err != nil {
		t.Fatal(err)
	}
	b.mustReconcile(shop)
	preset := &v1alpha1.UploadPreset{}
	if err := b.client.Get(t.Context(), mediaLibrary, preset); err != nil || preset.OwnerReferences[0].UID != "uid-shop" {
		t.Errorf("%+v, %v", preset.OwnerReferences, err)
	}
}

func TestAPresetOfAnotherEnvironmentIsLeftAlone(t *testing.T) {
	b := newBench(t, newShop(), presetOf("", func(p *v1alpha1.UploadPreset) { p.Spec.EnvironmentRef.Name = "other" }))
	if result := b.mustReconcile(shop); result.RequeueAfter == 0 {
		t.Error("nobody looks again")
	}
	if recorded := b.environment(shop).Status.MediaLibraryPreset; recorded != "" {
		t.Errorf("the status names %q", recorded)
	}
}

var _ = Describe("The upload preset of the Media Library", func() {
	It("is ready, edited, and deleted for good", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		Expect(object.Status.MediaLibraryPreset).To(Equal("shop-media-library"))
		preset := get(ctx, object.Namespace, "shop-media-library", &v1alpha1.UploadPreset{})
		preset.Spec.Tags = []string{"people"}
		Expect(running.Client.Update(ctx, preset)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(preset), preset)).To(Succeed())
			g.Expect(preset.Status.Conditions).To(ContainElement(And(HaveField("Type", "Ready"), HaveField("Status", metav1.ConditionTrue),
				HaveField("ObservedGeneration", preset.Generation))))
		}).Should(Succeed())
		Expect(preset.Status.ExternalName).To(Equal("media_library"))
		Expect(running.Client.Delete(ctx, preset)).To(Succeed())
		// A change of the environment has it reconciled after the deletion.
		object.Spec.DisplayName = "Shop"
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		rollOut(ctx, object)
		Expect(apierrors.IsNotFound(running.Client.Get(ctx, client.ObjectKeyFromObject(preset), preset))).To(BeTrue())
		Expect(object.Spec.DisplayName).To(Equal("Shop"))
	})
})
