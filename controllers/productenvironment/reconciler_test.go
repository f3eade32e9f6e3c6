package productenvironment_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/controllers/productenvironment"
)

func newShop(change ...func(*v1alpha1.ProductEnvironment)) *v1alpha1.ProductEnvironment {
	object := &v1alpha1.ProductEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: shop.Namespace, Name: shop.Name, UID: "uid-shop", Generation: 1},
		Spec:       v1alpha1.ProductEnvironmentSpec{CloudName: "acme"},
	}
	for _, f := range change {
		f(object)
	}
	return object
}

func TestAReadyEnvironmentIsNotWrittenAgain(t *testing.T) {
	b := newBench(t, newShop())
	b.mustReconcile(shop)
	b.rollOut(shop)
	b.mustReconcile(shop)
	if ready := meta.FindStatusCondition(b.environment(shop).Status.Conditions, v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
		t.Fatalf("not ready: %s", ready.Message)
	}
	b.calls = nil
	b.now = b.now.Add(time.Hour)
	if result := b.mustReconcile(shop); result.RequeueAfter != 0 {
		t.Errorf("looks again after %s", result.RequeueAfter)
	}
	if writes := b.writes(); len(writes) > 0 {
		t.Errorf("writes in steady state: %v", writes)
	}
	if len(b.calls) == 0 {
		t.Error("nothing was recorded")
	}
}

func TestAPassWritesTheStatusOnce(t *testing.T) {
	b := newBench(t, newShop())
	b.mustReconcile(shop)
	b.rollOut(shop)
	b.calls = nil
	b.mustReconcile(shop)
	writes := 0
	for _, c := range b.writes() {
		if c.verb == "patch status" {
			writes++
		}
	}
	if writes != 1 {
		t.Errorf("%d status writes in one pass: %v", writes, b.calls)
	}
}

func TestEveryFailingCallIsReportedAndTriedAgain(t *testing.T) {
	// A dry run finds the calls of a first pass; each of them then fails once.
	dry := newBench(t, newShop())
	dry.mustReconcile(shop)
	seen := map[call]bool{}
	for _, broken := range dry.calls {
		if seen[broken] {
			continue
		}
		seen[broken] = true
		t.Run(broken.verb+" "+strings.ReplaceAll(broken.object, "/", " "), func(t *testing.T) {
			sentinel := errors.New("the API server is away")
			b := newBench(t, newShop())
			b.fail = func(c call) error {
				if c == broken {
					return sentinel
				}
				return nil
			}
			if _, err := b.reconcile(shop); !errors.Is(err, sentinel) {
				t.Fatalf("error %v", err)
			}
			if status := b.environment(shop).Status; len(status.Conditions) > 0 {
				if meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReady) {
					t.Error("ready in spite of it")
				}
				if !meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReconciling) {
					t.Error("not reconciling, although it is tried again")
				}
			}
			b.fail = func(call) error { return nil }
			b.mustReconcile(shop)
			b.rollOut(shop)
			b.mustReconcile(shop)
			if ready := meta.FindStatusCondition(b.environment(shop).Status.Conditions, v1alpha1.ConditionReady); ready.Status != metav1.ConditionTrue {
				t.Errorf("not ready once the API server is back: %s", ready.Message)
			}
		})
	}
	if len(seen) < 20 {
		t.Errorf("only %d calls were tried", len(seen))
	}
}

func TestAStepThatFailsDoesNotKeepTheOthersFromTheirWork(t *testing.T) {
	b := newBench(t, newShop())
	b.fail = func(c call) error {
		if c == (call{"apply", "ConfigMap/shop-renderer"}) {
			return errors.New("no")
		}
		return nil
	}
	if _, err := b.reconcile(shop); err == nil {
		t.Fatal("no error")
	}
	if err := b.client.Get(t.Context(), types.NamespacedName{Namespace: shop.Namespace, Name: "shop-media"}, &corev1.Service{}); err != nil {
		t.Errorf("the Service: %v", err)
	}
	condition := meta.FindStatusCondition(b.environment(shop).Status.Conditions, v1alpha1.ConditionConfigurationReady)
	if condition.Reason != v1alpha1.ReasonApplyFailed || !strings.Contains(condition.Message, "applying ConfigMap shop-renderer") {
		t.Errorf("condition %+v", condition)
	}
}

