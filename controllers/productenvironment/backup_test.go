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

var _ = Describe("The backup of an environment", func() {
	It("is a bucket that locks its objects, and stays where it is", func(ctx context.Context) {
		store := s3server.Start(GinkgoTB())
		namespace := newNamespace(ctx)
		object := environment(namespace, "shop", func(e *v1alpha1.ProductEnvironment) {
			e.Spec.Backup = &v1alpha1.BackupSpec{S3: &v1alpha1.BackupBucket{
				BucketPlace: v1alpha1.BucketPlace{Endpoint: store.URL, CredentialsSecretRef: &v1alpha1.SecretReference{Name: "store"}},
				ObjectLock:  &v1alpha1.ObjectLock{Days: 3},
			}}
		})
		Expect(running.Client.Create(ctx, object)).To(Succeed())
		By("naming the Secret that is missing")
		eventuallyCondition(ctx, object, v1alpha1.ConditionBackupReady, And(
			HaveField("Status", metav1.ConditionFalse), HaveField("Reason", v1alpha1.ReasonSecretNotFound),
			HaveField("Message", "spec.backup.s3.credentialsSecretRef: Secret store does not exist")))
		Expect(get(ctx, namespace, "shop-renderer", &corev1.ConfigMap{}).Data["config.json"]).NotTo(ContainSubstring(`"backup"`))

		Expect(running.Client.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "store"},
			StringData: map[string]string{"access_key_id": s3server.AccessKeyID, "secret_access_key": s3server.SecretAccessKey},
		})).To(Succeed())
		rollOut(ctx, object)
		Expect(conditionOf(object, v1alpha1.ConditionBackupReady)).To(And(
			HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonReady),
			HaveField("Message", HaveSuffix("backups are locked for 3 days in mode GOVERNANCE"))))
		bucket := object.Status.Backup.Bucket
		Expect(bucket).To(HaveValue(And(HaveField("Owned", true), HaveField("Endpoint", store.URL))))
		Expect(get(ctx, namespace, "shop-renderer", &corev1.ConfigMap{}).Data["config.json"]).To(And(ContainSubstring(`"backup"`), ContainSubstring(bucket.Name)))

		By("taking the backup out of the spec")
		object.Spec.Backup = nil
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		rollOut(ctx, object)
		Expect(conditionOf(object, v1alpha1.ConditionBackupReady)).To(Equal(metav1.Condition{}))
		Expect(object.Status.Backup.Bucket).To(Equal(bucket))
		Expect(get(ctx, namespace, "shop-renderer", &corev1.ConfigMap{}).Data["config.json"]).NotTo(ContainSubstring(`"backup"`))
	})

	It("is a second volume that says that it has no lock", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		object := ready(ctx, environment(namespace, "shop", func(e *v1alpha1.ProductEnvironment) {
			e.Spec.Backup = &v1alpha1.BackupSpec{Volume: &v1alpha1.VolumeStorage{}}
		}))
		Expect(conditionOf(object, v1alpha1.ConditionBackupReady)).To(And(
			HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonNotLocked),
			HaveField("Message", "PersistentVolumeClaim shop-backup is bound; a volume has no object lock: whoever can write there can delete backups")))
		Expect(get(ctx, namespace, "shop-backup", &corev1.PersistentVolumeClaim{}).OwnerReferences).To(BeEmpty())
		Expect(get(ctx, namespace, "shop-renderer", &corev1.ConfigMap{}).Data["config.json"]).To(ContainSubstring("/var/lib/darkroom-backup/bucket"))
	})

	It("is refused by the API server where it leads nowhere, or to two places", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		for _, backup := range []*v1alpha1.BackupSpec{
			{}, {Volume: &v1alpha1.VolumeStorage{}, S3: &v1alpha1.BackupBucket{BucketPlace: v1alpha1.BucketPlace{Bucket: "copies"}}},
		} {
			object := environment(namespace, "shop", func(e *v1alpha1.ProductEnvironment) { e.Spec.Backup = backup })
			Expect(running.Client.Create(ctx, object)).To(MatchError(ContainSubstring("exactly one of volume and s3 must be set")))
		}
	})
})
