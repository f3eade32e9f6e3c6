package rules

import (
	"testing"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestUnsupported(t *testing.T) {
	for _, object := range []v1alpha1.Configuration{&v1alpha1.StreamingProfile{}, &v1alpha1.UploadMapping{Spec: v1alpha1.UploadMappingSpec{Template: "s3://acme/"}},
		&v1alpha1.UploadMapping{Spec: v1alpha1.UploadMappingSpec{Template: "https://example.com/", UploadPresetName: "web"}},
		&v1alpha1.WebhookTrigger{Spec: v1alpha1.WebhookTriggerSpec{URIType: v1alpha1.TriggerURITypeFlow}}} {
		if len(Unsupported(object)) == 0 {
			t.Errorf("%T is said to be in use", object)
		}
	}
	for _, object := range []v1alpha1.Configuration{&v1alpha1.UploadPreset{}, &v1alpha1.MetadataField{}, &v1alpha1.MetadataRule{}, &v1alpha1.Transformation{}, &v1alpha1.WebhookTrigger{},
		&v1alpha1.UploadMapping{Spec: v1alpha1.UploadMappingSpec{Template: "https://example.com/"}}} {
		if errs := Unsupported(object); len(errs) > 0 {
			t.Errorf("%T: %v", object, errs)
		}
	}
}
