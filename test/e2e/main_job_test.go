package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("The main job", func() {
	It("brings an environment up from three lines of YAML", func(ctx SpecContext) {
		ns := namespace(ctx)
		shop := &mediav1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "shop"}}
		shop.Spec.CloudName = "e2e-" + ns
		Expect(cluster.Create(ctx, shop)).To(Succeed())
		ready(ctx, shop)

		By("showing effective values in status")
		Expect(shop.Status.CloudName).To(Equal("e2e-" + ns))
		Expect(shop.Status.Binding).NotTo(BeNil())
		Expect(shop.Status.Binding.Name).To(Equal("shop-credentials"))
		binding := credentials(ctx, ns, "shop-credentials")
		Expect(binding).To(And(HaveKey("CLOUDINARY_URL"), HaveKey("cloud_name"), HaveKey("api_key"), HaveKey("api_secret")))

		By("meeting the restricted Pod Security Standard with an engine that has no token")
		running := pods(ctx, ns, "shop")
		Expect(running).To(HaveLen(1))
		for _, container := range running[0].Spec.Containers {
			mounts := []string{}
			for _, mount := range container.VolumeMounts {
				mounts = append(mounts, mount.MountPath)
			}
			if container.Name == "engine" {
				Expect(mounts).NotTo(ContainElement(ContainSubstring("serviceaccount")))
				Expect(container.EnvFrom).To(BeEmpty())
				Expect(*container.SecurityContext.ReadOnlyRootFilesystem).To(BeTrue())
			}
		}
	}, SpecTimeout(3*minute))

	It("serves the official Go SDK inside the cluster with nothing but the credentials Secret", func(ctx SpecContext) {
		ns := namespace(ctx)
		environment(ctx, ns, "shop", "e2e-"+ns)
		tag, err := os.ReadFile(filepath.Join(root, ".demo/images/tags/demo-app"))
		Expect(err).NotTo(HaveOccurred())
		photos := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "photos"}, BinaryData: map[string][]byte{"portrait.png": photo("astronaut.png")}}
		Expect(cluster.Create(ctx, photos)).To(Succeed())
		job := app(ns, strings.TrimSpace(string(tag)))
		Expect(cluster.Create(ctx, job)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(cluster.Get(ctx, client.ObjectKeyFromObject(job), job)).To(Succeed())
			g.Expect(job.Status.Failed).To(BeZero(), "the app failed")
			g.Expect(job.Status.Succeeded).To(BeEquivalentTo(1))
		}).WithContext(ctx).Should(Succeed())
	}, SpecTimeout(4*minute))

	It("serves the official npm SDK with nothing but CLOUDINARY_URL", func(ctx SpecContext) {
		if _, err := exec.LookPath("node"); err != nil {
			Skip("SKIP npm SDK: node is not installed")
		}
		ns := namespace(ctx)
		environment(ctx, ns, "shop", "e2e-"+ns)
		binding := credentials(ctx, ns, "shop-credentials")
		portrait := filepath.Join(GinkgoT().TempDir(), "portrait.png")
		Expect(os.WriteFile(portrait, photo("astronaut.png"), 0o600)).To(Succeed())

		// The SDK runs with the cluster's name service as its resolver, as it would in a pod.
		node := inClusterNames(ctx, "node", filepath.Join(root, "test/sdk/npm/upload-and-fetch.mjs"), portrait, "people/portrait", "c_thumb,g_face,w_200,h_200/r_max", "")
		node.Env = append(os.Environ(), "CLOUDINARY_URL="+binding["CLOUDINARY_URL"])
		output, err := node.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(output))
		var result struct {
			PublicID    string   `json:"publicId"`
			Width       int      `json:"width"`
			Verified    bool     `json:"verified"`
			URL         string   `json:"url"`
			Status      int      `json:"status"`
			Error       string   `json:"error"`
			ContentType string   `json:"contentType"`
			ETag        string   `json:"etag"`
			MD5         string   `json:"md5"`
			Ping        string   `json:"ping"`
			Listed      []string `json:"listed"`
		}
		Expect(json.Unmarshal(output, &result)).To(Succeed(), string(output))
		Expect(result.PublicID).To(Equal("people/portrait"))
		Expect(result.Width).To(Equal(512))
		Expect(result.Verified).To(BeTrue(), "the SDK accepts the response's signature")
		Expect(result.Status).To(Equal(200), result.Error)
		Expect(result.ContentType).To(Equal("image/png"))
		Expect(result.ETag).To(Equal(`"` + result.MD5 + `"`))
		Expect(result.Ping).To(Equal("ok"))
		Expect(result.Listed).To(ConsistOf("people/portrait"))
	}, SpecTimeout(4*minute))
})

// inClusterNames runs a command on the node with the cluster's name service in its /etc/resolv.conf.
func inClusterNames(ctx SpecContext, command string, arguments ...string) *exec.Cmd {
	GinkgoHelper()
	address, err := os.Readlink(filepath.Join(root, ".demo/up"))
	if err != nil {
		Skip("SKIP: not on the local node, the cluster's names cannot be resolved from here")
	}
	resolver := filepath.Join(GinkgoT().TempDir(), "resolv.conf")
	Expect(os.WriteFile(resolver, []byte("nameserver "+address+"\nsearch cluster.local\noptions ndots:5\n"), 0o644)).To(Succeed())
	script := `mount --bind "$0" /etc/resolv.conf && exec "$@"`
	return exec.CommandContext(ctx, "unshare", append([]string{"--mount", "sh", "-c", script, resolver, command}, arguments...)...)
}

// app is the Job that an application team would write.
func app(namespace, image string) *batchv1.Job {
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "app"},
		Spec: batchv1.JobSpec{BackoffLimit: new(int32(0)), Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever,
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot:   new(true),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name:            "app",
				Image:           image,
				ImagePullPolicy: corev1.PullIfNotPresent,
				EnvFrom:         []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "shop-credentials"}}}},
				VolumeMounts:    []corev1.VolumeMount{{Name: "photos", MountPath: "/photos", ReadOnly: true}},
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false),
					Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
			Volumes: []corev1.Volume{{Name: "photos", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "photos"}}}}},
		}}},
	}
}
