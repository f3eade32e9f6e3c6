package e2e

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

// longestGap is how long an embedded environment may answer nothing while its pod is replaced: a bar against a change for
// the worse; docs/reliability.md has what is measured.
const longestGap = 20 * time.Second

var _ = Describe("An embedded environment", func() {
	It("is back soon when its pod is replaced under load, and loses no upload", Label("chaos"), func(ctx SpecContext) {
		ns := namespace(ctx)
		shop := environment(ctx, ns, "shop", "e2e-"+ns)
		binding := credentials(ctx, ns, "shop-credentials")
		_, err := upload(ctx, sdk(binding["CLOUDINARY_URL"]), "seed", photo("astronaut.png"))
		Expect(err).NotTo(HaveOccurred())
		before := pods(ctx, ns, "shop")[0].UID

		load := startLoad(ctx, binding, noisePicture)
		defer load.stop()
		Eventually(load.uploads).WithContext(ctx).Should(BeNumerically(">=", 5))
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(shop), shop)).To(Succeed())
		shop.Spec.Renderer = &mediav1alpha1.RendererSpec{CacheSize: new(*shop.Status.Renderer.CacheSize)}
		shop.Spec.Renderer.CacheSize.Add(*shop.Status.Renderer.CacheSize)
		Expect(cluster.Update(ctx, shop)).To(Succeed())
		Eventually(func(g Gomega) {
			running := pods(ctx, ns, "shop")
			g.Expect(running).To(HaveLen(1))
			g.Expect(running[0].UID).NotTo(Equal(before))
		}).WithContext(ctx).WithTimeout(2 * minute).Should(Succeed())
		ready(ctx, shop)
		during := load.uploads()
		Eventually(load.uploads).WithContext(ctx).Should(BeNumerically(">=", during+5))
		load.stop()

		AddReportEntry("gap", load.String())
		GinkgoWriter.Printf("\n%s\n", load)
		Expect(load.wrong).To(BeEmpty())
		Expect(load.lost(ctx)).To(BeEmpty())
		Expect(load.gap).To(BeNumerically("<", longestGap))
		Expect(pods(ctx, ns, "shop")[0].Status.ContainerStatuses).To(HaveEach(HaveField("RestartCount", BeZero())), "nothing crashed meanwhile")
	}, SpecTimeout(5*minute))
})
