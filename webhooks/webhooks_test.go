package webhooks

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func scheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// review sends one review through the decoder of controller-runtime. The old object is nil for a creation.
func review[T client.Object](t *testing.T, v *validator[T], object, old client.Object) admission.Response {
	t.Helper()
	request := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{Operation: admissionv1.Create, Object: raw(t, object)}}
	if old != nil {
		request.Operation, request.OldObject = admissionv1.Update, raw(t, old)
	}
	return admission.WithValidator(scheme(t), v).Handle(t.Context(), request)
}

func raw(t *testing.T, object client.Object) runtime.RawExtension {
	t.Helper()
	encoded, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return runtime.RawExtension{Raw: encoded}
}

// refused checks that the response names exactly these fields.
func refused(t *testing.T, response admission.Response, fields ...string) {
	t.Helper()
	if response.Allowed {
		t.Fatal("the object is let through")
	}
	var got []string
	for _, cause := range response.Result.Details.Causes {
		got = append(got, cause.Field)
	}
	if response.Result.Code != http.StatusUnprocessableEntity || !slices.Equal(got, fields) {
		t.Errorf("got code %d for the fields %q, want 422 for %q: %s", response.Result.Code, got, fields, response.Result.Message)
	}
}

func allowed(t *testing.T, response admission.Response) {
	t.Helper()
	if !response.Allowed {
		t.Errorf("the object is refused: %s", response.Result.Message)
	}
}

func environment(cloudName string) *v1alpha1.ProductEnvironment {
	return &v1alpha1.ProductEnvironment{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "ProductEnvironment"},
		ObjectMeta: metav1.ObjectMeta{Name: "shop", Namespace: "shop"},
		Spec:       v1alpha1.ProductEnvironmentSpec{CloudName: cloudName},
	}
}

func preset(change func(*v1alpha1.UploadPreset)) *v1alpha1.UploadPreset {
	p := &v1alpha1.UploadPreset{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "UploadPreset"},
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop"},
		Spec:       v1alpha1.UploadPresetSpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: "shop"}},
	}
	change(p)
	return p
}

func key(environment string) *v1alpha1.AccessKey {
	return &v1alpha1.AccessKey{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "AccessKey"},
		ObjectMeta: metav1.ObjectMeta{Name: "app", Namespace: "shop"},
		Spec:       v1alpha1.AccessKeySpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: environment}},
	}
}

func TestRulesAreAskedOnCreation(t *testing.T) {
	allowed(t, review(t, productEnvironments(), environment("acme-shop"), nil))
	refused(t, review(t, productEnvironments(), environment("Acme Shop"), nil), "spec.cloudName")
	allowed(t, review(t, uploadPresets(), preset(func(*v1alpha1.UploadPreset) {}), nil))
	refused(t, review(t, uploadPresets(), preset(func(p *v1alpha1.UploadPreset) { p.Spec.Tags = []string{"a,b"} }), nil), "spec.tags[0]")
	allowed(t, review(t, accessKeys(), key("shop"), nil))
	refused(t, review(t, accessKeys(), key("app"), nil), "metadata.name")
}

func TestRulesAreAskedOnUpdate(t *testing.T) {
	held := environment("acme-shop")
	held.Status = v1alpha1.ProductEnvironmentStatus{CloudName: "acme-shop", Usage: &v1alpha1.UsageStatus{Assets: 1001}}
	refused(t, review(t, productEnvironments(), environment("acme-store"), held), "spec.cloudName")
	refused(t, review(t, uploadPresets(),
		preset(func(p *v1alpha1.UploadPreset) { p.Spec.Folder = "v1" }), preset(func(*v1alpha1.UploadPreset) {})), "spec.folder")
	refused(t, review(t, accessKeys(), key("store"), key("shop")), "spec.environmentRef")
}

func TestAnUpdateThatLeavesAnInvalidSpecAsItIsIsLetThrough(t *testing.T) {
	old, changed := environment("Acme Shop"), environment("Acme Shop")
	changed.Finalizers = []string{"media.darkroom.dev/environment"}
	allowed(t, review(t, productEnvironments(), changed, old))
}

func TestAnInvalidObjectThatIsBeingDeletedCanLoseItsFinalizer(t *testing.T) {
	old := environment("acme-shop")
	old.Finalizers = []string{"media.darkroom.dev/environment"}
	changed := environment("Acme Shop")
	changed.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
	allowed(t, review(t, productEnvironments(), changed, old))
}

func TestDeletionIsAlwaysAllowed(t *testing.T) {
	request := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{Operation: admissionv1.Delete, OldObject: raw(t, environment("Acme Shop"))}}
	allowed(t, admission.WithValidator(scheme(t), productEnvironments()).Handle(t.Context(), request))
}

func TestWhatHasNoEffectIsWarnedOf(t *testing.T) {
	response := review(t, uploadPresets(), preset(func(p *v1alpha1.UploadPreset) { p.Spec.Unsigned, p.Spec.Overwrite = new(true), new(true) }), nil)
	allowed(t, response)
	if len(response.Warnings) != 1 || !strings.Contains(response.Warnings[0], "spec.overwrite") {
		t.Errorf("got the warnings %q", response.Warnings)
	}
}

