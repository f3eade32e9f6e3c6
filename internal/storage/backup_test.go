package storage_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/storage"
	"github.com/darkroom-media/darkroom/test/s3server"
)

// backupBench is the backup of one environment, and what was recorded in its status.
type backupBench struct {
	t           *testing.T
	provisioner *storage.Backup
	object      *v1alpha1.ProductEnvironment
	recorded    []v1alpha1.BucketStatus
}

func newBackupBench(t *testing.T, endpoint string, change func(*v1alpha1.BackupBucket)) *backupBench {
	b := newBench(t, endpoint, "bytes")
	b.object.Spec.Backup = &v1alpha1.BackupSpec{S3: &v1alpha1.BackupBucket{
		BucketPlace: v1alpha1.BucketPlace{Endpoint: endpoint, CredentialsSecretRef: &v1alpha1.SecretReference{Name: "store"}},
		ObjectLock:  &v1alpha1.ObjectLock{Days: 30},
	}}
	if change != nil {
		change(b.object.Spec.Backup.S3)
	}
	b.provisioner.Live = fake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(credentials(nil)).Build()
	return &backupBench{t: t, provisioner: &storage.Backup{S3: b.provisioner}, object: b.object}
}

func (b *backupBench) ensure() (conditions.Part, error) {
	e := &build.Environment{Object: b.object, Effective: rules.Effective(b.object)}
	return b.provisioner.Ensure(b.t.Context(), e, func(_ context.Context, identity v1alpha1.BucketStatus) error {
		b.recorded = append(b.recorded, identity)
		b.object.Status.Backup = &v1alpha1.BackupStatus{Bucket: &identity}
		return nil
	})
}

func (b *backupBench) mustEnsure() conditions.Part {
	b.t.Helper()
	part, err := b.ensure()
	if err != nil {
		b.t.Fatal(err)
	}
	if !part.IsReady() || part.Type != v1alpha1.ConditionBackupReady {
		b.t.Fatalf("not ready: %+v", part)
	}
	return part
}

func TestABackupBucketIsMadeThatLocksItsObjects(t *testing.T) {
	server := s3server.StartVersioned(t)
	b := newBackupBench(t, server.URL, nil)
	part := b.mustEnsure()
	if part.Reason != v1alpha1.ReasonReady || !strings.HasSuffix(part.Message, "backups are locked for 30 days in mode GOVERNANCE") {
		t.Errorf("%+v", part)
	}
	identity := b.recorded[len(b.recorded)-1]
	if !identity.Owned || !strings.HasPrefix(identity.Name, "darkroom-media-shop-backup-") || identity.Endpoint != server.URL {
		t.Errorf("recorded %+v", b.recorded)
	}
	c, name := server.Client(), identity.Name
	if has := tags(t, c, name); has[tagEnvironment] != "media/shop.backup" || has[tagUID] != "uid-shop" || has[tagOrigin] != "made" {
		t.Errorf("tags %v", has)
	}
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &name, Key: new("versions/a"), Body: strings.NewReader("a")}); err != nil {
		t.Fatal(err)
	}
	head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &name, Key: new("versions/a")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &name, Key: new("versions/a"), VersionId: head.VersionId}); err == nil {
		t.Error("a locked object can be deleted")
	}
	locked := func() types.DefaultRetention {
		t.Helper()
		output, err := c.GetObjectLockConfiguration(t.Context(), &s3.GetObjectLockConfigurationInput{Bucket: &name})
		if err != nil {
			t.Fatal(err)
		}
		return *output.ObjectLockConfiguration.Rule.DefaultRetention
	}
	if has := locked(); has.Mode != types.ObjectLockRetentionModeGovernance || aws.ToInt32(has.Days) != 30 {
		t.Errorf("retention %+v", has)
	}

	// Another lock is written, and what is there is found again.
	b.object.Spec.Backup.S3.ObjectLock = &v1alpha1.ObjectLock{Days: 7, Mode: v1alpha1.ObjectLockCompliance}
	if part := b.mustEnsure(); !strings.HasSuffix(part.Message, "backups are locked for 7 days in mode COMPLIANCE") {
		t.Errorf("%+v", part)
	}
	if has := locked(); has.Mode != types.ObjectLockRetentionModeCompliance || aws.ToInt32(has.Days) != 7 {
		t.Errorf("retention %+v", has)
	}
}

