package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// ErrLocked says that an object is under object lock and cannot be deleted yet.
var ErrLocked = errors.New("under object lock")

// Purge removes an object for good: where the bucket keeps versions of objects, all of them. A missing object is no error; the
// error is ErrLocked when one is under object lock.
func (b *Bucket) Purge(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("purging object %s: %w", key, err)
	}
	if err := b.store.purge(ctx, b.prefix+key); err != nil {
		return fmt.Errorf("purging object %s: %w", key, err)
	}
	return nil
}

// purge deletes the file: a volume keeps no versions.
func (v *volume) purge(ctx context.Context, key string) error {
	if err := v.root.Remove(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return v.sweep(ctx, key)
}

// purge deletes the object, or its versions.
func (r *remote) purge(ctx context.Context, key string) error {
	versioning, err := r.client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &r.name})
	if _, answered := errors.AsType[smithy.APIError](err); err != nil && !answered {
		return err
	}
	if err != nil || versioning.Status == "" {
		// It never had versions, or the store knows none.
		_, err := r.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &r.name, Key: &key})
		return lockedOr(err)
	}
	input := &s3.ListObjectVersionsInput{Bucket: &r.name, Prefix: &key}
	for {
		page, err := r.client.ListObjectVersions(ctx, input)
		if err != nil {
			return err
		}
		for _, version := range page.Versions {
			if aws.ToString(version.Key) != key {
				continue // It only begins with the key.
			}
			if err := r.purgeVersion(ctx, key, version.VersionId); err != nil {
				return err
			}
		}
		for _, marker := range page.DeleteMarkers {
			if aws.ToString(marker.Key) != key {
				continue
			}
			if _, err := r.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &r.name, Key: &key, VersionId: marker.VersionId}); err != nil {
				return err
			}
		}
		if !aws.ToBool(page.IsTruncated) {
			return nil
		}
		input.KeyMarker, input.VersionIdMarker = page.NextKeyMarker, page.NextVersionIdMarker
	}
}

func (r *remote) purgeVersion(ctx context.Context, key string, version *string) error {
	head, err := r.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &r.name, Key: &key, VersionId: version})
	if err != nil {
		return err
	}
	if until := aws.ToTime(head.ObjectLockRetainUntilDate); until.After(time.Now()) {
		return fmt.Errorf("%w until %s", ErrLocked, until.UTC().Format(time.RFC3339))
	}
	_, err = r.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &r.name, Key: &key, VersionId: version})
	return lockedOr(err)
}

// lockedOr is ErrLocked where a store refuses a deletion for a lock. None of them has a code of its own for that.
func lockedOr(err error) error {
	refusal, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return err
	}
	if words := strings.ToLower(refusal.ErrorMessage()); strings.Contains(words, "object lock") || strings.Contains(words, "worm protected") {
		return fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return err
}
