package productenvironment

import (
	"context"
	"fmt"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/internal/storage"
)

// ensureDatabase brings up the place of the library. The operator does not dial databases, which need not be within its
// reach: it looks at the Secret ahead, and at what the renderer says of the database.
func (r *Reconciler) ensureDatabase(ctx context.Context, s *scope) (conditions.Part, error) {
	if s.build.Effective.Database == rules.DatabasePostgres {
		return r.checkDatabaseSecret(ctx, s)
	}
	if s.build.Effective.Storage == rules.StorageVolume {
		return conditions.Ready(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonReady, "the library is a file on the volume"), nil
	}
	volume, err := r.provisioner(rules.StorageVolume)
	if err != nil {
		return conditions.Part{}, err
	}
	part, err := volume.Ensure(ctx, s.build, nil)
	part.Type = v1alpha1.ConditionDatabaseReady
	return part, err
}

// checkDatabaseSecret looks for the connection string.
func (r *Reconciler) checkDatabaseSecret(ctx context.Context, s *scope) (conditions.Part, error) {
	const path = "spec.database.postgres.secretRef"
	postgres := s.build.Object.Spec.Database.Postgres
	name, entry := postgres.SecretRef.Name, build.DatabaseKey(postgres)
	values, err := storage.ReadSecret(ctx, r.Live, s.environment.Namespace, path, name, entry)
	if err != nil {
		return conditions.Part{}, err
	}
	if err := rules.CheckConnectionString(values[0]); err != nil {
		part := conditions.Blocked(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonSecretInvalid,
			fmt.Sprintf("%s: entry %s of Secret %s is no connection string: %v", path, entry, name, err))
		return conditions.Part{}, &conditions.UntilError{Part: part, Err: err}
	}
	return conditions.Ready(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonReady,
		fmt.Sprintf("Secret %s leads to the database", name)), nil
}
