package productenvironment_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/controllers/productenvironment"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/storage"
)

// remoteStore is a provisioner of buckets whose answers a test chooses.
type remoteStore struct {
	ensure   func(context.Context, storage.Record) (conditions.Part, error)
	teardown func() error
}

func (s *remoteStore) Ensure(ctx context.Context, _ *build.Environment, record storage.Record) (conditions.Part, error) {
	return s.ensure(ctx, record)
}

func (s *remoteStore) Teardown(context.Context, *v1alpha1.ProductEnvironment) error {
	return s.teardown()
}

// away is what a store that does not answer gives.
func away() error {
	return &conditions.UntilError{
		Part: conditions.Waiting(v1alpha1.ConditionStorageReady, v1alpha1.ReasonBucketUnreachable, "the store does not answer"),
		Err:  errors.New("dial tcp"),
	}
}

// onBackends makes an environment on Postgres and a bucket.
func onBackends(object *v1alpha1.ProductEnvironment) {
	object.Spec.Storage = &v1alpha1.StorageSpec{S3: &v1alpha1.S3Storage{BucketPlace: v1alpha1.BucketPlace{CredentialsSecretRef: &v1alpha1.SecretReference{Name: "store"}}}}
	object.Spec.Database = &v1alpha1.DatabaseSpec{Postgres: &v1alpha1.PostgresDatabase{SecretRef: v1alpha1.SecretKeyReference{Name: "library"}}}
}

// madeStore is a store that has made the bucket.
func madeStore() *remoteStore {
	return &remoteStore{ensure: func(ctx context.Context, record storage.Record) (conditions.Part, error) {
		return conditions.Ready(v1alpha1.ConditionStorageReady, v1alpha1.ReasonReady, "made"), record(ctx, v1alpha1.BucketStatus{Name: "mine"})
	}}
}

func librarySecret() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: shop.Namespace, Name: "library"},
		Data:       map[string][]byte{"uri": []byte("postgres://a:b@db/library")},
	}
}

// condition of the environment.
func (b *bench) condition(conditionType string) metav1.Condition {
	b.t.Helper()
	found := meta.FindStatusCondition(b.environment(shop).Status.Conditions, conditionType)
	if found == nil {
		b.t.Fatalf("no condition %s", conditionType)
	}
	return *found
}

func TestTheIdentityOfABucketIsInTheStatusWhileItIsMade(t *testing.T) {
	b := newBench(t, newShop(onBackends), librarySecret())
	identity := v1alpha1.BucketStatus{Name: "mine", Endpoint: "http://store", Owned: true}
	b.reconciler.Storage[rules.StorageS3] = &remoteStore{ensure: func(ctx context.Context, record storage.Record) (conditions.Part, error) {
		if err := record(ctx, identity); err != nil {
			return conditions.Part{}, err
		}
		if stored := b.environment(shop).Status.Bucket; stored == nil || *stored != identity {
			t.Errorf("the status names %+v when the bucket is about to be made", stored)
		}
		if ready := b.condition(v1alpha1.ConditionReady); ready.Status == metav1.ConditionTrue {
			t.Error("Ready while the bucket is being made")
		}
		return conditions.Ready(v1alpha1.ConditionStorageReady, v1alpha1.ReasonReady, "made"), nil
	}}
	b.mustReconcile(shop)
	if storageReady := b.condition(v1alpha1.ConditionStorageReady); storageReady.Status != metav1.ConditionTrue {
		t.Errorf("StorageReady %+v", storageReady)
	}
	configuration := &corev1.ConfigMap{}
	if err := b.client.Get(t.Context(), client.ObjectKey{Namespace: shop.Namespace, Name: "shop-renderer"}, configuration); err != nil {
		t.Fatal(err)
	}
	claim := &corev1.PersistentVolumeClaim{}
	if err := b.client.Get(t.Context(), client.ObjectKey{Namespace: shop.Namespace, Name: "shop-data"}, claim); client.IgnoreNotFound(err) != nil || err == nil {
		t.Errorf("there is a claim that nothing is to be stored on: %v", err)
	}
}

func TestAStoreThatIsAwayIsLookedAtLessAndLess(t *testing.T) {
	b := newBench(t, newShop(onBackends), librarySecret())
	b.reconciler.Storage[rules.StorageS3] = &remoteStore{ensure: func(context.Context, storage.Record) (conditions.Part, error) {
		return conditions.Part{}, away()
	}}
	var last time.Duration
	for _, step := range []time.Duration{0, time.Second, 10 * time.Second, 20 * time.Second, time.Hour} {
		b.now = b.now.Add(step)
		delay := b.mustReconcile(shop).RequeueAfter
		if delay < last || delay <= 0 || delay > 90*time.Second {
			t.Errorf("after %s looks again in %s, before in %s", step, delay, last)
		}
		last = delay
	}
	if last < 30*time.Second {
		t.Errorf("a store that is away for an hour is asked again in %s", last)
	}
	if got := b.condition(v1alpha1.ConditionStorageReady); got.Reason != v1alpha1.ReasonBucketUnreachable || got.Message != "the store does not answer" {
		t.Errorf("StorageReady %+v", got)
	}
}

