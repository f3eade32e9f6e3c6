package configuration_test

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

func TestConfigurationOnAnAPIServer(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Configuration on an API server")
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
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "spec-"}}
	Expect(running.Client.Create(ctx, namespace)).To(Succeed())
	return namespace.Name
}

// newEnvironment is the environment shop of a namespace.
func newEnvironment(ctx context.Context, namespace string) *v1alpha1.ProductEnvironment {
	environment := &v1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop"}}
	Expect(running.Client.Create(ctx, environment)).To(Succeed())
	return environment
}

// eventually waits until a condition is about the present spec and says so.
func eventually(ctx context.Context, object v1alpha1.Configuration, conditionType string, status metav1.ConditionStatus, reason string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		g.Expect(meta.FindStatusCondition(object.Reported().Conditions, conditionType)).To(HaveValue(And(
			HaveField("Status", status), HaveField("Reason", reason), HaveField("ObservedGeneration", object.GetGeneration()))))
	}).Should(Succeed())
}

// message is what Ready says.
func message(object v1alpha1.Configuration) string {
	return meta.FindStatusCondition(object.Reported().Conditions, v1alpha1.ConditionReady).Message
}
