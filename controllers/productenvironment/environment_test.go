package productenvironment_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/apiserver/operator"
)

var _ = Describe("A product environment", func() {
	It("becomes ready with everything that an app needs", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		host := "shop-media." + object.Namespace + ".svc"
		Expect(object.Status.CloudName).To(Equal(object.Spec.CloudName))
		Expect(object.Status.URL).To(Equal("http://" + host + "/" + object.Spec.CloudName))
		Expect(object.Status.UploadPrefix).To(Equal("http://" + host))
		Expect(object.Status.Database).To(Equal("embedded"))
		Expect(object.Status.Storage).To(Equal("volume"))
		Expect(object.Status.Renderer).To(HaveValue(And(
			HaveField("Image", operator.RendererImage), HaveField("EngineImage", operator.EngineImage),
			HaveField("Replicas", int32(1)), HaveField("ReadyReplicas", int32(1)))))

		binding := get(ctx, object.Namespace, object.Status.Binding.Name, &corev1.Secret{})
		root := get(ctx, object.Namespace, "shop-root", &v1alpha1.AccessKey{})
		Expect(binding.Data).To(HaveKeyWithValue("api_key", []byte(root.Status.APIKey)))
		Expect(string(binding.Data["CLOUDINARY_URL"])).To(HavePrefix("cloudinary://" + root.Status.APIKey + ":"))

		keys, err := config.ParseKeys(get(ctx, object.Namespace, "shop-keys", &corev1.Secret{}).Data[config.KeysFile])
		Expect(err).NotTo(HaveOccurred())
		Expect(keys).To(ConsistOf(config.Key{Name: "Root", APIKey: root.Status.APIKey, APISecret: string(binding.Data["api_secret"])}))

		By("letting the key sign calls of the Admin API, and notifications")
		root.Spec.AdminSignatures = true
		root.Spec.DedicatedFor = []v1alpha1.KeyPurpose{v1alpha1.KeyForWebhooks}
		Expect(running.Client.Update(ctx, root)).To(Succeed())
		Eventually(func(g Gomega) {
			keys, err := config.ParseKeys(get(ctx, object.Namespace, "shop-keys", &corev1.Secret{}).Data[config.KeysFile])
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(keys).To(ConsistOf(And(HaveField("AdminSignatures", true), HaveField("Webhooks", true))))
		}).Should(Succeed())
	})

	It("has the whole shape of its status from the first write on", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		watching, err := client.NewWithWatch(running.Config(), client.Options{Scheme: running.Client.Scheme()})
		Expect(err).NotTo(HaveOccurred())
		events, err := watching.Watch(ctx, &v1alpha1.ProductEnvironmentList{}, client.InNamespace(namespace))
		Expect(err).NotTo(HaveOccurred())
		defer events.Stop()
		Expect(running.Client.Create(ctx, environment(namespace, "shop"))).To(Succeed())
		for {
			object := (<-events.ResultChan()).Object.(*v1alpha1.ProductEnvironment)
			if object.Status.ObservedGeneration == 0 && len(object.Status.Conditions) == 0 {
				continue
			}
			Expect(object.Status.ObservedGeneration).To(Equal(object.Generation))
			Expect(conditionOf(object, v1alpha1.ConditionReady).Status).To(Equal(metav1.ConditionFalse))
			Expect(conditionOf(object, v1alpha1.ConditionReconciling).Status).To(Equal(metav1.ConditionTrue))
			Expect(conditionOf(object, v1alpha1.ConditionStalled).Status).To(Equal(metav1.ConditionFalse))
			for _, part := range []string{
				v1alpha1.ConditionCredentialsReady, v1alpha1.ConditionStorageReady, v1alpha1.ConditionConfigurationReady,
				v1alpha1.ConditionExposed, v1alpha1.ConditionRendererReady,
			} {
				Expect(conditionOf(object, part)).To(And(HaveField("ObservedGeneration", object.Generation), HaveField("Reason", Not(BeEmpty()))), part)
			}
			return
		}
	}, SpecTimeout(20*time.Second))

	It("gets a cloud name where the spec names none, and keeps it with its data", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		unnamed := func(object *v1alpha1.ProductEnvironment) { object.Spec.CloudName = "" }
		first := ready(ctx, environment(namespace, "shop", unnamed))
		Expect(first.Status.CloudName).To(MatchRegexp(`^shop-[a-z0-9]{8}$`))
		Expect(first.Spec.CloudName).To(BeEmpty())

		By("taking up what an environment of the name left behind")
		Expect(running.Client.Delete(ctx, first)).To(Succeed())
		collectGarbage(ctx, namespace, first)
		second := environment(namespace, "shop", unnamed)
		Expect(running.Client.Create(ctx, second)).To(Succeed())
		Eventually(func(g Gomega) {
			g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(second), second)).To(Succeed())
			g.Expect(second.Status.CloudName).To(Equal(first.Status.CloudName))
		}).Should(Succeed())
	})

	It("restarts its pods when the configuration file changes, and only then", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		before := get(ctx, object.Namespace, "shop-renderer", &appsv1.Deployment{}).Spec.Template

		object.Spec.DisplayName = "The shop"
		strict := true
		object.Spec.Delivery = &v1alpha1.DeliverySpec{StrictTransformations: &strict}
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		rollOut(ctx, object)
		Expect(get(ctx, object.Namespace, "shop-renderer", &appsv1.Deployment{}).Spec.Template).To(Equal(before))

		children := int32(3)
		object.Spec.Renderer = &v1alpha1.RendererSpec{Engine: &v1alpha1.EngineSpec{Children: &children}}
		Expect(running.Client.Update(ctx, object)).To(Succeed())
		rollOut(ctx, object)
		after := get(ctx, object.Namespace, "shop-renderer", &appsv1.Deployment{}).Spec.Template
		Expect(after.Annotations[build.AnnotationConfigHash]).NotTo(Equal(before.Annotations[build.AnnotationConfigHash]))
	})

	It("runs pods that the restricted Pod Security Standard admits", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		template := get(ctx, object.Namespace, "shop-renderer", &appsv1.Deployment{}).Spec.Template
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: object.Namespace, Name: "probe", Labels: template.Labels}, Spec: template.Spec}
		Expect(running.Client.Create(ctx, pod, client.DryRunAll)).To(Succeed())

		By("refusing the like without the drop of capabilities, so that this checks something")
		weaker := pod.DeepCopy()
		weaker.ResourceVersion = ""
		weaker.Spec.Containers[0].SecurityContext.Capabilities = nil
		Expect(running.Client.Create(ctx, weaker, client.DryRunAll)).To(MatchError(ContainSubstring("violates PodSecurity")))
	})

	It("lifts the reason why its pod is not ready into its condition", func(ctx context.Context) {
		object := ready(ctx, environment(newNamespace(ctx), "shop"))
		deployment := get(ctx, object.Namespace, "shop-renderer", &appsv1.Deployment{})
		template := deployment.Spec.Template
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: object.Namespace, Name: "shop-renderer-1", Labels: template.Labels}, Spec: template.Spec}
		Expect(running.Client.Create(ctx, pod)).To(Succeed())
		deployment.Status.AvailableReplicas, deployment.Status.ReadyReplicas = 0, 0
		Expect(running.Client.Status().Update(ctx, deployment)).To(Succeed())
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "engine", Image: operator.EngineImage,
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "back-off 20s"}},
		}}
		Expect(running.Client.Status().Update(ctx, pod)).To(Succeed())
		eventuallyCondition(ctx, object, v1alpha1.ConditionReady, And(
			HaveField("Status", metav1.ConditionFalse),
			HaveField("Reason", v1alpha1.ReasonImagePullFailed),
			HaveField("Message", "container engine: image darkroom/engine:test cannot be pulled")))
	})
})