func TestTheDatabaseSecretIsCheckedAhead(t *testing.T) {
	for name, c := range map[string]struct {
		secret  *corev1.Secret
		reason  string
		message string
	}{
		"missing":  {nil, v1alpha1.ReasonSecretNotFound, "Secret library does not exist"},
		"no entry": {&corev1.Secret{ObjectMeta: librarySecret().ObjectMeta}, v1alpha1.ReasonSecretInvalid, "no entry uri"},
		"no string": {&corev1.Secret{ObjectMeta: librarySecret().ObjectMeta, Data: map[string][]byte{"uri": []byte("postgres://a:hunter2@/")}},
			v1alpha1.ReasonSecretInvalid, "entry uri of Secret library is no connection string"},
		"right": {librarySecret(), v1alpha1.ReasonReady, "Secret library leads to the database"},
	} {
		t.Run(name, func(t *testing.T) {
			objects := []client.Object{newShop(onBackends)}
			if c.secret != nil {
				objects = append(objects, c.secret)
			}
			b := newBench(t, objects...)
			b.reconciler.Storage[rules.StorageS3] = &remoteStore{ensure: func(context.Context, storage.Record) (conditions.Part, error) {
				return conditions.Ready(v1alpha1.ConditionStorageReady, v1alpha1.ReasonReady, "made"), nil
			}}
			b.mustReconcile(shop)
			got := b.condition(v1alpha1.ConditionDatabaseReady)
			if got.Reason != c.reason || !strings.Contains(got.Message, c.message) || strings.Contains(got.Message, "hunter2") {
				t.Errorf("DatabaseReady %+v, want %s %q", got, c.reason, c.message)
			}
		})
	}
}

func TestARendererThatIsNotReadySaysWhy(t *testing.T) {
	for answer, want := range map[string]struct{ reason, message string }{
		"database: dial tcp 10.0.0.9:5432: connect: connection refused\n": {v1alpha1.ReasonDatabaseUnavailable, "the renderer is not ready: database: dial tcp 10.0.0.9:5432: connect: connection refused"},
		"database: read tcp 10.89.0.7:41234->10.0.0.9:5432: i/o timeout":  {v1alpha1.ReasonDatabaseUnavailable, "the renderer is not ready: database: read tcp 10.0.0.9:5432: i/o timeout"},
		"bucket: reaching the bucket: https response error StatusCode: 503, RequestID: ABC, HostID: DEF, api error": {v1alpha1.ReasonBucketUnavailable,
			"the renderer is not ready: bucket: reaching the bucket: https response error StatusCode: 503, api error"},
		"catalog: not read yet": {v1alpha1.ReasonProgressing, "the renderer is not ready: catalog: not read yet"},
		"":                      {v1alpha1.ReasonProgressing, "the renderer is starting"},
	} {
		t.Run(want.reason, func(t *testing.T) {
			pod := &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Namespace: shop.Namespace, Name: "pod", Labels: build.PodSelector("shop")},
				Status: corev1.PodStatus{PodIP: "10.89.0.7", ContainerStatuses: []corev1.ContainerStatus{{
					Name: build.ContainerRenderer, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
				}}},
			}
			b := newBench(t, newShop(onBackends), librarySecret(), pod)
			b.reconciler.Storage[rules.StorageS3] = madeStore()
			b.readiness = answer
			b.mustReconcile(shop)
			if got := b.condition(v1alpha1.ConditionRendererReady); got.Reason != want.reason || got.Message != want.message {
				t.Errorf("RendererReady %s %q, want %s %q", got.Reason, got.Message, want.reason, want.message)
			}
			// What cannot be reached is not ready either, whatever the operator sees of it.
			for conditionType, reason := range map[string]string{
				v1alpha1.ConditionDatabaseReady: v1alpha1.ReasonDatabaseUnavailable,
				v1alpha1.ConditionStorageReady:  v1alpha1.ReasonBucketUnavailable,
			} {
				got, away := b.condition(conditionType), want.reason == reason
				if (got.Status != metav1.ConditionTrue) != away || away && (got.Reason != reason || !strings.Contains(want.message, strings.TrimPrefix(got.Message, "the renderer says: "))) {
					t.Errorf("%s %+v while the renderer says %q", conditionType, got, answer)
				}
			}
		})
	}
}

func TestARendererThatWasKilledOnceStillSaysWhyItIsNotReady(t *testing.T) {
	for answer, want := range map[string]string{
		"database: connection refused": v1alpha1.ReasonDatabaseUnavailable,
		"engine: no such file":         v1alpha1.ReasonCrashing,
		"":                             v1alpha1.ReasonCrashing,
	} {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: shop.Namespace, Name: "pod", Labels: build.PodSelector("shop")},
			Status: corev1.PodStatus{PodIP: "10.89.0.7", ContainerStatuses: []corev1.ContainerStatus{{
				Name: build.ContainerRenderer, RestartCount: 1,
				State:                corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
				LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Reason: "Error"}},
			}}},
		}
		b := newBench(t, newShop(onBackends), librarySecret(), pod)
		b.reconciler.Storage[rules.StorageS3] = madeStore()
		b.readiness = answer
		b.mustReconcile(shop)
		if got := b.condition(v1alpha1.ConditionRendererReady); got.Reason != want {
			t.Errorf("%q: RendererReady %s %q, want %s", answer, got.Reason, got.Message, want)
		}
	}
}

