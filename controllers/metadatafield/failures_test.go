package metadatafield_test

import (
	"context"
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/controllers"
	"github.com/darkroom-media/darkroom/controllers/metadatafield"
	"github.com/darkroom-media/darkroom/internal/watch"
)

var size = types.NamespacedName{Namespace: "media", Name: "size"}

// reconcileSize runs passes over a field on a fake client.
func reconcileSize(t *testing.T, passes int, funcs interceptor.Funcs) error {
	t.Helper()
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.MetadataField{}).WithObjects(
		&v1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: size.Namespace, Name: "shop"}},
		&v1alpha1.MetadataField{
			ObjectMeta: metav1.ObjectMeta{Namespace: size.Namespace, Name: size.Name},
			Spec: v1alpha1.MetadataFieldSpec{
				EnvironmentRef: v1alpha1.EnvironmentReference{Name: "shop"}, Label: "Size", Type: v1alpha1.MetadataFieldInteger,
			},
		})
	for _, index := range watch.Indexes() {
		builder.WithIndex(index.Object, index.Field, index.Extract)
	}
	reconciler := &metadatafield.Reconciler{Client: interceptor.NewClient(builder.Build(), funcs), Now: time.Now}
	for range passes {
		if _, err := reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: size}); err != nil {
			return err
		}
	}
	return nil
}

func TestEveryFailingCallIsTriedAgain(t *testing.T) {
	errAPI := errors.New("the API server is away")
	failingGet := func(name string) interceptor.Funcs {
		return interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if key.Name == name {
				return errAPI
			}
			return c.Get(ctx, key, object, options...)
		}}
	}
	for name, funcs := range map[string]interceptor.Funcs{
		"reading the field":       failingGet("size"),
		"reading the environment": failingGet("shop"),
		"listing the namesakes": {List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errAPI
		}},
		"writing the status": {SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
			return errAPI
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := reconcileSize(t, 1, funcs); !errors.Is(err, errAPI) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestTheStatusIsWrittenOnce(t *testing.T) {
	writes := 0
	err := reconcileSize(t, 3, interceptor.Funcs{SubResourcePatch: func(ctx context.Context, c client.Client, subresource string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
		writes++
		return c.SubResource(subresource).Patch(ctx, object, patch, options...)
	}})
	if err != nil || writes != 1 {
		t.Errorf("%d writes in three passes, %v", writes, err)
	}
}
