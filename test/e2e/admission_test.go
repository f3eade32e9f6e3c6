package e2e

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("Admission", func() {
	// reserved is an environment that the schema lets through: only the rules know that API paths begin with its name.
	reserved := func(namespace string) *mediav1alpha1.ProductEnvironment {
		return &mediav1alpha1.ProductEnvironment{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop"},
			Spec:       mediav1alpha1.ProductEnvironmentSpec{CloudName: "v2"},
		}
	}

	It("refuses at once what the schema cannot see, and is not needed for it", func(ctx SpecContext) {
		ns := namespace(ctx)
		By("refusing, once the kubelet has mounted the certificate")
		Eventually(func() error { return cluster.Create(ctx, reserved(ns), client.DryRunAll) }).WithContext(ctx).WithTimeout(3 * minute).
			Should(And(Satisfy(apierrors.IsInvalid), MatchError(ContainSubstring("spec.cloudName"))))

		By("going on without it")
		service := &corev1.Service{}
		Expect(cluster.Get(ctx, client.ObjectKey{Namespace: "darkroom-system", Name: "darkroom-webhook-service"}, service)).To(Succeed())
		selector := service.DeepCopy().Spec.Selector
		cut := service.DeepCopy()
		cut.Spec.Selector["control-plane"] = "nothing"
		Expect(cluster.Patch(ctx, cut, client.MergeFrom(service))).To(Succeed())
		DeferCleanup(func(ctx SpecContext) {
			healed := cut.DeepCopy()
			healed.Spec.Selector = selector
			Expect(cluster.Patch(ctx, healed, client.MergeFrom(cut))).To(Succeed())
		}, NodeTimeout(minute))
		bad := reserved(ns)
		Eventually(func() error { return cluster.Create(ctx, bad) }).WithContext(ctx).Should(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(cluster.Get(ctx, client.ObjectKeyFromObject(bad), bad)).To(Succeed())
			g.Expect(bad.Status.Conditions).To(ContainElement(And(
				HaveField("Type", mediav1alpha1.ConditionStalled), HaveField("Status", metav1.ConditionTrue),
				HaveField("Reason", mediav1alpha1.ReasonInvalidSpec), HaveField("Message", HavePrefix("spec.cloudName:")))))
		}).WithContext(ctx).Should(Succeed())
		environment(ctx, ns, "fine", "e2e-"+ns)
	}, SpecTimeout(6*minute))
})
