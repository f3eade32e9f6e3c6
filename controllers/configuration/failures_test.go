package configuration_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/controllers"
	"github.com/darkroom-media/darkroom/controllers/configuration"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/watch"
)

// valid are objects of each kind that the rules let pass, by the name of the controller. Each is called thing.
func valid() map[string]v1alpha1.Configuration {
	shop := v1alpha1.EnvironmentReference{Name: "shop"}
	named := metav1.ObjectMeta{Namespace: "media", Name: "thing", CreationTimestamp: metav1.Unix(1000, 0)}
	return map[string]v1alpha1.Configuration{
		"uploadpreset": &v1alpha1.UploadPreset{ObjectMeta: named, Spec: v1alpha1.UploadPresetSpec{EnvironmentRef: shop}},
		"metadatafield": &v1alpha1.MetadataField{ObjectMeta: named, Spec: v1alpha1.MetadataFieldSpec{
			EnvironmentRef: shop, Label: "Size", Type: v1alpha1.MetadataFieldInteger,
		}},
		"webhooktrigger": &v1alpha1.WebhookTrigger{ObjectMeta: named, Spec: v1alpha1.WebhookTriggerSpec{
			EnvironmentRef: shop, EventType: "upload", URI: "https://example.com/hook",
		}, Status: v1alpha1.WebhookTriggerStatus{Deliveries: &v1alpha1.TriggerDeliveries{Delivered: 7}}},
		"transformation": &v1alpha1.Transformation{ObjectMeta: named, Spec: v1alpha1.TransformationSpec{EnvironmentRef: shop, Transformation: "w_100"}},
		"metadatarule": &v1alpha1.MetadataRule{ObjectMeta: named, Spec: v1alpha1.MetadataRuleSpec{
			EnvironmentRef: shop, MetadataFieldID: "size",
			Condition: v1alpha1.MetadataRuleCondition{MetadataRuleTest: v1alpha1.MetadataRuleTest{MetadataFieldID: "kind", Populated: new(true)}},
			Result:    v1alpha1.MetadataRuleResult{Enable: new(true)},
		}},
		"streamingprofile": &v1alpha1.StreamingProfile{ObjectMeta: named, Spec: v1alpha1.StreamingProfileSpec{
			EnvironmentRef: shop, Representations: []v1alpha1.StreamingRepresentation{{Transformation: "w_100"}},
		}},
		"assetimport": &v1alpha1.AssetImport{ObjectMeta: named, Spec: v1alpha1.AssetImportSpec{
			EnvironmentRef: shop, Source: v1alpha1.ImportSource{List: &v1alpha1.ListSource{URL: "https://example.com/list.csv"}},
		}},
		"uploadmapping": &v1alpha1.UploadMapping{ObjectMeta: named, Spec: v1alpha1.UploadMappingSpec{
			EnvironmentRef: shop, Folder: "wiki", Template: "https://example.com/",
		}},
	}
}

// cluster is a fake one that holds objects.
func cluster(t *testing.T, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme, err := controllers.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...)
	for _, object := range valid() {
		builder.WithStatusSubresource(object)
	}
	for _, index := range watch.Indexes() {
		builder.WithIndex(index.Object, index.Field, index.Extract)
	}
	return builder.Build()
}

func environment() *v1alpha1.ProductEnvironment {
	return &v1alpha1.ProductEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: "media", Name: "shop"}}
}

var errNoSize = errors.New("a width is a number")

// reconcile runs one pass over an object.
func reconcile(t *testing.T, api client.Client, kind string, object client.Object) error {
	t.Helper()
	parse := func(text string) error {
		if text == "w_abc" {
			return errNoSize
		}
		return nil
	}
	all := configuration.Controllers(configuration.Options{Client: api, Now: time.Now, ParseTransformation: parse})
	_, err := all[kind].Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(object)})
	return err
}

func TestEveryKindHasAController(t *testing.T) {
	for kind := range configuration.Controllers(configuration.Options{}) {
		if valid()[kind] == nil {
			t.Errorf("the tests have no %s", kind)
		}
	}
}

