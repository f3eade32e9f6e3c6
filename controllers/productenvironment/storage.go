package productenvironment

import (
	"context"
	"fmt"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
)

// ensureStorage brings up the place of the bytes.
func (r *Reconciler) ensureStorage(ctx context.Context, s *scope) (conditions.Part, error) {
	kind := s.build.Effective.Storage
	provisioner, ok := r.Storage[kind]
	if !ok {
		return conditions.Blocked(v1alpha1.ConditionStorageReady, v1alpha1.ReasonUnsupported,
			fmt.Sprintf("spec.storage.%s: this version of the operator does not reconcile storage of this kind", kind)), nil
	}
	return provisioner.Ensure(ctx, s.build)
}
