package webhooks

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// +kubebuilder:webhook:path=/validate-media-darkroom-dev-v1alpha1-accesskey,mutating=false,failurePolicy=ignore,sideEffects=None,timeoutSeconds=5,groups=media.darkroom.dev,resources=accesskeys,verbs=create;update,versions=v1alpha1,name=accesskeys.media.darkroom.dev,admissionReviewVersions=v1

// SetupAccessKeyWithManager serves admission of AccessKeys on the manager's webhook server.
func SetupAccessKeyWithManager(manager ctrl.Manager) error {
	err := ctrl.NewWebhookManagedBy(manager, &v1alpha1.AccessKey{}).WithValidator(accessKeys()).Complete()
	if err != nil {
		return fmt.Errorf("serving admission of AccessKeys: %w", err)
	}
	return nil
}

func accessKeys() *validator[*v1alpha1.AccessKey] {
	return &validator[*v1alpha1.AccessKey]{
		kind:   "AccessKey",
		create: rules.ValidateAccessKey,
		update: rules.ValidateAccessKeyUpdate,
		unchanged: func(a, b *v1alpha1.AccessKey) bool {
			return equality.Semantic.DeepEqual(a.Spec, b.Spec)
		},
	}
}
