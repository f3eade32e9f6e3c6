package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/storage"
	"github.com/darkroom-media/darkroom/test/s3server"
)

// cluster is the identity of the tests'.
const cluster = "cluster-1"

// Tags as they stand on buckets.
const (
	tagEnvironment = "media.darkroom.dev/environment"
	tagCluster     = "media.darkroom.dev/cluster"
	tagUID         = "media.darkroom.dev/environment-uid"
	tagOrigin      = "media.darkroom.dev/origin"
)

// bench is a provisioner, one environment, and what was recorded in its status.
type bench struct {
	t           *testing.T
	provisioner *storage.S3
	object      *v1alpha1.ProductEnvironment
	// recorded are the identities, in order; onRecord is called with each.
	recorded []v1alpha1.BucketStatus
	onRecord func(v1alpha1.BucketStatus)
}

// credentials is the Secret of the server's owner, with changes.
func credentials(changes map[string]string) *corev1.Secret {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "media", Name: "store"}, Data: map[string][]byte{
		"access_key_id": []byte(s3server.AccessKeyID + "\n"), "secret_access_key": []byte(s3server.SecretAccessKey),
	}}
	for key, value := range changes {
		secret.Data[key] = []byte(value)
	}
	return secret
}

func newBench(t *testing.T, endpoint, bucketName string, objects ...client.Object) *bench {
	return &bench{
		t: t,
		provisioner: &storage.S3{
			Live:    fake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(objects...).Build(),
			Cluster: func(context.Context) (string, error) { return cluster, nil },
		},
		object: &v1alpha1.ProductEnvironment{
			ObjectMeta: metav1.ObjectMeta{Namespace: "media", Name: "shop", UID: "uid-shop"},
			Spec: v1alpha1.ProductEnvironmentSpec{Storage: &v1alpha1.StorageSpec{S3: &v1alpha1.S3Storage{BucketPlace: v1alpha1.BucketPlace{
				Bucket: bucketName, Endpoint: endpoint, CredentialsSecretRef: &v1alpha1.SecretReference{Name: "store"},
			}}}},
		},
		onRecord: func(v1alpha1.BucketStatus) {},
	}
}

func (b *bench) ensure() (conditions.Part, error) {
	e := &build.Environment{Object: b.object, Effective: rules.Effective(b.object)}
	return b.provisioner.Ensure(b.t.Context(), e, func(_ context.Context, identity v1alpha1.BucketStatus) error {
		b.recorded = append(b.recorded, identity)
		b.onRecord(identity)
		b.object.Status.Bucket = &identity
		if identity.Name == "" {
			b.object.Status.Bucket = nil
		}
		return nil
	})
}

func (b *bench) mustEnsure() conditions.Part {
	b.t.Helper()
	part, err := b.ensure()
	if err != nil {
		b.t.Fatal(err)
	}
	if !part.IsReady() {
		b.t.Fatalf("not ready: %+v", part)
	}
	return part
}

// state is the part that a failing Ensure stands for.
func (b *bench) state() conditions.Part {
	b.t.Helper()
	part, err := b.ensure()
	if err == nil {
		return part
	}
	if _, until := errors.AsType[*conditions.UntilError](err); !until {
		b.t.Fatalf("error %v, want one that says how the bucket is", err)
	}
	return conditions.Failed(v1alpha1.ConditionStorageReady, err)
}

// tags of a bucket.
func tags(t *testing.T, c *s3.Client, name string) map[string]string {
	t.Helper()
	output, err := c.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: &name})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, tag := range output.TagSet {
		values[*tag.Key] = *tag.Value
	}
	return values
}

func exists(t *testing.T, c *s3.Client, name string) bool {
	t.Helper()
	_, err := c.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &name})
	if _, notFound := errors.AsType[*types.NotFound](err); notFound {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

func makeBucket(t *testing.T, c *s3.Client, name string, tagged ...types.Tag) {
	t.Helper()
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	if len(tagged) == 0 {
		return
	}
	if _, err := c.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: &name, Tagging: &types.Tagging{TagSet: tagged}}); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, c *s3.Client, name, key string) {
	t.Helper()
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &name, Key: &key, Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
}

