package catalog

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

func importObject(source v1alpha1.ImportSource) *v1alpha1.AssetImport {
	return &v1alpha1.AssetImport{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "old", UID: "uid-old"},
		Spec:       v1alpha1.AssetImportSpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: name}, Source: source},
	}
}

func TestImportsAreTranslatedWithTheirDefaults(t *testing.T) {
	account := importObject(v1alpha1.ImportSource{Account: &v1alpha1.AccountSource{CloudName: "old", CredentialsSecretRef: v1alpha1.SecretReference{Name: "keys"}}})
	bucket := importObject(v1alpha1.ImportSource{Bucket: &v1alpha1.BucketSource{Name: "pictures", PathStyle: new(true), CredentialsSecretRef: v1alpha1.SecretReference{Name: "keys"}}})
	bucket.Spec.Parallel, bucket.Spec.Suspend, bucket.Spec.Existing = new(int32(9)), new(true), v1alpha1.ExistingReplace
	list := importObject(v1alpha1.ImportSource{List: &v1alpha1.ListSource{Inline: "url"}})
	found := translateImports([]*v1alpha1.AssetImport{account, bucket, list})
	if a := found[0]; a.Account.APIBaseURL != "https://api.cloudinary.com" || len(a.Account.Types) != 3 || !a.Account.Configuration || a.Parallel != 4 || a.Secret != "keys" || a.Suspended || a.Replace || a.Run != rules.ImportRun(account) {
		t.Errorf("account %+v %+v", a, a.Account)
	}
	if b := found[1]; b.Bucket.Region != "us-east-1" || !b.Bucket.PathStyle || b.Parallel != 9 || !b.Suspended || !b.Replace {
		t.Errorf("bucket %+v %+v", b, b.Bucket)
	}
	if l := found[2]; l.List.Inline != "url" || l.Secret != "" {
		t.Errorf("list %+v", l)
	}
	snapshot := &Snapshot{Imports: found}
	if _, ok := snapshot.Import("uid-old"); !ok {
		t.Error("an import is not found by its ID")
	}
	if _, ok := snapshot.Import("other"); ok {
		t.Error("an import is found that there is not")
	}
}

func TestReportsOnImportsFitTheStatus(t *testing.T) {
	report := ImportReport{Run: "one", State: string(v1alpha1.ImportRunning), Message: strings.Repeat("ä", 2000)}
	for range 30 {
		report.Failures = append(report.Failures, [2]string{"same", "reason"})
	}
	for i := range 30 {
		report.Failures = append(report.Failures, [2]string{strings.Repeat("x", i+1), strings.Repeat("r", 2000)})
	}
	progress := progressOf(report)
	if len([]rune(progress.Message)) != maxFailure || len(progress.Failures) != maxReportedFailures || progress.Failures[0].Item != "same" || progress.Failures[1].Item != "x" || len([]rune(progress.Failures[1].Reason)) != maxFailure {
		t.Errorf("progress %+v", progress)
	}
	if progress.StartedAt != nil || progress.FinishedAt != nil {
		t.Errorf("times that are not known: %v, %v", progress.StartedAt, progress.FinishedAt)
	}
}

// testImports follows an import in the rights of a renderer, and reports on it.
func testImports(t *testing.T, k *Kubernetes, admin client.Client) {
	t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "old-cloud"}, StringData: map[string]string{"api_key": "key", "api_secret": "secret"}}
	object := importObject(v1alpha1.ImportSource{Account: &v1alpha1.AccountSource{CloudName: "old", CredentialsSecretRef: v1alpha1.SecretReference{Name: "old-cloud"}}})
	for _, made := range []client.Object{secret, object} {
		if err := admin.Create(t.Context(), made); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the import", func() bool { return len(k.Current().Imports) == 1 })
	found := k.Current().Imports[0]
	entries, err := k.ImportCredentials(t.Context(), found.Secret)
	if err != nil || entries["api_key"] != "key" || entries["api_secret"] != "secret" {
		t.Errorf("credentials %v, %v", entries, err)
	}
	if _, err := k.ImportCredentials(t.Context(), "another"); err == nil {
		t.Error("a Secret that no import names is read")
	}
	report := ImportReport{Run: found.Run, State: "Completed", Total: 2, Done: 1, Failed: 1, StartedAt: time.Now(), FinishedAt: time.Now(), Failures: [][2]string{{"image/upload/a", "Invalid image file"}}}
	if err := k.ReportImport(t.Context(), found.Name, report); err != nil {
		t.Fatal(err)
	}
	if err := admin.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		t.Fatal(err)
	}
	if progress := object.Status.Progress; progress == nil || progress.State != v1alpha1.ImportCompleted || progress.Done != 1 || len(progress.Failures) != 1 || progress.FinishedAt == nil {
		t.Errorf("progress %+v", progress)
	}
	report.Failures, report.Failed = nil, 0
	if err := k.ReportImport(t.Context(), found.Name, report); err != nil {
		t.Fatal(err)
	}
	if err := admin.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil || len(object.Status.Progress.Failures) != 0 || object.Status.Progress.Failed != 0 {
		t.Errorf("the next report leaves %+v, %v", object.Status.Progress, err)
	}
	if err := admin.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the import to go", func() bool { return len(k.Current().Imports) == 0 })
	if err := k.ReportImport(t.Context(), found.Name, report); err != nil {
		t.Errorf("a report on an import that is gone: %v", err)
	}
}
