package configuration

import (
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// Controller is a reconciler of one kind.
type Controller interface {
	reconcile.Reconciler
	SetupWithManager(manager ctrl.Manager) error
}

// Options are what the controllers of this package need.
type Options struct {
	Client client.Client
	// Now is the clock.
	Now func() time.Time
	// ParseTransformation says what is wrong with a transformation in the syntax of delivery URLs. The renderers find that
	// out with the same parser; nil leaves it to them alone.
	ParseTransformation func(text string) error
}

// Controllers are those of all kinds, by name.
func Controllers(o Options) map[string]Controller {
	controllers := map[string]Controller{}
	add(controllers, o, uploadPresets())
	add(controllers, o, metadataFields())
	add(controllers, o, webhookTriggers())
	add(controllers, o, transformations(o.ParseTransformation))
	add(controllers, o, kind[*v1alpha1.MetadataRule]{
		name: "metadatarule", word: "MetadataRule", list: &v1alpha1.MetadataRuleList{},
		validate: rules.ValidateMetadataRule, unsupported: notYet[*v1alpha1.MetadataRule]("follow metadata rules"),
	})
	add(controllers, o, kind[*v1alpha1.StreamingProfile]{
		name: "streamingprofile", word: "StreamingProfile", list: &v1alpha1.StreamingProfileList{},
		validate: rules.ValidateStreamingProfile, unsupported: notYet[*v1alpha1.StreamingProfile]("stream video"), namePath: "spec.name",
	})
	add(controllers, o, kind[*v1alpha1.UploadMapping]{
		name: "uploadmapping", word: "UploadMapping", list: &v1alpha1.UploadMappingList{},
		validate: rules.ValidateUploadMapping, unsupported: notYet[*v1alpha1.UploadMapping]("upload what is missing from elsewhere"), namePath: "spec.folder",
	})
	return controllers
}

func add[T v1alpha1.Configuration](controllers map[string]Controller, o Options, k kind[T]) {
	controllers[k.name] = &Reconciler[T]{Client: o.Client, Now: o.Now, kind: k}
}

// notYet is for the kinds that the renderers do not act on.
func notYet[T v1alpha1.Configuration](what string) func(T) field.ErrorList {
	return func(T) field.ErrorList {
		return field.ErrorList{field.Forbidden(field.NewPath("spec"), "the renderers of this version do not "+what)}
	}
}
