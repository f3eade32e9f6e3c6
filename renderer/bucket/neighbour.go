package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"
)

// ErrNoNeighbours says that a store has no buckets beside its own.
var ErrNoNeighbours = errors.New("the store has no other buckets")

// consent is the folder of the objects by whose names the owner of a bucket says who may read it.
const consent = ".wellknown/cloudinary/"

// OpenNeighbour opens an object of another bucket of the same store, by the same credentials, for being read once. The bucket must
// hold an object .wellknown/cloudinary/<reader>, in which its owner consents. The error is ErrNoNeighbours for a volume, and
// ErrNotFound when bucket, consent or object are not there, or not for us: which of them is not told.
func (b *Bucket) OpenNeighbour(ctx context.Context, name, key, reader string) (io.ReadCloser, error) {
	neighbours, ok := b.store.(interface {
		neighbour(ctx context.Context, name string) (*blob.Bucket, error)
	})
	if !ok {
		return nil, ErrNoNeighbours
	}
	other, err := neighbours.neighbour(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("opening the bucket %s: %w", name, err)
	}
	agreed, err := other.Exists(ctx, consent+reader)
	if err == nil && !agreed {
		err = ErrNotFound
	}
	var content *blob.Reader
	if err == nil {
		content, err = other.NewReader(ctx, key, nil)
	}
	if err != nil {
		switch gcerrors.Code(err) {
		case gcerrors.NotFound, gcerrors.PermissionDenied, gcerrors.InvalidArgument:
			err = ErrNotFound
		}
		_ = other.Close() // Only what was read of it is lost.
		return nil, fmt.Errorf("opening object %s of bucket %s: %w", key, name, err)
	}
	return &neighbourReader{Reader: content, bucket: other}, nil
}

// neighbourReader closes its bucket with itself.
type neighbourReader struct {
	*blob.Reader
	bucket *blob.Bucket
}

// Close ends the reading.
func (r *neighbourReader) Close() error { return errors.Join(r.Reader.Close(), r.bucket.Close()) }

// neighbour opens a bucket by the client of our own.
func (r *remote) neighbour(ctx context.Context, name string) (*blob.Bucket, error) {
	if name == r.name {
		return nil, ErrNotFound // What others have put beside our objects is not ours to give.
	}
	return s3blob.OpenBucket(ctx, r.client, name, nil)
}
