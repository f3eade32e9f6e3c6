package accesskey_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/controllers/accesskey"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/credentials"
)

// rotating is a key on a fake API server and under a fake clock.
type rotating struct {
	*testing.T
	live       client.WithWatch
	reconciler *accesskey.Reconciler
	now        time.Time
	seed       byte
}

func newRotating(t *testing.T, rotation *v1alpha1.KeyRotation) *rotating {
	t.Helper()
	r := &rotating{T: t, now: time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)}
	_, r.live = newReconciler(t, interceptor.Funcs{})
	r.restart()
	r.change(func(key *v1alpha1.AccessKey) { key.Spec.Rotation = rotation })
	r.reconcile()
	return r
}

// restart puts another process in the place of the operator: nothing is left of what it had in memory.
func (r *rotating) restart() {
	r.seed++
	r.reconciler = &accesskey.Reconciler{
		Client: r.live, Live: r.live, Applier: apply.New(r.live, r.live, build.FieldManager, nil),
		Random: rand.NewChaCha8([32]byte{r.seed}), Now: func() time.Time { return r.now },
	}
}

func (r *rotating) reconcile() ctrl.Result {
	r.Helper()
	result, err := r.reconciler.Reconcile(r.Context(), ctrl.Request{NamespacedName: app})
	if err != nil {
		r.Fatal(err)
	}
	return result
}

func (r *rotating) change(change func(*v1alpha1.AccessKey)) {
	r.Helper()
	key := &v1alpha1.AccessKey{}
	if err := r.live.Get(r.Context(), app, key); err != nil {
		r.Fatal(err)
	}
	change(key)
	if err := r.live.Update(r.Context(), key); err != nil {
		r.Fatal(err)
	}
}

func (r *rotating) request(value string) {
	r.Helper()
	r.change(func(key *v1alpha1.AccessKey) { key.Annotations = map[string]string{v1alpha1.AnnotationRotate: value} })
}

// pairs are those that the environment is to accept, the current one first; the status must show the same.
func (r *rotating) pairs() []credentials.Pair {
	r.Helper()
	secret := &corev1.Secret{}
	if err := r.live.Get(r.Context(), types.NamespacedName{Namespace: app.Namespace, Name: "app-credentials"}, secret); err != nil {
		r.Fatal(err)
	}
	pairs, slots := credentials.SlotsOf(secret).Pairs(), r.slots()
	if len(pairs) == 0 || pairs[0] != credentials.PairOf(secret.Data) || len(slots) != len(pairs) {
		r.Fatalf("the Secret has %d pairs, the status %d slots", len(pairs), len(slots))
	}
	for i, pair := range pairs {
		if slots[i].APIKey != pair.APIKey || (slots[i].Until != nil) != (i == 1) {
			r.Errorf("slot %d is %+v, the Secret has %s", i, slots[i], pair.APIKey)
		}
	}
	return pairs
}

func (r *rotating) slots() []v1alpha1.KeySlot {
	r.Helper()
	key := &v1alpha1.AccessKey{}
	if err := r.live.Get(r.Context(), app, key); err != nil {
		r.Fatal(err)
	}
	return key.Status.Slots
}

// only fails unless want is all that is accepted.
func (r *rotating) only(want credentials.Pair) {
	r.Helper()
	if pairs := r.pairs(); len(pairs) != 1 || pairs[0] != want {
		r.Errorf("%d pairs are accepted, the first is %s, want %s only", len(pairs), pairs[0].APIKey, want.APIKey)
	}
}

// rotated fails unless a new pair has taken the place of before, which is accepted on. It returns the new one.
func (r *rotating) rotated(before credentials.Pair) credentials.Pair {
	r.Helper()
	pairs := r.pairs()
	if len(pairs) != 2 || pairs[0] == before || pairs[1] != before {
		r.Fatalf("not rotated: %d pairs, the first is %s, before it was %s", len(pairs), pairs[0].APIKey, before.APIKey)
	}
	return pairs[0]
}

func lasting(every, overlap time.Duration) *v1alpha1.KeyRotation {
	rotation := &v1alpha1.KeyRotation{Overlap: &metav1.Duration{Duration: overlap}}
	if every > 0 {
		rotation.Every = &metav1.Duration{Duration: every}
	}
	return rotation
}

func TestANewValueOfTheAnnotationRotatesOnce(t *testing.T) {
	r := newRotating(t, lasting(0, time.Hour))
	first := r.pairs()[0]
	if result := r.reconcile(); result.RequeueAfter != 0 {
		t.Errorf("looks again after %s", result.RequeueAfter)
	}
	r.request("1")
	if result := r.reconcile(); result.RequeueAfter != time.Hour {
		t.Errorf("looks again after %s", result.RequeueAfter)
	}
	second := r.rotated(first)
	if until := r.slots()[1].Until; !until.Time.Equal(r.now.Add(time.Hour)) {
		t.Errorf("until %s", until)
	}
	r.now = r.now.Add(59 * time.Minute)
	r.reconcile()
	r.rotated(first)
	r.now = r.now.Add(time.Minute)
	r.reconcile()
	r.only(second)
	r.now = r.now.Add(time.Hour)
	r.reconcile()
	r.only(second)

	r.request("2")
	r.reconcile()
	r.rotated(second)
}

