package webhooktrigger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/controllers"
	"github.com/darkroom-media/darkroom/controllers/webhooktrigger"
	"github.com/darkroom-media/darkroom/internal/watch"
)

var hook = types.NamespacedName{Namespace: "media", Name: "hook"}

// cluster is a fake one with an environment and a trigger.
func cluster(t *testing.T, change func(*v1alpha1.WebhookTrigger, *v1alpha1.ProductEnvironment)) client.WithWatch {
	t.Helper()
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	environment := &v1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: hook.Namespace, Name: "shop"}}
	trigger := &v1alpha1.WebhookTrigger{
		ObjectMeta: metav1.ObjectMeta{Namespace: hook.Namespace, Name: hook.Name},
		Spec: v1alpha1.WebhookTriggerSpec{
			EnvironmentRef: v1alpha1.EnvironmentReference{Name: "shop"}, EventType: "upload", URI: "https://example.com/hook",
		},
		Status: v1alpha1.WebhookTriggerStatus{Deliveries: &v1alpha1.TriggerDeliveries{Delivered: 7}},
	}
	if change != nil {
		change(trigger, environment)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.WebhookTrigger{}).WithObjects(environment, trigger)
	for _, index := range watch.Indexes() {
		builder.WithIndex(index.Object, index.Field, index.Extract)
	}
	return builder.Build()
}

func reconcile(t *testing.T, api client.Client) error {
	t.Helper()
	reconciler := &webhooktrigger.Reconciler{Client: api, Now: time.Now}
	_, err := reconciler.Reconcile(t.Context(), ctrl.Request{NamespacedName: hook})
	return err
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
		"reading the trigger":     failingGet(hook.Name),
		"reading the environment": failingGet("shop"),
		"writing the status": {SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
			return errAPI
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := reconcile(t, interceptor.NewClient(cluster(t, nil), funcs)); !errors.Is(err, errAPI) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	type T = v1alpha1.WebhookTrigger
	type E = v1alpha1.ProductEnvironment
	for name, test := range map[string]struct {
		change    func(*T, *E)
		condition string
		reason    string
		message   string
	}{
		"in use":                {nil, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "in use"},
		"over http":             {func(w *T, _ *E) { w.Spec.URI = "http://example.com" }, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "unencrypted"},
		"an unknown event type": {func(w *T, _ *E) { w.Spec.EventType = "uploaded" }, v1alpha1.ConditionStalled, v1alpha1.ReasonInvalidSpec, `spec.eventType: Unsupported value: "uploaded"`},
		"a filter and a template": {func(w *T, _ *E) {
			w.Spec.Filter = &runtime.RawExtension{Raw: []byte(`{"==":[{"var":"type"},"upload"]}`)}
			w.Spec.PayloadTemplate = &runtime.RawExtension{Raw: []byte(`{"text":"{{asset.public_id}}"}`)}
		}, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "in use"},
		"a filter of another language": {func(w *T, _ *E) {
			w.Spec.Filter = &runtime.RawExtension{Raw: []byte(`{"eval":["1"]}`)}
		}, v1alpha1.ConditionStalled, v1alpha1.ReasonInvalidSpec, `spec.filter: Invalid value: there is no operation "eval"`},
		"a channel": {func(w *T, _ *E) {
			w.Spec.URIType, w.Spec.URI = v1alpha1.TriggerURITypePoll, "poll://news"
		}, v1alpha1.ConditionStalled, v1alpha1.ReasonUnsupported, "spec.uriType"},
		"no environment":    {func(w *T, _ *E) { w.Spec.EnvironmentRef.Name = "none" }, v1alpha1.ConditionReconciling, v1alpha1.ReasonEnvironmentNotFound, "none"},
		"a private address": {func(w *T, _ *E) { w.Spec.URI = "http://10.1.2.3/" }, v1alpha1.ConditionStalled, v1alpha1.ReasonPrivateAddress, "10.1.2.3"},
		"a private address that is open": {func(w *T, e *E) {
			w.Spec.URI = "http://10.1.2.3/"
			e.Spec.Uploads = &v1alpha1.UploadsSpec{Fetch: &v1alpha1.FetchSpec{AllowedCIDRs: []string{"10.0.0.0/8"}}}
		}, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "in use"},
	} {
		t.Run(name, func(t *testing.T) {
			writes := 0
			api := interceptor.NewClient(cluster(t, test.change), interceptor.Funcs{SubResourcePatch: func(ctx context.Context, c client.Client, subresource string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
				writes++
				return c.SubResource(subresource).Patch(ctx, object, patch, options...)
			}})
			for range 3 {
				if err := reconcile(t, api); err != nil {
					t.Fatal(err)
				}
			}
			trigger := &v1alpha1.WebhookTrigger{}
			if err := api.Get(t.Context(), hook, trigger); err != nil {
				t.Fatal(err)
			}
			found := meta.FindStatusCondition(trigger.Status.Conditions, test.condition)
			if found == nil || found.Status != metav1.ConditionTrue || found.Reason != test.reason || !strings.Contains(found.Message, test.message) {
				t.Errorf("condition %+v", found)
			}
			if len(trigger.Status.Conditions) != 3 || writes != 1 {
				t.Errorf("%d conditions, %d writes in three passes", len(trigger.Status.Conditions), writes)
			}
			if trigger.Status.Deliveries == nil || trigger.Status.Deliveries.Delivered != 7 {
				t.Errorf("what the renderers have reported became %+v", trigger.Status.Deliveries)
			}
		})
	}
}