func TestAnInvalidSpecStallsWithItsFieldPathsAndWritesNothingElse(t *testing.T) {
	b := newBench(t, newShop(func(object *v1alpha1.ProductEnvironment) {
		object.Spec.CloudName = "No Name"
		object.Spec.Delivery = &v1alpha1.DeliverySpec{PublicBaseURL: "ftp://a"}
	}))
	b.mustReconcile(shop)
	stalled := meta.FindStatusCondition(b.environment(shop).Status.Conditions, v1alpha1.ConditionStalled)
	if stalled.Status != metav1.ConditionTrue || stalled.Reason != v1alpha1.ReasonInvalidSpec {
		t.Errorf("stalled %+v", stalled)
	}
	for _, path := range []string{"spec.cloudName:", "spec.delivery.publicBaseURL:"} {
		if !strings.Contains(stalled.Message, path) {
			t.Errorf("%q does not name %s", stalled.Message, path)
		}
	}
	if writes := b.writes(); len(writes) != 1 || writes[0].verb != "patch status" {
		t.Errorf("writes %v", writes)
	}
}

func TestSomebodyElsesObjectIsLookedAtAgainLater(t *testing.T) {
	b := newBench(t, newShop(), &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: shop.Namespace, Name: "shop-media"}})
	result := b.mustReconcile(shop)
	if result.RequeueAfter < time.Minute || result.RequeueAfter > 2*time.Minute {
		t.Errorf("looks again after %s", result.RequeueAfter)
	}
	exposed := meta.FindStatusCondition(b.environment(shop).Status.Conditions, v1alpha1.ConditionExposed)
	if exposed.Reason != v1alpha1.ReasonNotOwned {
		t.Errorf("condition %+v", exposed)
	}
}

func TestAnObjectOfAFormerNamesakeIsWaitedFor(t *testing.T) {
	controller := true
	b := newBench(t, newShop(), &corev1.Service{ObjectMeta: metav1.ObjectMeta{
		Namespace: shop.Namespace, Name: "shop-media",
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "ProductEnvironment", Name: "shop", UID: "former", Controller: &controller,
		}},
	}})
	if result := b.mustReconcile(shop); result.RequeueAfter != 0 {
		t.Errorf("polls after %s, although its deletion is an event", result.RequeueAfter)
	}
	conditions := b.environment(shop).Status.Conditions
	if exposed := meta.FindStatusCondition(conditions, v1alpha1.ConditionExposed); exposed.Reason != v1alpha1.ReasonProgressing {
		t.Errorf("condition %+v", exposed)
	}
	if meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled) {
		t.Error("stalled, although it ends by itself")
	}
}

func TestADeletionThatFailsIsTriedAgain(t *testing.T) {
	sentinel := errors.New("the API server is away")
	deleting := func(object *v1alpha1.ProductEnvironment) {
		object.Spec.DeletionPolicy = v1alpha1.DeletionDelete
		object.Finalizers = []string{productenvironment.Finalizer}
	}
	for _, broken := range []call{
		{"get", "PersistentVolumeClaim/shop-data"},
		{"delete", "PersistentVolumeClaim/shop-data"},
		{"patch", "ProductEnvironment/shop"},
	} {
		t.Run(broken.verb+" "+broken.object, func(t *testing.T) {
			object := newShop(deleting)
			b := newBench(t, object)
			b.mustReconcile(shop)
			if err := b.client.Delete(t.Context(), object); err != nil {
				t.Fatal(err)
			}
			b.fail = func(c call) error {
				if c == broken {
					return sentinel
				}
				return nil
			}
			if _, err := b.reconcile(shop); !errors.Is(err, sentinel) {
				t.Fatalf("error %v", err)
			}
			b.fail = func(call) error { return nil }
			b.mustReconcile(shop)
			if err := b.client.Get(t.Context(), shop, object); client.IgnoreNotFound(err) != nil || err == nil {
				t.Errorf("the environment is still there: %v", err)
			}
			claim := &corev1.PersistentVolumeClaim{}
			if err := b.client.Get(t.Context(), types.NamespacedName{Namespace: shop.Namespace, Name: "shop-data"}, claim); client.IgnoreNotFound(err) != nil || err == nil {
				t.Errorf("the claim is still there: %v", err)
			}
		})
	}
}

