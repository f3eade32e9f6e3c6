package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestValidateAccessKey(t *testing.T) {
	type K = v1alpha1.AccessKey
	base := func() *K {
		return &K{ObjectMeta: named("app"), Spec: v1alpha1.AccessKeySpec{EnvironmentRef: shop()}}
	}
	check(t, base, ValidateAccessKey, []row[K]{
		{"no environment", func(k *K) { k.Spec.EnvironmentRef.Name = "" }, []string{"spec.environmentRef.name"}},
		{"an environment of no possible name", func(k *K) { k.Spec.EnvironmentRef.Name = "Shop" }, []string{"spec.environmentRef.name"}},
		{"the name of the environment", func(k *K) { k.Name = "shop" }, []string{"metadata.name"}},
		{"a display name", func(k *K) { k.Spec.Name = "Mobile app, iOS" }, nil},
		{"a display name over two lines", func(k *K) { k.Spec.Name = "a\nb" }, []string{"spec.name"}},
	})
	moved := base()
	moved.Spec.EnvironmentRef.Name = "store"
	if got := paths(ValidateAccessKeyUpdate(moved, base())); !slices.Equal(got, []string{"spec.environmentRef"}) {
		t.Errorf("a key that moves to another environment gives %q", got)
	}
	disabled := base()
	disabled.Spec.Enabled = new(false)
	if got := paths(ValidateAccessKeyUpdate(disabled, base())); len(got) > 0 {
		t.Errorf("a key that is disabled gives %q", got)
	}
}

func TestValidateWebhookTrigger(t *testing.T) {
	type W = v1alpha1.WebhookTrigger
	base := func() *W {
		return &W{ObjectMeta: named("hook"), Spec: v1alpha1.WebhookTriggerSpec{EnvironmentRef: shop(), EventType: "upload", URI: "https://example.com/hook"}}
	}
	object := func(text string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(text)} }
	check(t, base, ValidateWebhookTrigger, []row[W]{
		{"every event", func(w *W) { w.Spec.EventType = "all" }, nil},
		{"an event type that nothing sends yet", func(w *W) { w.Spec.EventType = "moderation" }, nil},
		{"an unknown event type", func(w *W) { w.Spec.EventType = "something_new" }, []string{"spec.eventType"}},
		{"no event type", func(w *W) { w.Spec.EventType = "" }, []string{"spec.eventType"}},
		{"an event type in upper case", func(w *W) { w.Spec.EventType = "Upload" }, []string{"spec.eventType"}},
		{"no address", func(w *W) { w.Spec.URI = "" }, []string{"spec.uri"}},
		{"an address in the cluster", func(w *W) { w.Spec.URI = "http://hooks.default.svc/a" }, nil},
		{"a file", func(w *W) { w.Spec.URI = "file:///etc/passwd" }, []string{"spec.uri"}},
		{"a channel", func(w *W) { w.Spec.URI, w.Spec.URIType = "poll://builds", "poll" }, nil},
		{"a channel without name", func(w *W) { w.Spec.URI, w.Spec.URIType = "poll://", "poll" }, []string{"spec.uri"}},
		{"a channel that is not polled", func(w *W) { w.Spec.URI = "poll://builds" }, []string{"spec.uri"}},
		{"an address that is polled", func(w *W) { w.Spec.URIType = "poll" }, []string{"spec.uri"}},
		{"a flow", func(w *W) { w.Spec.URI, w.Spec.URIType = "flow-7", "flow" }, nil},
		{"an unknown uri type", func(w *W) { w.Spec.URIType = "mail" }, []string{"spec.uriType"}},
		{"a filter", func(w *W) {
			w.Spec.Filter, w.Spec.FilterLanguage = object(`{"==":[{"var":"resource_type"},"image"]}`), "jsonlogic"
		}, nil},
		{"a language without filter", func(w *W) { w.Spec.FilterLanguage = "jsonlogic" }, []string{"spec.filter"}},
		{"an unknown language", func(w *W) { w.Spec.Filter, w.Spec.FilterLanguage = object(`{}`), "lua" }, []string{"spec.filterLanguage"}},
		{"an unknown operation", func(w *W) { w.Spec.Filter = object(`{"and":[{"regex":["a","b"]}]}`) }, []string{"spec.filter"}},
		{"a template", func(w *W) {
			w.Spec.PayloadTemplate = object(`{"text":"{{asset.public_id}} was {{event.notification_type}}ed","n":1}`)
		}, nil},
		{"a template that does not end", func(w *W) { w.Spec.PayloadTemplate = object(`{"text":"{{asset.public_id"}`) }, []string{"spec.payloadTemplate"}},
		{"a template with a typo", func(w *W) { w.Spec.PayloadTemplate = object(`{"text":"{{assets.public_id}}"}`) }, []string{"spec.payloadTemplate"}},
		{"a large filter", func(w *W) { w.Spec.Filter = object(`{"var":"` + strings.Repeat("x", 16<<10) + `"}`) }, []string{"spec.filter"}},
		{"a filter that is a list", func(w *W) { w.Spec.Filter = object(`[]`) }, []string{"spec.filter"}},
		{"a filter that is no JSON", func(w *W) { w.Spec.Filter = object(`{`) }, []string{"spec.filter"}},
		{"an empty filter", func(w *W) { w.Spec.Filter = object(``) }, []string{"spec.filter"}},
		{"a large template", func(w *W) { w.Spec.PayloadTemplate = object(`{"a":"` + strings.Repeat("x", 16<<10) + `"}`) }, []string{"spec.payloadTemplate"}},
		{"an unknown scheme", func(w *W) { w.Spec.AuthScheme = "none" }, []string{"spec.authScheme"}},
	})
}

