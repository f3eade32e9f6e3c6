package e2e

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// reports waits until a condition of object, of its current generation, has a reason and says all of words.
func reports(ctx context.Context, object client.Object, conditionType string, status metav1.ConditionStatus, reason string, words ...string) {
	GinkgoHelper()
	kind, err := apiutil.GVKForObject(object, scheme)
	Expect(err).NotTo(HaveOccurred())
	Eventually(func(g Gomega) {
		found := &unstructured.Unstructured{}
		found.SetGroupVersionKind(kind)
		g.Expect(cluster.Get(ctx, client.ObjectKeyFromObject(object), found)).To(Succeed())
		var state struct {
			Status struct {
				Conditions []metav1.Condition `json:"conditions"`
			} `json:"status"`
		}
		g.Expect(runtime.DefaultUnstructuredConverter.FromUnstructured(found.Object, &state)).To(Succeed())
		condition := meta.FindStatusCondition(state.Status.Conditions, conditionType)
		g.Expect(condition).NotTo(BeNil(), "no condition %s", conditionType)
		g.Expect(condition.ObservedGeneration).To(Equal(found.GetGeneration()))
		g.Expect(condition.Reason).To(Equal(reason), condition.Message)
		g.Expect(condition.Status).To(Equal(status), condition.Message)
		for _, word := range words {
			g.Expect(condition.Message).To(ContainSubstring(word))
		}
	}).WithContext(ctx).WithTimeout(90 * time.Second).Should(Succeed())
}
