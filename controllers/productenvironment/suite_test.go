package productenvironment_test

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

func TestProductEnvironmentOnAnAPIServer(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "ProductEnvironment on an API server")
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

// newNamespace is a namespace of its own for a spec.
func newNamespace(ctx context.Context) string {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "spec-",
		Labels:       map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	Expect(running.Client.Create(ctx, namespace)).To(Succeed())
	return namespace.Name
}

// environment is a new environment with a cloud name of its own.
func environment(namespace, name string, change ...func(*v1alpha1.ProductEnvironment)) *v1alpha1.ProductEnvironment {
	object := &v1alpha1.ProductEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.ProductEnvironmentSpec{CloudName: namespace + "-" + name},
	}
	for _, f := range change {
		f(object)
	}
	return object
}

// ready creates object and brings it to Ready, playing the cluster.
func ready(ctx context.Context, object *v1alpha1.ProductEnvironment) *v1alpha1.ProductEnvironment {
	GinkgoHelper()
	Expect(running.Client.Create(ctx, object)).To(Succeed())
	return rollOut(ctx, object)
}

// rollOut brings an environment that exists to Ready.
func rollOut(ctx context.Context, object *v1alpha1.ProductEnvironment) *v1alpha1.ProductEnvironment {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(running.RollOut(ctx, object.Namespace, object.Name)).To(Succeed())
		g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		g.Expect(conditionOf(object, v1alpha1.ConditionReady)).To(HaveField("Status", metav1.ConditionTrue))
		g.Expect(object.Status.ObservedGeneration).To(Equal(object.Generation))
	}).Should(Succeed())
	return object
}

// conditionOf is one condition of an environment, empty when it is not there.
func conditionOf(object *v1alpha1.ProductEnvironment, conditionType string) metav1.Condition {
	if condition := meta.FindStatusCondition(object.Status.Conditions, conditionType); condition != nil {
		return *condition
	}
	return metav1.Condition{}
}

// eventuallyCondition waits until a condition of an environment matches.
func eventuallyCondition(ctx context.Context, object *v1alpha1.ProductEnvironment, conditionType string, matcher OmegaMatcher) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		g.Expect(conditionOf(object, conditionType)).To(matcher)
	}).Should(Succeed())
}

// get reads an object of the namespace by name.
func get[T client.Object](ctx context.Context, namespace, name string, into T) T {
	GinkgoHelper()
	Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, into)).To(Succeed())
	return into
}
