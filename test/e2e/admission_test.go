package e2e

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
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

	It("refuses at once what the schema cannot see", func(ctx SpecContext) {
		ns := namespace(ctx)
		By("refusing, once the kubelet has mounted the certificate")
		Eventually(func() error { return cluster.Create(ctx, reserved(ns), client.DryRunAll) }).WithContext(ctx).WithTimeout(3 * minute).
			Should(And(Satisfy(apierrors.IsInvalid), MatchError(ContainSubstring("spec.cloudName"))))

	}, SpecTimeout(6*minute))
})