func tag(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }

func TestABucketOfItsOwnIsMadeOnceItsIdentityIsRecorded(t *testing.T) {
	server := s3server.Start(t)
	c, b := server.Client(), newBench(t, server.URL, "", credentials(nil))
	name := rules.DerivedBucketName(b.object, cluster)
	b.onRecord = func(identity v1alpha1.BucketStatus) {
		if want := (v1alpha1.BucketStatus{Name: name, Endpoint: server.URL, Owned: true}); identity != want {
			t.Errorf("recorded %+v, want %+v", identity, want)
		}
		if len(b.recorded) == 1 && exists(t, c, name) {
			t.Error("the bucket was made before its identity was recorded")
		}
	}
	first := b.mustEnsure()
	if len(b.recorded) == 0 || !exists(t, c, name) {
		t.Fatal("there is no bucket, or nothing was recorded")
	}
	if got := tags(t, c, name); got[tagUID] != "uid-shop" || got[tagOrigin] != "made" || got["media.darkroom.dev/environment"] != "media/shop" {
		t.Errorf("tags %v", got)
	}
	if !strings.Contains(first.Message, name) || !strings.Contains(first.Message, "no lifecycle rules") || !strings.Contains(first.Message, "no public access block") {
		t.Errorf("message %q does not say what the store lacks", first.Message)
	}
	if again := b.mustEnsure(); again != first {
		t.Errorf("a second pass says %+v, the first said %+v", again, first)
	}

	// A crash between making and marking.
	if _, err := c.DeleteBucketTagging(t.Context(), &s3.DeleteBucketTaggingInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	b.mustEnsure()
	if got := tags(t, c, name); got[tagOrigin] != "made" {
		t.Errorf("tags %v after a crash, want that it was made here", got)
	}
}

func TestANamedBucketIsAdoptedOrMade(t *testing.T) {
	server := s3server.Start(t)
	c := server.Client()
	makeBucket(t, c, "adopted", tag("team", "shop"))
	b := newBench(t, server.URL, "adopted", credentials(nil))
	if part := b.mustEnsure(); !strings.Contains(part.Message, "adopted") {
		t.Errorf("message %q", part.Message)
	}
	if got := tags(t, c, "adopted"); got[tagUID] != "uid-shop" || got[tagOrigin] != "adopted" || got["team"] != "shop" {
		t.Errorf("tags %v, want ours beside those that were there", got)
	}
	if b.object.Status.Bucket.Owned {
		t.Error("an adopted bucket counts as owned")
	}

	b = newBench(t, server.URL, "made", credentials(nil))
	b.mustEnsure()
	if !b.object.Status.Bucket.Owned || tags(t, c, "made")[tagOrigin] != "made" {
		t.Errorf("identity %+v, tags %v", b.object.Status.Bucket, tags(t, c, "made"))
	}

	b.object.Spec.Storage.S3.Bucket = "adopted"
	if part := b.state(); part.Reason != v1alpha1.ReasonImmutable || !part.IsBlocked() {
		t.Errorf("another bucket in the spec: %+v", part)
	}
}

func TestWhatIsWrongWithABucketIsSaid(t *testing.T) {
	server := s3server.Start(t)
	makeBucket(t, server.Client(), "foreign", tag(tagUID, "uid-other"), tag("media.darkroom.dev/environment", "media/blog"))
	wrongSecret := credentials(map[string]string{"secret_access_key": "wrong"})
	wrongKey := credentials(map[string]string{"access_key_id": "AKIANOBODY"})
	for name, c := range map[string]struct {
		endpoint, bucket string
		secret           *corev1.Secret
		reason           string
		blocked          bool
		messages         []string
	}{
		"somebody else's":  {server.URL, "foreign", credentials(nil), v1alpha1.ReasonBucketNotOurs, true, []string{"spec.storage.s3.bucket", "foreign", "uid-other", "media/blog"}},
		"a wrong secret":   {server.URL, "mine", wrongSecret, v1alpha1.ReasonBucketCredentialsRefused, true, []string{"spec.storage.s3.credentialsSecretRef", "Secret store"}},
		"an unknown key":   {server.URL, "mine", wrongKey, v1alpha1.ReasonBucketCredentialsRefused, true, []string{"spec.storage.s3.credentialsSecretRef", "Secret store"}},
		"no entry":         {server.URL, "mine", credentials(map[string]string{"secret_access_key": " "}), v1alpha1.ReasonSecretInvalid, true, []string{"Secret store", "secret_access_key"}},
		"no Secret":        {server.URL, "mine", nil, v1alpha1.ReasonSecretNotFound, true, []string{"spec.storage.s3.credentialsSecretRef", "Secret store"}},
		"nobody listening": {"http://127.0.0.1:1", "mine", credentials(nil), v1alpha1.ReasonBucketUnreachable, false, []string{"spec.storage.s3.endpoint", "http://127.0.0.1:1"}},
		"no such host":     {"http://store.invalid", "mine", credentials(nil), v1alpha1.ReasonBucketUnreachable, false, []string{"http://store.invalid"}},
	} {
		t.Run(name, func(t *testing.T) {
			var objects []client.Object
			if c.secret != nil {
				objects = append(objects, c.secret)
			}
			b := newBench(t, c.endpoint, c.bucket, objects...)
			part := b.state()
			if part.Reason != c.reason || part.IsBlocked() != c.blocked || part.IsReady() {
				t.Errorf("part %+v, want reason %s, blocked %t", part, c.reason, c.blocked)
			}
			for _, message := range c.messages {
				if !strings.Contains(part.Message, message) {
					t.Errorf("message %q does not name %s", part.Message, message)
				}
			}
			if again := b.state(); again != part {
				t.Errorf("the same state says %q, then %q", part.Message, again.Message)
			}
			if b.object.Status.Bucket != nil {
				t.Errorf("status names bucket %+v", b.object.Status.Bucket)
			}
		})
	}
	if got := tags(t, server.Client(), "foreign"); got[tagUID] != "uid-other" {
		t.Errorf("the tags of somebody else's bucket are %v", got)
	}
}

// TestStoresThatRefuse lets a store give answers that a server of one owner does not.
func TestStoresThatRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		answers map[string]string // code by method of the answers that are errors
		status  int
		reason  string
	}{
		"made by another account":   {map[string]string{http.MethodGet: "NoSuchBucket", http.MethodPut: "BucketAlreadyExists"}, 409, v1alpha1.ReasonBucketNotOurs},
		"another account's, closed": {map[string]string{http.MethodGet: "AccessDenied"}, 403, v1alpha1.ReasonBucketNotAllowed},
		"may not make buckets":      {map[string]string{http.MethodGet: "NoSuchBucket", http.MethodPut: "AccessDenied"}, 403, v1alpha1.ReasonBucketNotAllowed},
		"out of order":              {map[string]string{http.MethodGet: "InternalError"}, 500, v1alpha1.ReasonBucketFailed},
	} {
		t.Run(name, func(t *testing.T) {
			store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				code := c.answers[r.Method]
				w.Header().Set("Content-Type", "application/xml")
				if status := c.status; code == "NoSuchBucket" {
					w.WriteHeader(http.StatusNotFound)
				} else {
					w.WriteHeader(status)
				}
				_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
			}))
			t.Cleanup(store.Close)
			b := newBench(t, store.URL, "mine", credentials(nil))
			part := b.state()
			if part.Reason != c.reason || !strings.Contains(part.Message, "mine") {
				t.Errorf("part %+v, want %s and the bucket's name", part, c.reason)
			}
			if b.object.Status.Bucket != nil {
				t.Errorf("status names bucket %+v, which was not made", b.object.Status.Bucket)
			}
		})
	}
}

