package e2e

import (
	"bytes"
	"net/http"

	"github.com/cloudinary/cloudinary-go/v2/api/admin"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("What an environment begins with", func() {
	It("is stored once, is its users' own, and is kept with the rest of the data", func(ctx SpecContext) {
		ns := namespace(ctx)
		shop := &mediav1alpha1.ProductEnvironment{Spec: mediav1alpha1.ProductEnvironmentSpec{SampleAssets: new(true)}}
		shared(ctx, ns, shop)
		spec, bucket := shop.Spec.DeepCopy(), shop.Status.Bucket.DeepCopy()
		binding := credentials(ctx, ns, "shop-credentials")
		cld := sdk(binding["CLOUDINARY_URL"])
		status := func(path string) func() int {
			return func() int {
				response, err := get(ctx, delivery(binding, path))
				if err != nil {
					return 0
				}
				return response.status
			}
		}

		By("two replicas storing each sample once, which counts nothing")
		for _, path := range []string{
			"/image/upload/c_thumb,h_100,w_100/samples/landscape.jpg", "/image/upload/samples/night-sky.jpg", "/image/upload/samples/still-life.jpg",
			"/image/upload/samples/logo.png", "/image/upload/samples/spinner.gif", "/image/upload/samples/swatch.png", "/raw/upload/samples/readme.txt",
		} {
			Eventually(status(path)).WithContext(ctx).WithTimeout(minute).Should(Equal(http.StatusOK), path)
		}
		listed, err := cld.Admin.Assets(ctx, admin.AssetsParams{})
		Expect(err).NotTo(HaveOccurred())
		Expect(listed.Assets).To(HaveLen(6))
		usage, err := cld.Admin.Usage(ctx, admin.UsageParams{})
		Expect(err).NotTo(HaveOccurred())
		Expect(usage.Resources).To(BeZero())

		By("uploading with the Media Library's preset")
		Expect(shop.Status.MediaLibraryPreset).To(Equal("shop-media-library"))
		uploaded, err := cld.Upload.Upload(ctx, bytes.NewReader(photo("astronaut.png")), uploader.UploadParams{UploadPreset: "media_library", PublicID: "portrait"})
		Expect(err).NotTo(HaveOccurred())
		Expect(uploaded.Error.Message).To(BeEmpty())

		By("never bringing back what was deleted")
		_, err = cld.Upload.Destroy(ctx, uploader.DestroyParams{PublicID: "samples/logo", Invalidate: new(true)})
		Expect(err).NotTo(HaveOccurred())
		preset := &mediav1alpha1.UploadPreset{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "shop-media-library"}}
		Expect(cluster.Delete(ctx, preset)).To(Succeed())
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(shop), shop)).To(Succeed())
		shop.Spec.Renderer.CacheSize = new(*shop.Status.Renderer.CacheSize)
		shop.Spec.Renderer.CacheSize.Add(*shop.Status.Renderer.CacheSize)
		Expect(cluster.Update(ctx, shop)).To(Succeed()) // Replaces every pod.
		ready(ctx, shop)
		Expect(gone(ctx, preset)).To(BeTrue())
		Expect(status("/image/upload/samples/logo.png")()).To(Equal(http.StatusNotFound))
		Expect(status("/image/upload/samples/swatch.png")()).To(Equal(http.StatusOK))

		By("refusing to lead the environment away from its bytes")
		shop.Spec.Storage.S3.Prefix = "elsewhere/"
		Expect(cluster.Update(ctx, shop)).To(Or(Succeed(), MatchError(ContainSubstring("spec.storage.s3.prefix"))))
		Expect(status("/image/upload/portrait.png")()).To(Equal(http.StatusOK))

		By("taking the bucket up again in an environment of the same name")
		Expect(cluster.Delete(ctx, shop)).To(Succeed())
		Eventually(func() int { return len(pods(ctx, ns, "shop")) }).WithContext(ctx).WithTimeout(2 * minute).Should(BeZero())
		again := &mediav1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "shop"}, Spec: *spec}
		Expect(cluster.Create(ctx, again)).To(Succeed())
		ready(ctx, again)
		Expect(again.Status.Bucket).To(Equal(bucket))
		binding = credentials(ctx, ns, "shop-credentials")
		_, body := picture(ctx, delivery(binding, "/image/upload/portrait.png"))
		Expect(bytes.Equal(body, photo("astronaut.png"))).To(BeTrue())
		Expect(status("/image/upload/samples/logo.png")()).To(Equal(http.StatusNotFound))
	}, SpecTimeout(8*minute))
})