func TestADeletionEndsWhereTheStoreIsGone(t *testing.T) {
	deleting := func(object *v1alpha1.ProductEnvironment) {
		onBackends(object)
		object.Spec.DeletionPolicy = v1alpha1.DeletionDelete
		object.Finalizers = []string{productenvironment.Finalizer}
	}
	for name, c := range map[string]struct {
		failure  error
		patience time.Duration
		left     bool
	}{
		"away":           {away(), 3 * time.Minute, true},
		"still deleting": {storage.ErrUnfinished, 7 * time.Hour, true},
		"deleted":        {nil, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			object := newShop(deleting)
			b := newBench(t, object)
			b.reconciler.Storage[rules.StorageS3] = &remoteStore{teardown: func() error { return c.failure }}
			if err := b.client.Delete(t.Context(), object); err != nil {
				t.Fatal(err)
			}
			if c.failure != nil {
				b.now = time.Now()
				if result := b.mustReconcile(shop); result.RequeueAfter <= 0 {
					t.Error("the deletion is not tried again")
				}
				b.environment(shop)
			}
			b.now = time.Now().Add(c.patience)
			b.mustReconcile(shop)
			if err := b.client.Get(t.Context(), shop, object); client.IgnoreNotFound(err) != nil || err == nil {
				t.Errorf("the environment is still there: %v", err)
			}
			told := false
			for recorded := b.reconciler.Recorder.(*events.FakeRecorder).Events; len(recorded) > 0; {
				told = told || strings.Contains(<-recorded, v1alpha1.ReasonDataLeft)
			}
			if told != c.left {
				t.Errorf("an event says that data is left: %t, want %t", told, c.left)
			}
		})
	}
}

func TestARefusedMoveOfTheBytesLeavesTheRendererWithThem(t *testing.T) {
	b := newBench(t, newShop(onBackends, func(e *v1alpha1.ProductEnvironment) { e.Spec.Storage.S3.Prefix = "shop/" }), librarySecret())
	b.reconciler.Storage[rules.StorageS3] = &remoteStore{ensure: func(ctx context.Context, record storage.Record) (conditions.Part, error) {
		if moves := rules.BucketMoves(b.environment(shop)); len(moves) > 0 {
			return conditions.Blocked(v1alpha1.ConditionStorageReady, v1alpha1.ReasonImmutable, moves.ToAggregate().Error()), nil
		}
		return conditions.Ready(v1alpha1.ConditionStorageReady, v1alpha1.ReasonReady, "made"), record(ctx, v1alpha1.BucketStatus{Name: "mine", Prefix: "shop/"})
	}}
	b.mustReconcile(shop)
	configured := func() string {
		configuration := &corev1.ConfigMap{}
		if err := b.client.Get(t.Context(), client.ObjectKey{Namespace: shop.Namespace, Name: "shop-renderer"}, configuration); err != nil {
			t.Fatal(err)
		}
		return configuration.Data["config.json"]
	}
	before := configured()
	if !strings.Contains(before, `"name": "mine"`) || !strings.Contains(before, `"prefix": "shop/"`) {
		t.Fatalf("the renderer is told %s", before)
	}
	moved := b.environment(shop)
	moved.Spec.Storage.S3.Prefix = "other/"
	if err := b.client.Update(t.Context(), moved); err != nil {
		t.Fatal(err)
	}
	b.mustReconcile(shop)
	if stalled := b.condition(v1alpha1.ConditionStalled); stalled.Status != metav1.ConditionTrue || stalled.Reason != v1alpha1.ReasonImmutable || !strings.HasPrefix(stalled.Message, "spec.storage.s3.prefix:") {
		t.Errorf("Stalled %+v", stalled)
	}
	if got := b.condition(v1alpha1.ConditionConfigurationReady); got.Reason != v1alpha1.ReasonWaitingForStorage {
		t.Errorf("ConfigurationReady %+v", got)
	}
	if after := configured(); after != before {
		t.Errorf("a pod that starts now would read %s", after)
	}
}

func TestWithoutABucketTheRendererIsToldOfNone(t *testing.T) {
	b := newBench(t, newShop(onBackends), librarySecret())
	b.reconciler.Storage[rules.StorageS3] = &remoteStore{ensure: func(context.Context, storage.Record) (conditions.Part, error) {
		return conditions.Part{}, away()
	}}
	b.mustReconcile(shop)
	err := b.client.Get(t.Context(), client.ObjectKey{Namespace: shop.Namespace, Name: "shop-renderer"}, &corev1.ConfigMap{})
	if client.IgnoreNotFound(err) != nil || err == nil {
		t.Errorf("there is a configuration that names no bucket: %v", err)
	}
}