func TestEveryKindHasItsPathOnTheWebhookServer(t *testing.T) {
	manager, err := ctrl.NewManager(&rest.Config{Host: "http://127.0.0.1:1"}, ctrl.Options{Scheme: scheme(t), Metrics: server.Options{BindAddress: "0"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := SetupWithManager(manager, nil); err != nil {
		t.Fatal(err)
	}
	for kind := range manager.GetScheme().KnownTypes(v1alpha1.GroupVersion) {
		if !strings.HasSuffix(kind, "List") || kind == "List" {
			continue
		}
		kind := strings.ToLower(strings.TrimSuffix(kind, "List"))
		path := "/validate-media-darkroom-dev-v1alpha1-" + kind
		if _, pattern := manager.GetWebhookServer().WebhookMux().Handler(httptest.NewRequest(http.MethodPost, path, nil)); pattern != path {
			t.Errorf("%s is served by %q", path, pattern)
		}
	}
}

func TestTheRulesOfEveryKindAreAsked(t *testing.T) {
	meta := metav1.ObjectMeta{Namespace: "shop", Name: "thing"}
	shop := v1alpha1.EnvironmentReference{Name: "shop"}
	parse := func(text string) error {
		if text == "w_abc" {
			return errors.New("Invalid width - abc")
		}
		return nil
	}
	field := func(kind v1alpha1.MetadataFieldType) *v1alpha1.MetadataField {
		return &v1alpha1.MetadataField{ObjectMeta: meta, Spec: v1alpha1.MetadataFieldSpec{EnvironmentRef: shop, Label: "Size", Type: kind}}
	}
	allowed(t, review(t, metadataFields(), field("integer"), nil))
	refused(t, review(t, metadataFields(), field("enum"), nil), "spec.datasource")
	refused(t, review(t, metadataFields(), field("string"), field("integer")), "spec.type")

	trigger := func(event, uri string) *v1alpha1.WebhookTrigger {
		return &v1alpha1.WebhookTrigger{ObjectMeta: meta, Spec: v1alpha1.WebhookTriggerSpec{EnvironmentRef: shop, EventType: event, URI: uri}}
	}
	allowed(t, review(t, webhookTriggers(), trigger("upload", "https://example.com"), nil))
	refused(t, review(t, webhookTriggers(), trigger("uploaded", "https://example.com"), nil), "spec.eventType")
	refused(t, review(t, webhookTriggers(), trigger("upload", "ftp://example.com"), trigger("upload", "https://example.com")), "spec.uri")

	named := func(text string) *v1alpha1.Transformation {
		return &v1alpha1.Transformation{ObjectMeta: meta, Spec: v1alpha1.TransformationSpec{EnvironmentRef: shop, Transformation: text}}
	}
	allowed(t, review(t, transformations(parse), named("w_100"), nil))
	refused(t, review(t, transformations(parse), named("w_abc"), nil), "spec.transformation")
	allowed(t, review(t, transformations(nil), named("w_abc"), nil))

	rule := &v1alpha1.MetadataRule{ObjectMeta: meta, Spec: v1alpha1.MetadataRuleSpec{
		EnvironmentRef: shop, MetadataFieldID: "size",
		Condition: v1alpha1.MetadataRuleCondition{MetadataRuleTest: v1alpha1.MetadataRuleTest{MetadataFieldID: "kind", Populated: new(true)}},
		Result:    v1alpha1.MetadataRuleResult{Enable: new(true)},
	}}
	allowed(t, review(t, metadataRules(), rule, nil))
	broken := rule.DeepCopy()
	broken.Spec.Condition.Populated = nil
	refused(t, review(t, metadataRules(), broken, nil), "spec.condition")

	profile := &v1alpha1.StreamingProfile{ObjectMeta: meta, Spec: v1alpha1.StreamingProfileSpec{EnvironmentRef: shop}}
	refused(t, review(t, streamingProfiles(), profile, nil), "spec.representations")
	imported := &v1alpha1.AssetImport{ObjectMeta: meta, Spec: v1alpha1.AssetImportSpec{EnvironmentRef: shop}}
	refused(t, review(t, assetImports(), imported, nil), "spec.source")
	mapping := &v1alpha1.UploadMapping{ObjectMeta: meta, Spec: v1alpha1.UploadMappingSpec{EnvironmentRef: shop, Folder: "a", Template: "nowhere"}}
	refused(t, review(t, uploadMappings(), mapping, nil), "spec.template")
}

func TestWhatTheRenderersDoNotDoIsLetThroughWithAWarning(t *testing.T) {
	response := review(t, uploadMappings(), &v1alpha1.UploadMapping{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "wiki"},
		Spec:       v1alpha1.UploadMappingSpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: "shop"}, Folder: "wiki", Template: "s3://example/"},
	}, nil)
	allowed(t, response)
	if len(response.Warnings) != 1 || !strings.Contains(response.Warnings[0], "download from http and https only") {
		t.Errorf("warnings %q", response.Warnings)
	}
}
