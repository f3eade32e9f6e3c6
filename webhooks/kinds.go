package webhooks

import (
	"k8s.io/apimachinery/pkg/util/validation/field"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-accesskey,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=accesskeys,verbs=create;update,versions=v1alpha1,name=accesskeys.media.darkroom.dev,admissionReviewVersions=v1
// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-assetimport,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=assetimports,verbs=create;update,versions=v1alpha1,name=assetimports.media.darkroom.dev,admissionReviewVersions=v1
// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-metadatafield,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=metadatafields,verbs=create;update,versions=v1alpha1,name=metadatafields.media.darkroom.dev,admissionReviewVersions=v1
// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-metadatarule,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=metadatarules,verbs=create;update,versions=v1alpha1,name=metadatarules.media.darkroom.dev,admissionReviewVersions=v1
// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-productenvironment,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=productenvironments,verbs=create;update,versions=v1alpha1,name=productenvironments.media.darkroom.dev,admissionReviewVersions=v1
// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-streamingprofile,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=streamingprofiles,verbs=create;update,versions=v1alpha1,name=streamingprofiles.media.darkroom.dev,admissionReviewVersions=v1
// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-transformation,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=transformations,verbs=create;update,versions=v1alpha1,name=transformations.media.darkroom.dev,admissionReviewVersions=v1
// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-uploadmapping,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=uploadmappings,verbs=create;update,versions=v1alpha1,name=uploadmappings.media.darkroom.dev,admissionReviewVersions=v1
// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-uploadpreset,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=uploadpresets,verbs=create;update,versions=v1alpha1,name=uploadpresets.media.darkroom.dev,admissionReviewVersions=v1
// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-webhooktrigger,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=webhooktriggers,verbs=create;update,versions=v1alpha1,name=webhooktriggers.media.darkroom.dev,admissionReviewVersions=v1

// SetupWithManager serves admission of all kinds on the manager's webhook server. parse is the renderers' parser; nil
// leaves the texts of transformations to them.
func SetupWithManager(manager ctrl.Manager, parse rules.ParseTransformation) error {
	for _, validator := range []interface{ serve(ctrl.Manager) error }{
		accessKeys(), assetImports(), metadataFields(), metadataRules(), productEnvironments(), streamingProfiles(), transformations(parse),
		uploadMappings(), uploadPresets(), webhookTriggers(),
	} {
		if err := validator.serve(manager); err != nil {
			return err
		}
	}
	return nil
}

func accessKeys() *validator[*v1alpha1.AccessKey] {
	return &validator[*v1alpha1.AccessKey]{kind: "AccessKey", create: rules.ValidateAccessKey, update: rules.ValidateAccessKeyUpdate}
}

func assetImports() *validator[*v1alpha1.AssetImport] {
	return &validator[*v1alpha1.AssetImport]{kind: "AssetImport", create: rules.ValidateAssetImport}
}

func metadataFields() *validator[*v1alpha1.MetadataField] {
	return &validator[*v1alpha1.MetadataField]{kind: "MetadataField", create: rules.ValidateMetadataField, update: rules.ValidateMetadataFieldUpdate}
}

func metadataRules() *validator[*v1alpha1.MetadataRule] {
	return &validator[*v1alpha1.MetadataRule]{kind: "MetadataRule", create: rules.ValidateMetadataRule}
}

func productEnvironments() *validator[*v1alpha1.ProductEnvironment] {
	return &validator[*v1alpha1.ProductEnvironment]{
		kind: "ProductEnvironment", create: rules.ValidateProductEnvironment, update: rules.ValidateProductEnvironmentUpdate,
	}
}

func streamingProfiles() *validator[*v1alpha1.StreamingProfile] {
	return &validator[*v1alpha1.StreamingProfile]{kind: "StreamingProfile", create: rules.ValidateStreamingProfile}
}

func transformations(parse rules.ParseTransformation) *validator[*v1alpha1.Transformation] {
	return &validator[*v1alpha1.Transformation]{
		kind:   "Transformation",
		create: func(t *v1alpha1.Transformation) field.ErrorList { return rules.ValidateTransformation(t, parse) },
	}
}

func uploadMappings() *validator[*v1alpha1.UploadMapping] {
	return &validator[*v1alpha1.UploadMapping]{kind: "UploadMapping", create: rules.ValidateUploadMapping}
}

func uploadPresets() *validator[*v1alpha1.UploadPreset] {
	return &validator[*v1alpha1.UploadPreset]{kind: "UploadPreset", create: rules.ValidateUploadPreset, warn: rules.WarnUploadPreset}
}

func webhookTriggers() *validator[*v1alpha1.WebhookTrigger] {
	return &validator[*v1alpha1.WebhookTrigger]{kind: "WebhookTrigger", create: rules.ValidateWebhookTrigger, warn: rules.WarnWebhookTrigger}
}