func TestEveryFailingCallIsTriedAgain(t *testing.T) {
	errAPI := errors.New("the API server is away")
	failingGet := func(name string) interceptor.Funcs {
		return interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if key.Name == name {
				return errAPI
			}
			return c.Get(ctx, key, object, options...)
		}}
	}
	failingList := interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return errAPI }}
	failingWrite := interceptor.Funcs{SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
		return errAPI
	}}
	for kind, object := range valid() {
		isUsed := kind == "uploadpreset" || kind == "metadatafield" || kind == "webhooktrigger" || kind == "transformation"
		for name, test := range map[string]struct {
			funcs interceptor.Funcs
			asked bool
		}{
			"reading the object":      {failingGet("thing"), true},
			"reading the environment": {failingGet("shop"), isUsed},
			"listing the namesakes":   {failingList, isUsed && kind != "webhooktrigger"},
			"writing the status":      {failingWrite, true},
		} {
			if !test.asked {
				continue
			}
			t.Run(kind+": "+name, func(t *testing.T) {
				api := interceptor.NewClient(cluster(t, environment(), object.DeepCopyObject().(client.Object)), test.funcs)
				if err := reconcile(t, api, kind, object); !errors.Is(err, errAPI) {
					t.Errorf("error %v", err)
				}
			})
		}
	}
}

func TestAPresetWhoseFieldsCannotBeListedIsTriedAgain(t *testing.T) {
	errAPI := errors.New("the API server is away")
	preset := valid()["uploadpreset"].(*v1alpha1.UploadPreset)
	preset.Spec.Metadata = []v1alpha1.PresetMetadata{{Field: "size", MetadataValue: v1alpha1.MetadataValue{Value: new("3")}}}
	api := interceptor.NewClient(cluster(t, environment(), preset), interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			if _, ok := list.(*v1alpha1.MetadataFieldList); ok {
				return errAPI
			}
			return c.List(ctx, list, options...)
		},
	})
	if err := reconcile(t, api, "uploadpreset", preset); !errors.Is(err, errAPI) {
		t.Errorf("error %v", err)
	}
}

