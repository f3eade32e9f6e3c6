package productenvironment

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
)

// ensureRendererConfig keeps the renderer's configuration file, and its rights to read what is live, and gives a new
// environment what it begins with.
func (r *Reconciler) ensureRendererConfig(ctx context.Context, s *scope) (conditions.Part, error) {
	configuration, err := build.RendererConfigMap(s.build)
	if err != nil {
		return conditions.Part{}, err
	}
	s.configuration = configuration
	for _, object := range []struct {
		intent runtime.ApplyConfiguration
		into   client.Object
	}{
		{configuration, &corev1.ConfigMap{}},
		{build.RendererServiceAccount(s.build), &corev1.ServiceAccount{}},
		{build.RendererRole(s.build), &rbacv1.Role{}},
		{build.RendererRoleBinding(s.build), &rbacv1.RoleBinding{}},
	} {
		if err := r.owned(ctx, s, object.intent, object.into); err != nil {
			return conditions.Part{}, err
		}
	}
	if err := r.ensureMediaLibraryPreset(ctx, s); err != nil {
		return conditions.Part{}, err
	}
	return conditions.Ready(v1alpha1.ConditionConfigurationReady, v1alpha1.ReasonReady,
		"the renderer's configuration is written"), nil
}
