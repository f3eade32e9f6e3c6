package productenvironment_test

import (
	"context"
	"encoding/json"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("A spec that cannot be", func() {
	DescribeTable("is refused by the API server, which names the field",
		func(ctx context.Context, spec, field string) {
			object := &unstructured.Unstructured{Object: map[string]any{
				"apiVersion": v1alpha1.GroupVersion.String(), "kind": "ProductEnvironment",
				"metadata": map[string]any{"name": "shop", "namespace": "default"},
			}}
			content := map[string]any{}
			Expect(json.Unmarshal([]byte(spec), &content)).To(Succeed())
			object.Object["spec"] = content
			strict := client.FieldValidation(metav1.FieldValidationStrict)
			Expect(running.Client.Create(ctx, object, strict, client.DryRunAll)).To(MatchError(ContainSubstring(field)))
		},
		Entry("a cloud name that begins with a digit", `{"cloudName":"4shop"}`, "spec.cloudName"),
		Entry("a cloud name that is too long", `{"cloudName":"`+strings.Repeat("a", 129)+`"}`, "spec.cloudName"),
		Entry("a cloud name with a slash", `{"cloudName":"a/b"}`, "spec.cloudName"),
		Entry("a field that does not exist", `{"cloudname":"acme"}`, `unknown field "spec.cloudname"`),
		Entry("two kinds of storage", `{"storage":{"volume":{},"s3":{"bucket":"abc"}}}`, "exactly one of volume and s3"),
		Entry("a bucket to be made without credentials", `{"storage":{"s3":{}}}`, "spec.storage.s3.bucket"),
		Entry("derived files that expire before they are made", `{"storage":{"s3":{"bucket":"abc","derivedExpirationDays":0}}}`, "spec.storage.s3.derivedExpirationDays"),
		Entry("no kind of storage", `{"storage":{}}`, "exactly one of volume and s3"),
		Entry("two kinds of database", `{"database":{"embedded":{},"postgres":{"secretRef":{"name":"a"}}}}`, "exactly one of embedded and postgres"),
		Entry("replicas that cannot share", `{"renderer":{"replicas":2}}`, "spec.renderer.replicas"),
		Entry("a range that is no CIDR", `{"uploads":{"fetch":{"allowedCIDRs":["10.0.0.0"]}}}`, "spec.uploads.fetch.allowedCIDRs[0]"),
		Entry("an alias that is no address", `{"uploads":{"fetch":{"hostAliases":[{"host":"a","ip":"b"}]}}}`, "spec.uploads.fetch.hostAliases[0].ip"),
		Entry("a base URL with a path", `{"delivery":{"publicBaseURL":"https://a.example/b"}}`, "spec.delivery.publicBaseURL"),
		Entry("a quality out of range", `{"delivery":{"defaultQuality":"101"}}`, "spec.delivery.defaultQuality"),
		Entry("a policy that does not exist", `{"deletionPolicy":"Keep"}`, "spec.deletionPolicy"),
	)

	It("is refused where it would move stored data", func(ctx context.Context) {
		object := environment(newNamespace(ctx), "shop")
		Expect(running.Client.Create(ctx, object)).To(Succeed())
		move := func(change func(*v1alpha1.ProductEnvironmentSpec)) error {
			changed := object.DeepCopy()
			change(&changed.Spec)
			return running.Client.Patch(ctx, changed, client.MergeFrom(object), client.DryRunAll)
		}
		Expect(move(func(spec *v1alpha1.ProductEnvironmentSpec) {
			spec.Storage = &v1alpha1.StorageSpec{S3: &v1alpha1.S3Storage{BucketPlace: v1alpha1.BucketPlace{Bucket: "acme"}}}
		})).To(MatchError(ContainSubstring("storage cannot move")))
		Expect(move(func(spec *v1alpha1.ProductEnvironmentSpec) {
			spec.Database = &v1alpha1.DatabaseSpec{Postgres: &v1alpha1.PostgresDatabase{SecretRef: v1alpha1.SecretKeyReference{Name: "a"}}}
		})).To(MatchError(ContainSubstring("library cannot move")))
	})

	It("stalls with the field path where it came past admission", func(ctx context.Context) {
		object := environment(newNamespace(ctx), "shop", func(object *v1alpha1.ProductEnvironment) {
			object.Spec.CloudName = "V2" // the schema allows it, the rules know that API paths begin with it
		})
		Expect(running.Client.Create(ctx, object)).To(Succeed())
		eventuallyCondition(ctx, object, v1alpha1.ConditionStalled, And(
			HaveField("Status", metav1.ConditionTrue),
			HaveField("Reason", v1alpha1.ReasonInvalidSpec),
			HaveField("Message", HavePrefix("spec.cloudName:"))))
		Expect(conditionOf(object, v1alpha1.ConditionReady).Status).To(Equal(metav1.ConditionFalse))
		Expect(conditionOf(object, v1alpha1.ConditionReconciling).Status).To(Equal(metav1.ConditionFalse))
		Expect(object.Status.CloudName).To(BeEmpty())
		Expect(objectsOf(ctx, object.Namespace, &appsv1.DeploymentList{})).To(BeEmpty())
	})

	It("stalls on a Secret that is missing, and starts nothing until it is there", func(ctx context.Context) {
		object := environment(newNamespace(ctx), "shop", func(object *v1alpha1.ProductEnvironment) {
			object.Spec.Storage = &v1alpha1.StorageSpec{S3: &v1alpha1.S3Storage{BucketPlace: v1alpha1.BucketPlace{
				Bucket: "acme", Endpoint: "http://127.0.0.1:1", CredentialsSecretRef: &v1alpha1.SecretReference{Name: "store"},
			}}}
			object.Spec.Database = &v1alpha1.DatabaseSpec{Postgres: &v1alpha1.PostgresDatabase{
				SecretRef: v1alpha1.SecretKeyReference{Name: "library"},
			}}
		})
		Expect(running.Client.Create(ctx, object)).To(Succeed())
		state := func(conditionType, reason, message string) {
			GinkgoHelper()
			eventuallyCondition(ctx, object, conditionType, And(
				HaveField("Status", metav1.ConditionFalse), HaveField("Reason", reason), HaveField("Message", HavePrefix(message))))
		}
		state(v1alpha1.ConditionStorageReady, v1alpha1.ReasonSecretNotFound, "spec.storage.s3.credentialsSecretRef: Secret store")
		state(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonSecretNotFound, "spec.database.postgres.secretRef: Secret library")
		Expect(conditionOf(object, v1alpha1.ConditionStalled).Status).To(Equal(metav1.ConditionTrue))
		Expect(conditionOf(object, v1alpha1.ConditionRendererReady).Reason).To(Equal(v1alpha1.ReasonWaitingForStorage))
		Expect(objectsOf(ctx, object.Namespace, &appsv1.DeploymentList{})).To(BeEmpty())

		By("naming the entry that a Secret lacks, and what is wrong with one")
		store := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: object.Namespace, Name: "store"},
			StringData: map[string]string{"access_key_id": "AKIA"},
		}
		library := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: object.Namespace, Name: "library"},
			StringData: map[string]string{"uri": "mysql://a:hunter2@b/c"},
		}
		Expect(running.Client.Create(ctx, store)).To(Succeed())
		Expect(running.Client.Create(ctx, library)).To(Succeed())
		state(v1alpha1.ConditionStorageReady, v1alpha1.ReasonSecretInvalid, "spec.storage.s3.credentialsSecretRef: Secret store has no entry secret_access_key")
		state(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonSecretInvalid, "spec.database.postgres.secretRef: entry uri of Secret library is no connection string")
		Expect(conditionOf(object, v1alpha1.ConditionDatabaseReady).Message).NotTo(ContainSubstring("hunter2"))

		By("saying that the store does not answer")
		store.StringData = map[string]string{"secret_access_key": "secret"}
		Expect(running.Client.Update(ctx, store)).To(Succeed())
		library.StringData = map[string]string{"uri": "postgres://a:hunter2@b/c"}
		Expect(running.Client.Update(ctx, library)).To(Succeed())
		state(v1alpha1.ConditionStorageReady, v1alpha1.ReasonBucketUnreachable, "spec.storage.s3.endpoint: http://127.0.0.1:1 does not answer")
		eventuallyCondition(ctx, object, v1alpha1.ConditionDatabaseReady, HaveField("Status", metav1.ConditionTrue))
	})

	It("stalls where a volume cannot follow", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		smaller, class := resource.MustParse("1Gi"), "fast"
		object.Spec.Storage = &v1alpha1.StorageSpec{Volume: &v1alpha1.VolumeStorage{Size: &smaller}}
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		eventuallyCondition(ctx, object, v1alpha1.ConditionStorageReady, And(
			HaveField("Reason", v1alpha1.ReasonImmutable), HaveField("Message", HavePrefix("spec.storage.volume.size:"))))

		By("going on once the spec is possible again")
		object.Spec.Storage = nil
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		eventuallyCondition(ctx, object, v1alpha1.ConditionReady, HaveField("Status", metav1.ConditionTrue))

		By("keeping the class that the claim has")
		claim := get(ctx, object.Namespace, "shop-data", &corev1.PersistentVolumeClaim{})
		if claim.Spec.StorageClassName == nil {
			return // a claim without a class may still be given one
		}
		object.Spec.Storage = &v1alpha1.StorageSpec{Volume: &v1alpha1.VolumeStorage{StorageClassName: &class}}
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		eventuallyCondition(ctx, object, v1alpha1.ConditionStorageReady, HaveField("Reason", v1alpha1.ReasonImmutable))
	})
})

