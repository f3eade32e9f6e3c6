package e2e

import (
	"context"
	"slices"
	"syscall"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

// faults are all that there are, one of each.
func (c *chaos) faults(backends *sharedBackends) []fault {
	database, store := backends.database, backends.store
	databaseReasons := []string{mediav1alpha1.ReasonDatabaseUnavailable}
	bucketReasons := []string{mediav1alpha1.ReasonBucketUnavailable, mediav1alpha1.ReasonBucketUnreachable}
	do := func(actions ...func() error) func(context.Context) {
		return func(context.Context) {
			for _, action := range actions {
				Expect(action()).To(Succeed())
			}
		}
	}
	stopStore := func() error { store.Stop(); return nil }
	runStore := func() error { return store.Run(context.Background()) }
	signalStore := func(signal syscall.Signal) func() error {
		return func() error { return store.Process().Signal(signal) }
	}
	list := []fault{
		{kind: "database stopped", strike: do(database.Stop), mend: do(database.Run), condition: mediav1alpha1.ConditionDatabaseReady, reasons: databaseReasons},
		{kind: "database paused", strike: do(database.Pause), mend: do(database.Resume), condition: mediav1alpha1.ConditionDatabaseReady, reasons: databaseReasons},
		{kind: "database restarted", strike: do(database.Stop, database.Run)},
		{kind: "bucket stopped", strike: do(stopStore), mend: do(runStore), condition: mediav1alpha1.ConditionStorageReady, reasons: bucketReasons},
		{kind: "bucket paused", strike: do(signalStore(syscall.SIGSTOP)), mend: do(signalStore(syscall.SIGCONT)), condition: mediav1alpha1.ConditionStorageReady, reasons: bucketReasons},
		{kind: "bucket restarted", strike: do(stopStore, runStore)},
	}
	ofShop := func(ctx context.Context) []corev1.Pod { return pods(ctx, c.shop.Namespace, c.shop.Name) }
	return append(list,
		c.kill("renderer killed", ofShop, "/renderer"),
		c.kill("engine killed", ofShop, "/engine"),
		c.kill("manager killed", managers, "/manager"),
		c.deletePod(ofShop),
	)
}

func managers(ctx context.Context) []corev1.Pod {
	list := &corev1.PodList{}
	Expect(cluster.List(ctx, list, client.InNamespace("darkroom-system"), client.MatchingLabels{"control-plane": "controller-manager"})).To(Succeed())
	return list.Items
}

// kill ends the processes of a program in one of the pods by SIGKILL; it is mended when the kubelet has started others.
func (c *chaos) kill(kind string, among func(context.Context) []corev1.Pod, program string) fault {
	var pod types.UID
	var killed []int
	return fault{
		kind: kind,
		strike: func(ctx context.Context) {
			candidates := slices.DeleteFunc(among(ctx), func(pod corev1.Pod) bool {
				return pod.DeletionTimestamp != nil || pod.Status.Phase != corev1.PodRunning
			})
			Expect(candidates).NotTo(BeEmpty())
			pod = candidates[c.pick(len(candidates))].UID
			Eventually(func() []int { killed = processes(pod, program); return killed }).WithContext(ctx).ShouldNot(BeEmpty(), "no process %s", program)
			for _, pid := range killed {
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					Expect(err).To(MatchError(syscall.ESRCH)) // It has ended with its parent.
				}
			}
		},
		mend: func(ctx context.Context) {
			Eventually(func(g Gomega) {
				running := processes(pod, program)
				g.Expect(running).NotTo(BeEmpty())
				g.Expect(slices.ContainsFunc(running, func(pid int) bool { return slices.Contains(killed, pid) })).To(BeFalse())
			}).WithContext(ctx).WithTimeout(3 * minute).Should(Succeed())
		},
	}
}

// deletePod takes one of the pods away without any grace.
func (c *chaos) deletePod(among func(context.Context) []corev1.Pod) fault {
	return fault{
		kind: "pod deleted",
		strike: func(ctx context.Context) {
			candidates := among(ctx)
			Expect(candidates).NotTo(BeEmpty())
			pod := &candidates[c.pick(len(candidates))]
			Expect(cluster.Delete(ctx, pod, client.GracePeriodSeconds(0))).To(Succeed())
		},
	}
}