func TestConditions(t *testing.T) {
	type O = v1alpha1.Configuration
	type E = v1alpha1.ProductEnvironment
	trigger := func(change func(*v1alpha1.WebhookTriggerSpec)) func(O, *E) {
		return func(object O, _ *E) { change(&object.(*v1alpha1.WebhookTrigger).Spec) }
	}
	opened := func(object O, environment *E) {
		object.(*v1alpha1.WebhookTrigger).Spec.URI = "http://10.1.2.3/"
		environment.Spec.Uploads = &v1alpha1.UploadsSpec{Fetch: &v1alpha1.FetchSpec{AllowedCIDRs: []string{"10.0.0.0/8"}}}
	}
	imported := func(state v1alpha1.ImportState, change func(*v1alpha1.ImportProgress)) func(O, *E) {
		return func(object O, _ *E) {
			found := object.(*v1alpha1.AssetImport)
			found.Status.Progress = &v1alpha1.ImportProgress{Run: rules.ImportRun(found), State: state, Total: 7, Done: 7}
			if change != nil {
				change(found.Status.Progress)
			}
		}
	}
	elsewhere := func(_ O, environment *E) { environment.Name = "other" }
	for name, test := range map[string]struct {
		kind      string
		change    func(O, *E)
		condition string
		reason    string
		message   string
	}{
		"a preset":                        {"uploadpreset", nil, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "in use"},
		"a field":                         {"metadatafield", nil, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "in use"},
		"a transformation":                {"transformation", nil, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "in use"},
		"a preset without environment":    {"uploadpreset", elsewhere, v1alpha1.ConditionReconciling, v1alpha1.ReasonEnvironmentNotFound, "spec.environmentRef.name: there is no ProductEnvironment shop"},
		"a trigger without environment":   {"webhooktrigger", elsewhere, v1alpha1.ConditionReconciling, v1alpha1.ReasonEnvironmentNotFound, "shop"},
		"a trigger":                       {"webhooktrigger", nil, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "in use"},
		"a rule of no field":              {"metadatarule", nil, v1alpha1.ConditionReconciling, v1alpha1.ReasonInvalidReference, "spec.metadataFieldID: the environment has no MetadataField with the external ID size; spec.condition: the environment has no MetadataField with the external ID kind"},
		"a rule that is inactive":         {"metadatarule", func(o O, _ *E) { o.(*v1alpha1.MetadataRule).Spec.State = v1alpha1.MetadataRuleInactive }, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "is inactive"},
		"a rule about itself":             {"metadatarule", func(o O, _ *E) { o.(*v1alpha1.MetadataRule).Spec.Condition.MetadataFieldID = "size" }, v1alpha1.ConditionStalled, v1alpha1.ReasonInvalidSpec, "spec.condition: Invalid value: turns in a circle with the older rules: size decides on size"},
		"a streaming profile":             {"streamingprofile", nil, v1alpha1.ConditionStalled, v1alpha1.ReasonUnsupported, "do not stream video"},
		"an import that nobody has begun": {"assetimport", nil, v1alpha1.ConditionReconciling, v1alpha1.ReasonPending, "waiting for a renderer"},
		"an import that is suspended first": {"assetimport", func(o O, _ *E) { o.(*v1alpha1.AssetImport).Spec.Suspend = new(true) },
			v1alpha1.ConditionReconciling, v1alpha1.ReasonSuspended, "has not begun"},
		"an import from nowhere": {"assetimport", func(o O, _ *E) { o.(*v1alpha1.AssetImport).Spec.Source.List = nil },
			v1alpha1.ConditionStalled, v1alpha1.ReasonInvalidSpec, "spec.source"},
		"an import under way": {"assetimport", imported(v1alpha1.ImportRunning, func(p *v1alpha1.ImportProgress) { p.Message = "the limit is reached" }),
			v1alpha1.ConditionReconciling, v1alpha1.ReasonProgressing, "the import is running: the limit is reached"},
		"an import that is halted": {"assetimport", imported(v1alpha1.ImportSuspended, nil), v1alpha1.ConditionReconciling, v1alpha1.ReasonSuspended, "goes on where it is"},
		"an import that is over":   {"assetimport", imported(v1alpha1.ImportCompleted, nil), v1alpha1.ConditionReady, v1alpha1.ReasonReady, "everything is imported"},
		"an import with failures": {"assetimport", imported(v1alpha1.ImportCompleted, func(p *v1alpha1.ImportProgress) { p.Failed = 3 }),
			v1alpha1.ConditionStalled, v1alpha1.ReasonAssetsFailed, "3 of its assets and settings failed"},
		"an import that failed": {"assetimport", imported(v1alpha1.ImportFailed, func(p *v1alpha1.ImportProgress) { p.Message = "the key is refused" }),
			v1alpha1.ConditionStalled, v1alpha1.ReasonImportFailed, "the key is refused"},
		"an import of another run": {"assetimport", imported(v1alpha1.ImportCompleted, func(p *v1alpha1.ImportProgress) { p.Run = "older" }),
			v1alpha1.ConditionReconciling, v1alpha1.ReasonPending, "waiting for a renderer"},
		"an upload mapping with a preset": {"uploadmapping", func(o O, _ *E) { o.(*v1alpha1.UploadMapping).Spec.UploadPresetName = "web" }, v1alpha1.ConditionStalled, v1alpha1.ReasonUnsupported, "spec.uploadPresetName"},
		"an upload mapping of no folder":  {"uploadmapping", func(o O, _ *E) { o.(*v1alpha1.UploadMapping).Spec.Folder = "a#b" }, v1alpha1.ConditionStalled, v1alpha1.ReasonInvalidSpec, "spec.folder"},
		"a text that does not parse": {"transformation", func(o O, _ *E) { o.(*v1alpha1.Transformation).Spec.Transformation = "w_abc" },
			v1alpha1.ConditionStalled, v1alpha1.ReasonInvalidSpec, "spec.transformation: Invalid value: \"w_abc\": a width is a number"},
		"a trigger over http": {"webhooktrigger", trigger(func(s *v1alpha1.WebhookTriggerSpec) { s.URI = "http://example.com" }), v1alpha1.ConditionReady, v1alpha1.ReasonReady, "unencrypted"},
		"an unknown event type": {"webhooktrigger", trigger(func(s *v1alpha1.WebhookTriggerSpec) { s.EventType = "uploaded" }),
			v1alpha1.ConditionStalled, v1alpha1.ReasonInvalidSpec, `spec.eventType: Unsupported value: "uploaded"`},
		"a flow": {"webhooktrigger", trigger(func(s *v1alpha1.WebhookTriggerSpec) { s.URIType = v1alpha1.TriggerURITypeFlow }),
			v1alpha1.ConditionStalled, v1alpha1.ReasonUnsupported, "spec.uriType"},
		"a channel to poll": {"webhooktrigger", trigger(func(s *v1alpha1.WebhookTriggerSpec) {
			s.URIType, s.URI = v1alpha1.TriggerURITypePoll, "poll://10.0.0.1"
		}),
			v1alpha1.ConditionReady, v1alpha1.ReasonReady, "in use"},
		"a private address": {"webhooktrigger", trigger(func(s *v1alpha1.WebhookTriggerSpec) { s.URI = "http://10.1.2.3/" }),
			v1alpha1.ConditionStalled, v1alpha1.ReasonPrivateAddress, "10.1.2.3"},
		"a private address that is open": {"webhooktrigger", opened, v1alpha1.ConditionReady, v1alpha1.ReasonReady, "in use"},
	} {
		t.Run(name, func(t *testing.T) {
			object, shop := valid()[test.kind], environment()
			if test.change != nil {
				test.change(object, shop)
			}
			writes := 0
			api := interceptor.NewClient(cluster(t, shop, object), interceptor.Funcs{SubResourcePatch: func(ctx context.Context, c client.Client, subresource string, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
				writes++
				return c.SubResource(subresource).Patch(ctx, object, patch, options...)
			}})
			for range 3 {
				if err := reconcile(t, api, test.kind, object); err != nil {
					t.Fatal(err)
				}
			}
			if err := api.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
				t.Fatal(err)
			}
			found := meta.FindStatusCondition(object.Reported().Conditions, test.condition)
			if found == nil || found.Status != metav1.ConditionTrue || found.Reason != test.reason || !strings.Contains(found.Message, test.message) {
				t.Errorf("condition %+v", found)
			}
			if len(object.Reported().Conditions) != 3 || object.Reported().ExternalName != object.ExternalName() || writes != 1 {
				t.Errorf("status %+v, %d writes in three passes", object.Reported(), writes)
			}
			if trigger, ok := object.(*v1alpha1.WebhookTrigger); ok && (trigger.Status.Deliveries == nil || trigger.Status.Deliveries.Delivered != 7) {
				t.Errorf("what the renderers have reported became %+v", trigger.Status.Deliveries)
			}
			if found, ok := object.(*v1alpha1.AssetImport); ok && found.Status.Progress != nil && found.Status.Progress.Total != 7 {
				t.Errorf("what the renderers have reported became %+v", found.Status.Progress)
			}
		})
	}
}

