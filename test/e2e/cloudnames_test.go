package e2e

import (
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("Cloud names", func() {
	It("belong to the first who asked, whatever their case, and are free once they are given up", func(ctx SpecContext) {
		ns, another := namespace(ctx), namespace(ctx)
		name := "e2e-" + ns
		shop := environment(ctx, ns, "shop", name)
		binding := credentials(ctx, ns, "shop-credentials")
		_, err := upload(ctx, sdk(binding["CLOUDINARY_URL"]), "portrait", photo("astronaut.png"))
		Expect(err).NotTo(HaveOccurred())
		paths := []string{"/image/upload/portrait.png", "/image/upload/c_fill,h_90,w_120/portrait.jpg"}
		for _, path := range paths {
			picture(ctx, delivery(binding, path))
		}

		late := &mediav1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: another, Name: "late"}}
		late.Spec.CloudName = strings.ToUpper(name[:1]) + name[1:]
		Expect(cluster.Create(ctx, late)).To(Succeed())
		reports(ctx, late, mediav1alpha1.ConditionReady, metav1.ConditionFalse, mediav1alpha1.ReasonCloudNameTaken, name, ns+"/shop")
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(late), late)).To(Succeed())
		Expect(late.Status.CloudName).To(BeEmpty())

		By("renaming the holder, whose old URLs end at once")
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(shop), shop)).To(Succeed())
		shop.Spec.CloudName = name + "-new"
		Expect(cluster.Update(ctx, shop)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(cluster.Get(ctx, client.ObjectKeyFromObject(shop), shop)).To(Succeed())
			g.Expect(shop.Status.CloudName).To(Equal(name + "-new"))
		}).WithContext(ctx).WithTimeout(2 * minute).Should(Succeed())
		ready(ctx, shop)
		for _, path := range paths {
			Eventually(func(g Gomega) {
				response, err := get(ctx, delivery(binding, path))
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(response.status).To(Equal(http.StatusUnauthorized))
				g.Expect(response.header.Get("X-Cld-Error")).To(ContainSubstring(name))
			}).WithContext(ctx).Should(Succeed())
		}
		renamed := credentials(ctx, ns, "shop-credentials")
		Expect(renamed["cloud_name"]).To(Equal(name + "-new"))
		for _, path := range paths {
			picture(ctx, delivery(renamed, path))
		}
		_, err = upload(ctx, sdk(renamed["CLOUDINARY_URL"]), "again", photo("astronaut.png"))
		Expect(err).NotTo(HaveOccurred())

		By("giving the name to the one who waited for it")
		ready(ctx, late)
		Expect(late.Status.CloudName).To(Equal(name))
	}, SpecTimeout(6*minute))
})
