package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// S3 keeps the bytes in a bucket of S3 or of a compatible store. Whose a bucket is stands in its tags: one that carries
// the UID of another environment is never touched, unless that had the same namespace, name and cluster, so that it must
// be gone; and only one that was made here is ever removed.
type S3 struct {
	// Live reads Secrets of users past the cache, which holds none of them.
	Live client.Reader
	// Cluster is the identity of the cluster; see ClusterIdentity.
	Cluster func(ctx context.Context) (string, error)
}

var _ Provisioner = (*S3)(nil)

// Ensure makes or adopts the bucket and keeps its settings.
func (p *S3) Ensure(ctx context.Context, e *build.Environment, record Record) (conditions.Part, error) {
	return p.ensure(ctx, e, record, nil)
}

// ensure is Ensure for a bucket that may have to lock its objects; lock says how, and may be nil.
func (p *S3) ensure(ctx context.Context, e *build.Environment, record Record, lock *lock) (conditions.Part, error) {
	if moves := rules.BucketMoves(e.Object); len(moves) > 0 {
		return conditions.Blocked(v1alpha1.ConditionStorageReady, v1alpha1.ReasonImmutable, moves.ToAggregate().Error()), nil
	}
	spec, name := e.Object.Spec.Storage.S3, e.Effective.Bucket
	identity := v1alpha1.BucketStatus{Name: name, Endpoint: spec.Endpoint, Prefix: spec.Prefix}
	if spec.CredentialsSecretRef == nil {
		if err := record(ctx, identity); err != nil {
			return conditions.Part{}, err
		}
		return conditions.Ready(v1alpha1.ConditionStorageReady, v1alpha1.ReasonReady, fmt.Sprintf(
			"bucket %s is used with the identity of the renderer's pods; the operator does not look at it", name)), nil
	}
	b, err := p.open(ctx, e.Object, name)
	if err != nil {
		return conditions.Part{}, err
	}
	identity.Name, b.lock = b.name, lock
	identity.Owned, err = b.settle(ctx, e.Object, identity, record)
	if err != nil {
		return conditions.Part{}, b.explain(err)
	}
	if err := record(ctx, identity); err != nil {
		return conditions.Part{}, err
	}
	notes, err := b.configure(ctx, spec, identity.Owned)
	if err == nil && lock != nil {
		err = b.keepLock(ctx)
	}
	if err != nil {
		return conditions.Part{}, b.explain(err)
	}
	return conditions.Ready(v1alpha1.ConditionStorageReady, v1alpha1.ReasonReady, readyMessage(b, identity.Owned, notes)), nil
}

// readyMessage says what the bucket is, and what of its settings could not be.
func readyMessage(b *bucket, owned bool, notes []string) string {
	how := "adopted"
	if owned {
		how = "made for this environment"
	}
	return strings.Join(append([]string{fmt.Sprintf("bucket %s at %s, %s", b.name, b.where, how)}, notes...), "; ")
}

// errForeign says that a bucket belongs to somebody else.
var errForeign = errors.New("the bucket belongs to somebody else")

// errOtherPrefix says that the bytes are elsewhere in the bucket.
var errOtherPrefix = errors.New("the bucket holds the bytes under another prefix")

// settle finds the bucket or makes it, and marks it as the environment's. owned says that it was made here. identity is
// recorded before the bucket is made.
func (b *bucket) settle(ctx context.Context, environment *v1alpha1.ProductEnvironment, identity v1alpha1.BucketStatus, record Record) (owned bool, err error) {
	tags, err := b.tags(ctx)
	made := false
	if isCode(err, "NoSuchBucket") {
		identity.Owned = true
		if err := record(ctx, identity); err != nil {
			return false, err
		}
		if made, err = b.create(ctx); err != nil {
			if codeOf(err) != "" { // the store says that it made none
				err = errors.Join(err, record(ctx, v1alpha1.BucketStatus{}))
			}
			return false, err
		}
		tags, err = b.tags(ctx)
	}
	// The name holds a hash of who the environment is: nobody else would have made it.
	own := b.name == rules.DerivedBucketName(environment, b.cluster)
	if isUnsupported(err) {
		// Without tags, nothing but its name tells whose a bucket is.
		return own, nil
	}
	if err != nil {
		return false, err
	}
	wanted := b.ownerTags(environment)
	origin := tagValue(tags, tagOrigin)
	if holder := tagValue(tags, tagUID); holder != "" {
		if holder != wanted[tagUID] && (tagValue(tags, tagEnvironment) != wanted[tagEnvironment] || tagValue(tags, tagCluster) != wanted[tagCluster]) {
			return false, fmt.Errorf("%w: its tag %s is %s, of the environment %s of the cluster %s", errForeign, tagUID, holder,
				tagValue(tags, tagEnvironment), tagValue(tags, tagCluster))
		}
		if prefix, told := findTag(tags, tagPrefix); told && prefix != wanted[tagPrefix] {
			return false, fmt.Errorf("%w: %q", errOtherPrefix, prefix)
		}
	} else if origin = originAdopted; made || own {
		origin = originMade
	}
	wanted[tagOrigin] = origin
	if err := b.mark(ctx, wanted, tags); err != nil {
		return false, err
	}
	return origin == originMade, nil
}

// tagValue is the value of a tag, empty where there is none.
func tagValue(tags []types.Tag, key string) string {
	value, _ := findTag(tags, key)
	return value
}

func findTag(tags []types.Tag, key string) (value string, found bool) {
	for _, tag := range tags {
		if aws.ToString(tag.Key) == key {
			return aws.ToString(tag.Value), true
		}
	}
	return "", false
}

// Teardown empties and removes the bucket, if it was made for the environment.
func (p *S3) Teardown(ctx context.Context, environment *v1alpha1.ProductEnvironment) error {
	recorded, spec := environment.Status.Bucket, environment.Spec.Storage
	if recorded == nil || !recorded.Owned || spec == nil || spec.S3 == nil || spec.S3.CredentialsSecretRef == nil {
		return nil
	}
	environment = environment.DeepCopy()
	environment.Spec.Storage.S3.Endpoint = recorded.Endpoint // the spec may ask for a move that was refused
	b, err := p.open(ctx, environment, recorded.Name)
	if err != nil {
		return err
	}
	tags, err := b.tags(ctx)
	switch {
	case isCode(err, "NoSuchBucket"):
		return nil
	case isUnsupported(err):
		if b.name != rules.DerivedBucketName(environment, b.cluster) {
			return nil
		}
	case err != nil:
		return b.explain(err)
	case tagValue(tags, tagUID) != string(environment.UID) || tagValue(tags, tagOrigin) != originMade:
		return nil
	}
	if err := b.remove(ctx); err != nil {
		return b.explain(err)
	}
	return nil
}
