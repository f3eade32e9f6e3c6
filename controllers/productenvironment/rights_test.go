package productenvironment_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/renderer/catalog"
)

var _ = Describe("The rights of a renderer", func() {
	It("are enough for its catalog, and for no other Secret", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		identity := rest.CopyConfig(running.Config())
		identity.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + object.Namespace + ":shop-renderer"}

		By("following everything that the catalog follows")
		live, err := catalog.NewKubernetes(catalog.KubernetesOptions{
			Config: identity, Namespace: object.Namespace, Environment: "shop", KeysSecret: "shop-keys",
		})
		Expect(err).NotTo(HaveOccurred())
		following, stop := context.WithCancel(ctx)
		stopped := make(chan error, 1)
		go func() { stopped <- live.Run(following) }()
		DeferCleanup(func() { stop(); Expect(<-stopped).To(Succeed()) })
		Eventually(live.Live).Should(BeTrue())
		key := get(ctx, object.Namespace, "shop-root", &v1alpha1.AccessKey{}).Status.APIKey
		Eventually(func() map[string]catalog.Key { return live.Current().Keys }).Should(HaveKey(key))
		Expect(live.Current().Environment.CloudName).To(Equal(object.Status.CloudName))

		By("reporting usage")
		Expect(live.ReportUsage(ctx, catalog.Usage{Assets: 42}, time.Now())).To(Succeed())
		Expect(get(ctx, object.Namespace, "shop", object).Status.Usage).To(HaveValue(HaveField("Assets", int64(42))))

		By("reading no other Secret")
		renderer, err := client.New(identity, client.Options{Scheme: running.Client.Scheme(), Mapper: running.Client.RESTMapper()})
		Expect(err).NotTo(HaveOccurred())
		Expect(renderer.List(ctx, &corev1.SecretList{}, client.InNamespace(object.Namespace))).To(Satisfy(apierrors.IsForbidden))
		credentials := client.ObjectKey{Namespace: object.Namespace, Name: "shop-credentials"}
		Expect(renderer.Get(ctx, credentials, &corev1.Secret{})).To(Satisfy(apierrors.IsForbidden))
	})
})
