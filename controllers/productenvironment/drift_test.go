package productenvironment_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
)

// kinds are all kinds that an environment's objects are of.
func kinds() []client.ObjectList {
	return []client.ObjectList{
		&appsv1.DeploymentList{}, &corev1.ServiceList{}, &corev1.ServiceAccountList{}, &corev1.ConfigMapList{},
		&corev1.SecretList{}, &corev1.PersistentVolumeClaimList{}, &rbacv1.RoleList{}, &rbacv1.RoleBindingList{},
		&v1alpha1.AccessKeyList{}, &v1alpha1.ProductEnvironmentList{}, &v1alpha1.UploadPresetList{},
	}
}

// objectsOf are the objects of list's kind in a namespace.
func objectsOf(ctx context.Context, namespace string, list client.ObjectList) []client.Object {
	GinkgoHelper()
	list = list.DeepCopyObject().(client.ObjectList)
	Expect(running.Client.List(ctx, list, client.InNamespace(namespace))).To(Succeed())
	var objects []client.Object
	Expect(meta.EachListItem(list, func(item runtime.Object) error {
		objects = append(objects, item.(client.Object))
		return nil
	})).To(Succeed())
	return objects
}

// owned are those of them that owner controls.
func owned(ctx context.Context, namespace string, owner client.Object, list client.ObjectList) []client.Object {
	GinkgoHelper()
	var objects []client.Object
	for _, object := range objectsOf(ctx, namespace, list) {
		if metav1.IsControlledBy(object, owner) {
			objects = append(objects, object)
		}
	}
	return objects
}

var _ = Describe("What an environment owns", func() {
	It("comes back when it is deleted", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		for _, list := range kinds() {
			for _, victim := range owned(ctx, object.Namespace, object, list) {
				before := victim.GetUID()
				Expect(running.Client.Delete(ctx, victim)).To(Succeed())
				Eventually(func(g Gomega) {
					g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(victim), victim)).To(Succeed())
					g.Expect(victim.GetUID()).NotTo(Equal(before))
				}).Should(Succeed(), "%T %s", victim, victim.GetName())
			}
		}
	})

	It("gets back a field that somebody changed", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		service := get(ctx, object.Namespace, "shop-media", &corev1.Service{})
		service.Spec.Selector = map[string]string{"app": "elsewhere"}
		Expect(running.Client.Update(ctx, service)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(get(ctx, object.Namespace, "shop-media", &corev1.Service{}).Spec.Selector).To(HaveKeyWithValue(build.LabelEnvironment, "shop"))
		}).Should(Succeed())
	})

	It("gets back its owner reference and its labels", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		for _, list := range kinds() {
			for _, victim := range owned(ctx, object.Namespace, object, list) {
				victim.SetOwnerReferences(nil)
				Expect(running.Client.Update(ctx, victim)).To(Succeed())
				Eventually(func(g Gomega) {
					g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(victim), victim)).To(Succeed())
					g.Expect(metav1.IsControlledBy(victim, object)).To(BeTrue())
				}).Should(Succeed(), "owner reference of %T %s", victim, victim.GetName())
			}
		}
		service := get(ctx, object.Namespace, "shop-media", &corev1.Service{})
		service.Labels = nil
		Expect(running.Client.Update(ctx, service)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(get(ctx, object.Namespace, "shop-media", &corev1.Service{}).Labels).To(Equal(build.Labels("shop", build.ComponentRenderer)))
		}).Should(Succeed())
	})

	It("leaves alone what others added", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		service := get(ctx, object.Namespace, "shop-media", &corev1.Service{})
		service.Annotations = map[string]string{"example.com/team": "shop"}
		service.Spec.Selector = map[string]string{"app": "elsewhere"}
		Expect(running.Client.Update(ctx, service)).To(Succeed())
		Eventually(func(g Gomega) {
			service = get(ctx, object.Namespace, "shop-media", &corev1.Service{})
			g.Expect(service.Spec.Selector).To(HaveKey(build.LabelEnvironment))
		}).Should(Succeed())
		Expect(service.Annotations).To(HaveKeyWithValue("example.com/team", "shop"))
	})

	It("is never seized from somebody else", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		foreign := &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop-renderer"},
			Data:       map[string]string{"mine": "yes"},
		}
		Expect(running.Client.Create(ctx, foreign)).To(Succeed())
		object := environment(namespace, "shop")
		Expect(running.Client.Create(ctx, object)).To(Succeed())
		eventuallyCondition(ctx, object, v1alpha1.ConditionConfigurationReady, And(
			HaveField("Status", metav1.ConditionFalse),
			HaveField("Reason", v1alpha1.ReasonNotOwned),
			HaveField("Message", ContainSubstring("ConfigMap shop-renderer exists and is not ours"))))
		Expect(conditionOf(object, v1alpha1.ConditionStalled)).To(And(
			HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonNotOwned)))
		after := get(ctx, namespace, "shop-renderer", &corev1.ConfigMap{})
		Expect(after.Data).To(Equal(foreign.Data))
		Expect(after.ResourceVersion).To(Equal(foreign.ResourceVersion))
	})

	It("does not move once the environment is ready", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		Eventually(func(g Gomega) {
			g.Expect(get(ctx, object.Namespace, "shop-root", &v1alpha1.AccessKey{}).Status.Conditions).To(ContainElement(
				And(HaveField("Type", v1alpha1.ConditionReady), HaveField("Status", metav1.ConditionTrue))))
		}).Should(Succeed())
		versions := func() map[string]string {
			found := map[string]string{}
			for _, list := range kinds() {
				for _, item := range objectsOf(ctx, object.Namespace, list) {
					kind, err := running.Client.GroupVersionKindFor(item)
					Expect(err).NotTo(HaveOccurred())
					found[kind.Kind+"/"+item.GetName()] = item.GetResourceVersion()
				}
			}
			return found
		}
		settled := versions()
		Expect(len(settled)).To(BeNumerically(">=", 11))
		Consistently(versions).WithTimeout(60 * time.Second).WithPolling(time.Second).Should(Equal(settled))
	})
})