func TestValidateMetadataRule(t *testing.T) {
	type R = v1alpha1.MetadataRule
	test := func(id string) v1alpha1.MetadataRuleTest {
		return v1alpha1.MetadataRuleTest{MetadataFieldID: id, Populated: new(true)}
	}
	base := func() *R {
		return &R{ObjectMeta: named("show-team"), Spec: v1alpha1.MetadataRuleSpec{
			EnvironmentRef: shop(), MetadataFieldID: "team",
			Condition: v1alpha1.MetadataRuleCondition{MetadataRuleTest: test("category")},
			Result:    v1alpha1.MetadataRuleResult{Enable: new(true)},
		}}
	}
	check(t, base, ValidateMetadataRule, []row[R]{
		{"no field", func(r *R) { r.Spec.MetadataFieldID = "" }, []string{"spec.metadataFieldID"}},
		{"no condition", func(r *R) { r.Spec.Condition = v1alpha1.MetadataRuleCondition{} }, []string{"spec.condition"}},
		{"two tests of a field", func(r *R) { r.Spec.Condition.Includes = []string{"a"} }, []string{"spec.condition"}},
		{"no test of a field", func(r *R) { r.Spec.Condition.Populated = nil }, []string{"spec.condition"}},
		{"a test and a list", func(r *R) {
			r.Spec.Condition.And = []v1alpha1.MetadataRuleGroup{{MetadataRuleTest: test("a")}}
		}, []string{"spec.condition"}},
		{"nested lists", func(r *R) {
			r.Spec.Condition = v1alpha1.MetadataRuleCondition{Or: []v1alpha1.MetadataRuleGroup{
				{MetadataRuleTest: test("a")},
				{And: []v1alpha1.MetadataRuleTest{test("b"), test("c")}},
			}}
		}, nil},
		{"mistakes in nested lists", func(r *R) {
			r.Spec.Condition = v1alpha1.MetadataRuleCondition{And: []v1alpha1.MetadataRuleGroup{
				{},
				{Or: []v1alpha1.MetadataRuleTest{test("b"), {MetadataFieldID: "c"}}},
				{And: []v1alpha1.MetadataRuleTest{{MetadataFieldID: "d", Equals: &v1alpha1.MetadataValue{}}}},
			}}
		}, []string{"spec.condition.and[0]", "spec.condition.and[1].or[1]", "spec.condition.and[2].and[0].equals"}},
		{"mistakes in what one of must hold", func(r *R) {
			r.Spec.Condition = v1alpha1.MetadataRuleCondition{Or: []v1alpha1.MetadataRuleGroup{{}, {MetadataRuleTest: v1alpha1.MetadataRuleTest{MetadataFieldID: "c"}}}}
		}, []string{"spec.condition.or[0]", "spec.condition.or[1]"}},
		{"no result", func(r *R) { r.Spec.Result = v1alpha1.MetadataRuleResult{} }, []string{"spec.result"}},
		{"choices", func(r *R) {
			r.Spec.Result.ActivateValues = &v1alpha1.ActivateValues{ExternalIDs: []string{"hr"}, Mode: "append"}
		}, nil},
		{"all and some choices", func(r *R) {
			r.Spec.Result.ActivateValues = &v1alpha1.ActivateValues{All: new(true), ExternalIDs: []string{"hr"}}
		}, []string{"spec.result.activateValues"}},
		{"an unknown mode of choices", func(r *R) {
			r.Spec.Result.ActivateValues = &v1alpha1.ActivateValues{All: new(true), Mode: "merge"}
		}, []string{"spec.result.activateValues.mode"}},
		{"no applied value", func(r *R) { r.Spec.Result.ApplyValue = &v1alpha1.ApplyValue{Mode: "never"} }, []string{"spec.result.applyValue", "spec.result.applyValue.mode"}},
		{"an unknown state", func(r *R) { r.Spec.State = "paused" }, []string{"spec.state"}},
	})
}

