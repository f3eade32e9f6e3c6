package e2e

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("Access keys", func() {
	It("are rotated on demand and by age, with an overlap in which both pairs work", func(ctx SpecContext) {
		ns := namespace(ctx)
		environment(ctx, ns, "shop", "e2e-"+ns)
		const overlap = 20 * time.Second
		key := &mediav1alpha1.AccessKey{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "app"}}
		key.Spec.EnvironmentRef.Name = "shop"
		key.Spec.Rotation = &mediav1alpha1.KeyRotation{Overlap: &metav1.Duration{Duration: overlap}}
		Expect(cluster.Create(ctx, key)).To(Succeed())
		tries := func(url string) func() error {
			return func() error {
				_, err := upload(ctx, sdk(url), "portrait", photo("astronaut.png"))
				return err
			}
		}
		current := func() map[string]string { return credentials(ctx, ns, "app-credentials") }
		first := current()
		Eventually(tries(first["CLOUDINARY_URL"])).WithContext(ctx).Should(Succeed())
		root := credentials(ctx, ns, "shop-credentials")
		running := pods(ctx, ns, "shop")[0].UID

		// rotated waits for another pair than before, in whose overlap both work and after which the one before does not.
		rotated := func(before map[string]string) map[string]string {
			GinkgoHelper()
			Eventually(func() string { return current()["api_key"] }).WithContext(ctx).WithTimeout(90 * time.Second).ShouldNot(Equal(before["api_key"]))
			after := current()
			Expect(after["api_secret"]).NotTo(Equal(before["api_secret"]))
			Eventually(tries(after["CLOUDINARY_URL"])).WithContext(ctx).Should(Succeed())
			Expect(tries(before["CLOUDINARY_URL"])()).To(Succeed(), "the pair before does not work in the overlap")
			Eventually(func(g Gomega) {
				g.Expect(cluster.Get(ctx, client.ObjectKeyFromObject(key), key)).To(Succeed())
				g.Expect(key.Status.APIKey).To(Equal(after["api_key"]))
				g.Expect(key.Status.Slots).To(HaveLen(2))
			}).WithContext(ctx).Should(Succeed())
			var until time.Time
			for _, slot := range key.Status.Slots {
				if slot.Until != nil {
					until = slot.Until.Time
				}
			}
			Expect(until).To(BeTemporally("~", time.Now(), overlap+5*time.Second))
			Eventually(tries(before["CLOUDINARY_URL"])).WithContext(ctx).Should(MatchError(ContainSubstring("Invalid api_key " + before["api_key"])))
			Expect(time.Now()).To(BeTemporally(">=", until), "the pair before was refused in the overlap")
			Expect(tries(after["CLOUDINARY_URL"])()).To(Succeed())
			return after
		}
		By("rotating for a new value of the annotation")
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(key), key)).To(Succeed())
		key.Annotations = map[string]string{mediav1alpha1.AnnotationRotate: "now"}
		// From here on by age, too.
		key.Spec.Rotation.Every = &metav1.Duration{Duration: time.Minute}
		Expect(cluster.Update(ctx, key)).To(Succeed())
		second := rotated(first)
		By("rotating a minute later, unasked")
		third := rotated(second)
		Expect(third["api_key"]).NotTo(Equal(first["api_key"]))
		Expect(pods(ctx, ns, "shop")[0].UID).To(Equal(running), "the renderer was restarted")

		By("leaving the environment's credentials with the oldest key until that is disabled")
		Expect(credentials(ctx, ns, "shop-credentials")["api_key"]).To(Equal(root["api_key"]))
		oldest := &mediav1alpha1.AccessKey{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "shop-root"}}
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(oldest), oldest)).To(Succeed())
		oldest.Spec.Enabled = new(false)
		Expect(cluster.Update(ctx, oldest)).To(Succeed())
		Eventually(func() string { return credentials(ctx, ns, "shop-credentials")["CLOUDINARY_URL"] }).WithContext(ctx).
			ShouldNot(ContainSubstring(root["api_key"]))
		Eventually(tries(credentials(ctx, ns, "shop-credentials")["CLOUDINARY_URL"])).WithContext(ctx).Should(Succeed())
		Eventually(tries(root["CLOUDINARY_URL"])).WithContext(ctx).Should(MatchError(ContainSubstring("Invalid api_key " + root["api_key"])))
	}, SpecTimeout(6*minute))
})
