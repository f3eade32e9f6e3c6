package apply_test

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/darkroom-media/darkroom/internal/apply"
)

var (
	owner  = &corev1.Node{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "owner", UID: "uid-owner"}}
	kind   = schema.GroupKind{Kind: "Node"}
	labels = map[string]string{"managed-by": "us"}
	owned  = apply.ControlledBy(owner, kind, labels)
	errAPI = errors.New("the API server is away")
)

// intent is a ConfigMap that owner wants.
func intent(value string) *corev1ac.ConfigMapApplyConfiguration {
	return corev1ac.ConfigMap("wanted", "a").WithLabels(labels).WithData(map[string]string{"key": value})
}

// existing is a ConfigMap of the wanted name.
func existing(change func(*corev1.ConfigMap)) *corev1.ConfigMap {
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "wanted"}, Data: map[string]string{"key": "theirs"}}
	change(object)
	return object
}

// bench is an Applier whose applies are counted.
type bench struct {
	client   client.WithWatch
	applier  *apply.Applier
	applies  int
	outcomes []apply.Outcome
}

func newBench(t *testing.T, failing interceptor.Funcs, objects ...client.Object) *bench {
	t.Helper()
	b := &bench{client: fake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(objects...).Build()}
	if failing.Apply == nil {
		failing.Apply = func(ctx context.Context, c client.WithWatch, object runtime.ApplyConfiguration, options ...client.ApplyOption) error {
			b.applies++
			return c.Apply(ctx, object, options...)
		}
	}
	c := interceptor.NewClient(b.client, failing)
	b.applier = apply.New(c, c, "us", func(_ string, outcome apply.Outcome) { b.outcomes = append(b.outcomes, outcome) })
	return b
}

func (b *bench) to(t *testing.T, value string) (*corev1.ConfigMap, error) {
	t.Helper()
	into := &corev1.ConfigMap{}
	return into, b.applier.To(t.Context(), owner, owned, intent(value), into)
}

func (b *bench) mustTo(t *testing.T, value string) *corev1.ConfigMap {
	t.Helper()
	into, err := b.to(t, value)
	if err != nil {
		t.Fatal(err)
	}
	return into
}

func TestToWritesOnlyWhatChanged(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	if into := b.mustTo(t, "one"); into.Data["key"] != "one" || into.ResourceVersion == "" {
		t.Errorf("the answer is %+v", into)
	}
	if into := b.mustTo(t, "one"); into.Data["key"] != "one" || b.applies != 1 {
		t.Errorf("%d applies of one intent, the answer is %+v", b.applies, into)
	}
	if b.mustTo(t, "two"); b.applies != 2 {
		t.Errorf("%d applies of two intents", b.applies)
	}
	want := []apply.Outcome{apply.Written, apply.Unchanged, apply.Written}
	for i := range want {
		if b.outcomes[i] != want[i] {
			t.Errorf("outcomes %v, want %v", b.outcomes, want)
		}
	}
}

func TestToRepairsDriftAndKeepsWhatOthersAdded(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	object := b.mustTo(t, "one")
	object.Data["key"], object.Data["other"] = "drifted", "kept"
	if err := b.client.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	if into := b.mustTo(t, "one"); into.Data["key"] != "one" || into.Data["other"] != "kept" {
		t.Errorf("data %v", into.Data)
	}
	applies := b.applies
	if b.mustTo(t, "one"); b.applies != applies {
		t.Error("what others added is written over and over")
	}
}

func TestToDoesNotReactToStatus(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	service := func() *corev1ac.ServiceApplyConfiguration {
		return corev1ac.Service("wanted", "a").WithLabels(labels).WithSpec(corev1ac.ServiceSpec().WithClusterIP("None"))
	}
	object := &corev1.Service{}
	if err := b.applier.To(t.Context(), owner, owned, service(), object); err != nil {
		t.Fatal(err)
	}
	object.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{Hostname: "h"}}
	if err := b.client.Status().Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	if err := b.applier.To(t.Context(), owner, owned, service(), &corev1.Service{}); err != nil || b.applies != 1 {
		t.Errorf("%d applies, %v", b.applies, err)
	}
}

