package productenvironment

import (
	"context"
	"fmt"
	"slices"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/storage"
)

// ensureStorage brings up the place of the bytes.
func (r *Reconciler) ensureStorage(ctx context.Context, s *scope) (conditions.Part, error) {
	provisioner, err := r.provisioner(s.build.Effective.Storage)
	if err != nil {
		return conditions.Part{}, err
	}
	return provisioner.Ensure(ctx, s.build, func(ctx context.Context, identity v1alpha1.BucketStatus) error {
		return r.recordBucket(ctx, s, identity)
	})
}

// provisioner brings up storage of a kind.
func (r *Reconciler) provisioner(kind string) (storage.Provisioner, error) {
	provisioner, ok := r.Storage[kind]
	if !ok {
		return nil, fmt.Errorf("there is no provisioner for storage of the kind %s", kind)
	}
	return provisioner, nil
}

// recordBucket writes the identity of the bucket into the status at once: whatever happens next, it is known which
// bucket was made.
func (r *Reconciler) recordBucket(ctx context.Context, s *scope, identity v1alpha1.BucketStatus) error {
	has := s.environment.Status.Bucket
	switch {
	case identity.Name == "" && has == nil, has != nil && *has == identity:
		return nil
	case identity.Name == "":
		s.environment.Status.Bucket = nil
	default:
		s.environment.Status.Bucket = &identity
	}
	s.build.Effective.Bucket = identity.Name
	parts := s.parts
	defer func() { s.parts = parts }()
	s.parts = append(slices.Clone(parts), conditions.Waiting(v1alpha1.ConditionStorageReady, v1alpha1.ReasonProgressing,
		"the bucket is being made"))
	return r.writeStatus(ctx, s)
}
