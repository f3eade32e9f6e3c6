package e2e

import (
	"maps"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("Stillness", func() {
	It("moves no resourceVersion for 60 seconds after Ready", func(ctx SpecContext) {
		ns := namespace(ctx)
		environment(ctx, ns, "shop", "e2e-"+ns)
		versions := func() map[string]string {
			found := map[string]string{}
			for _, kind := range []schema.GroupVersionKind{
				{Version: "v1", Kind: "Pod"}, {Version: "v1", Kind: "Service"}, {Version: "v1", Kind: "Secret"}, {Version: "v1", Kind: "ConfigMap"},
				{Version: "v1", Kind: "ServiceAccount"}, {Version: "v1", Kind: "PersistentVolumeClaim"}, {Group: "apps", Version: "v1", Kind: "Deployment"},
				{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "Role"}, {Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "RoleBinding"},
				{Group: "media.darkroom.dev", Version: "v1alpha1", Kind: "ProductEnvironment"}, {Group: "media.darkroom.dev", Version: "v1alpha1", Kind: "AccessKey"},
			} {
				list := &metav1.PartialObjectMetadataList{}
				list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
				Expect(cluster.List(ctx, list, client.InNamespace(ns))).To(Succeed())
				for _, item := range list.Items {
					found[kind.Kind+"/"+item.Name] = item.ResourceVersion
				}
			}
			return found
		}
		// The Deployment's own progress condition and the first report of what is used may follow Ready by a moment; what
		// must not happen is movement that goes on.
		Eventually(func(g Gomega) {
			shop := &v1alpha1.ProductEnvironment{}
			g.Expect(cluster.Get(ctx, client.ObjectKey{Namespace: ns, Name: "shop"}, shop)).To(Succeed())
			g.Expect(shop.Status.Usage).NotTo(BeNil(), "what it uses is never reported")
		}).WithContext(ctx).WithPolling(time.Second).Should(Succeed())
		var settled map[string]string
		Eventually(func() bool {
			before := settled
			settled = versions()
			return maps.Equal(before, settled)
		}).WithContext(ctx).WithPolling(5*time.Second).Should(BeTrue(), "objects never settle")
		Consistently(versions).WithContext(ctx).WithTimeout(60 * time.Second).WithPolling(5 * time.Second).Should(Equal(settled))
	}, SpecTimeout(4*minute))
})