var _ = Describe("A cloud name", func() {
	It("belongs to the environment that recorded it first, until that is gone", func(ctx context.Context) {
		first, second := newNamespace(ctx), newNamespace(ctx)
		name := func(object *v1alpha1.ProductEnvironment) { object.Spec.CloudName = first + "-acme" }
		shouted := func(object *v1alpha1.ProductEnvironment) { object.Spec.CloudName = strings.ToUpper(first) + "-Acme" }
		holder := ready(ctx, environment(first, "shop", shouted))
		Expect(holder.Status.CloudName).To(Equal(first + "-acme"))
		rival := environment(second, "shop", name)
		Expect(running.Client.Create(ctx, rival)).To(Succeed())
		eventuallyCondition(ctx, rival, v1alpha1.ConditionStalled, And(
			HaveField("Status", metav1.ConditionTrue),
			HaveField("Reason", v1alpha1.ReasonCloudNameTaken),
			HaveField("Message", ContainSubstring("held by ProductEnvironment "+first+"/shop"))))
		Expect(rival.Status.CloudName).To(BeEmpty())
		Expect(objectsOf(ctx, second, &appsv1.DeploymentList{})).To(BeEmpty())
		Expect(conditionOf(get(ctx, first, "shop", holder), v1alpha1.ConditionReady).Status).To(Equal(metav1.ConditionTrue))

		Expect(running.Client.Delete(ctx, holder)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(rival), rival)).To(Succeed())
			g.Expect(rival.Status.CloudName).To(Equal(rival.Spec.CloudName))
		}).Should(Succeed())
	})

	It("moves when its environment is renamed, and leaves the old one free", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		object := ready(ctx, environment(namespace, "shop"))
		old := object.Status.CloudName
		report(ctx, object, 1000)
		rival := environment(newNamespace(ctx), "rival", func(rival *v1alpha1.ProductEnvironment) { rival.Spec.CloudName = old })
		Expect(running.Client.Create(ctx, rival)).To(Succeed())
		eventuallyCondition(ctx, rival, v1alpha1.ConditionStalled, HaveField("Reason", v1alpha1.ReasonCloudNameTaken))

		Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		object.Spec.CloudName = "Re-" + old
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		rollOut(ctx, object)
		Expect(object.Status.CloudName).To(Equal("re-" + old))
		Expect(object.Status.URL).To(HaveSuffix("/re-" + old))
		for _, name := range []string{"shop-credentials", "shop-root-credentials"} {
			Eventually(func(g Gomega) {
				secret := get(ctx, namespace, name, &corev1.Secret{})
				g.Expect(secret.Data).To(HaveKeyWithValue("cloud_name", []byte("re-"+old)))
				g.Expect(string(secret.Data["CLOUDINARY_URL"])).To(ContainSubstring("@re-" + old + "?"))
			}).Should(Succeed())
		}
		Eventually(func(g Gomega) {
			g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(rival), rival)).To(Succeed())
			g.Expect(rival.Status.CloudName).To(Equal(old))
		}).Should(Succeed())
	})

	It("stays with its environment where many URLs would break, until the annotation allows it", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		held := object.Status.CloudName
		report(ctx, object, 1001)
		Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		object.Spec.CloudName = held + "-2"
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		eventuallyCondition(ctx, object, v1alpha1.ConditionStalled, And(
			HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonRenameRefused),
			HaveField("Message", ContainSubstring("media.darkroom.dev/allow-rename"))))
		Expect(object.Status.CloudName).To(Equal(held))
		Expect(conditionOf(object, v1alpha1.ConditionRendererReady)).To(And(
			HaveField("Status", metav1.ConditionTrue), HaveField("ObservedGeneration", object.Generation)), "it is served under its name")

		object.Annotations = map[string]string{v1alpha1.AnnotationAllowRename: "true"}
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		rollOut(ctx, object)
		Expect(object.Status.CloudName).To(Equal(held + "-2"))
	})

	It("stays with its environment while nobody has counted what is stored", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		held := object.Status.CloudName
		object.Spec.CloudName = held + "-2"
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		eventuallyCondition(ctx, object, v1alpha1.ConditionReconciling, And(
			HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonRenameRefused)))
		Expect(object.Status.CloudName).To(Equal(held))
	})

	It("stays with its environment when the one that it asks for is taken", func(ctx context.Context) {
		holder := ready(ctx, environment(newNamespace(ctx), "holder"))
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		held := object.Status.CloudName
		report(ctx, object, 0)
		Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		object.Spec.CloudName = strings.ToUpper(holder.Status.CloudName)
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		eventuallyCondition(ctx, object, v1alpha1.ConditionStalled, And(
			HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonCloudNameTaken),
			HaveField("Message", ContainSubstring(holder.Namespace+"/holder"))))
		Expect(object.Status.CloudName).To(Equal(held))
	})
})

