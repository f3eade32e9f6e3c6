package productenvironment_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/controllers"
	"github.com/darkroom-media/darkroom/controllers/productenvironment"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/credentials"
	"github.com/darkroom-media/darkroom/internal/metrics"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/storage"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// call is one request of the reconciler to the API server.
type call struct {
	verb, object string
}

// bench is a reconciler on a fake client that records every request and fails the chosen one.
type bench struct {
	t          *testing.T
	client     client.WithWatch
	reconciler *productenvironment.Reconciler
	now        time.Time
	calls      []call
	// readiness is what renderers answer when they are asked.
	readiness string
	// fail gives the error of a request, nil to let it through.
	fail func(call) error
}

var shop = types.NamespacedName{Namespace: "media", Name: "shop"}

func newBench(t *testing.T, objects ...client.Object) *bench {
	t.Helper()
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		// The client's own schemas do not know NetworkPolicies.
		WithTypeConverters(managedfields.NewDeducedTypeConverter()).
		WithStatusSubresource(&v1alpha1.ProductEnvironment{}, &v1alpha1.AccessKey{}, &appsv1.Deployment{}, &corev1.PersistentVolumeClaim{})
	for _, index := range watch.Indexes() {
		builder.WithIndex(index.Object, index.Field, index.Extract)
	}
	b := &bench{t: t, client: builder.Build(), now: time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC), fail: func(call) error { return nil }}
	watched := interceptor.NewClient(b.client, b.interceptors())
	measurements, err := metrics.New(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	applier := apply.New(watched, watched, build.FieldManager, measurements.Applied)
	b.reconciler = &productenvironment.Reconciler{
		Client: watched, Live: watched, Applier: applier,
		Probe:    func(context.Context, string) (string, error) { return b.readiness, nil },
		Storage:  storage.Provisioners{rules.StorageVolume: &storage.Volume{Client: watched, Applier: applier}},
		Images:   productenvironment.Images{Renderer: "renderer:1", Engine: "engine:1"},
		Recorder: events.NewFakeRecorder(100),
		Metrics:  measurements,
		Now:      func() time.Time { return b.now },
	}
	return b
}

// record notes a request and fails it where the test wants that.
func (b *bench) record(verb string, object runtime.Object, name string) error {
	kind, err := b.client.GroupVersionKindFor(object)
	if err != nil {
		b.t.Fatal(err)
	}
	c := call{verb, kind.Kind}
	if name != "" {
		c.object += "/" + name
	}
	b.calls = append(b.calls, c)
	return b.fail(c)
}

// recordApply notes an apply.
func (b *bench) recordApply(intent runtime.ApplyConfiguration) error {
	content, err := json.Marshal(intent)
	if err != nil {
		b.t.Fatal(err)
	}
	object := &metav1.PartialObjectMetadata{}
	if err := json.Unmarshal(content, object); err != nil {
		b.t.Fatal(err)
	}
	return b.record("apply", object, object.Name)
}

func (b *bench) interceptors() interceptor.Funcs {
	return interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if err := b.record("get", object, key.Name); err != nil {
				return err
			}
			return c.Get(ctx, key, object, options...)
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if err := b.record("list", list, ""); err != nil {
				return err
			}
			return c.List(ctx, list, options...)
		},
		Apply: func(ctx context.Context, c client.WithWatch, object runtime.ApplyConfiguration, options ...client.ApplyOption) error {
			if err := b.recordApply(object); err != nil {
				return err
			}
			return c.Apply(ctx, object, options...)
		},
		Create: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
			if err := b.record("create", object, object.GetName()); err != nil {
				return err
			}
			return c.Create(ctx, object, options...)
		},
		Update: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.UpdateOption) error {
			if err := b.record("update", object, object.GetName()); err != nil {
				return err
			}
			return c.Update(ctx, object, options...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
			if err := b.record("patch", object, object.GetName()); err != nil {
				return err
			}
			return c.Patch(ctx, object, patch, options...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.DeleteOption) error {
			if err := b.record("delete", object, object.GetName()); err != nil {
				return err
			}
			return c.Delete(ctx, object, options...)
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, subresource string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
			if err := b.record("patch "+subresource, object, object.GetName()); err != nil {
				return err
			}
			return c.SubResource(subresource).Patch(ctx, object, patch, options...)
		},
	}
}

// reconcile runs one pass over an environment.
func (b *bench) reconcile(name types.NamespacedName) (ctrl.Result, error) {
	return b.reconciler.Reconcile(b.t.Context(), ctrl.Request{NamespacedName: name})
}

// mustReconcile runs one pass that has to succeed.
func (b *bench) mustReconcile(name types.NamespacedName) ctrl.Result {
	b.t.Helper()
	result, err := b.reconcile(name)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// writes are the recorded requests that are not reads.
func (b *bench) writes() []call {
	var writes []call
	for _, c := range b.calls {
		if c.verb != "get" && c.verb != "list" {
			writes = append(writes, c)
		}
	}
	return writes
}

// environment reads an environment.
func (b *bench) environment(name types.NamespacedName) *v1alpha1.ProductEnvironment {
	b.t.Helper()
	object := &v1alpha1.ProductEnvironment{}
	if err := b.client.Get(b.t.Context(), name, object); err != nil {
		b.t.Fatal(err)
	}
	return object
}

// rollOut plays the cluster and the controller of access keys, as far as an environment waits for them.
func (b *bench) rollOut(name types.NamespacedName) {
	b.t.Helper()
	ctx := b.t.Context()
	claim, deployment, key := &corev1.PersistentVolumeClaim{}, &appsv1.Deployment{}, &v1alpha1.AccessKey{}
	for object, suffix := range map[client.Object]string{claim: "-data", deployment: "-renderer", key: "-root"} {
		if err := b.client.Get(ctx, types.NamespacedName{Namespace: name.Namespace, Name: name.Name + suffix}, object); err != nil {
			b.t.Fatal(err)
		}
	}
	claim.Status.Phase = corev1.ClaimBound
	deployment.Status = appsv1.DeploymentStatus{
		ObservedGeneration: deployment.Generation, Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1,
	}
	for _, object := range []client.Object{claim, deployment} {
		if err := b.client.Status().Update(ctx, object); err != nil {
			b.t.Fatal(err)
		}
	}
	pair := credentials.Pair{APIKey: "100000000000001", APISecret: "secret"}
	endpoint := credentials.EndpointOf(rules.Effective(b.environment(name)))
	secret := build.AccessKeyCredentials(key, credentials.Entries(endpoint, pair))
	if err := b.client.Apply(ctx, secret, client.FieldOwner(build.FieldManager), client.ForceOwnership); err != nil {
		b.t.Fatal(err)
	}
}
