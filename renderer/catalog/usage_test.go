package catalog

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestUsageIsReportedSeldomAndOnlyWhenItChanged(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	api := fake.NewClientBuilder().WithScheme(scheme).WithObjects(environmentObject()).WithStatusSubresource(&v1alpha1.ProductEnvironment{}).Build()
	k := newKubernetes(KubernetesOptions{Namespace: namespace, Environment: name}, api)
	start := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		after       time.Duration
		assets      int64
		want        int64
		wantWritten time.Duration
	}{
		{0, 0, 0, 0},
		{time.Minute, 7, 0, 0},
		{5 * time.Minute, 7, 7, 5 * time.Minute},
		{20 * time.Minute, 7, 7, 5 * time.Minute},
		{21 * time.Minute, 3, 3, 21 * time.Minute},
	} {
		if err := k.ReportUsage(t.Context(), step.assets, start.Add(step.after)); err != nil {
			t.Fatal(err)
		}
		environment := &v1alpha1.ProductEnvironment{}
		if err := api.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, environment); err != nil {
			t.Fatal(err)
		}
		usage := environment.Status.Usage
		if usage == nil || usage.Assets != step.want || !usage.ObservedAt.Time.Equal(start.Add(step.wantWritten)) {
			t.Errorf("after %s the status says %+v", step.after, usage)
		}
		if environment.Status.CloudName != "acme-shop" {
			t.Errorf("the rest of the status is lost: %+v", environment.Status)
		}
	}
}

func TestAnEnvironmentThatIsGoneGetsNoReport(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	k := newKubernetes(KubernetesOptions{Namespace: namespace, Environment: name}, fake.NewClientBuilder().WithScheme(scheme).Build())
	if err := k.ReportUsage(t.Context(), 1, time.Now()); err == nil {
		t.Error("no error")
	}
}

func TestCloudNamesAreComparedWithoutCase(t *testing.T) {
	environment := Environment{CloudName: "kiosk"}
	for segment, want := range map[string]bool{
		"kiosk": true, "KIOSK": true, "Kiosk": true, "kiosks": false, "": false, "kios": false, "\u212aiosk": false, "kio\u017fk": false,
	} {
		if got := environment.IsCloud(segment); got != want {
			t.Errorf("%q: %v", segment, got)
		}
	}
}
