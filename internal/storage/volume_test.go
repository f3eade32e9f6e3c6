package storage_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/storage"
)

// claim is the claim of the environment shop, as it was applied before, with a phase and a class.
func claim(phase corev1.PersistentVolumeClaimPhase, class string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "media", Name: "shop-data", Labels: build.Evidence("shop")},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			StorageClassName: &class,
			Resources: corev1.VolumeResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("10Gi")},
			},
		},
		Status: corev1.PersistentVolumeClaimStatus{Phase: phase},
	}
}

func TestVolumeSaysHowItsClaimIs(t *testing.T) {
	size := func(s string) *v1alpha1.StorageSpec {
		quantity := resource.MustParse(s)
		return &v1alpha1.StorageSpec{Volume: &v1alpha1.VolumeStorage{Size: &quantity}}
	}
	class := func(class string) *v1alpha1.StorageSpec {
		return &v1alpha1.StorageSpec{Volume: &v1alpha1.VolumeStorage{StorageClassName: &class}}
	}
	for name, c := range map[string]struct {
		existing []client.Object
		storage  *v1alpha1.StorageSpec
		reason   string
		message  string
		requests string
	}{
		"new":             {nil, nil, v1alpha1.ReasonVolumePending, "shop-data waits", "10Gi"},
		"pending":         {[]client.Object{claim(corev1.ClaimPending, "a")}, nil, v1alpha1.ReasonVolumePending, "shop-data waits", "10Gi"},
		"bound":           {[]client.Object{claim(corev1.ClaimBound, "a")}, nil, v1alpha1.ReasonReady, "shop-data is bound", "10Gi"},
		"lost":            {[]client.Object{claim(corev1.ClaimLost, "a")}, nil, v1alpha1.ReasonVolumeLost, "shop-data has lost", "10Gi"},
		"grows":           {[]client.Object{claim(corev1.ClaimBound, "a")}, size("20Gi"), v1alpha1.ReasonReady, "", "20Gi"},
		"never shrinks":   {[]client.Object{claim(corev1.ClaimBound, "a")}, size("1Gi"), v1alpha1.ReasonImmutable, "spec.storage.volume.size: 1Gi is less than the 10Gi", "10Gi"},
		"keeps its class": {[]client.Object{claim(corev1.ClaimBound, "a")}, class("b"), v1alpha1.ReasonImmutable, `spec.storage.volume.storageClassName: PersistentVolumeClaim shop-data is of class "a"`, "10Gi"},
		"names its class": {[]client.Object{claim(corev1.ClaimBound, "a")}, class("a"), v1alpha1.ReasonReady, "", "10Gi"},
	} {
		t.Run(name, func(t *testing.T) {
			fakeClient := fake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(c.existing...).Build()
			volume := &storage.Volume{Client: fakeClient, Applier: apply.New(fakeClient, fakeClient, build.FieldManager, nil)}
			object := &v1alpha1.ProductEnvironment{
				ObjectMeta: metav1.ObjectMeta{Namespace: "media", Name: "shop"},
				Spec:       v1alpha1.ProductEnvironmentSpec{CloudName: "acme", Storage: c.storage},
			}
			part, err := volume.Ensure(t.Context(), &build.Environment{Object: object, Effective: rules.Effective(object)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if part.Type != v1alpha1.ConditionStorageReady || part.Reason != c.reason || !strings.Contains(part.Message, c.message) {
				t.Errorf("part %+v, want %s %q", part, c.reason, c.message)
			}
			got := &corev1.PersistentVolumeClaim{}
			if err := fakeClient.Get(t.Context(), client.ObjectKey{Namespace: "media", Name: "shop-data"}, got); err != nil {
				t.Fatal(err)
			}
			if requests := got.Spec.Resources.Requests[corev1.ResourceStorage]; requests.String() != c.requests {
				t.Errorf("the claim asks for %s, want %s", requests.String(), c.requests)
			}
		})
	}
}
