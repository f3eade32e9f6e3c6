package catalog

import (
	"context"
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

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
		if err := k.ReportUsage(t.Context(), Usage{Assets: step.assets}, start.Add(step.after)); err != nil {
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

func TestQuotasThatAreUsedUpAreReportedAtOnceAndIdleDaysNot(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	api := fake.NewClientBuilder().WithScheme(scheme).WithObjects(environmentObject()).WithStatusSubresource(&v1alpha1.ProductEnvironment{}).Build()
	k := newKubernetes(KubernetesOptions{Namespace: namespace, Environment: name}, api)
	start := time.Date(2026, 8, 31, 23, 50, 0, 0, time.UTC)
	used := Usage{
		Assets: 1, DerivedFiles: 2, StoredBytes: 3,
		Day:   PeriodUsage{Period: "2026-08-31", Transformations: 4, CPUSeconds: 5, Requests: 6, BandwidthBytes: 7},
		Month: PeriodUsage{Period: "2026-08", Transformations: 8, CPUSeconds: 9, Requests: 10, BandwidthBytes: 11},
	}
	report := func(after time.Duration) *v1alpha1.UsageStatus {
		t.Helper()
		if err := k.ReportUsage(t.Context(), used, start.Add(after)); err != nil {
			t.Fatal(err)
		}
		environment := &v1alpha1.ProductEnvironment{}
		if err := api.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, environment); err != nil {
			t.Fatal(err)
		}
		return environment.Status.Usage
	}
	got := report(0)
	day := v1alpha1.PeriodUsage{Period: "2026-08-31", Transformations: 4, CPUSeconds: 5, Requests: 6, BandwidthBytes: 7}
	month := v1alpha1.PeriodUsage{Period: "2026-08", Transformations: 8, CPUSeconds: 9, Requests: 10, BandwidthBytes: 11}
	if got.Assets != 1 || got.DerivedFiles != 2 || got.StoredBytes != 3 || *got.Day != day || *got.Month != month || got.Exceeded != nil {
		t.Errorf("the status says %+v", got)
	}
	used.Exceeded = []string{"requests.perDay"}
	if got := report(time.Minute); len(got.Exceeded) != 1 || !got.ObservedAt.Time.Equal(start.Add(time.Minute)) {
		t.Errorf("a quota that is used up: %+v", got)
	}
	used.Exceeded, used.Day, used.Month = nil, PeriodUsage{Period: "2026-09-01"}, PeriodUsage{Period: "2026-09"}
	if got := report(10 * time.Minute); got.Exceeded != nil || *got.Day != day || *got.Month != month {
		t.Errorf("the next day begins with %+v", got)
	}
	if got := report(time.Hour); !got.ObservedAt.Time.Equal(start.Add(10 * time.Minute)) {
		t.Errorf("an idle environment is written to: %+v", got)
	}
}

func TestTheBackupIsReportedOftenWhileItCopies(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	object := environmentObject()
	object.Status.Backup = &v1alpha1.BackupStatus{Bucket: &v1alpha1.BucketStatus{Name: "copies"}}
	api := fake.NewClientBuilder().WithScheme(scheme).WithObjects(object).WithStatusSubresource(&v1alpha1.ProductEnvironment{}).Build()
	k := newKubernetes(KubernetesOptions{Namespace: namespace, Environment: name}, api)
	start := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		after    time.Duration
		progress BackupProgress
		written  time.Duration
	}{
		{0, BackupProgress{Phase: BackupInitial, Assets: 9}, 0},
		{20 * time.Second, BackupProgress{Phase: BackupCopying, Assets: 9, Copied: 1, Bytes: 10, Pending: 8}, 0},
		{40 * time.Second, BackupProgress{Phase: BackupCopying, Assets: 9, Copied: 2, Bytes: 20, Pending: 7, LastError: "away"}, 40 * time.Second},
		{2 * time.Minute, BackupProgress{Phase: BackupComplete, Assets: 9, Copied: 9, Bytes: 90}, 2 * time.Minute},
		{4 * time.Minute, BackupProgress{Phase: BackupComplete, Assets: 10, Copied: 10, Bytes: 91}, 2 * time.Minute},
		{8 * time.Minute, BackupProgress{Phase: BackupComplete, Assets: 10, Copied: 10, Bytes: 91}, 8 * time.Minute},
		{20 * time.Minute, BackupProgress{Phase: BackupComplete, Assets: 10, Copied: 10, Bytes: 91}, 8 * time.Minute},
		{25 * time.Minute, BackupProgress{Phase: BackupComplete, Assets: 11, Copied: 11, Bytes: 92}, 25 * time.Minute},
		{25*time.Minute + 30*time.Second, BackupProgress{Phase: BackupCopying, Assets: 12, Copied: 11, Bytes: 92, Pending: 1}, 25*time.Minute + 30*time.Second},
	} {
		if err := k.ReportBackup(t.Context(), step.progress, start.Add(step.after)); err != nil {
			t.Fatal(err)
		}
		environment := &v1alpha1.ProductEnvironment{}
		if err := api.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, environment); err != nil {
			t.Fatal(err)
		}
		backup := environment.Status.Backup
		if backup.Bucket.Name != "copies" || !backup.Progress.ObservedAt.Time.Equal(start.Add(step.written)) {
			t.Errorf("after %s the status says %+v", step.after, backup.Progress)
		}
		got := BackupProgress{Phase: backup.Progress.Phase, Assets: backup.Progress.Assets, Copied: backup.Progress.Copied, Bytes: backup.Progress.Bytes, Pending: backup.Progress.Pending, LastError: backup.Progress.LastError}
		if step.written == step.after && got != step.progress {
			t.Errorf("after %s the status says %+v", step.after, got)
		}
	}
}

func TestReportsThatCannotBeWritten(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	away := errors.New("connection refused")
	fails := true
	api := fake.NewClientBuilder().WithScheme(scheme).WithObjects(environmentObject()).WithStatusSubresource(&v1alpha1.ProductEnvironment{}).WithInterceptorFuncs(interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, api client.Client, subresource string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
			if fails {
				return away
			}
			return api.SubResource(subresource).Patch(ctx, object, patch, options...)
		},
	}).Build()
	k := newKubernetes(KubernetesOptions{Namespace: namespace, Environment: name}, api)
	now := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	if err := k.ReportUsage(t.Context(), Usage{Assets: 1}, now); !errors.Is(err, away) {
		t.Errorf("the usage: %v", err)
	}
	if err := k.ReportBackup(t.Context(), BackupProgress{Phase: BackupInitial}, now); !errors.Is(err, away) {
		t.Errorf("the backup: %v", err)
	}
	// The first report makes the part of the status that it is in.
	fails = false
	if err := k.ReportBackup(t.Context(), BackupProgress{Phase: BackupInitial}, now); err != nil {
		t.Fatal(err)
	}
	environment := &v1alpha1.ProductEnvironment{}
	if err := api.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, environment); err != nil || environment.Status.Backup == nil || environment.Status.Backup.Progress.Phase != BackupInitial {
		t.Errorf("%+v, %v", environment.Status.Backup, err)
	}
}

func TestAnEnvironmentThatIsGoneGetsNoReport(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	k := newKubernetes(KubernetesOptions{Namespace: namespace, Environment: name}, fake.NewClientBuilder().WithScheme(scheme).Build())
	if err := k.ReportUsage(t.Context(), Usage{Assets: 1}, time.Now()); err == nil {
		t.Error("no error")
	}
	if err := k.ReportBackup(t.Context(), BackupProgress{}, time.Now()); err == nil {
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
