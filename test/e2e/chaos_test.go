package e2e

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

// `make chaos` sets these; `make test` goes with the defaults.
var (
	chaosDuration = flag.Duration("chaos.duration", time.Minute, "how long faults are begun")
	chaosSeed     = flag.Uint64("chaos.seed", 0, "the order of the faults; 0 draws one")
)

// calm is the time between two faults, and hold the shortest time that a backend stays away.
const (
	calm = 3 * time.Second
	hold = 5 * time.Second
)

var _ = Describe("Chaos", Label("chaos"), func() {
	It("loses no acknowledged upload and serves nothing half-written, whatever breaks under load", func(ctx SpecContext) {
		seed := *chaosSeed
		if seed == 0 {
			seed = rand.Uint64N(1_000_000)
		}
		random := rand.New(rand.NewPCG(seed, 0))
		GinkgoWriter.Printf("chaos for %s with seed %d\n", *chaosDuration, seed)
		AddReportEntry("seed", seed)

		ns, shop := namespace(ctx), &mediav1alpha1.ProductEnvironment{}
		backends := shared(ctx, ns, shop)
		binding := credentials(ctx, ns, "shop-credentials")
		_, err := upload(ctx, sdk(binding["CLOUDINARY_URL"]), "seed", photo("astronaut.png"))
		Expect(err).NotTo(HaveOccurred())
		load := startLoad(ctx, binding, noisePicture)
		defer load.stop()
		Eventually(load.uploads).WithContext(ctx).Should(BeNumerically(">=", 5))

		run := &chaos{shop: shop, binding: binding, pick: random.IntN, strikes: map[string]int{}}
		DeferCleanup(func() {
			if CurrentSpecReport().Failed() {
				GinkgoWriter.Printf("\n%s\n\n%s\n", load, run)
			}
		})
		var deck []fault
		for end := time.Now().Add(*chaosDuration); time.Now().Before(end); {
			if len(deck) == 0 {
				deck = run.faults(backends)
				random.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
			}
			run.strike(ctx, deck[0])
			deck = deck[1:]
			time.Sleep(calm)
		}
		load.stop()

		lost := load.lost(ctx)
		report := fmt.Sprintf("seed %d, %s\n%s\nfound afterwards: %d\n\n%s", seed, *chaosDuration, load, len(load.ids)-len(lost), run)
		AddReportEntry("figures", report)
		GinkgoWriter.Printf("\n%s\n", report)
		Expect(lost).To(BeEmpty())
		Expect(load.wrong).To(BeEmpty())
		restarts := map[string]int{}
		for _, pod := range pods(ctx, ns, "shop") {
			for _, status := range pod.Status.ContainerStatuses {
				restarts[status.Name] += int(status.RestartCount)
			}
		}
		for container, count := range restarts {
			Expect(count).To(BeNumerically("<=", run.strikes[container+" killed"]), "container %s restarted by itself", container)
		}
	}, SpecTimeout(time.Hour))
})

// fault is something that breaks.
type fault struct {
	kind string
	// strike breaks it. mend puts it right, or waits until Kubernetes has.
	strike, mend func(ctx context.Context)
	// condition is False while the fault lasts, for one of the reasons; empty for faults that no condition tells of.
	condition string
	reasons   []string
}

// chaos is a run of faults.
type chaos struct {
	shop    *mediav1alpha1.ProductEnvironment
	binding map[string]string
	pick    func(n int) int
	strikes map[string]int
	lines   []string
}

// strike lets one fault happen, and measures how long it takes until all is well.
func (c *chaos) strike(ctx context.Context, f fault) {
	By(f.kind)
	c.strikes[f.kind]++
	began, told := time.Now(), "–"
	f.strike(ctx)
	if f.condition != "" {
		Eventually(func(g Gomega) {
			g.Expect(cluster.Get(ctx, client.ObjectKeyFromObject(c.shop), c.shop)).To(Succeed())
			found := meta.FindStatusCondition(c.shop.Status.Conditions, f.condition)
			g.Expect(found).NotTo(BeNil())
			g.Expect(found.Status).To(Equal(metav1.ConditionFalse), found.Message)
			g.Expect(f.reasons).To(ContainElement(found.Reason), found.Message)
			g.Expect(found.LastTransitionTime.Time).To(BeTemporally(">=", began.Truncate(time.Second)), "since when it is so")
			g.Expect(meta.IsStatusConditionTrue(c.shop.Status.Conditions, mediav1alpha1.ConditionReady)).To(BeFalse())
		}).WithContext(ctx).WithTimeout(90*time.Second).Should(Succeed(), "%s: no condition tells of it", f.kind)
		told = time.Since(began).Round(100 * time.Millisecond).String()
		time.Sleep(max(0, hold-time.Since(began)))
	}
	mended := began
	if f.condition != "" {
		f.mend(ctx)
		mended = time.Now()
	}
	cld := sdk(c.binding["CLOUDINARY_URL"])
	cld.Upload.Client.Timeout = 5 * time.Second
	Eventually(func(g Gomega) {
		_, err := upload(ctx, cld, "probe", noisePicture())
		g.Expect(err).NotTo(HaveOccurred())
		response, err := get(ctx, delivery(c.binding, "/image/upload/seed.png"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(response.status).To(Equal(200))
	}).WithContext(ctx).WithTimeout(3*minute).Should(Succeed(), "%s: no answer afterwards", f.kind)
	answers := time.Since(mended)
	if f.condition == "" && f.mend != nil {
		f.mend(ctx)
	}
	ready(ctx, c.shop)
	c.lines = append(c.lines, fmt.Sprintf("| %s | %s | %.1f s | %.1f s |", f.kind, told, answers.Seconds(), time.Since(mended).Seconds()))
}

// String is the run as a table.
func (c *chaos) String() string {
	return "| fault | a condition tells after | answers again after | Ready again after |\n|---|---|---|---|\n" + strings.Join(c.lines, "\n")
}