func TestValidateTransformation(t *testing.T) {
	type T = v1alpha1.Transformation
	base := func() *T {
		return &T{ObjectMeta: named("thumb"), Spec: v1alpha1.TransformationSpec{EnvironmentRef: shop(), Transformation: "c_thumb,g_face,w_100/jpg"}}
	}
	parse := func(text string) error {
		if text == "w_abc" {
			return errors.New("Invalid width - abc")
		}
		return nil
	}
	if errs := ValidateTransformation(&T{ObjectMeta: named("thumb"), Spec: v1alpha1.TransformationSpec{EnvironmentRef: shop(), Transformation: "w_abc"}}, nil); len(errs) > 0 {
		t.Errorf("without a parser: %v", errs)
	}
	check(t, base, func(x *T) field.ErrorList { return ValidateTransformation(x, parse) }, []row[T]{
		{"a text that does not parse", func(x *T) { x.Spec.Transformation = "w_abc" }, []string{"spec.transformation"}},
		{"a name with a space and an umlaut", func(x *T) { x.Spec.Name = "großes Bild_1.0" }, nil},
		{"a name with a comma", func(x *T) { x.Spec.Name = "a,b" }, []string{"spec.name"}},
		{"a name with a slash", func(x *T) { x.Spec.Name = "a/b" }, []string{"spec.name", "spec.name"}},
		{"nothing", func(x *T) { x.Spec.Transformation = "" }, []string{"spec.transformation"}},
		{"a control character", func(x *T) { x.Spec.Transformation = "c_fill\x00" }, []string{"spec.transformation"}},
	})
}

func TestValidateStreamingProfile(t *testing.T) {
	type P = v1alpha1.StreamingProfile
	base := func() *P {
		return &P{ObjectMeta: named("tv"), Spec: v1alpha1.StreamingProfileSpec{
			EnvironmentRef: shop(), Representations: []v1alpha1.StreamingRepresentation{{Transformation: "br_5500k,c_limit,h_1080,w_1920"}},
		}}
	}
	check(t, base, ValidateStreamingProfile, []row[P]{
		{"the name of a predefined one", func(p *P) { p.Spec.Name = "full_hd" }, nil},
		{"a name with a space", func(p *P) { p.Spec.Name = "full hd" }, []string{"spec.name"}},
		{"no representation", func(p *P) { p.Spec.Representations = nil }, []string{"spec.representations"}},
		{"an empty representation", func(p *P) {
			p.Spec.Representations = append(p.Spec.Representations, v1alpha1.StreamingRepresentation{})
		}, []string{"spec.representations[1].transformation"}},
	})
}

