package rules

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func preset() *v1alpha1.UploadPreset {
	return &v1alpha1.UploadPreset{ObjectMeta: named("web"), Spec: v1alpha1.UploadPresetSpec{EnvironmentRef: shop()}}
}

func TestValidateUploadPreset(t *testing.T) {
	type P = v1alpha1.UploadPreset
	early, late := metav1.NewTime(time.Unix(1, 0)), metav1.NewTime(time.Unix(2, 0))
	check(t, preset, ValidateUploadPreset, []row[P]{
		{"no environment", func(p *P) { p.Spec.EnvironmentRef.Name = "" }, []string{"spec.environmentRef.name"}},
		{"a name that is no DNS label", func(p *P) { p.Spec.Name = "Web Uploads_1" }, nil},
		{"a name with a slash", func(p *P) { p.Spec.Name = "a/b" }, []string{"spec.name"}},
		{"a name that ends with a space", func(p *P) { p.Spec.Name = "web " }, []string{"spec.name"}},
		{"a name that is too long", func(p *P) { p.Spec.Name = strings.Repeat("a", 256) }, []string{"spec.name"}},
		{"folders", func(p *P) { p.Spec.Folder, p.Spec.PublicIDPrefix, p.Spec.AssetFolder = "a/b", "ä/ö", "/a/" }, nil},
		{"a public ID with a question mark", func(p *P) { p.Spec.PublicID = "what?" }, []string{"spec.publicID"}},
		{"a prefix with a percent sign", func(p *P) { p.Spec.PublicIDPrefix = "a%20b" }, []string{"spec.publicIDPrefix"}},
		{"a folder that looks like a version", func(p *P) { p.Spec.Folder = "a/v12/b" }, []string{"spec.folder"}},
		{"a folder of slashes", func(p *P) { p.Spec.AssetFolder = "//" }, []string{"spec.assetFolder"}},
		{"an unknown type", func(p *P) { p.Spec.Type = "fetch" }, []string{"spec.type"}},
		{"an unknown resource type", func(p *P) { p.Spec.ResourceType = "picture" }, []string{"spec.resourceType"}},
		{"formats with dots and in upper case", func(p *P) { p.Spec.AllowedFormats = []string{"jpg", ".png", "GIF", ""} }, []string{"spec.allowedFormats[1]", "spec.allowedFormats[2]", "spec.allowedFormats[3]"}},
		{"a format that is a path", func(p *P) { p.Spec.Format = "a/b" }, []string{"spec.format"}},
		{"a transformation with spaces", func(p *P) { p.Spec.Transformation = "l_text:Arial_20:a b" }, nil},
		{"a transformation over two lines", func(p *P) { p.Spec.Transformation = "c_fill\nw_100" }, []string{"spec.transformation"}},
		{"a transformation that begins with a slash", func(p *P) { p.Spec.Transformation = "/c_fill" }, []string{"spec.transformation"}},
		{"a transformation that is too long", func(p *P) { p.Spec.Transformation = strings.Repeat("a", 4097) }, []string{"spec.transformation"}},
		{"eager transformations", func(p *P) { p.Spec.Eager = []string{"c_fill/jpg", "/", "", "a_1|a_2"} }, []string{"spec.eager[2]", "spec.eager[3]"}},
		{"breakpoints that cross", func(p *P) {
			p.Spec.ResponsiveBreakpoints = []v1alpha1.ResponsiveBreakpoints{{MinWidth: new(int32(1001))}, {MinWidth: new(int32(300)), MaxWidth: new(int32(200))}, {}}
		}, []string{"spec.responsiveBreakpoints[0].minWidth", "spec.responsiveBreakpoints[1].minWidth"}},
		{"breakpoints out of range", func(p *P) {
			p.Spec.ResponsiveBreakpoints = []v1alpha1.ResponsiveBreakpoints{{BytesStep: new(int32(0)), MaxImages: new(int32(2)), Format: "."}}
		}, []string{"spec.responsiveBreakpoints[0].bytesStep", "spec.responsiveBreakpoints[0].maxImages", "spec.responsiveBreakpoints[0].format"}},
		{"addresses", func(p *P) {
			p.Spec.EagerNotificationURL, p.Spec.NotificationURL, p.Spec.Callback, p.Spec.Proxy = "http://hooks.default.svc/a", "ftp://a", "https://", "proxy:3128"
		}, []string{"spec.notificationURL", "spec.callback", "spec.proxy"}},
		{"headers", func(p *P) {
			p.Spec.Headers = []v1alpha1.DeliveryHeader{{Name: "Link", Value: "<a>"}, {Name: "link", Value: "<b>"}, {Name: "Set-Cookie", Value: "a"}, {Name: "X-Robots-Tag", Value: "a\r\nb: c"}}
		}, []string{"spec.headers[1].name", "spec.headers[2].name", "spec.headers[3].value"}},
		{"access control", func(p *P) {
			p.Spec.AccessControl = []v1alpha1.AccessControlRule{
				{AccessType: "token", Key: "00ff"}, {AccessType: "anonymous", Start: &early, End: &late},
				{}, {AccessType: "everybody"}, {AccessType: "anonymous", Start: &late, End: &early}, {AccessType: "token", Key: "0"},
			}
		}, []string{"spec.accessControl[2].accessType", "spec.accessControl[3].accessType", "spec.accessControl[4].end", "spec.accessControl[5].key"}},
		{"an unknown access mode", func(p *P) { p.Spec.AccessMode = "secret" }, []string{"spec.accessMode"}},
		{"a confidence above 1", func(p *P) { p.Spec.AutoTagging = "1.5" }, []string{"spec.autoTagging"}},
		{"a confidence of 1", func(p *P) { p.Spec.AutoTagging = "1.0" }, nil},
		{"moderations in one text", func(p *P) { p.Spec.Moderation = []string{"manual", "a|b", ""} }, []string{"spec.moderation[1]", "spec.moderation[2]"}},
		{"tags in one text", func(p *P) { p.Spec.Tags = []string{"a", "b,c", " "} }, []string{"spec.tags[1]", "spec.tags[2]"}},
		{"context without key", func(p *P) { p.Spec.Context = map[string]string{"": "a"} }, []string{"spec.context"}},
		{"metadata", func(p *P) {
			p.Spec.Metadata = []v1alpha1.PresetMetadata{
				{Field: "a", MetadataValue: v1alpha1.MetadataValue{Value: new("")}},
				{Field: "a", MetadataValue: v1alpha1.MetadataValue{Values: []string{"x", "x"}}},
				{Field: "", MetadataValue: v1alpha1.MetadataValue{Value: new("b")}},
				{Field: "c"},
			}
		}, []string{"spec.metadata[1].field", "spec.metadata[1].values[1]", "spec.metadata[2].field", "spec.metadata[3]"}},
		{"coordinates", func(p *P) {
			p.Spec.FaceCoordinates = []v1alpha1.Rectangle{{Width: 1, Height: 1}, {Left: -1, Width: 1, Height: 1}}
			p.Spec.CustomCoordinates = []v1alpha1.Rectangle{{}}
		}, []string{"spec.faceCoordinates[1]", "spec.customCoordinates[0]"}},
		{"regions", func(p *P) {
			two := []v1alpha1.Point{{}, {Left: 1, Top: 1}}
			p.Spec.Regions = []v1alpha1.Region{{Name: "a", Points: two}, {Name: "a", Points: two}, {Points: two[:1]}, {Name: "b", Points: []v1alpha1.Point{{Left: -1}, {}}}}
		}, []string{"spec.regions[1].name", "spec.regions[2].name", "spec.regions[2].points", "spec.regions[3].points[0]"}},
	})
}

