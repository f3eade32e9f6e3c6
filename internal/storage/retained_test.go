package storage_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/storage"
	"github.com/darkroom-media/darkroom/test/s3server"
)

// again is the environment of another bench, deleted and made anew: it has another UID, and nothing in its status.
func (b *bench) again(change func(*bench)) *bench {
	next := newBench(b.t, b.object.Spec.Storage.S3.Endpoint, b.object.Spec.Storage.S3.Bucket, credentials(nil))
	next.object.Spec.Storage.S3.Prefix = b.object.Spec.Storage.S3.Prefix
	next.object.UID = "uid-again"
	if change != nil {
		change(next)
	}
	return next
}

func TestAnEnvironmentThatIsMadeAnewTakesItsBucketUpAgain(t *testing.T) {
	server := s3server.Start(t)
	c := server.Client()
	for name, bucket := range map[string]string{"of its own": "", "named": "kept"} {
		t.Run(name, func(t *testing.T) {
			first := newBench(t, server.URL, bucket, credentials(nil))
			first.object.Spec.Storage.S3.Prefix = "shop/"
			first.mustEnsure()
			kept := first.object.Status.Bucket.Name
			put(t, c, kept, "shop/originals/1")

			second := first.again(nil)
			second.mustEnsure()
			if got := second.object.Status.Bucket; got == nil || got.Name != kept || !got.Owned || got.Prefix != "shop/" {
				t.Fatalf("recorded %+v, want bucket %s", got, kept)
			}
			if got := tags(t, c, kept); got[tagUID] != "uid-again" || got[tagOrigin] != "made" || got[tagEnvironment] != "media/shop" || got[tagCluster] != cluster {
				t.Errorf("tags %v", got)
			}
			if again := second.mustEnsure(); !strings.Contains(again.Message, "made for this environment") {
				t.Errorf("message %q", again.Message)
			}
			// It is the new one's now: a pass of the old one, late, is refused nothing but its name.
			if err := first.provisioner.Teardown(t.Context(), first.object); err != nil || !exists(t, c, kept) {
				t.Errorf("the old environment could still remove it: %v", err)
			}
			if err := second.provisioner.Teardown(t.Context(), second.object); err != nil || exists(t, c, kept) {
				t.Errorf("the new environment cannot remove it: %v", err)
			}
		})
	}
}

func TestABucketIsTakenUpByNobodyElse(t *testing.T) {
	server := s3server.Start(t)
	c := server.Client()
	first := newBench(t, server.URL, "kept", credentials(nil))
	first.object.Spec.Storage.S3.Prefix = "shop/"
	first.mustEnsure()
	for name, test := range map[string]struct {
		change func(*bench)
		reason string
		names  []string
	}{
		"another name":      {func(b *bench) { b.object.Name = "blog" }, v1alpha1.ReasonBucketNotOurs, []string{"spec.storage.s3.bucket", "kept", "uid-shop", "media/shop"}},
		"another namespace": {func(b *bench) { b.object.Namespace = "press" }, v1alpha1.ReasonSecretNotFound, nil},
		"another cluster": {func(b *bench) {
			b.provisioner.Cluster = func(context.Context) (string, error) { return "cluster-2", nil }
		}, v1alpha1.ReasonBucketNotOurs, []string{"kept", cluster}},
		"another prefix": {func(b *bench) { b.object.Spec.Storage.S3.Prefix = "other/" }, v1alpha1.ReasonImmutable, []string{"spec.storage.s3.prefix", `"shop/"`}},
		"no prefix":      {func(b *bench) { b.object.Spec.Storage.S3.Prefix = "" }, v1alpha1.ReasonImmutable, []string{"spec.storage.s3.prefix", `"shop/"`}},
	} {
		t.Run(name, func(t *testing.T) {
			other := first.again(test.change)
			part := other.state()
			if part.Reason != test.reason || !part.IsBlocked() {
				t.Errorf("part %+v, want %s", part, test.reason)
			}
			for _, word := range test.names {
				if !strings.Contains(part.Message, word) {
					t.Errorf("message %q does not name %s", part.Message, word)
				}
			}
			if other.object.Status.Bucket != nil {
				t.Errorf("recorded %+v", other.object.Status.Bucket)
			}
			if got := tags(t, c, "kept"); got[tagUID] != "uid-shop" {
				t.Errorf("the tags became %v", got)
			}
		})
	}
}

func TestTheBytesStayWhereTheyAre(t *testing.T) {
	server := s3server.Start(t)
	elsewhere := s3server.Start(t)
	b := newBench(t, server.URL, "", credentials(nil))
	b.object.Spec.Storage.S3.Prefix = "shop/"
	b.mustEnsure()
	recorded := *b.object.Status.Bucket
	spec := b.object.Spec.Storage.S3.DeepCopy()
	for culprit, change := range map[string]func(*v1alpha1.S3Storage){
		"spec.storage.s3.bucket":   func(s *v1alpha1.S3Storage) { s.Bucket = "another" },
		"spec.storage.s3.endpoint": func(s *v1alpha1.S3Storage) { s.Endpoint = elsewhere.URL },
		"spec.storage.s3.prefix":   func(s *v1alpha1.S3Storage) { s.Prefix = "" },
	} {
		b.object.Spec.Storage.S3 = spec.DeepCopy()
		change(b.object.Spec.Storage.S3)
		part := b.state()
		if part.Reason != v1alpha1.ReasonImmutable || !part.IsBlocked() || !strings.HasPrefix(part.Message, culprit+":") || !strings.Contains(part.Message, recorded.Name) {
			t.Errorf("%s: %+v", culprit, part)
		}
		if *b.object.Status.Bucket != recorded {
			t.Errorf("%s: the status became %+v", culprit, b.object.Status.Bucket)
		}
	}
	if exists(t, server.Client(), "another") || exists(t, elsewhere.Client(), recorded.Name) {
		t.Error("a second bucket was made")
	}
	// A refused move does not hide the bucket from its removal.
	b.object.Spec.Storage.S3 = spec.DeepCopy()
	b.object.Spec.Storage.S3.Endpoint = elsewhere.URL
	if err := b.provisioner.Teardown(t.Context(), b.object); err != nil || exists(t, server.Client(), recorded.Name) {
		t.Errorf("the bucket was not removed: %v", err)
	}
}

func TestTheIdentityOfTheClusterIsReadOnceItCanBe(t *testing.T) {
	away, reads := true, 0
	system := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-system", UID: "uid-system"}}
	reader := interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(system).Build(), interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if reads++; away {
				return errors.New("the API server is away")
			}
			return c.Get(ctx, key, object, options...)
		},
	})
	identity := storage.ClusterIdentity(reader)
	if got, err := identity(t.Context()); err == nil {
		t.Errorf("%q without an API server", got)
	}
	away = false
	for range 3 {
		if got, err := identity(t.Context()); err != nil || got != "uid-system" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if reads != 2 {
		t.Errorf("%d reads", reads)
	}
}
