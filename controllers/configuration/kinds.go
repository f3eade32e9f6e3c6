package configuration

import (
	"time"

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
	// ParseTransformation is the renderers' parser; nil leaves the texts of transformations to them.
	ParseTransformation rules.ParseTransformation
}

// Controllers are those of all kinds, by name.
func Controllers(o Options) map[string]Controller {
	controllers := map[string]Controller{}
	add(controllers, o, assetImports())
	add(controllers, o, uploadPresets())
	add(controllers, o, metadataFields())
	add(controllers, o, webhookTriggers())
	add(controllers, o, transformations(o.ParseTransformation))
	add(controllers, o, metadataRules())
	add(controllers, o, kind[*v1alpha1.StreamingProfile]{
		name: "streamingprofile", word: "StreamingProfile", list: &v1alpha1.StreamingProfileList{},
		validate: rules.ValidateStreamingProfile, namePath: "spec.name",
	})
	add(controllers, o, kind[*v1alpha1.UploadMapping]{
		name: "uploadmapping", word: "UploadMapping", list: &v1alpha1.UploadMappingList{},
		validate: rules.ValidateUploadMapping, namePath: "spec.folder",
	})
	return controllers
}

func add[T v1alpha1.Configuration](controllers map[string]Controller, o Options, k kind[T]) {
	controllers[k.name] = &Reconciler[T]{Client: o.Client, Now: o.Now, kind: k}
}
