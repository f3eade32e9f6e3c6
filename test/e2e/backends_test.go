package e2e

import (
	"net"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/test/s3server"
)

var _ = Describe("Backends that cannot be used", func() {
	It("are named by the condition, with what is wrong, and nothing of theirs is touched", func(ctx SpecContext) {
		ns, host := namespace(ctx), machineAddress(ctx)
		store, dsn := startStore(ctx, host), startPostgres(host).URL("postgres")
		nobody := net.JoinHostPort(host, "1")
		with := func(change func(*url.URL)) string {
			parsed, err := url.Parse(dsn)
			Expect(err).NotTo(HaveOccurred())
			change(parsed)
			return parsed.String()
		}
		for name, entries := range map[string]map[string]string{
			"nowhere":  {"uri": with(func(u *url.URL) { u.Host = nobody })},
			"stranger": {"uri": with(func(u *url.URL) { u.User = url.UserPassword("darkroom", "wrong-password") })},
			"unnamed":  {"connection": dsn},
			"store":    {"access_key_id": s3server.AccessKeyID, "secret_access_key": s3server.SecretAccessKey},
			"thief":    {"access_key_id": s3server.AccessKeyID, "secret_access_key": "wrong-secret"},
			"half":     {"access_key_id": s3server.AccessKeyID},
		} {
			Expect(cluster.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name}, StringData: entries})).To(Succeed())
		}
		foreign := "foreign-" + ns
		_, err := store.Client().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &foreign})
		Expect(err).NotTo(HaveOccurred())
		owner := []types.Tag{{Key: new(mediav1alpha1.GroupName + "/environment-uid"), Value: new("somebody")}, {Key: new(mediav1alpha1.GroupName + "/environment"), Value: new("press/blog")}}
		_, err = store.Client().PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &foreign, Tagging: &types.Tagging{TagSet: owner}})
		Expect(err).NotTo(HaveOccurred())

		create := func(name string, spec mediav1alpha1.ProductEnvironmentSpec) *mediav1alpha1.ProductEnvironment {
			object := &mediav1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name}, Spec: spec}
			Expect(cluster.Create(ctx, object)).To(Succeed())
			return object
		}
		database := func(name, secret string) *mediav1alpha1.ProductEnvironment {
			return create(name, mediav1alpha1.ProductEnvironmentSpec{Database: &mediav1alpha1.DatabaseSpec{Postgres: &mediav1alpha1.PostgresDatabase{
				SecretRef: mediav1alpha1.SecretKeyReference{Name: secret},
			}}})
		}
		bucket := func(name, endpoint, secret, bucket string) *mediav1alpha1.ProductEnvironment {
			return create(name, mediav1alpha1.ProductEnvironmentSpec{Storage: &mediav1alpha1.StorageSpec{S3: &mediav1alpha1.S3Storage{BucketPlace: mediav1alpha1.BucketPlace{
				Endpoint: endpoint, Bucket: bucket, CredentialsSecretRef: &mediav1alpha1.SecretReference{Name: secret},
			}}}})
		}
		for _, test := range []struct {
			object            *mediav1alpha1.ProductEnvironment
			condition, reason string
			words             []string
		}{
			{database("db-nowhere", "nowhere"), mediav1alpha1.ConditionDatabaseReady, mediav1alpha1.ReasonDatabaseUnavailable, []string{nobody}},
			{database("db-stranger", "stranger"), mediav1alpha1.ConditionDatabaseReady, mediav1alpha1.ReasonDatabaseUnavailable, []string{"password authentication failed"}},
			{database("db-unnamed", "unnamed"), mediav1alpha1.ConditionDatabaseReady, mediav1alpha1.ReasonSecretInvalid, []string{"spec.database.postgres.secretRef", "Secret unnamed has no entry uri"}},
			{database("db-missing", "missing"), mediav1alpha1.ConditionDatabaseReady, mediav1alpha1.ReasonSecretNotFound, []string{"Secret missing does not exist"}},
			{bucket("s3-nowhere", "http://"+nobody, "store", ""), mediav1alpha1.ConditionStorageReady, mediav1alpha1.ReasonBucketUnreachable, []string{"spec.storage.s3.endpoint", nobody}},
			{bucket("s3-thief", store.URL, "thief", ""), mediav1alpha1.ConditionStorageReady, mediav1alpha1.ReasonBucketCredentialsRefused, []string{"spec.storage.s3.credentialsSecretRef", "Secret thief"}},
			{bucket("s3-half", store.URL, "half", ""), mediav1alpha1.ConditionStorageReady, mediav1alpha1.ReasonSecretInvalid, []string{"Secret half has no entry secret_access_key"}},
			{bucket("s3-foreign", store.URL, "store", foreign), mediav1alpha1.ConditionStorageReady, mediav1alpha1.ReasonBucketNotOurs, []string{"spec.storage.s3.bucket", foreign, "press/blog"}},
		} {
			By(test.object.Name)
			reports(ctx, test.object, test.condition, metav1.ConditionFalse, test.reason, test.words...)
			for _, pod := range pods(ctx, ns, test.object.Name) {
				for _, container := range pod.Status.ContainerStatuses {
					Expect(container.RestartCount).To(BeZero(), "%s restarts", container.Name)
				}
			}
		}
		By("leaving the other one's bucket as it was")
		after, err := store.Client().GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &foreign})
		Expect(err).NotTo(HaveOccurred())
		Expect(after.TagSet).To(ConsistOf(owner))
		By("taking a Secret that was completed")
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "half"}, StringData: map[string]string{
			"access_key_id": s3server.AccessKeyID, "secret_access_key": s3server.SecretAccessKey,
		}}
		Expect(cluster.Update(ctx, secret)).To(Succeed())
		half := &mediav1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "s3-half"}}
		ready(ctx, half)
	}, SpecTimeout(8*minute))
})
