package webhooks

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-uploadpreset,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=uploadpresets,verbs=create;update,versions=v1alpha1,name=uploadpresets.media.darkroom.dev,admissionReviewVersions=v1

// SetupUploadPresetWithManager serves admission of UploadPresets on the manager's webhook server.
func SetupUploadPresetWithManager(manager ctrl.Manager) error {
	err := ctrl.NewWebhookManagedBy(manager, &v1alpha1.UploadPreset{}).WithValidator(uploadPresets()).Complete()
	if err != nil {
		return fmt.Errorf("serving admission of UploadPresets: %w", err)
	}
	return nil
}

func uploadPresets() *validator[*v1alpha1.UploadPreset] {
	return &validator[*v1alpha1.UploadPreset]{
		kind:   "UploadPreset",
		create: rules.ValidateUploadPreset,
		update: func(preset, _ *v1alpha1.UploadPreset) field.ErrorList { return rules.ValidateUploadPreset(preset) },
		unchanged: func(a, b *v1alpha1.UploadPreset) bool {
			return equality.Semantic.DeepEqual(a.Spec, b.Spec)
		},
		warn: rules.WarnUploadPreset,
	}
}
