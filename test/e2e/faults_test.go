package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const minute = time.Minute

var _ = Describe("Faults", func() {
	It("delivers the same bytes after the renderer was killed", func(ctx SpecContext) {
		ns := namespace(ctx)
		environment(ctx, ns, "shop", "e2e-"+ns)
		binding := credentials(ctx, ns, "shop-credentials")
		_, err := upload(ctx, sdk(binding["CLOUDINARY_URL"]), "portrait", photo("astronaut.png"))
		Expect(err).NotTo(HaveOccurred())
		original := delivery(binding, "/image/upload/portrait.png")
		derived := delivery(binding, "/image/upload/c_fill,h_150,w_200/q_80/portrait.jpg")
		_, originalBefore := picture(ctx, original)
		_, derivedBefore := picture(ctx, derived)
		Expect(originalBefore).To(Equal(photo("astronaut.png")))

		pod := pods(ctx, ns, "shop")[0]
		killed := processes(pod.UID, "/renderer")
		Expect(killed).NotTo(BeEmpty())
		for _, pid := range killed {
			Expect(syscall.Kill(pid, syscall.SIGKILL)).To(Succeed())
		}
		Eventually(func(g Gomega) {
			response, err := get(ctx, derived)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(response.status).To(Equal(http.StatusOK))
			g.Expect(processes(pod.UID, "/renderer")).NotTo(ContainElement(killed[0]))
		}).WithContext(ctx).Should(Succeed())
		_, originalAfter := picture(ctx, original)
		_, derivedAfter := picture(ctx, derived)
		Expect(originalAfter).To(Equal(originalBefore))
		Expect(derivedAfter).To(Equal(derivedBefore))
	}, SpecTimeout(4*minute))

	It("answers cleanly when an engine child is killed in mid-render, and renders the next request", func(ctx SpecContext) {
		ns := namespace(ctx)
		environment(ctx, ns, "shop", "e2e-"+ns)
		binding := credentials(ctx, ns, "shop-credentials")
		_, err := upload(ctx, sdk(binding["CLOUDINARY_URL"]), "large", photo(largest()))
		Expect(err).NotTo(HaveOccurred())
		pod := pods(ctx, ns, "shop")[0]

		// A render that takes long enough to be hit: sharp enlargements, one after the other.
		slow := delivery(binding, "/image/upload/c_scale,w_5000/a_7/c_scale,w_4500/a_11/c_scale,w_3000/large.png")
		answers := make(chan *answer, 1)
		failures := make(chan error, 1)
		go func() {
			response, err := get(ctx, slow)
			if err != nil {
				failures <- err
				return
			}
			answers <- response
		}()
		var busy int
		Eventually(func() bool {
			for _, pid := range processes(pod.UID, "/engine", "child") {
				if state(pid) == "R" {
					busy = pid
					return true
				}
			}
			return false
		}).WithContext(ctx).WithPolling(10*time.Millisecond).Should(BeTrue(), "no engine child ever ran")
		Expect(syscall.Kill(busy, syscall.SIGKILL)).To(Succeed())

		select {
		case err := <-failures:
			Fail("the connection broke: " + err.Error())
		case response := <-answers:
			// Either it was tried again, or it is a clean error.
			Expect(response.status).To(BeElementOf(http.StatusOK, http.StatusInternalServerError, http.StatusServiceUnavailable), response.header.Get("X-Cld-Error"))
			if response.status != http.StatusOK {
				Expect(response.header.Get("X-Cld-Error")).NotTo(BeEmpty())
			}
		case <-ctx.Done():
			Fail("no answer")
		}
		decoded, _ := picture(ctx, delivery(binding, "/image/upload/c_fill,h_90,w_120/large.jpg"))
		Expect(decoded.Width).To(Equal(120))
		Expect(pods(ctx, ns, "shop")[0].Status.ContainerStatuses).To(HaveEach(HaveField("RestartCount", BeZero())), "the containers stayed up")
	}, SpecTimeout(4*minute))

	It("puts a deleted Service back", func(ctx SpecContext) {
		ns := namespace(ctx)
		environment(ctx, ns, "shop", "e2e-"+ns)
		service := &corev1.Service{}
		key := client.ObjectKey{Namespace: ns, Name: "shop-media"}
		Expect(cluster.Get(ctx, key, service)).To(Succeed())
		old := service.UID
		Expect(cluster.Delete(ctx, service)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(cluster.Get(ctx, key, service)).To(Succeed())
			g.Expect(service.UID).NotTo(Equal(old))
		}).WithContext(ctx).Should(Succeed())
		binding := credentials(ctx, ns, "shop-credentials")
		Eventually(func() error {
			_, err := get(ctx, delivery(binding, "/image/upload/nothing.jpg"))
			return err
		}).WithContext(ctx).Should(Succeed())
	}, SpecTimeout(3*minute))
})

// largest names the largest photo there is.
func largest() string {
	GinkgoHelper()
	directory := os.Getenv("DARKROOM_PHOTOS")
	if directory == "" {
		directory = filepath.Join(root, ".cache/photos")
	}
	entries, err := os.ReadDir(directory)
	Expect(err).NotTo(HaveOccurred(), "run `make photos`")
	var name string
	var size int64
	for _, entry := range entries {
		info, err := entry.Info()
		Expect(err).NotTo(HaveOccurred())
		if strings.HasSuffix(entry.Name(), ".jpg") && info.Size() > size {
			name, size = entry.Name(), info.Size()
		}
	}
	return name
}

// processes finds the processes of a pod on this node whose command line starts with the given words. Specs that
// need it are skipped where the pod runs elsewhere.
func processes(pod types.UID, words ...string) []int {
	GinkgoHelper()
	entries, err := os.ReadDir("/proc")
	Expect(err).NotTo(HaveOccurred())
	var found []int
	here := false
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		group, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
		if err != nil || !strings.Contains(string(group), "pod"+string(pod)) {
			continue
		}
		here = true
		command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && strings.HasPrefix(string(command), strings.Join(words, "\x00")) {
			found = append(found, pid)
		}
	}
	if !here {
		machineAddress(context.Background()) // skips where the pods run elsewhere; here, the pod has none
	}
	return found
}

// state is the scheduling state of any thread of a process: R when one is running.
func state(pid int) string {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return ""
	}
	for _, thread := range threads {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/stat", pid, thread.Name()))
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(content), ") ")
		if strings.HasPrefix(rest, "R") {
			return "R"
		}
	}
	return "S"
}
