package productenvironment

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/credentials"
)

// ensureExposure keeps the Service, and says where the environment is reached.
func (r *Reconciler) ensureExposure(ctx context.Context, s *scope) (conditions.Part, error) {
	if err := r.owned(ctx, s, build.Service(s.build), &corev1.Service{}); err != nil {
		return conditions.Part{}, err
	}
	endpoint := credentials.EndpointOf(s.build.Effective)
	s.environment.Status.URL = endpoint.DeliveryURL()
	s.environment.Status.UploadPrefix = endpoint.UploadPrefix
	return conditions.Ready(v1alpha1.ConditionExposed, v1alpha1.ReasonReady,
		"Service "+build.ServiceName(s.environment.Name)+" leads to the renderer"), nil
}