func TestADeletionLeavesAClaimOfSomebodyElseAlone(t *testing.T) {
	object := newShop(func(object *v1alpha1.ProductEnvironment) {
		object.Spec.DeletionPolicy = v1alpha1.DeletionDelete
		object.Finalizers = []string{productenvironment.Finalizer}
	})
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: shop.Namespace, Name: "shop-data"}}
	b := newBench(t, object, claim)
	if err := b.client.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	b.mustReconcile(shop)
	if err := b.client.Get(t.Context(), client.ObjectKeyFromObject(claim), claim); err != nil {
		t.Error(err)
	}
}

func TestNewImagesReachOneEnvironmentAfterTheOther(t *testing.T) {
	market := types.NamespacedName{Namespace: shop.Namespace, Name: "market"}
	manual := types.NamespacedName{Namespace: shop.Namespace, Name: "manual"}
	b := newBench(t, newShop(),
		newShop(func(object *v1alpha1.ProductEnvironment) {
			object.Name, object.UID, object.Spec.CloudName = market.Name, "uid-market", "market"
		}),
		newShop(func(object *v1alpha1.ProductEnvironment) {
			object.Name, object.UID, object.Spec.CloudName = manual.Name, "uid-manual", "manual"
			object.Spec.Renderer = &v1alpha1.RendererSpec{Upgrade: v1alpha1.UpgradeManual}
		}))
	image := func(name types.NamespacedName) string { return b.environment(name).Status.Renderer.Image }
	for _, name := range []types.NamespacedName{shop, market, manual} {
		b.mustReconcile(name)
		b.rollOut(name)
		b.mustReconcile(name)
	}

	b.reconciler.Images = productenvironment.Images{Renderer: "renderer:2", Engine: "engine:2"}
	b.mustReconcile(shop)
	unavailable(b, shop)
	b.mustReconcile(shop)
	if got := image(shop); got != "renderer:2" {
		t.Fatalf("the first environment runs %s", got)
	}
	result := b.mustReconcile(market)
	if got := image(market); got != "renderer:1" {
		t.Errorf("the second environment runs %s while the first is not ready", got)
	}
	if result.RequeueAfter == 0 {
		t.Error("the second environment does not ask again")
	}

	b.rollOut(shop)
	b.mustReconcile(shop)
	b.mustReconcile(market)
	if got := image(market); got != "renderer:2" {
		t.Errorf("the second environment runs %s after the first is ready", got)
	}
	b.mustReconcile(manual)
	if got := image(manual); got != "renderer:1" {
		t.Errorf("the manual environment runs %s", got)
	}

	changed := b.environment(manual)
	changed.Spec.Renderer.Image = "renderer:own"
	if err := b.client.Update(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	b.mustReconcile(manual)
	if got := image(manual); got != "renderer:own" {
		t.Errorf("the manual environment runs %s, its spec names renderer:own", got)
	}
}

func TestAnEnvironmentThatNeverGetsReadyDoesNotHoldUpgradesBackForever(t *testing.T) {
	market := types.NamespacedName{Namespace: shop.Namespace, Name: "market"}
	b := newBench(t, newShop(), newShop(func(object *v1alpha1.ProductEnvironment) {
		object.Name, object.UID, object.Spec.CloudName = market.Name, "uid-market", "market"
	}))
	b.mustReconcile(market)
	b.reconciler.Images = productenvironment.Images{Renderer: "renderer:2", Engine: "engine:2"}
	b.mustReconcile(shop) // new, never ready
	b.mustReconcile(market)
	if got := b.environment(market).Status.Renderer.Image; got != "renderer:1" {
		t.Fatalf("runs %s at once", got)
	}
	b.now = b.now.Add(time.Hour)
	b.mustReconcile(market)
	if got := b.environment(market).Status.Renderer.Image; got != "renderer:2" {
		t.Errorf("runs %s after an hour", got)
	}
}

// unavailable plays a Deployment that is rolling.
func unavailable(b *bench, name types.NamespacedName) {
	b.t.Helper()
	deployment := &unstructured.Unstructured{}
	deployment.SetAPIVersion("apps/v1")
	deployment.SetKind("Deployment")
	key := types.NamespacedName{Namespace: name.Namespace, Name: name.Name + "-renderer"}
	if err := b.client.Get(b.t.Context(), key, deployment); err != nil {
		b.t.Fatal(err)
	}
	if err := unstructured.SetNestedField(deployment.Object, map[string]any{}, "status"); err != nil {
		b.t.Fatal(err)
	}
	if err := b.client.Status().Update(b.t.Context(), deployment); err != nil {
		b.t.Fatal(err)
	}
}