var _ = Describe("The samples", func() {
	It("come back byte for byte, once reconciled", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		files, err := filepath.Glob(filepath.Join("..", "..", "config", "samples", "media_*.yaml"))
		Expect(err).NotTo(HaveOccurred())
		Expect(files).NotTo(BeEmpty())
		submitted := map[string]*unstructured.Unstructured{}
		for _, file := range files {
			content, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			object := &unstructured.Unstructured{}
			Expect(yaml.Unmarshal(content, &object.Object)).To(Succeed())
			object.SetNamespace(namespace)
			submitted[file] = object.DeepCopy()
			Expect(running.Client.Create(ctx, object)).To(Succeed(), file)
		}
		list := &v1alpha1.ProductEnvironmentList{}
		Expect(running.Client.List(ctx, list, client.InNamespace(namespace))).To(Succeed())
		Expect(list.Items).NotTo(BeEmpty())
		for i := range list.Items {
			rollOut(ctx, &list.Items[i])
		}
		imports := &v1alpha1.AssetImportList{}
		Expect(running.Client.List(ctx, imports, client.InNamespace(namespace))).To(Succeed())
		for i := range imports.Items {
			// Its renderer may read the one Secret that it names, and says at the end that it is through.
			imported := &imports.Items[i]
			Eventually(func(g Gomega) {
				role := &rbacv1.Role{}
				g.Expect(running.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: imported.Spec.EnvironmentRef.Name + "-renderer"}, role)).To(Succeed())
				g.Expect(role.Rules).To(ContainElement(rbacv1.PolicyRule{
					APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{rules.ImportSecret(imported)}, Verbs: []string{"get"},
				}))
			}).Should(Succeed())
			Eventually(func(g Gomega) {
				g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(imported), imported)).To(Succeed())
				imported.Status.Progress = &v1alpha1.ImportProgress{Run: rules.ImportRun(imported), State: v1alpha1.ImportCompleted}
				g.Expect(running.Client.Status().Update(ctx, imported)).To(Succeed())
			}).Should(Succeed())
		}
		for file, want := range submitted {
			Eventually(func(g Gomega) {
				got := &unstructured.Unstructured{}
				got.SetGroupVersionKind(want.GroupVersionKind())
				g.Expect(running.Client.Get(ctx, client.ObjectKeyFromObject(want), got)).To(Succeed())
				conditions, _, err := unstructured.NestedSlice(got.Object, "status", "conditions")
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(conditions).To(ContainElement(And(HaveKeyWithValue("type", "Ready"), HaveKeyWithValue("status", "True"))), file)
				wantSpec, err := json.Marshal(want.Object["spec"])
				g.Expect(err).NotTo(HaveOccurred())
				gotSpec, err := json.Marshal(got.Object["spec"])
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(string(gotSpec)).To(Equal(string(wantSpec)), file)
			}).Should(Succeed())
		}
	})
})

// collectGarbage plays the garbage collector for an environment that is gone.
func collectGarbage(ctx context.Context, namespace string, owner client.Object) {
	GinkgoHelper()
	for _, list := range []client.ObjectList{
		&appsv1.DeploymentList{}, &corev1.ServiceList{}, &corev1.ServiceAccountList{}, &corev1.ConfigMapList{},
		&corev1.SecretList{}, &rbacv1.RoleList{}, &rbacv1.RoleBindingList{}, &v1alpha1.AccessKeyList{}, &v1alpha1.UploadPresetList{},
		&networkingv1.NetworkPolicyList{},
	} {
		for _, object := range objectsOf(ctx, namespace, list) {
			if !slices.ContainsFunc(object.GetOwnerReferences(), func(reference metav1.OwnerReference) bool { return reference.UID == owner.GetUID() }) {
				continue
			}
			Expect(client.IgnoreNotFound(running.Client.Delete(ctx, object))).To(Succeed())
			if _, key := object.(*v1alpha1.AccessKey); key {
				collectGarbage(ctx, namespace, object)
			}
		}
	}
}
