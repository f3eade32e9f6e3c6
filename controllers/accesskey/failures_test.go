package accesskey_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/controllers"
	"github.com/darkroom-media/darkroom/controllers/accesskey"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/build"
)

var (
	app    = types.NamespacedName{Namespace: "media", Name: "app"}
	errAPI = errors.New("the API server is away")
)

// newReconciler is a reconciler on a fake client that holds the environment shop and the key app.
func newReconciler(t *testing.T, funcs interceptor.Funcs) (*accesskey.Reconciler, client.WithWatch) {
	t.Helper()
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	live := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.AccessKey{}).WithObjects(
		&v1alpha1.ProductEnvironment{
			ObjectMeta: metav1.ObjectMeta{Namespace: app.Namespace, Name: "shop", UID: "uid-shop"},
			Status:     v1alpha1.ProductEnvironmentStatus{CloudName: "acme"},
		},
		&v1alpha1.AccessKey{
			ObjectMeta: metav1.ObjectMeta{Namespace: app.Namespace, Name: app.Name, UID: "uid-app"},
			Spec:       v1alpha1.AccessKeySpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: "shop"}},
		}).Build()
	watched := interceptor.NewClient(live, funcs)
	return &accesskey.Reconciler{
		Client: watched, Live: live, Applier: apply.New(watched, live, build.FieldManager, nil),
		Random: bytes.NewReader(make([]byte, 1024)), Now: time.Now,
	}, live
}

// readyOf is the condition Ready of the key app.
func readyOf(t *testing.T, c client.Client) *metav1.Condition {
	t.Helper()
	key := &v1alpha1.AccessKey{}
	if err := c.Get(t.Context(), app, key); err != nil {
		t.Fatal(err)
	}
	return meta.FindStatusCondition(key.Status.Conditions, v1alpha1.ConditionReady)
}

func TestEveryFailingCallIsReportedAndTriedAgain(t *testing.T) {
	failingGet := func(name string) interceptor.Funcs {
		return interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if key.Name == name {
				return errAPI
			}
			return c.Get(ctx, key, object, options...)
		}}
	}
	for name, c := range map[string]struct {
		funcs interceptor.Funcs
		// silent says that the status cannot tell.
		silent bool
	}{
		"reading the key":         {failingGet("app"), true},
		"reading the environment": {failingGet("shop"), false},
		"reading the Secret":      {failingGet("app-credentials"), false},
		"reading the keys Secret": {failingGet("shop-keys"), false},
		"applying the Secret": {interceptor.Funcs{Apply: func(context.Context, client.WithWatch, runtime.ApplyConfiguration, ...client.ApplyOption) error {
			return errAPI
		}}, false},
		"writing the status": {interceptor.Funcs{SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
			return errAPI
		}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			reconciler, live := newReconciler(t, c.funcs)
			if _, err := reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: app}); !errors.Is(err, errAPI) {
				t.Fatalf("error %v", err)
			}
			ready := readyOf(t, live)
			if c.silent {
				if ready != nil {
					t.Errorf("the condition is %+v", ready)
				}
				return
			}
			if ready == nil || ready.Status != metav1.ConditionFalse || ready.Reason != v1alpha1.ReasonApplyFailed {
				t.Errorf("the condition is %+v", ready)
			}
		})
	}
}

func TestACacheThatIsBehindCostsNoKey(t *testing.T) {
	blind := interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
		if _, secret := object.(*corev1.Secret); secret {
			return apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, key.Name)
		}
		return c.Get(ctx, key, object, options...)
	}}
	reconciler, live := newReconciler(t, blind)
	secret := &corev1.Secret{}
	var first string
	for pass := range 3 {
		if _, err := reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: app}); err != nil {
			t.Fatal(err)
		}
		if err := live.Get(t.Context(), types.NamespacedName{Namespace: app.Namespace, Name: "app-credentials"}, secret); err != nil {
			t.Fatal(err)
		}
		if pass == 0 {
			first = string(secret.Data["api_secret"])
			// From here on a new pair would differ.
			reconciler.Random = bytes.NewReader(bytes.Repeat([]byte{7}, 1024))
		}
		if got := string(secret.Data["api_secret"]); got != first {
			t.Fatalf("pass %d made a new pair", pass)
		}
	}
}

func TestAKeyIsNotMadeWithoutRandomness(t *testing.T) {
	reconciler, live := newReconciler(t, interceptor.Funcs{})
	reconciler.Random = iotest.ErrReader(io.ErrClosedPipe)
	if _, err := reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: app}); !errors.Is(err, io.ErrClosedPipe) {
		t.Fatalf("error %v", err)
	}
	err := live.Get(t.Context(), types.NamespacedName{Namespace: app.Namespace, Name: "app-credentials"}, &corev1.Secret{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the Secret: %v", err)
	}
}

func TestASettledKeyIsNotWrittenAgain(t *testing.T) {
	writes := 0
	reconciler, _ := newReconciler(t, interceptor.Funcs{
		Apply: func(ctx context.Context, c client.WithWatch, object runtime.ApplyConfiguration, options ...client.ApplyOption) error {
			writes++
			return c.Apply(ctx, object, options...)
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, subresource string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
			writes++
			return c.SubResource(subresource).Patch(ctx, object, patch, options...)
		},
	})
	for pass, want := range []int{2, 2, 2} {
		if _, err := reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: app}); err != nil {
			t.Fatal(err)
		}
		if writes != want {
			t.Errorf("%d writes after pass %d, want %d", writes, pass, want)
		}
	}
}

func TestANamespaceThatGoesIsNoFailure(t *testing.T) {
	going := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "app-credentials", errors.New("the namespace is being terminated"))
	going.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	reconciler, _ := newReconciler(t, interceptor.Funcs{Apply: func(context.Context, client.WithWatch, runtime.ApplyConfiguration, ...client.ApplyOption) error {
		return going
	}})
	if result, err := reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: app}); err != nil || result != (ctrl.Result{}) {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestAFailureNamesNoTimeToComeBackAt(t *testing.T) {
	reconciler, _ := newReconciler(t, interceptor.Funcs{SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
		return errAPI
	}})
	key := &v1alpha1.AccessKey{}
	if err := reconciler.Client.Get(t.Context(), app, key); err != nil {
		t.Fatal(err)
	}
	key.Spec.Rotation = &v1alpha1.KeyRotation{Every: &metav1.Duration{Duration: 720 * time.Hour}}
	if err := reconciler.Client.Update(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if result, err := reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: app}); !errors.Is(err, errAPI) || result != (ctrl.Result{}) {
		t.Errorf("%+v, %v", result, err)
	}
}
