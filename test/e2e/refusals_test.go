package e2e

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"net/http"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("Bad input", func() {
	It("gets a clear error and leaves nothing behind", func(ctx SpecContext) {
		ns := namespace(ctx)
		environment(ctx, ns, "shop", "e2e-"+ns)
		binding := credentials(ctx, ns, "shop-credentials")
		cld := sdk(binding["CLOUDINARY_URL"])
		whole := photo("astronaut.png")
		refuse := func(file any, message string) {
			GinkgoHelper()
			result, err := cld.Upload.Upload(ctx, file, uploader.UploadParams{PublicID: "refused", ResourceType: "image"})
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Error.Message).To(ContainSubstring(message))
		}
		By("pictures that are none")
		refuse(bytes.NewReader(nil), "mpty")
		refuse(bytes.NewReader(whole[:len(whole)/2]), "Invalid image file")
		refuse(bytes.NewReader(bomb(50000, 50000)), "Megapixels")
		By("addresses inside")
		for _, url := range []string{"http://127.0.0.1/a.png", "http://169.254.169.254/latest/meta-data", "http://[::1]:8081/metrics", "http://10.97.0.1/"} {
			refuse(url, "Error in loading")
		}
		By("transformations that are none")
		_, err := upload(ctx, cld, "portrait", whole)
		Expect(err).NotTo(HaveOccurred())
		for path, text := range map[string]string{
			"/image/upload/w_abc/portrait.png":         "Invalid width - abc",
			"/image/upload/c_nowhere,w_5/portrait.png": "nowhere",
			"/image/upload/c_crop,w_0/portrait.png":    "Invalid width - 0",
		} {
			response, err := get(ctx, delivery(binding, path))
			Expect(err).NotTo(HaveOccurred())
			Expect(response.status).To(Equal(http.StatusBadRequest), path)
			Expect(response.header.Get("X-Cld-Error")).To(ContainSubstring(text))
		}
		response, err := get(ctx, delivery(binding, "/image/upload/refused.png"))
		Expect(err).NotTo(HaveOccurred())
		Expect(response.status).To(Equal(http.StatusNotFound))
		Expect(response.header.Get("X-Cld-Error")).To(Equal("Resource not found - refused"))
	}, SpecTimeout(4*minute))

	It("names the culprit in the API server's answer", func(ctx SpecContext) {
		ns := namespace(ctx)
		bad := &mediav1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "shop"}}
		bad.Spec.CloudName = "no spaces please"
		Expect(cluster.Create(ctx, bad)).To(MatchError(ContainSubstring("spec.cloudName")))

		unknown := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "media.darkroom.dev/v1alpha1", "kind": "ProductEnvironment",
			"metadata": map[string]any{"namespace": ns, "name": "shop"},
			"spec":     map[string]any{"cloudNam": "typo"},
		}}
		Expect(cluster.Create(ctx, unknown, client.FieldValidation("Strict"))).To(MatchError(ContainSubstring("cloudNam")))
	}, SpecTimeout(minute))
})

// bomb is a PNG header that promises more pixels than anybody should decode.
func bomb(width, height uint32) []byte {
	chunk := func(kind string, data []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		body := append([]byte(kind), data...)
		return binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	header = append(header, 8, 2, 0, 0, 0)
	png := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", header)...)
	png = append(png, chunk("IDAT", []byte{0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01})...)
	return append(png, chunk("IEND", nil)...)
}
