package accesskey_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var (
	isTrue  = HaveField("Status", metav1.ConditionTrue)
	isFalse = HaveField("Status", metav1.ConditionFalse)
)

func reason(reason string) OmegaMatcher { return HaveField("Reason", reason) }

// secretOf is the Secret of a key.
func secretOf(ctx context.Context, key *v1alpha1.AccessKey) *corev1.Secret {
	GinkgoHelper()
	secret := &corev1.Secret{}
	Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: key.Name + "-credentials"}, secret)).To(Succeed())
	return secret
}

var _ = Describe("An access key", func() {
	It("gets a Secret, and is ready once the renderer has been told", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		key := newKey(ctx, namespace, "app")
		want := specOf(key.Spec)
		newEnvironment(ctx, namespace)
		eventuallyReady(ctx, key, isTrue, reason(v1alpha1.ReasonReady))
		Eventually(func() []string { return accepted(ctx, namespace) }).Should(ConsistOf("app", "Root"), "every environment has a key of its own, too")
		secret := secretOf(ctx, key)
		Expect(key.Status.Binding).To(HaveValue(HaveField("Name", secret.Name)))
		Expect(key.Status.APIKey).To(MatchRegexp(`^[0-9]{15}$`))
		Expect(secret.Data).To(And(
			HaveKeyWithValue("api_key", []byte(key.Status.APIKey)),
			HaveKeyWithValue("api_secret", HaveLen(27)),
			HaveKeyWithValue("cloud_name", []byte(namespace)),
			HaveKeyWithValue("DARKROOM_UPLOAD_PREFIX", []byte("http://shop-media."+namespace+".svc")),
			HaveKeyWithValue("DARKROOM_DELIVERY_URL", []byte("http://shop-media."+namespace+".svc/"+namespace))))
		Expect(metav1.IsControlledBy(secret, key)).To(BeTrue())
		Expect(specOf(key.Spec)).To(Equal(want))
	})

	It("leaves the renderer's keys within a second when it is disabled, and comes back", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		newKey(ctx, namespace, "keep")
		key := newKey(ctx, namespace, "app")
		newEnvironment(ctx, namespace)
		eventuallyReady(ctx, key, isTrue)
		Eventually(func() []string { return accepted(ctx, namespace) }).Should(ConsistOf("keep", "app", "Root"))
		before := secretOf(ctx, key).Data

		disabled := false
		key.Spec.Enabled = &disabled
		Expect(running.Client.Update(ctx, key)).To(Succeed())
		Eventually(func() []string { return accepted(ctx, namespace) }).WithTimeout(time.Second).Should(ConsistOf("keep", "Root"))
		eventuallyReady(ctx, key, isTrue, reason(v1alpha1.ReasonDisabled))
		Expect(secretOf(ctx, key).Data).To(Equal(before), "a disabled key keeps its Secret")

		key.Spec.Enabled = nil
		Expect(running.Client.Update(ctx, key)).To(Succeed())
		eventuallyReady(ctx, key, isTrue, reason(v1alpha1.ReasonReady))
		Eventually(func() []string { return accepted(ctx, namespace) }).Should(ConsistOf("keep", "app", "Root"))
	})

	It("leaves the renderer's keys when it is deleted", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		newKey(ctx, namespace, "keep")
		key := newKey(ctx, namespace, "app")
		newEnvironment(ctx, namespace)
		eventuallyReady(ctx, key, isTrue)
		Expect(running.Client.Delete(ctx, key)).To(Succeed())
		Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(key), key)).To(Satisfy(apierrors.IsNotFound))
		Eventually(func() []string { return accepted(ctx, namespace) }).Should(ConsistOf("keep", "Root"))
	})

	It("keeps its pair when the Secret is tampered with, and gets a new one only when that is lost", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		key := newKey(ctx, namespace, "app")
		newEnvironment(ctx, namespace)
		eventuallyReady(ctx, key, isTrue)
		secret := secretOf(ctx, key)
		before := secret.DeepCopy()
		secret.Data["CLOUDINARY_URL"] = []byte("cloudinary://elsewhere")
		delete(secret.Data, "cloud_name")
		secret.OwnerReferences = nil
		Expect(running.Client.Update(ctx, secret)).To(Succeed())
		Eventually(func(g Gomega) {
			secret = secretOf(ctx, key)
			g.Expect(secret.Data).To(Equal(before.Data))
			g.Expect(metav1.IsControlledBy(secret, key)).To(BeTrue())
		}).Should(Succeed())

		Expect(running.Client.Delete(ctx, secret)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(key), key)).To(Succeed())
			g.Expect(key.Status.APIKey).NotTo(Equal(string(before.Data["api_key"])))
		}).Should(Succeed())
		eventuallyReady(ctx, key, isTrue)
		Expect(secretOf(ctx, key).Data["api_secret"]).NotTo(Equal(before.Data["api_secret"]))
	})

	It("is accepted with both pairs while a rotation overlaps", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		key := newKey(ctx, namespace, "app")
		newKey(ctx, namespace, "later")
		newEnvironment(ctx, namespace)
		eventuallyReady(ctx, key, isTrue)
		before := secretOf(ctx, key).Data
		key.Annotations = map[string]string{v1alpha1.AnnotationRotate: "1"}
		Expect(running.Client.Update(ctx, key)).To(Succeed())
		Eventually(func() []string { return accepted(ctx, namespace) }).Should(ConsistOf("app", "app", "later", "Root"))
		after := secretOf(ctx, key).Data
		Expect(after["api_key"]).NotTo(Equal(before["api_key"]))
		// The status comes after what it tells of, and an annotation makes no generation that it could be waited for by.
		Eventually(func(g Gomega) {
			g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(key), key)).To(Succeed())
			g.Expect(key.Status.Slots).To(HaveExactElements(
				And(HaveField("APIKey", string(after["api_key"])), HaveField("Until", BeNil())),
				And(HaveField("APIKey", string(before["api_key"])), HaveField("Until", Not(BeNil())))))
		}).Should(Succeed())
		eventuallyReady(ctx, key, isTrue, reason(v1alpha1.ReasonReady))
		Eventually(func(g Gomega) {
			credentials := &corev1.Secret{}
			g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "shop-credentials"}, credentials)).To(Succeed())
			g.Expect(credentials.Data["CLOUDINARY_URL"]).To(Equal(after["CLOUDINARY_URL"]), "the oldest enabled key, with its new pair")
		}).Should(Succeed())

		By("ending the overlap")
		key.Spec.Rotation = &v1alpha1.KeyRotation{Overlap: &metav1.Duration{}}
		Expect(running.Client.Update(ctx, key)).To(Succeed())
		Eventually(func() []string { return accepted(ctx, namespace) }).Should(ConsistOf("app", "later", "Root"))
		eventuallyReady(ctx, key, isTrue, reason(v1alpha1.ReasonReady))
		Expect(key.Status.Slots).To(HaveLen(1))
		Expect(secretOf(ctx, key).Data).To(And(HaveLen(len(before)), HaveKeyWithValue("api_key", after["api_key"])), "nothing is left of the pair before")
	})

	DescribeTable("is refused with a rotation that cannot be",
		func(ctx context.Context, rotation map[string]any, message string) {
			object := &unstructured.Unstructured{Object: map[string]any{
				"apiVersion": v1alpha1.GroupVersion.String(), "kind": "AccessKey",
				"metadata": map[string]any{"name": "app", "namespace": "default"},
				"spec":     map[string]any{"environmentRef": map[string]any{"name": "shop"}, "rotation": rotation},
			}}
			Expect(running.Client.Create(ctx, object)).To(MatchError(ContainSubstring(message)))
		},
		Entry("an interval that is none", map[string]any{"every": "soon"}, "spec.rotation.every"),
		Entry("an empty interval", map[string]any{"every": ""}, "spec.rotation.every"),
		Entry("an interval that is too short", map[string]any{"every": "30s", "overlap": "1s"}, "must be at least 1m"),
		Entry("an overlap as long as the interval", map[string]any{"every": "1h", "overlap": "1h"}, "must be shorter"),
		Entry("an interval shorter than the overlap by default", map[string]any{"every": "2h"}, "must be shorter"),
		Entry("a negative overlap", map[string]any{"overlap": "-1h"}, "spec.rotation.overlap"),
	)

	It("never seizes a Secret of somebody else", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		foreign := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "app-credentials"},
			Data:       map[string][]byte{"api_key": []byte("1"), "api_secret": []byte("2")},
		}
		Expect(running.Client.Create(ctx, foreign)).To(Succeed())
		key := newKey(ctx, namespace, "app")
		newEnvironment(ctx, namespace)
		eventuallyReady(ctx, key, isFalse, reason(v1alpha1.ReasonNotOwned))
		Expect(secretOf(ctx, key).ResourceVersion).To(Equal(foreign.ResourceVersion))
	})

	It("waits for its environment", func(ctx context.Context) {
		key := newKey(ctx, newNamespace(ctx), "app")
		eventuallyReady(ctx, key, isFalse, reason(v1alpha1.ReasonEnvironmentNotFound),
			HaveField("Message", HavePrefix("spec.environmentRef.name:")))
		Expect(key.Status.Conditions).To(ContainElements(
			And(HaveField("Type", v1alpha1.ConditionReconciling), isTrue),
			And(HaveField("Type", v1alpha1.ConditionStalled), isFalse)))
	})

	It("can neither move to another environment nor have the name of its own", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		key := newKey(ctx, namespace, "app")
		moved := key.DeepCopy()
		moved.Spec.EnvironmentRef.Name = "other"
		Expect(running.Client.Patch(ctx, moved, client.MergeFrom(key))).To(MatchError(ContainSubstring("cannot move to another environment")))
		namesake := &v1alpha1.AccessKey{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop"},
			Spec:       v1alpha1.AccessKeySpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: "shop"}},
		}
		Expect(running.Client.Create(ctx, namesake)).To(MatchError(ContainSubstring("cannot have the name of its environment")))
	})

	It("stalls its environment when every one is disabled", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		key := newKey(ctx, namespace, "app")
		environment := newEnvironment(ctx, namespace)
		eventuallyReady(ctx, key, isTrue)
		disabled := false
		for _, name := range []string{"app", "shop-root"} {
			Eventually(func(g Gomega) {
				key := &v1alpha1.AccessKey{}
				g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, key)).To(Succeed())
				key.Spec.Enabled = &disabled
				g.Expect(running.Client.Update(ctx, key)).To(Succeed())
			}).Should(Succeed())
		}
		Eventually(func(g Gomega) {
			g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(environment), environment)).To(Succeed())
			g.Expect(environment.Status.Conditions).To(ContainElement(And(
				HaveField("Type", v1alpha1.ConditionCredentialsReady), isFalse, reason(v1alpha1.ReasonNoEnabledKey))))
		}).Should(Succeed())
		Expect(accepted(ctx, namespace)).To(BeEmpty())
	})
})
