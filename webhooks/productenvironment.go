package webhooks

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-productenvironment,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=productenvironments,verbs=create;update,versions=v1alpha1,name=productenvironments.media.darkroom.dev,admissionReviewVersions=v1

// SetupProductEnvironmentWithManager serves admission of ProductEnvironments on the manager's webhook server.
func SetupProductEnvironmentWithManager(manager ctrl.Manager) error {
	err := ctrl.NewWebhookManagedBy(manager, &v1alpha1.ProductEnvironment{}).WithValidator(productEnvironments()).Complete()
	if err != nil {
		return fmt.Errorf("serving admission of ProductEnvironments: %w", err)
	}
	return nil
}

func productEnvironments() *validator[*v1alpha1.ProductEnvironment] {
	return &validator[*v1alpha1.ProductEnvironment]{
		kind:   "ProductEnvironment",
		create: rules.ValidateProductEnvironment,
		update: rules.ValidateProductEnvironmentUpdate,
		unchanged: func(a, b *v1alpha1.ProductEnvironment) bool {
			return equality.Semantic.DeepEqual(a.Spec, b.Spec)
		},
	}
}
