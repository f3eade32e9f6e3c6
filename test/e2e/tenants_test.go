package e2e

import (
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("Tenants", func() {
	It("refuse each other's keys", func(ctx SpecContext) {
		ns := namespace(ctx)
		environment(ctx, ns, "shop", "e2e-shop-"+ns)
		environment(ctx, ns, "blog", "e2e-blog-"+ns)
		shop, blog := credentials(ctx, ns, "shop-credentials"), credentials(ctx, ns, "blog-credentials")
		Expect(shop["api_secret"]).NotTo(Equal(blog["api_secret"]))

		_, err := upload(ctx, sdk(blog["CLOUDINARY_URL"]), "mine", photo("astronaut.png"))
		Expect(err).NotTo(HaveOccurred())
		// The blog's address with the shop's key.
		foreign := strings.Replace(blog["CLOUDINARY_URL"], blog["api_key"]+":"+blog["api_secret"], shop["api_key"]+":"+shop["api_secret"], 1)
		_, err = upload(ctx, sdk(foreign), "theirs", photo("astronaut.png"))
		Expect(err).To(MatchError(ContainSubstring("Invalid api_key")))
		response, err := get(ctx, delivery(blog, "/image/upload/theirs.png"))
		Expect(err).NotTo(HaveOccurred())
		Expect(response.status).To(Equal(http.StatusNotFound))
	}, SpecTimeout(4*minute))

	It("lose a key within two seconds of its being disabled, without a restart", func(ctx SpecContext) {
		ns := namespace(ctx)
		environment(ctx, ns, "shop", "e2e-"+ns)
		key := &mediav1alpha1.AccessKey{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "app"}}
		key.Spec.EnvironmentRef.Name = "shop"
		Expect(cluster.Create(ctx, key)).To(Succeed())
		binding := credentials(ctx, ns, "app-credentials")
		cld := sdk(binding["CLOUDINARY_URL"])
		Eventually(func() error {
			_, err := upload(ctx, cld, "portrait", photo("astronaut.png"))
			return err
		}).WithContext(ctx).Should(Succeed())
		restarts := pods(ctx, ns, "shop")[0].UID

		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(key), key)).To(Succeed())
		key.Spec.Enabled = new(false)
		Expect(cluster.Update(ctx, key)).To(Succeed())
		Eventually(func() error {
			_, err := upload(ctx, cld, "portrait", photo("astronaut.png"))
			return err
		}).WithContext(ctx).WithTimeout(2 * time.Second).WithPolling(50 * time.Millisecond).Should(MatchError(ContainSubstring("Invalid api_key")))
		Expect(pods(ctx, ns, "shop")[0].UID).To(Equal(restarts))

		By("working again once enabled")
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(key), key)).To(Succeed())
		key.Spec.Enabled = new(true)
		Expect(cluster.Update(ctx, key)).To(Succeed())
		Eventually(func() error {
			_, err := upload(ctx, cld, "portrait", photo("astronaut.png"))
			return err
		}).WithContext(ctx).Should(Succeed())
	}, SpecTimeout(4*minute))

	It("keep only what is retained when an environment is deleted", func(ctx SpecContext) {
		ns := namespace(ctx)
		shop := environment(ctx, ns, "shop", "e2e-"+ns)
		_, err := upload(ctx, sdk(credentials(ctx, ns, "shop-credentials")["CLOUDINARY_URL"]), "portrait", photo("astronaut.png"))
		Expect(err).NotTo(HaveOccurred())
		Expect(cluster.Delete(ctx, shop)).To(Succeed())
		Eventually(func() bool { return gone(ctx, shop) }).WithContext(ctx).Should(BeTrue())
		Eventually(func(g Gomega) {
			g.Expect(remaining(ctx, g, ns)).To(ConsistOf("PersistentVolumeClaim/shop-data"))
		}).WithContext(ctx).WithTimeout(90 * time.Second).Should(Succeed())

		By("taking the data up again under the same name")
		environment(ctx, ns, "shop", "e2e-"+ns)
		_, body := picture(ctx, delivery(credentials(ctx, ns, "shop-credentials"), "/image/upload/portrait.png"))
		Expect(body).To(Equal(photo("astronaut.png")))
	}, SpecTimeout(5*minute))

	It("leave nothing when the deletion policy is Delete", func(ctx SpecContext) {
		ns := namespace(ctx)
		shop := &mediav1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "shop"}}
		shop.Spec.DeletionPolicy = mediav1alpha1.DeletionDelete
		Expect(cluster.Create(ctx, shop)).To(Succeed())
		ready(ctx, shop)
		Expect(shop.Status.CloudName).NotTo(BeEmpty(), "a cloud name is generated")
		Expect(cluster.Delete(ctx, shop)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(remaining(ctx, g, ns)).To(BeEmpty())
		}).WithContext(ctx).WithTimeout(90 * time.Second).Should(Succeed())
	}, SpecTimeout(4*minute))
})

// remaining lists what is left of an environment in a namespace, without what Kubernetes itself puts into each.
func remaining(ctx SpecContext, g Gomega, namespace string) []string {
	var left []string
	for _, kind := range []string{"Deployment.apps", "ReplicaSet.apps", "Pod", "Service", "Secret", "ConfigMap", "ServiceAccount", "Role.rbac.authorization.k8s.io", "RoleBinding.rbac.authorization.k8s.io", "PersistentVolumeClaim", "AccessKey.media.darkroom.dev", "ProductEnvironment.media.darkroom.dev"} {
		name, group, _ := strings.Cut(kind, ".")
		list := &metav1.PartialObjectMetadataList{}
		version := "v1"
		if group == "media.darkroom.dev" {
			version = "v1alpha1"
		}
		list.SetGroupVersionKind(schema.GroupVersion{Group: group, Version: version}.WithKind(name + "List"))
		g.Expect(cluster.List(ctx, list, client.InNamespace(namespace))).To(Succeed())
		for _, item := range list.Items {
			if item.Name == "kube-root-ca.crt" || name == "ServiceAccount" && item.Name == "default" {
				continue
			}
			left = append(left, name+"/"+item.Name)
		}
	}
	return left
}
