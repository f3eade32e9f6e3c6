package productenvironment

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// ensureRendererConfig keeps the renderer's configuration file, and its rights to read what is live, and gives a new
// environment what it begins with.
func (r *Reconciler) ensureRendererConfig(ctx context.Context, s *scope) (conditions.Part, error) {
	unsettled := s.isUnsettled()
	if !unsettled {
		configuration, err := build.RendererConfigMap(s.build)
		if err != nil {
			return conditions.Part{}, err
		}
		if err := r.owned(ctx, s, configuration, &corev1.ConfigMap{}); err != nil {
			return conditions.Part{}, err
		}
		s.configuration = configuration
	}
	for _, object := range []struct {
		intent runtime.ApplyConfiguration
		into   client.Object
	}{
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
	if unsettled {
		return conditions.Waiting(v1alpha1.ConditionConfigurationReady, v1alpha1.ReasonWaitingForStorage,
			"the renderer's configuration is left as it is until its storage and its database are settled"), nil
	}
	return conditions.Ready(v1alpha1.ConditionConfigurationReady, v1alpha1.ReasonReady,
		"the renderer's configuration is written"), nil
}

// isUnsettled says that it is open where the bytes and the library are to be. The renderer goes on with those that it has:
// a pod that starts must not find the names of others in its configuration.
func (s *scope) isUnsettled() bool {
	if s.build.Effective.Storage == rules.StorageS3 && s.build.Effective.Bucket == "" {
		return true
	}
	return slices.ContainsFunc(s.parts, func(part conditions.Part) bool {
		return (part.Type == v1alpha1.ConditionStorageReady || part.Type == v1alpha1.ConditionDatabaseReady) && part.IsBlocked()
	})
}
