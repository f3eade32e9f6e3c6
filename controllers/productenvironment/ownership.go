package productenvironment

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/apply"
	"github.com/darkroom-media/darkroom/internal/build"
)

// ownedBy is what an environment owns.
func ownedBy(environment *v1alpha1.ProductEnvironment) apply.Ownership {
	kind := v1alpha1.GroupVersion.WithKind("ProductEnvironment").GroupKind()
	return apply.ControlledBy(environment, kind, build.Evidence(environment.Name))
}

// ownedByKey is what an access key owns.
func ownedByKey(key *v1alpha1.AccessKey) apply.Ownership {
	kind := v1alpha1.GroupVersion.WithKind("AccessKey").GroupKind()
	return apply.ControlledBy(key, kind, build.Evidence(key.Spec.EnvironmentRef.Name))
}

// owned applies an object that the environment owns, and fills into with its state.
func (r *Reconciler) owned(ctx context.Context, s *scope, intent runtime.ApplyConfiguration, into client.Object) error {
	return r.Applier.To(ctx, s.environment, ownedBy(s.environment), intent, into)
}