func TestOnlyABucketThatWasMadeIsRemoved(t *testing.T) {
	server := s3server.Start(t)
	c := server.Client()
	makeBucket(t, c, "adopted")
	adopted, made := newBench(t, server.URL, "adopted", credentials(nil)), newBench(t, server.URL, "", credentials(nil))
	adopted.mustEnsure()
	made.mustEnsure()
	name := made.object.Status.Bucket.Name
	for i := range 5 {
		put(t, c, "adopted", fmt.Sprintf("originals/%d", i))
		put(t, c, name, fmt.Sprintf("originals/%d", i))
	}
	key := "originals/half"
	if _, err := c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &name, Key: &key}); err != nil {
		t.Fatal(err)
	}

	// Somebody else took it over: the tag decides, not the status.
	if _, err := c.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: &name, Tagging: &types.Tagging{TagSet: []types.Tag{tag(tagUID, "uid-other"), tag(tagOrigin, "made")}}}); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*bench{adopted, made} {
		if err := b.provisioner.Teardown(t.Context(), b.object); err != nil {
			t.Fatal(err)
		}
	}
	if !exists(t, c, "adopted") || !exists(t, c, name) {
		t.Fatal("a bucket was removed that was not made here")
	}

	if _, err := c.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: &name, Tagging: &types.Tagging{TagSet: []types.Tag{tag(tagUID, "uid-shop"), tag(tagOrigin, "made")}}}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // once it is gone, there is nothing to do
		if err := made.provisioner.Teardown(t.Context(), made.object); err != nil {
			t.Fatal(err)
		}
	}
	if exists(t, c, name) {
		t.Error("the bucket is still there")
	}
}

