// Package e2e proves the main job on a real node: real API server, real kubelet, the real operator, the official SDKs.
// It runs in the cluster of $KUBECONFIG (`make test` brings one up) and installs the operator by hack/deploy.sh, as
// `make demo` does. Every spec works in a namespace of its own.
package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

var (
	cluster client.Client
	scheme  = runtime.NewScheme()
	root    string
)

func TestE2E(t *testing.T) {
	if os.Getenv("KUBECONFIG") == "" {
		t.Skip("SKIP e2e: KUBECONFIG names no cluster; `make test` as root brings one up")
	}
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(60 * time.Second)
	SetDefaultEventuallyPollingInterval(200 * time.Millisecond)
	RunSpecs(t, "Darkroom end to end")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	Expect(mediav1alpha1.AddToScheme(scheme)).To(Succeed())
	var err error
	root, err = filepath.Abs("../..")
	Expect(err).NotTo(HaveOccurred())
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	Expect(err).NotTo(HaveOccurred())
	config.QPS, config.Burst = 100, 200
	cluster, err = client.New(config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())

	By("installing the operator")
	deploy := exec.CommandContext(ctx, filepath.Join(root, "hack/deploy.sh"))
	output, err := deploy.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(output))
}, NodeTimeout(5*time.Minute))

// namespace makes a namespace that enforces the restricted Pod Security Standard, and deletes it after the spec.
func namespace(ctx context.Context) string {
	GinkgoHelper()
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "e2e-",
		Labels:       map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	Expect(cluster.Create(ctx, object)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) {
		if CurrentSpecReport().Failed() {
			describe(ctx, object.Name)
		}
		Expect(client.IgnoreNotFound(cluster.Delete(ctx, object))).To(Succeed())
	}, NodeTimeout(time.Minute))
	return object.Name
}

// describe prints what a person would look at when a spec failed.
func describe(ctx context.Context, namespace string) {
	for _, arguments := range [][]string{
		{"get", "darkroom,deployments,pods,services,pvc,events"},
		{"describe", "pods"},
		{"get", "productenvironments", "-o", "yaml"},
		{"logs", "--selector=app.kubernetes.io/name=darkroom", "--all-containers", "--tail=50", "--prefix"},
	} {
		output, _ := exec.CommandContext(ctx, kubectl(), append([]string{"--namespace", namespace}, arguments...)...).CombinedOutput()
		GinkgoWriter.Printf("\n$ kubectl %s\n%s", strings.Join(arguments, " "), output)
	}
	output, _ := exec.CommandContext(ctx, kubectl(), "--namespace", "darkroom-system", "logs", "deployment/darkroom-controller-manager", "--tail=60").CombinedOutput()
	GinkgoWriter.Printf("\nmanager:\n%s", output)
}

func kubectl() string {
	if path := filepath.Join(root, ".demo/bin/kubectl"); fileExists(path) {
		return path
	}
	return "kubectl"
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// environment creates a ProductEnvironment and waits until it is Ready.
func environment(ctx context.Context, namespace, name, cloudName string) *mediav1alpha1.ProductEnvironment {
	GinkgoHelper()
	object := &mediav1alpha1.ProductEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       mediav1alpha1.ProductEnvironmentSpec{CloudName: cloudName},
	}
	Expect(cluster.Create(ctx, object)).To(Succeed())
	ready(ctx, object)
	return object
}

// ready waits until an environment is Ready for its current generation.
func ready(ctx context.Context, object *mediav1alpha1.ProductEnvironment) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(cluster.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		condition := meta.FindStatusCondition(object.Status.Conditions, "Ready")
		g.Expect(condition).NotTo(BeNil(), "no Ready condition")
		g.Expect(condition.Status).To(Equal(metav1.ConditionTrue), "%s: %s", condition.Reason, condition.Message)
		g.Expect(condition.ObservedGeneration).To(Equal(object.Generation))
	}).WithContext(ctx).WithTimeout(2 * time.Minute).Should(Succeed())
}

// credentials reads a credentials Secret as an app would get it by envFrom.
func credentials(ctx context.Context, namespace, name string) map[string]string {
	GinkgoHelper()
	secret := &corev1.Secret{}
	Eventually(func() error {
		return cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret)
	}).WithContext(ctx).Should(Succeed())
	values := map[string]string{}
	for key, value := range secret.Data {
		values[key] = string(value)
	}
	return values
}

// web is an HTTP client that knows the cluster's Service names, as a pod would: NAME.NAMESPACE.svc is dialled at the
// Service's address.
func web() *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			parts := strings.Split(host, ".")
			if len(parts) == 3 && parts[2] == "svc" {
				service := &corev1.Service{}
				if err := cluster.Get(ctx, client.ObjectKey{Namespace: parts[1], Name: parts[0]}, service); err != nil {
					return nil, fmt.Errorf("looking up %s: %w", host, err)
				}
				host = service.Spec.ClusterIP
			}
			return dialer.DialContext(ctx, network, net.JoinHostPort(host, port))
		},
		DisableKeepAlives: true,
	}}
}

// pods lists the running renderer pods of an environment.
func pods(ctx context.Context, namespace, environment string) []corev1.Pod {
	GinkgoHelper()
	list := &corev1.PodList{}
	Expect(cluster.List(ctx, list, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/instance": environment})).To(Succeed())
	return list.Items
}

// gone says whether an object is deleted.
func gone(ctx context.Context, object client.Object) bool {
	return apierrors.IsNotFound(cluster.Get(ctx, client.ObjectKeyFromObject(object), object))
}
