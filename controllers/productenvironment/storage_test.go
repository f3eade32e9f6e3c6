package productenvironment_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/test/s3server"
)

var _ = Describe("An environment whose bytes are in a bucket", func() {
	It("keeps them when its spec leads elsewhere, and takes them up again when it is made anew", func(ctx context.Context) {
		store := s3server.Start(GinkgoTB())
		namespace := newNamespace(ctx)
		Expect(running.Client.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "store"},
			StringData: map[string]string{"access_key_id": s3server.AccessKeyID, "secret_access_key": s3server.SecretAccessKey},
		})).To(Succeed())
		inBucket := func(object *v1alpha1.ProductEnvironment) {
			object.Spec.Storage = &v1alpha1.StorageSpec{S3: &v1alpha1.S3Storage{BucketPlace: v1alpha1.BucketPlace{
				Endpoint: store.URL, Prefix: "shop/", CredentialsSecretRef: &v1alpha1.SecretReference{Name: "store"},
			}}}
		}
		object := ready(ctx, environment(namespace, "shop", inBucket))
		bucket := object.Status.Bucket.DeepCopy()
		Expect(bucket).To(HaveValue(And(HaveField("Owned", true), HaveField("Prefix", "shop/"), HaveField("Endpoint", store.URL))))

		for culprit, move := range map[string]func(*v1alpha1.S3Storage){
			"spec.storage.s3.prefix":   func(s3 *v1alpha1.S3Storage) { s3.Prefix = "other/" },
			"spec.storage.s3.bucket":   func(s3 *v1alpha1.S3Storage) { s3.Bucket = "another" },
			"spec.storage.s3.endpoint": func(s3 *v1alpha1.S3Storage) { s3.Endpoint = "http://127.0.0.1:1" },
		} {
			stays := object.Spec.Storage.S3.DeepCopy()
			move(object.Spec.Storage.S3)
			Expect(running.Client.Update(ctx, object)).To(Succeed())
			eventuallyCondition(ctx, object, v1alpha1.ConditionStalled, And(
				HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonImmutable),
				HaveField("Message", HavePrefix(culprit+":")), HaveField("ObservedGeneration", object.Generation)))
			Expect(object.Status.Bucket).To(Equal(bucket))
			configuration := get(ctx, namespace, "shop-renderer", &corev1.ConfigMap{}).Data["config.json"]
			Expect(configuration).To(And(ContainSubstring(`"shop/"`), ContainSubstring(bucket.Name), ContainSubstring(store.URL)))
			object.Spec.Storage.S3 = stays
			Expect(running.Client.Update(ctx, object)).To(Succeed())
			rollOut(ctx, object)
		}

		Expect(running.Client.Delete(ctx, object)).To(Succeed())
		collectGarbage(ctx, namespace, object)
		anew := ready(ctx, environment(namespace, "shop", inBucket))
		Expect(anew.UID).NotTo(Equal(object.UID))
		Expect(anew.Status.Bucket).To(Equal(bucket))

		By("refusing it to another environment")
		other := environment(namespace, "blog", inBucket, func(object *v1alpha1.ProductEnvironment) { object.Spec.Storage.S3.Bucket = bucket.Name })
		Expect(running.Client.Create(ctx, other)).To(Succeed())
		eventuallyCondition(ctx, other, v1alpha1.ConditionStorageReady, And(
			HaveField("Reason", v1alpha1.ReasonBucketNotOurs), HaveField("Message", ContainSubstring(namespace+"/shop"))))
	})
})
