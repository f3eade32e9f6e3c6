package productenvironment_test

import (
	"context"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// reportQuotas plays the renderer's report that quotas are used up.
func reportQuotas(ctx context.Context, object *v1alpha1.ProductEnvironment, exceeded ...string) {
	GinkgoHelper()
	Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
	before := object.DeepCopy()
	object.Status.Usage = &v1alpha1.UsageStatus{Assets: 1, Exceeded: exceeded, ObservedAt: metav1.NewTime(time.Now().Truncate(time.Second))}
	Expect(running.Client.Status().Patch(ctx, object, client.MergeFrom(before))).To(Succeed())
}

var _ = Describe("Quotas", func() {
	It("are told of by a condition and by events, and are no part of Ready", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop", func(e *v1alpha1.ProductEnvironment) {
			e.Spec.Quotas = &v1alpha1.QuotasSpec{Transformations: &v1alpha1.CountQuota{PerDay: new(int64(5))}}
		}))
		Expect(conditionOf(object, v1alpha1.ConditionWithinQuota)).To(And(
			HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonWithinQuota)))

		reportQuotas(ctx, object, "transformations.perDay")
		eventuallyCondition(ctx, object, v1alpha1.ConditionWithinQuota, And(
			HaveField("Status", metav1.ConditionFalse), HaveField("Reason", v1alpha1.ReasonQuotaExceeded),
			HaveField("Message", "used up: spec.quotas.transformations.perDay; new derived files are refused with status 420, stored files are delivered")))
		Expect(conditionOf(object, v1alpha1.ConditionReady)).To(HaveField("Status", metav1.ConditionTrue))

		reportQuotas(ctx, object)
		eventuallyCondition(ctx, object, v1alpha1.ConditionWithinQuota, HaveField("Status", metav1.ConditionTrue))
		Eventually(func(g Gomega) {
			events := &eventsv1.EventList{}
			g.Expect(running.Client.List(ctx, events, client.InNamespace(object.Namespace))).To(Succeed())
			var told []string
			for _, event := range events.Items {
				if event.Reason == v1alpha1.ReasonQuotaExceeded && event.Type == corev1.EventTypeWarning && strings.Contains(event.Note, "spec.quotas.transformations.perDay") ||
					event.Reason == v1alpha1.ReasonWithinQuota && event.Type == corev1.EventTypeNormal {
					told = append(told, event.Reason)
				}
			}
			g.Expect(told).To(ConsistOf(v1alpha1.ReasonQuotaExceeded, v1alpha1.ReasonWithinQuota))
		}).Should(Succeed())

		By("taking the quotas away")
		object.Spec.Quotas = nil
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		eventuallyCondition(ctx, object, v1alpha1.ConditionWithinQuota, Equal(metav1.Condition{}))
	})

	It("are refused by the API server when they bound nothing", func(ctx context.Context) {
		object := environment(newNamespace(ctx), "shop", func(e *v1alpha1.ProductEnvironment) {
			e.Spec.Quotas = &v1alpha1.QuotasSpec{Requests: &v1alpha1.CountQuota{}}
		})
		Expect(running.Client.Create(ctx, object)).To(MatchError(ContainSubstring("spec.quotas.requests")))
	})
})