func TestAnInvalidObjectTakesNoName(t *testing.T) {
	younger := valid()["uploadpreset"].(*v1alpha1.UploadPreset)
	older := younger.DeepCopy()
	older.Name, older.Spec.Name, older.CreationTimestamp = "older", "thing", metav1.Unix(1, 0)
	for invalid, reason := range map[bool]string{false: v1alpha1.ReasonNameTaken, true: v1alpha1.ReasonReady} {
		older, younger := older.DeepCopy(), younger.DeepCopy()
		if invalid {
			older.Spec.PublicID = "a#b"
		}
		api := cluster(t, environment(), older, younger)
		if err := reconcile(t, api, "uploadpreset", younger); err != nil {
			t.Fatal(err)
		}
		if err := api.Get(t.Context(), client.ObjectKeyFromObject(younger), younger); err != nil {
			t.Fatal(err)
		}
		if ready := meta.FindStatusCondition(younger.Status.Conditions, v1alpha1.ConditionReady); ready.Reason != reason {
			t.Errorf("beside an older one, invalid: %v, it is %s: %s", invalid, ready.Reason, ready.Message)
		}
	}
}

func TestADeletedObjectIsLeftAlone(t *testing.T) {
	object := valid()["metadatafield"]
	if err := reconcile(t, cluster(t), "metadatafield", object); err != nil {
		t.Errorf("an object that is gone: %v", err)
	}
	object.SetDeletionTimestamp(new(metav1.Now()))
	object.SetFinalizers([]string{"example.com/x"})
	api := cluster(t, object)
	if err := reconcile(t, api, "metadatafield", object); err != nil {
		t.Fatal(err)
	}
	if err := api.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil || len(object.Reported().Conditions) > 0 {
		t.Errorf("%v, %+v", err, object.Reported())
	}
}
