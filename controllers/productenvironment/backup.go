package productenvironment

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// ensureBackup brings up the place of the backups. It is asked only where the spec has one.
func (r *Reconciler) ensureBackup(ctx context.Context, s *scope) (conditions.Part, error) {
	return r.Backup.Ensure(ctx, s.build, func(ctx context.Context, identity v1alpha1.BucketStatus) error {
		return r.recordBackup(ctx, s, identity)
	})
}

// recordBackup writes the identity of the backup's bucket into the status at once: whatever happens next, it is known which
// bucket was made.
func (r *Reconciler) recordBackup(ctx context.Context, s *scope, identity v1alpha1.BucketStatus) error {
	status := s.environment.Status.Backup
	if status == nil {
		status = &v1alpha1.BackupStatus{}
	}
	has := status.Bucket
	switch {
	case identity.Name == "" && has == nil, has != nil && *has == identity:
		return nil
	case identity.Name == "":
		status.Bucket = nil
	default:
		status.Bucket = &identity
	}
	s.environment.Status.Backup = status
	s.build.Effective = rules.Effective(s.environment)
	parts := s.parts
	defer func() { s.parts = parts }()
	s.parts = append(slices.Clone(parts), conditions.Waiting(v1alpha1.ConditionBackupReady, v1alpha1.ReasonProgressing, "the bucket of the backup is being made"))
	return r.writeStatus(ctx, s)
}

// forgetBackup takes the condition away where the spec has no backup. Where the backups are is still told.
func forgetBackup(environment *v1alpha1.ProductEnvironment) {
	if environment.Spec.Backup == nil {
		meta.RemoveStatusCondition(&environment.Status.Conditions, v1alpha1.ConditionBackupReady)
	}
}
