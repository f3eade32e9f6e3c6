package rules

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// Unsupported names what is valid in object but beyond what the renderers of this version do. Such an object is not in use
// at all: to ignore a part of it would do what was not asked for.
func Unsupported(object v1alpha1.Configuration) field.ErrorList {
	switch object := object.(type) {
	case *v1alpha1.WebhookTrigger:
		return UnsupportedInWebhookTrigger(object)
	case *v1alpha1.StreamingProfile:
		return notYet("stream video")
	case *v1alpha1.UploadMapping:
		return unsupportedInUploadMapping(object)
	}
	return nil
}

// notYet is for the kinds that the renderers do not act on.
func notYet(what string) field.ErrorList {
	return field.ErrorList{field.Forbidden(field.NewPath("spec"), "the renderers of this version do not "+what)}
}