func TestABackupThatIsNotLockedSaysSo(t *testing.T) {
	server := s3server.StartVersioned(t)
	c := server.Client()
	plain := "plain-backup"
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &plain}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(*v1alpha1.BackupBucket)
		says   string
	}{
		"no lock asked for":          {func(s *v1alpha1.BackupBucket) { s.ObjectLock = nil }, "backups are not locked: whoever can write to the bucket can delete them"},
		"a bucket made without lock": {func(s *v1alpha1.BackupBucket) { s.Bucket = plain }, "backups are not locked, the bucket was made without object lock: whoever can write to the bucket can delete them"},
		"an identity of the pod's": {func(s *v1alpha1.BackupBucket) { s.Bucket, s.CredentialsSecretRef = "far", nil },
			"whether backups are locked is not known: the operator does not look at the bucket"},
	} {
		t.Run(name, func(t *testing.T) {
			part := newBackupBench(t, server.URL, test.change).mustEnsure()
			if part.Reason != v1alpha1.ReasonNotLocked || !strings.HasSuffix(part.Message, "; "+test.says) {
				t.Errorf("%+v", part)
			}
		})
	}
}

func TestAStoreWithoutObjectLockSaysSo(t *testing.T) {
	server := s3server.Start(t)
	b := newBackupBench(t, refusing(t, server.URL, "object-lock"), nil)
	if part := b.mustEnsure(); part.Reason != v1alpha1.ReasonNotLocked || !strings.Contains(part.Message, "backups are not locked, the store has no object lock") {
		t.Errorf("%+v", part)
	}
}

func TestWhatIsWrongWithABackupNamesItsOwnFields(t *testing.T) {
	server := s3server.Start(t)
	state := func(b *backupBench) conditions.Part {
		t.Helper()
		part, err := b.ensure()
		if until, ok := errors.AsType[*conditions.UntilError](err); ok {
			return until.Part
		}
		if err != nil {
			t.Fatal(err)
		}
		return part
	}
	b := newBackupBench(t, server.URL, func(s *v1alpha1.BackupBucket) { s.CredentialsSecretRef.Name = "missing" })
	if part := state(b); part.Reason != v1alpha1.ReasonSecretNotFound || !strings.HasPrefix(part.Message, "spec.backup.s3.credentialsSecretRef: ") || part.Type != v1alpha1.ConditionBackupReady {
		t.Errorf("%+v", part)
	}
	b = newBackupBench(t, "http://127.0.0.1:1", nil)
	if part := state(b); part.Reason != v1alpha1.ReasonBucketUnreachable || !strings.HasPrefix(part.Message, "spec.backup.s3.endpoint: ") {
		t.Errorf("%+v", part)
	}
	b = newBackupBench(t, server.URL, nil)
	b.mustEnsure()
	b.object.Spec.Backup.S3.Prefix = "elsewhere/"
	if part := state(b); !part.IsBlocked() || part.Reason != v1alpha1.ReasonImmutable || !strings.Contains(part.Message, "spec.backup.s3.prefix") {
		t.Errorf("%+v", part)
	}
	// The bucket of another environment's backup is left alone, also when that has the name of ours.
	other := newBackupBench(t, server.URL, func(s *v1alpha1.BackupBucket) { s.Bucket = b.recorded[0].Name })
	other.object.Name, other.object.UID = "shop-backup", "uid-other"
	if part := state(other); !part.IsBlocked() || part.Reason != v1alpha1.ReasonBucketNotOurs {
		t.Errorf("%+v", part)
	}
}

// refusing stands before a store and knows no calls with a parameter.
func refusing(t *testing.T, endpoint, parameter string) string {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // It is signed.
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has(parameter) {
			w.WriteHeader(http.StatusNotImplemented)
			_, _ = io.WriteString(w, "<Error><Code>NotImplemented</Code></Error>")
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