func TestForgottenObjectsAreWrittenAgain(t *testing.T) {
	b := newBench(t, interceptor.Funcs{})
	b.mustTo(t, "one")
	b.applier.Forget(types.NamespacedName{Namespace: "a", Name: "owner"})
	if b.mustTo(t, "one"); b.applies != 2 {
		t.Errorf("%d applies", b.applies)
	}
}

func TestToRespectsOwnership(t *testing.T) {
	controller := true
	reference := func(kind, name string, uid types.UID) []metav1.OwnerReference {
		return []metav1.OwnerReference{{APIVersion: "v1", Kind: kind, Name: name, UID: uid, Controller: &controller}}
	}
	deleted := metav1.Now()
	for name, c := range map[string]struct {
		change            func(*corev1.ConfigMap)
		written, deleting bool
	}{
		"of nobody":                        {func(*corev1.ConfigMap) {}, false, false},
		"of somebody else":                 {func(o *corev1.ConfigMap) { o.OwnerReferences = reference("Pod", "p", "uid-p") }, false, false},
		"of somebody else with our labels": {func(o *corev1.ConfigMap) { o.OwnerReferences, o.Labels = reference("Pod", "p", "uid-p"), labels }, false, false},
		"ours":                             {func(o *corev1.ConfigMap) { o.OwnerReferences = reference("Node", "owner", "uid-owner") }, true, false},
		"ours without its reference":       {func(o *corev1.ConfigMap) { o.Labels = labels }, true, false},
		"of a former owner of our name":    {func(o *corev1.ConfigMap) { o.OwnerReferences = reference("Node", "owner", "uid-former") }, false, true},
		"ours and being deleted": {func(o *corev1.ConfigMap) {
			o.Labels, o.DeletionTimestamp, o.Finalizers = labels, &deleted, []string{"example.com/hold"}
		}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			// The cache knows the object, or does not, because it holds only what carries our labels.
			blind := interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
				if _, full := object.(*corev1.ConfigMap); full {
					return apierrors.NewNotFound(schema.GroupResource{Resource: "configmaps"}, key.Name)
				}
				return c.Get(ctx, key, object, options...)
			}}
			for reader, funcs := range map[string]interceptor.Funcs{"cached": {}, "not cached": blind} {
				b := newBench(t, funcs, existing(c.change))
				into, err := b.to(t, "ours")
				_, refused := errors.AsType[*apply.NotOwnedError](err)
				switch {
				case c.written:
					if err != nil || into.Data["key"] != "ours" {
						t.Errorf("%s: %v, %v", reader, into.Data, err)
					}
				case c.deleting:
					if !errors.Is(err, apply.ErrDeleting) || b.applies > 0 {
						t.Errorf("%s: %d applies, %v", reader, b.applies, err)
					}
				case !refused || b.applies > 0:
					t.Errorf("%s: %d applies, %v", reader, b.applies, err)
				}
			}
		})
	}
}

func TestToWrapsWhatTheAPIServerSays(t *testing.T) {
	fails := func(metadata bool) interceptor.Funcs {
		return interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if _, is := object.(*metav1.PartialObjectMetadata); is == metadata {
				return errAPI
			}
			return c.Get(ctx, key, object, options...)
		}}
	}
	for name, funcs := range map[string]interceptor.Funcs{
		"reading the cache": fails(false),
		"reading live":      fails(true),
		"applying": {Apply: func(context.Context, client.WithWatch, runtime.ApplyConfiguration, ...client.ApplyOption) error {
			return errAPI
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, funcs)
			if _, err := b.to(t, "one"); !errors.Is(err, errAPI) {
				t.Errorf("error %v", err)
			}
			if len(b.outcomes) != 1 || b.outcomes[0] != apply.Failed {
				t.Errorf("outcomes %v", b.outcomes)
			}
		})
	}
}