func TestARotationWaitsForTheOverlapOfTheLastOne(t *testing.T) {
	r := newRotating(t, lasting(0, time.Hour))
	first := r.pairs()[0]
	r.request("1")
	r.reconcile()
	second := r.rotated(first)
	r.now = r.now.Add(time.Minute)
	r.request("2")
	if result := r.reconcile(); result.RequeueAfter != 59*time.Minute {
		t.Errorf("looks again after %s", result.RequeueAfter)
	}
	r.rotated(first)
	r.now = r.now.Add(time.Hour)
	r.reconcile()
	r.rotated(second)
}

func TestAnOverlapThatIsShortenedEnds(t *testing.T) {
	r := newRotating(t, lasting(0, time.Hour))
	r.request("1")
	r.reconcile()
	second := r.rotated(r.pairs()[1])
	r.change(func(key *v1alpha1.AccessKey) { key.Spec.Rotation = lasting(0, 0) })
	r.reconcile()
	r.only(second)
	r.request("2")
	r.reconcile()
	if pairs := r.pairs(); len(pairs) != 1 || pairs[0] == second {
		t.Errorf("%d pairs are accepted after a rotation without overlap", len(pairs))
	}
}

func TestASchedule(t *testing.T) {
	r := newRotating(t, lasting(30*24*time.Hour, time.Hour))
	pair := r.pairs()[0]
	for range 3 {
		if result := r.reconcile(); result.RequeueAfter != 30*24*time.Hour {
			t.Errorf("looks again after %s", result.RequeueAfter)
		}
		r.now = r.now.Add(30*24*time.Hour - time.Second)
		r.reconcile()
		r.only(pair)
		r.now = r.now.Add(time.Second)
		rotatedAt := r.now
		r.reconcile()
		pair = r.rotated(pair)
		r.now = r.now.Add(time.Hour)
		r.reconcile()
		r.only(pair)
		r.now = rotatedAt
	}
}

func TestADisabledKeyEndsItsOverlapAndIsNotRotatedByAge(t *testing.T) {
	r := newRotating(t, lasting(24*time.Hour, time.Hour))
	r.request("1")
	r.reconcile()
	second := r.rotated(r.pairs()[1])
	r.change(func(key *v1alpha1.AccessKey) { key.Spec.Enabled = new(bool) })
	r.reconcile()
	r.rotated(r.pairs()[1])
	r.now = r.now.Add(time.Hour)
	r.reconcile()
	r.only(second)
	r.now = r.now.Add(48 * time.Hour)
	if result := r.reconcile(); result.RequeueAfter != 0 {
		t.Errorf("looks again after %s", result.RequeueAfter)
	}
	r.only(second)
	r.change(func(key *v1alpha1.AccessKey) { key.Spec.Enabled = nil })
	r.reconcile()
	r.rotated(second)
}

func TestARestartKeepsTheStageOfARotation(t *testing.T) {
	r := newRotating(t, lasting(0, time.Hour))
	first := r.pairs()[0]
	r.restart()
	r.reconcile()
	r.only(first)
	r.request("1")

	// The process ends right after the Secret was written: the status knows nothing of the rotation.
	errStatus := errors.New("killed")
	r.reconciler.Client = interceptor.NewClient(r.live, interceptor.Funcs{
		SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
			return errStatus
		},
	})
	if _, err := r.reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: app}); !errors.Is(err, errStatus) {
		t.Fatal(err)
	}
	if slots := r.slots(); len(slots) != 1 {
		t.Fatalf("the status shows %+v", slots)
	}
	r.restart()
	r.now = r.now.Add(10 * time.Minute)
	r.reconcile()
	second := r.rotated(first)
	if slots := r.slots(); !slots[1].Until.Time.Equal(r.now.Add(50 * time.Minute)) {
		t.Errorf("the overlap began anew: until %s", slots[1].Until)
	}

	// It is away while the overlap ends.
	r.now = r.now.Add(3 * time.Hour)
	r.restart()
	r.reconcile()
	r.only(second)
}

func TestACacheThatIsBehindCostsNoRotation(t *testing.T) {
	r := newRotating(t, lasting(0, time.Hour))
	first := r.pairs()[0]
	stale := &corev1.Secret{}
	if err := r.live.Get(t.Context(), types.NamespacedName{Namespace: app.Namespace, Name: "app-credentials"}, stale); err != nil {
		t.Fatal(err)
	}
	r.request("1")
	r.reconcile()
	second := r.rotated(first)
	r.restart()
	r.reconciler.Client = interceptor.NewClient(r.live, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if secret, ok := object.(*corev1.Secret); ok && key.Name == stale.Name {
				stale.DeepCopyInto(secret)
				return nil
			}
			return c.Get(ctx, key, object, options...)
		},
	})
	r.reconcile()
	if got := r.rotated(first); got != second {
		t.Error("an old view of the Secret cost an app its key")
	}
}

func TestAFailedRotationLeavesThePairAsItIs(t *testing.T) {
	r := newRotating(t, lasting(0, time.Hour))
	first := r.pairs()[0]
	r.request("1")
	r.reconciler.Random = bytes.NewReader(nil)
	if _, err := r.reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: app}); err == nil {
		t.Fatal("no error")
	}
	r.only(first)
	r.restart()
	r.reconcile()
	r.rotated(first)
}