var _ = Describe("A deleted environment", func() {
	It("leaves its data and nothing else, and holds nothing up", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		Expect(object.Finalizers).To(BeEmpty())
		for _, list := range kinds() {
			for _, item := range objectsOf(ctx, object.Namespace, list) {
				switch item.(type) {
				case *v1alpha1.ProductEnvironment:
				case *corev1.PersistentVolumeClaim:
					Expect(item.GetOwnerReferences()).To(BeEmpty())
				default:
					if item.GetName() != "kube-root-ca.crt" && item.GetName() != "default" {
						Expect(item.GetOwnerReferences()).NotTo(BeEmpty(), "%T %s", item, item.GetName())
					}
				}
			}
		}
		Expect(running.Client.Delete(ctx, object)).To(Succeed())
		Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Satisfy(apierrors.IsNotFound))
		Expect(get(ctx, object.Namespace, "shop-data", &corev1.PersistentVolumeClaim{}).DeletionTimestamp).To(BeNil())
	})

	It("takes its data along where the policy says so", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop", func(object *v1alpha1.ProductEnvironment) {
			object.Spec.DeletionPolicy = v1alpha1.DeletionDelete
		}))
		Expect(object.Finalizers).To(HaveLen(1))

		By("getting its finalizer back")
		object.Finalizers = nil
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(get(ctx, object.Namespace, "shop", object).Finalizers).To(HaveLen(1))
		}).Should(Succeed())

		Expect(running.Client.Delete(ctx, object)).To(Succeed())
		expectGone(ctx, object)
		claim := &corev1.PersistentVolumeClaim{}
		err := running.Client.Get(ctx, client.ObjectKey{Namespace: object.Namespace, Name: "shop-data"}, claim)
		if err == nil { // the API server protects claims; nothing here lifts the protection
			Expect(claim.DeletionTimestamp).NotTo(BeNil())
		} else {
			Expect(err).To(Satisfy(apierrors.IsNotFound))
		}
	})

	It("ends where its data is already gone", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop", func(object *v1alpha1.ProductEnvironment) {
			object.Spec.DeletionPolicy = v1alpha1.DeletionDelete
		}))
		claim := get(ctx, object.Namespace, "shop-data", &corev1.PersistentVolumeClaim{})
		claim.Finalizers = nil
		Expect(running.Client.Update(ctx, claim)).To(Succeed())
		Expect(running.Client.Delete(ctx, claim)).To(Succeed())
		Expect(running.Client.Delete(ctx, object)).To(Succeed())
		expectGone(ctx, object)
	})

	It("obeys the policy that it has at the end", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop", func(object *v1alpha1.ProductEnvironment) {
			object.Spec.DeletionPolicy = v1alpha1.DeletionDelete
			object.Finalizers = []string{"example.com/hold"}
		}))
		object.Spec.DeletionPolicy = v1alpha1.DeletionRetain
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		Expect(running.Client.Delete(ctx, object)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(get(ctx, object.Namespace, "shop", object).Finalizers).To(Equal([]string{"example.com/hold"}))
		}).Should(Succeed())
		Expect(get(ctx, object.Namespace, "shop-data", &corev1.PersistentVolumeClaim{}).DeletionTimestamp).To(BeNil())
		object.Finalizers = nil
		Expect(running.Client.Update(ctx, object)).To(Succeed())
	})
})

// expectGone waits until an object is gone.
func expectGone(ctx context.Context, object client.Object) {
	GinkgoHelper()
	Eventually(func() error {
		return running.Client.Get(ctx, client.ObjectKeyFromObject(object), object)
	}).Should(Satisfy(apierrors.IsNotFound))
}

// report plays the renderer: it says how many assets are stored.
func report(ctx context.Context, object *v1alpha1.ProductEnvironment, assets int64) {
	GinkgoHelper()
	before := object.DeepCopy()
	object.Status.Usage = &v1alpha1.UsageStatus{Assets: assets, ObservedAt: metav1.Now()}
	Expect(running.Client.Status().Patch(ctx, object, client.MergeFrom(before))).To(Succeed())
}