func TestATeardownWithoutStoreSaysSo(t *testing.T) {
	for name, objects := range map[string][]client.Object{"no Secret": nil, "no store": {credentials(nil)}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "http://127.0.0.1:1", "", objects...)
			b.object.Status.Bucket = &v1alpha1.BucketStatus{Name: "gone", Owned: true}
			err := b.provisioner.Teardown(t.Context(), b.object)
			if _, until := errors.AsType[*conditions.UntilError](err); !until {
				t.Errorf("error %v, want one that names the culprit", err)
			}
		})
	}
}

func TestABucketOfThePodsIdentityIsNotTouched(t *testing.T) {
	b := newBench(t, "http://127.0.0.1:1", "theirs")
	b.object.Spec.Storage.S3.CredentialsSecretRef = nil
	if part := b.mustEnsure(); !strings.Contains(part.Message, "identity of the renderer's pods") {
		t.Errorf("message %q", part.Message)
	}
	if recorded := b.object.Status.Bucket; recorded == nil || recorded.Owned || recorded.Name != "theirs" {
		t.Errorf("recorded %+v", recorded)
	}
	if err := b.provisioner.Teardown(t.Context(), b.object); err != nil {
		t.Error(err)
	}
}

func TestNamesOfBuckets(t *testing.T) {
	seen := map[string]bool{}
	for _, object := range []metav1.ObjectMeta{
		{Namespace: "media", Name: "shop"}, {Namespace: "media-shop", Name: "x"}, {Namespace: "media", Name: "shop-x"},
		{Namespace: strings.Repeat("n", 63), Name: strings.Repeat("s", 52)},
		{Namespace: strings.Repeat("n", 40) + "-" + "-", Name: "s"},
	} {
		for _, cluster := range []string{"a", "b"} {
			name := rules.DerivedBucketName(&v1alpha1.ProductEnvironment{ObjectMeta: object}, cluster)
			if len(name) > 63 || !strings.HasPrefix(name, "darkroom-") || strings.Contains(name, "--") || seen[name] {
				t.Errorf("name %q of %d characters", name, len(name))
			}
			seen[name] = true
		}
	}
	first, second := metav1.ObjectMeta{Namespace: "media", Name: "shop", UID: "a"}, metav1.ObjectMeta{Namespace: "media", Name: "shop", UID: "b"}
	if rules.DerivedBucketName(&v1alpha1.ProductEnvironment{ObjectMeta: first}, cluster) != rules.DerivedBucketName(&v1alpha1.ProductEnvironment{ObjectMeta: second}, cluster) {
		t.Error("an environment that is made anew would not find its bucket")
	}
}
