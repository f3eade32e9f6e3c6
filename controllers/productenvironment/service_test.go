package productenvironment_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("The Service of an environment", func() {
	It("has to answer before the environment is Ready", func(ctx context.Context) {
		object := environment(newNamespace(ctx), "shop")
		Expect(running.Client.Create(ctx, object)).To(Succeed())
		service := &corev1.Service{}
		Eventually(running.Client.Get).WithArguments(ctx, client.ObjectKey{Namespace: object.Namespace, Name: "shop-media"}, service).Should(Succeed())
		address := service.Spec.ClusterIP + ":80"
		answers := running.Silence(address)
		Eventually(running.RollOut).WithArguments(ctx, object.Namespace, object.Name).Should(Succeed())

		eventuallyCondition(ctx, object, v1alpha1.ConditionRendererReady, And(
			HaveField("Status", metav1.ConditionFalse), HaveField("Reason", v1alpha1.ReasonServiceUnreachable),
			HaveField("Message", "all replicas are ready, and Service shop-media does not answer at "+address+": dial tcp "+address+": connect: connection refused")))
		Expect(conditionOf(object, v1alpha1.ConditionReady)).To(HaveField("Status", metav1.ConditionFalse))
		answers()
		eventuallyCondition(ctx, object, v1alpha1.ConditionReady, HaveField("Status", metav1.ConditionTrue))

		By("asking no more while the renderer stays ready")
		DeferCleanup(running.Silence(address))
		object.Labels = map[string]string{"touched": "yes"}
		object.Spec.DisplayName = "Shop"
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		eventuallyCondition(ctx, object, v1alpha1.ConditionReady, And(
			HaveField("Status", metav1.ConditionTrue), HaveField("ObservedGeneration", object.Generation)))
	})
})