func TestErrorsDoNotQuoteWhatMayBeSecret(t *testing.T) {
	p := preset()
	p.Spec.NotificationURL = "gopher://user:hunter2@example.com"
	p.Spec.AccessControl = []v1alpha1.AccessControlRule{{AccessType: "token", Key: "hunter2"}}
	errs := ValidateUploadPreset(p)
	if len(errs) != 2 || strings.Contains(errs.ToAggregate().Error(), "hunter2") {
		t.Errorf("got %v", errs)
	}
}

func TestWarnUploadPreset(t *testing.T) {
	p := preset()
	if warnings := WarnUploadPreset(p); len(warnings) > 0 {
		t.Errorf("a signed preset gives %q", warnings)
	}
	p.Spec.DisallowPublicID = new(true)
	if warnings := WarnUploadPreset(p); len(warnings) != 1 || !strings.HasPrefix(warnings[0], "spec.disallowPublicID:") {
		t.Errorf("disallowPublicID without unsigned gives %q", warnings)
	}
	p.Spec.Unsigned, p.Spec.Overwrite = new(true), new(true)
	if warnings := WarnUploadPreset(p); len(warnings) != 1 || !strings.HasPrefix(warnings[0], "spec.overwrite:") {
		t.Errorf("overwrite with unsigned gives %q", warnings)
	}
}