func TestValidateAssetImport(t *testing.T) {
	type I = v1alpha1.AssetImport
	base := func() *I {
		return &I{ObjectMeta: named("old"), Spec: v1alpha1.AssetImportSpec{EnvironmentRef: shop(), Source: v1alpha1.ImportSource{
			Account: &v1alpha1.AccountSource{CloudName: "old", CredentialsSecretRef: v1alpha1.SecretReference{Name: "old-cloud"}},
		}}}
	}
	bucket := func(i *I) *v1alpha1.BucketSource {
		i.Spec.Source = v1alpha1.ImportSource{Bucket: &v1alpha1.BucketSource{Name: "pictures", CredentialsSecretRef: v1alpha1.SecretReference{Name: "keys"}}}
		return i.Spec.Source.Bucket
	}
	list := func(i *I) *v1alpha1.ListSource {
		i.Spec.Source = v1alpha1.ImportSource{List: &v1alpha1.ListSource{}}
		return i.Spec.Source.List
	}
	check(t, base, ValidateAssetImport, []row[I]{
		{"an account", func(*I) {}, nil},
		{"no source", func(i *I) { i.Spec.Source.Account = nil }, []string{"spec.source"}},
		{"two sources", func(i *I) { i.Spec.Source.List = &v1alpha1.ListSource{Inline: "url"} }, []string{"spec.source"}},
		{"an account without name", func(i *I) { i.Spec.Source.Account.CloudName = "" }, []string{"spec.source.account.cloudName"}},
		{"a cloud name that is a path", func(i *I) { i.Spec.Source.Account.CloudName = "a/../b" }, []string{"spec.source.account.cloudName"}},
		{"an account elsewhere", func(i *I) { i.Spec.Source.Account.APIBaseURL = "http://media.old.svc:8080" }, nil},
		{"an account elsewhere, with TLS", func(i *I) { i.Spec.Source.Account.APIBaseURL = "https://media.example.com" }, nil},
		{"an account by another protocol", func(i *I) { i.Spec.Source.Account.APIBaseURL = "ftp://media.example.com" }, []string{"spec.source.account.apiBaseURL"}},
		{"an account nowhere", func(i *I) { i.Spec.Source.Account.APIBaseURL = "https://" }, []string{"spec.source.account.apiBaseURL"}},
		{"an API with a path", func(i *I) { i.Spec.Source.Account.APIBaseURL = "https://example.com/v1_1" }, []string{"spec.source.account.apiBaseURL"}},
		{"an API with a password", func(i *I) { i.Spec.Source.Account.APIBaseURL = "https://a:b@example.com" }, []string{"spec.source.account.apiBaseURL"}},
		{"an account without Secret", func(i *I) { i.Spec.Source.Account.CredentialsSecretRef.Name = "" }, []string{"spec.source.account.credentialsSecretRef.name"}},
		{"a type that is no upload", func(i *I) { i.Spec.Source.Account.Types = []string{"upload", "fetch"} }, []string{"spec.source.account.types[1]"}},
		{"a bucket", func(i *I) { bucket(i) }, nil},
		{"a bucket without name", func(i *I) { bucket(i).Name = "" }, []string{"spec.source.bucket.name"}},
		{"a bucket into a forbidden folder", func(i *I) { bucket(i).Folder = "a#b" }, []string{"spec.source.bucket.folder"}},
		{"a bucket into a long folder", func(i *I) { bucket(i).Folder = strings.Repeat("a", 255) }, nil},
		{"a bucket into a folder that is too long", func(i *I) { bucket(i).Folder = strings.Repeat("a", 256) }, []string{"spec.source.bucket.folder"}},
		{"a bucket on a server with a query", func(i *I) { bucket(i).Endpoint = "https://s3.example.com?x=1" }, []string{"spec.source.bucket.endpoint"}},
		{"a list", func(i *I) { list(i).Inline = "url\nhttps://example.com/a.png" }, nil},
		{"a list that is nowhere", func(i *I) { list(i) }, []string{"spec.source.list"}},
		{"a list in two places", func(i *I) { l := list(i); l.Inline, l.URL = "url", "https://example.com/l" }, []string{"spec.source.list"}},
		{"a list without host", func(i *I) { list(i).URL = "https:///l" }, []string{"spec.source.list.url"}},
		{"a policy of its own", func(i *I) { i.Spec.Existing = "Merge" }, []string{"spec.existing"}},
		{"none at once", func(i *I) { i.Spec.Parallel = new(int32(0)) }, []string{"spec.parallel"}},
		{"too many at once", func(i *I) { i.Spec.Parallel = new(int32(33)) }, []string{"spec.parallel"}},
	})
}

