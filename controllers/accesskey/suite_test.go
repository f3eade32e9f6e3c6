package accesskey_test

import (
	"context"
	"encoding/json"
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
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/apiserver"
	"github.com/darkroom-media/darkroom/test/apiserver/operator"
)

func TestAccessKeyOnAnAPIServer(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "AccessKey on an API server")
}

var running *operator.Operator

var _ = BeforeSuite(func() {
	ctrl.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(GinkgoWriter, nil)))
	SetDefaultEventuallyTimeout(20 * time.Second)
	SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
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

// newEnvironment creates an environment named shop.
func newEnvironment(ctx context.Context, namespace string) *v1alpha1.ProductEnvironment {
	GinkgoHelper()
	environment := &v1alpha1.ProductEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "shop"},
		Spec:       v1alpha1.ProductEnvironmentSpec{CloudName: namespace},
	}
	Expect(running.Client.Create(ctx, environment)).To(Succeed())
	return environment
}

// newKey creates an access key for the environment shop.
func newKey(ctx context.Context, namespace, name string) *v1alpha1.AccessKey {
	GinkgoHelper()
	key := &v1alpha1.AccessKey{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.AccessKeySpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: "shop"}},
	}
	Expect(running.Client.Create(ctx, key)).To(Succeed())
	return key
}

// eventuallyReady waits until the condition Ready of a key matches.
func eventuallyReady(ctx context.Context, key *v1alpha1.AccessKey, matchers ...OmegaMatcher) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(key), key)).To(Succeed())
		g.Expect(meta.FindStatusCondition(key.Status.Conditions, v1alpha1.ConditionReady)).To(HaveValue(And(
			append(matchers, HaveField("ObservedGeneration", key.Generation))...)))
	}).Should(Succeed())
}

// accepted are the names of the keys that the renderer is given.
func accepted(ctx context.Context, namespace string) []string {
	GinkgoHelper()
	secret := &corev1.Secret{}
	Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "shop-keys"}, secret)).To(Succeed())
	keys, err := config.ParseKeys(secret.Data[config.KeysFile])
	Expect(err).NotTo(HaveOccurred())
	var names []string
	for _, key := range keys {
		names = append(names, key.Name)
	}
	return names
}

// specOf is the spec of an object as JSON.
func specOf(spec any) string {
	GinkgoHelper()
	content, err := json.Marshal(spec)
	Expect(err).NotTo(HaveOccurred())
	return string(content)
}
