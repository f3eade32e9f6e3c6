package e2e

import (
	"bytes"
	"net/http"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	mediav1alpha1 "github.com/darkroom-media/darkroom/api/v1alpha1"
)

var _ = Describe("Metadata fields and webhook triggers", func() {
	It("bind uploads, and tell a receiver of them, signed, across its failure and a restart", func(ctx SpecContext) {
		ns := namespace(ctx)
		var secret string
		receiver := startReceiver(ctx, func() string { return secret })
		shop := &mediav1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "shop"}}
		shop.Spec.CloudName = "e2e-" + ns
		shop.Spec.Uploads = &mediav1alpha1.UploadsSpec{Fetch: &mediav1alpha1.FetchSpec{AllowedCIDRs: []string{receiver.host + "/32"}}}
		Expect(cluster.Create(ctx, shop)).To(Succeed())
		trigger := func(name, event, uri string, change func(*mediav1alpha1.WebhookTriggerSpec)) *mediav1alpha1.WebhookTrigger {
			object := &mediav1alpha1.WebhookTrigger{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name}}
			object.Spec.EnvironmentRef.Name, object.Spec.EventType, object.Spec.URI = "shop", event, uri
			if change != nil {
				change(&object.Spec)
			}
			Expect(cluster.Create(ctx, object)).To(Succeed())
			return object
		}
		uploads := trigger("uploads", "upload", receiver.url+"/uploads", func(spec *mediav1alpha1.WebhookTriggerSpec) {
			spec.Filter = &runtime.RawExtension{Raw: []byte(`{"==":[{"var":"resource_type"},"image"]}`)}
		})
		trigger("renames", "rename", receiver.url+"/renames", func(spec *mediav1alpha1.WebhookTriggerSpec) {
			spec.PayloadTemplate = &runtime.RawExtension{Raw: []byte(`{"text":"{{asset.from_public_id}} is {{asset.to_public_id}}"}`)}
		})
		trigger("deletions", "delete", receiver.url+"/deletions", nil)
		inside := trigger("inside", "all", "http://10.255.255.1/", nil)
		reports(ctx, inside, mediav1alpha1.ConditionStalled, metav1.ConditionTrue, mediav1alpha1.ReasonPrivateAddress, "10.255.255.1", "allowedCIDRs")
		ready(ctx, shop)
		reports(ctx, uploads, mediav1alpha1.ConditionReady, metav1.ConditionTrue, mediav1alpha1.ReasonReady)
		binding := credentials(ctx, ns, "shop-credentials")
		secret = binding["api_secret"]
		cld := sdk(binding["CLOUDINARY_URL"])

		By("failing once, which status shows")
		receiver.answer(http.StatusInternalServerError)
		_, err := upload(ctx, cld, "first", photo("astronaut.png"))
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() []delivered { return receiver.at("/uploads") }).WithContext(ctx).Should(HaveLen(1))
		failed := time.Now()
		deliveries := func(g Gomega) *mediav1alpha1.TriggerDeliveries {
			g.Expect(cluster.Get(ctx, client.ObjectKeyFromObject(uploads), uploads)).To(Succeed())
			g.Expect(uploads.Status.Deliveries).NotTo(BeNil())
			return uploads.Status.Deliveries
		}
		Eventually(func(g Gomega) {
			seen := deliveries(g)
			g.Expect(seen.Failed).To(BeEquivalentTo(1))
			g.Expect(seen.ConsecutiveFailures).To(BeEquivalentTo(1))
			g.Expect(seen.LastFailure).To(ContainSubstring("500"))
			g.Expect(seen.LastFailureTime).NotTo(BeNil())
		}).WithContext(ctx).Should(Succeed())
		receiver.answer(http.StatusOK)

		By("restarting the renderer before the next attempt")
		old := pods(ctx, ns, "shop")[0]
		Expect(cluster.Delete(ctx, &old)).To(Succeed())
		Eventually(func() bool { return gone(ctx, &old) }).WithContext(ctx).WithTimeout(minute).Should(BeTrue())
		ready(ctx, shop)

		By("renaming, deleting, and uploading what the filter refuses")
		renamed, err := cld.Upload.Rename(ctx, uploader.RenameParams{FromPublicID: "first", ToPublicID: "second"})
		Expect(err).NotTo(HaveOccurred())
		Expect(renamed.PublicID).To(Equal("second"))
		Eventually(func() []delivered { return receiver.at("/renames") }).WithContext(ctx).Should(HaveExactElements(
			delivered{path: "/renames", signed: true, status: http.StatusOK, body: map[string]any{"text": "first is second"}}))
		raw, err := cld.Upload.Upload(ctx, bytes.NewReader([]byte("text")), uploader.UploadParams{PublicID: "notes.txt", ResourceType: "raw"})
		Expect(err).NotTo(HaveOccurred())
		Expect(raw.Error.Message).To(BeEmpty())
		_, err = cld.Upload.Destroy(ctx, uploader.DestroyParams{PublicID: "notes.txt", ResourceType: "raw"})
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() []delivered { return receiver.at("/deletions") }).WithContext(ctx).Should(HaveLen(1))
		Expect(receiver.at("/deletions")[0].signed).To(BeTrue())
		Expect(receiver.at("/deletions")[0].body["resources"]).To(ConsistOf(HaveKeyWithValue("public_id", "notes.txt")))

		By("defining fields")
		field := func(id string, change func(*mediav1alpha1.MetadataFieldSpec)) {
			object := &mediav1alpha1.MetadataField{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: id}}
			object.Spec.EnvironmentRef.Name, object.Spec.Label, object.Spec.Type = "shop", id, mediav1alpha1.MetadataFieldString
			change(&object.Spec)
			Expect(cluster.Create(ctx, object)).To(Succeed())
			reports(ctx, object, mediav1alpha1.ConditionReady, metav1.ConditionTrue, mediav1alpha1.ReasonReady)
		}
		field("size", func(spec *mediav1alpha1.MetadataFieldSpec) {
			spec.Type = mediav1alpha1.MetadataFieldInteger
			spec.Validation = &mediav1alpha1.MetadataValidation{Type: mediav1alpha1.ValidationAnd, Rules: []mediav1alpha1.MetadataValidationRule{
				{Type: mediav1alpha1.ValidationGreaterThan, MetadataBound: mediav1alpha1.MetadataBound{Value: "0"}},
				{Type: mediav1alpha1.ValidationLessThan, MetadataBound: mediav1alpha1.MetadataBound{Value: "100", Equals: new(true)}},
			}}
		})
		field("colors", func(spec *mediav1alpha1.MetadataFieldSpec) {
			spec.Type = mediav1alpha1.MetadataFieldSet
			spec.Datasource = &mediav1alpha1.MetadataDatasource{Values: []mediav1alpha1.MetadataDatasourceValue{{ExternalID: "r", Value: "Red"}, {ExternalID: "g", Value: "Green"}}}
			spec.DefaultValue = &mediav1alpha1.MetadataValue{Values: []string{"r"}}
		})
		field("owner", func(spec *mediav1alpha1.MetadataFieldSpec) { spec.Mandatory = new(true) })
		describe := func(values api.Metadata) (*uploader.UploadResult, error) {
			return cld.Upload.Upload(ctx, bytes.NewReader(photo("astronaut.png")), uploader.UploadParams{PublicID: "described", Metadata: values})
		}
		refused := func(values api.Metadata, message string) {
			GinkgoHelper()
			Eventually(func(g Gomega) {
				result, err := describe(values)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(result.Error.Message).To(ContainSubstring(message))
			}).WithContext(ctx).Should(Succeed())
		}
		refused(nil, "Metadata field owner is mandatory")
		refused(api.Metadata{"owner": "a", "size": "big"}, "invalid for metadata field size: it is no integer")
		refused(api.Metadata{"owner": "a", "size": 101}, "invalid for metadata field size: it must be at or below 100")
		refused(api.Metadata{"owner": "a", "colors": []string{"Red"}}, "invalid for metadata field colors")
		refused(api.Metadata{"owner": "a", "weight": 1}, `Metadata External IDs do not exist: ["weight"]`)
		result, err := describe(api.Metadata{"owner": "a", "size": 100})
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Error.Message).To(BeEmpty())
		Expect(result.Metadata).To(And(HaveKeyWithValue("size", BeEquivalentTo(100)), HaveKeyWithValue("colors", ConsistOf("r")), HaveKeyWithValue("owner", "a")))
		edit, err := cld.Upload.UpdateMetadata(ctx, uploader.UpdateMetadataParams{PublicIDs: []string{"described"}, Metadata: api.CldAPIMap{"size": "0"}})
		Expect(err).NotTo(HaveOccurred())
		Expect(edit.Error).To(HaveKeyWithValue("message", ContainSubstring("metadata field size: it must be above 0")))

		By("naming a field that does not exist in a preset")
		preset := &mediav1alpha1.UploadPreset{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web"}}
		preset.Spec.EnvironmentRef.Name, preset.Spec.Unsigned = "shop", new(true)
		preset.Spec.Metadata = []mediav1alpha1.PresetMetadata{{Field: "weight", MetadataValue: mediav1alpha1.MetadataValue{Value: new("1")}}}
		Expect(cluster.Create(ctx, preset)).To(Succeed())
		reports(ctx, preset, mediav1alpha1.ConditionReady, metav1.ConditionFalse, mediav1alpha1.ReasonInvalidReference, "weight")
		Eventually(func(g Gomega) {
			unsigned, err := cld.Upload.UnsignedUpload(ctx, bytes.NewReader(photo("astronaut.png")), "web", uploader.UploadParams{})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(unsigned.Error.Message).To(ContainSubstring(`Metadata External IDs do not exist: ["weight"]`))
		}).WithContext(ctx).Should(Succeed())

		By("delivering in the second attempt what the first has not")
		first := func() []delivered {
			var found []delivered
			for _, attempt := range receiver.at("/uploads") {
				if attempt.body["public_id"] == "first" {
					found = append(found, attempt)
				}
			}
			return found
		}
		Eventually(first).WithContext(ctx).WithTimeout(5 * minute).WithPolling(time.Second).Should(HaveLen(2))
		Expect(time.Since(failed)).To(BeNumerically(">", 170*time.Second), "the second attempt came too early")
		for _, attempt := range first() {
			Expect(attempt.signed).To(BeTrue(), "the signature of %v", attempt.body)
		}
		Eventually(func(g Gomega) {
			seen := deliveries(g)
			g.Expect(seen.Failed).To(BeEquivalentTo(1))
			g.Expect(seen.GivenUp).To(BeZero())
			g.Expect(seen.ConsecutiveFailures).To(BeZero())
			g.Expect(seen.Delivered).To(BeNumerically(">=", 1))
			g.Expect(seen.LastDeliveryTime).NotTo(BeNil())
		}).WithContext(ctx).Should(Succeed())
		for _, attempt := range receiver.at("/uploads") {
			Expect(attempt.body["resource_type"]).To(Equal("image"), "the filter let through %v", attempt.body)
		}
	}, SpecTimeout(9*minute))

	It("are kept or cleared by an overwrite, as the environment wants it", func(ctx SpecContext) {
		ns := namespace(ctx)
		shop := environment(ctx, ns, "shop", "e2e-"+ns)
		cld := sdk(credentials(ctx, ns, "shop-credentials")["CLOUDINARY_URL"])
		overwritten := func(g Gomega) *uploader.UploadResult {
			for _, parameters := range []uploader.UploadParams{{Tags: api.CldAPIArray{"t"}, Context: api.CldAPIMap{"k": "v"}}, {}} {
				parameters.PublicID = "portrait"
				result, err := cld.Upload.Upload(ctx, bytes.NewReader(photo("astronaut.png")), parameters)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(result.Error.Message).To(BeEmpty())
				if len(parameters.Tags) == 0 {
					return result
				}
			}
			return nil
		}
		Eventually(func(g Gomega) {
			result := overwritten(g)
			g.Expect(result.Tags).To(BeEmpty())
			g.Expect(result.Context).To(BeNil())
		}).WithContext(ctx).Should(Succeed())
		Expect(cluster.Get(ctx, client.ObjectKeyFromObject(shop), shop)).To(Succeed())
		shop.Spec.Uploads = &mediav1alpha1.UploadsSpec{KeepMetadataOnOverwrite: new(true)}
		Expect(cluster.Update(ctx, shop)).To(Succeed())
		Eventually(func(g Gomega) {
			result := overwritten(g)
			g.Expect(result.Tags).To(ConsistOf("t"))
			g.Expect(result.Context).To(HaveKeyWithValue("custom", HaveKeyWithValue("k", "v")))
		}).WithContext(ctx).Should(Succeed())
	}, SpecTimeout(3*minute))
})