func TestImportRunsAreToldApart(t *testing.T) {
	base := &v1alpha1.AssetImport{Spec: v1alpha1.AssetImportSpec{Source: v1alpha1.ImportSource{List: &v1alpha1.ListSource{Inline: "url"}}}}
	run := ImportRun(base)
	for name, test := range map[string]struct {
		change func(*v1alpha1.AssetImport)
		same   bool
	}{
		"suspended":      {func(i *v1alpha1.AssetImport) { i.Spec.Suspend = new(true) }, true},
		"faster":         {func(i *v1alpha1.AssetImport) { i.Spec.Parallel = new(int32(8)) }, true},
		"the default":    {func(i *v1alpha1.AssetImport) { i.Spec.Existing = v1alpha1.ExistingKeep }, true},
		"another policy": {func(i *v1alpha1.AssetImport) { i.Spec.Existing = v1alpha1.ExistingReplace }, false},
		"another list":   {func(i *v1alpha1.AssetImport) { i.Spec.Source.List.Inline = "url,tags" }, false},
		"asked for":      {func(i *v1alpha1.AssetImport) { i.Annotations = map[string]string{v1alpha1.AnnotationRun: "again"} }, false},
		"made anew":      {func(i *v1alpha1.AssetImport) { i.UID = "other" }, false},
	} {
		changed := base.DeepCopy()
		test.change(changed)
		if same := ImportRun(changed) == run; same != test.same {
			t.Errorf("%s: the same run is %v", name, same)
		}
	}
}

func TestValidateUploadMapping(t *testing.T) {
	type M = v1alpha1.UploadMapping
	base := func() *M {
		return &M{ObjectMeta: named("legacy"), Spec: v1alpha1.UploadMappingSpec{EnvironmentRef: shop(), Folder: "legacy", Template: "https://old.example.com/images/"}}
	}
	check(t, base, ValidateUploadMapping, []row[M]{
		{"everything of another cloud", func(m *M) {
			m.Spec.Folder, m.Spec.Template = "/", "https://res.example.com/old/{resource_type}/upload/{public_id}"
		}, nil},
		{"a placeholder that stands for nothing", func(m *M) { m.Spec.Template = "https://res.example.com/{cloud}/" }, []string{"spec.template"}},
		{"a bucket", func(m *M) { m.Spec.Template = "s3://acme/images/" }, nil},
		{"no folder", func(m *M) { m.Spec.Folder = "" }, []string{"spec.folder"}},
		{"a folder with a question mark", func(m *M) { m.Spec.Folder = "a?" }, []string{"spec.folder"}},
		{"no template", func(m *M) { m.Spec.Template = "" }, []string{"spec.template"}},
		{"a template without scheme", func(m *M) { m.Spec.Template = "//old.example.com/" }, []string{"spec.template"}},
		{"a file", func(m *M) { m.Spec.Template = "file://localhost/etc/" }, []string{"spec.template"}},
		{"a preset of no possible name", func(m *M) { m.Spec.UploadPresetName = "a/b" }, []string{"spec.uploadPresetName"}},
	})
}
