package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// Tags of a bucket. They say for whom it is and how it came to be so.
const (
	// tagUID is the UID of the environment.
	tagUID = v1alpha1.GroupName + "/environment-uid"
	// tagEnvironment is namespace/name of the environment, tagCluster the identity of its cluster: an environment of the
	// same three is the successor of the one that the UID names.
	tagEnvironment = v1alpha1.GroupName + "/environment"
	tagCluster     = v1alpha1.GroupName + "/cluster"
	// tagPrefix is what is put before every object key.
	tagPrefix = v1alpha1.GroupName + "/prefix"
	// tagOrigin is originMade or originAdopted.
	tagOrigin     = v1alpha1.GroupName + "/origin"
	originMade    = "made"
	originAdopted = "adopted"
)

const (
	// callDeadline bounds one call with its attempts.
	callDeadline = 5 * time.Second
	// callAttempts is how often a call is tried within its deadline.
	callAttempts = 2
	// anyRegion is what requests to a compatible store are signed for; they have no regions.
	anyRegion = "us-east-1"
)

// bucket is one bucket, seen with the credentials of its environment.
type bucket struct {
	client *s3.Client
	// name is the bucket's, endpoint the store's as the spec has it, where the same for people.
	name, endpoint, where string
	region                string
	// secret is the name of the Secret with the credentials.
	secret string
	// cluster is the identity of ours.
	cluster string
	// lock is how it is to lock its objects; nil for one that locks none.
	lock *lock
}

// open prepares calls to a bucket, that of the environment's own where name is empty. It makes none.
func (p *S3) open(ctx context.Context, environment *v1alpha1.ProductEnvironment, name string) (*bucket, error) {
	spec := environment.Spec.Storage.S3
	b := &bucket{name: name, endpoint: spec.Endpoint, where: spec.Endpoint, region: spec.Region, secret: spec.CredentialsSecretRef.Name}
	const path = "spec.storage.s3.credentialsSecretRef"
	values, err := ReadSecret(ctx, p.Live, environment.Namespace, path, b.secret, build.BucketAccessKeyID, build.BucketSecretAccessKey)
	if err != nil {
		return nil, err
	}
	if b.cluster, err = p.Cluster(ctx); err != nil {
		return nil, err
	}
	if b.name == "" {
		b.name = rules.DerivedBucketName(environment, b.cluster)
	}
	if b.region == "" {
		b.region = anyRegion
	}
	options := s3.Options{
		Region:       b.region,
		UsePathStyle: spec.Endpoint != "",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: values[0], SecretAccessKey: values[1], Source: "Secret " + b.secret}, nil
		}),
		HTTPClient: &http.Client{Timeout: callDeadline},
		Retryer:    retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = callAttempts }),
	}
	if spec.PathStyle != nil {
		options.UsePathStyle = *spec.PathStyle
	}
	if spec.Endpoint == "" {
		b.where = "AWS " + b.region
	} else {
		options.BaseEndpoint = &spec.Endpoint
		// Not every compatible store knows the newer checksum headers.
		options.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		options.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}
	b.client = s3.New(options)
	return b, nil
}

// call runs one call under its deadline.
func call[Input, Output any](ctx context.Context, do func(context.Context, Input, ...func(*s3.Options)) (Output, error), input Input) (Output, error) {
	ctx, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	return do(ctx, input)
}

// tags reads the bucket's tags. It is the cheapest call whose error says why.
func (b *bucket) tags(ctx context.Context) ([]types.Tag, error) {
	output, err := call(ctx, b.client.GetBucketTagging, &s3.GetBucketTaggingInput{Bucket: &b.name})
	if isCode(err, "NoSuchTagSet") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the tags: %w", err)
	}
	return output.TagSet, nil
}

// create makes the bucket. made is false where it exists after all and is of the same account.
func (b *bucket) create(ctx context.Context) (made bool, err error) {
	input := &s3.CreateBucketInput{Bucket: &b.name}
	if b.lock.wanted() {
		input.ObjectLockEnabledForBucket = new(true)
	}
	if b.region != anyRegion {
		input.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(b.region)}
	}
	_, err = call(ctx, b.client.CreateBucket, input)
	if _, exists := errors.AsType[*types.BucketAlreadyOwnedByYou](err); exists {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("making the bucket: %w", err)
	}
	return true, nil
}

// ownerTags say whose the bucket is, if it is the environment's.
func (b *bucket) ownerTags(environment *v1alpha1.ProductEnvironment) map[string]string {
	return map[string]string{
		tagUID:         string(environment.UID),
		tagEnvironment: environment.Namespace + "/" + environment.Name,
		tagCluster:     b.cluster,
		tagPrefix:      environment.Spec.Storage.S3.Prefix,
	}
}

// mark puts our tags beside the others that the bucket has, unless they are there.
func (b *bucket) mark(ctx context.Context, wanted map[string]string, has []types.Tag) error {
	var tags []types.Tag
	same := 0
	for _, tag := range has {
		value, ours := wanted[aws.ToString(tag.Key)]
		if !ours {
			tags = append(tags, tag)
		} else if value == aws.ToString(tag.Value) {
			same++
		}
	}
	if same == len(wanted) {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		tags = append(tags, types.Tag{Key: &key, Value: new(wanted[key])})
	}
	_, err := call(ctx, b.client.PutBucketTagging, &s3.PutBucketTaggingInput{Bucket: &b.name, Tagging: &types.Tagging{TagSet: tags}})
	if err != nil {
		return fmt.Errorf("writing the tags: %w", err)
	}
	return nil
}

// remove empties the bucket and deletes it.
func (b *bucket) remove(ctx context.Context) error {
	deleted := 0
	for {
		n, err := b.removeSome(ctx)
		deleted += n
		if err == nil && n > 0 {
			continue
		}
		if err == nil {
			break
		}
		if deleted > 0 {
			return ErrUnfinished
		}
		return err
	}
	if err := b.abortUploads(ctx); err != nil {
		return err
	}
	_, err := call(ctx, b.client.DeleteBucket, &s3.DeleteBucketInput{Bucket: &b.name})
	switch {
	case err == nil || isCode(err, "NoSuchBucket"):
		return nil
	case isCode(err, "BucketNotEmpty"): // pods that are about to end have written meanwhile
		return ErrUnfinished
	}
	return fmt.Errorf("deleting the bucket: %w", err)
}

// removeSome deletes one page of versions, or of objects where there are no versions, and says how many.
func (b *bucket) removeSome(ctx context.Context) (int, error) {
	var objects []types.ObjectIdentifier
	versions, err := call(ctx, b.client.ListObjectVersions, &s3.ListObjectVersionsInput{Bucket: &b.name})
	switch {
	case err == nil:
		for _, version := range versions.Versions {
			objects = append(objects, types.ObjectIdentifier{Key: version.Key, VersionId: version.VersionId})
		}
		for _, marker := range versions.DeleteMarkers {
			objects = append(objects, types.ObjectIdentifier{Key: marker.Key, VersionId: marker.VersionId})
		}
	case !isUnsupported(err):
		return 0, fmt.Errorf("listing the objects: %w", err)
	}
	if len(objects) == 0 {
		page, err := call(ctx, b.client.ListObjectsV2, &s3.ListObjectsV2Input{Bucket: &b.name})
		if err != nil {
			return 0, fmt.Errorf("listing the objects: %w", err)
		}
		for _, object := range page.Contents {
			objects = append(objects, types.ObjectIdentifier{Key: object.Key})
		}
	}
	if len(objects) == 0 {
		return 0, nil
	}
	output, err := call(ctx, b.client.DeleteObjects, &s3.DeleteObjectsInput{Bucket: &b.name, Delete: &types.Delete{Objects: objects, Quiet: new(true)}})
	if err != nil {
		return 0, fmt.Errorf("deleting the objects: %w", err)
	}
	if len(output.Errors) > 0 {
		first := output.Errors[0]
		return len(objects) - len(output.Errors), fmt.Errorf("deleting object %s: %w", aws.ToString(first.Key),
			&smithy.GenericAPIError{Code: aws.ToString(first.Code), Message: aws.ToString(first.Message)})
	}
	return len(objects), nil
}

// abortUploads ends the uploads that nobody completed: their parts would keep the bucket from being deleted.
func (b *bucket) abortUploads(ctx context.Context) error {
	page, err := call(ctx, b.client.ListMultipartUploads, &s3.ListMultipartUploadsInput{Bucket: &b.name})
	if isUnsupported(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing the unfinished uploads: %w", err)
	}
	for _, upload := range page.Uploads {
		_, err := call(ctx, b.client.AbortMultipartUpload, &s3.AbortMultipartUploadInput{Bucket: &b.name, Key: upload.Key, UploadId: upload.UploadId})
		if err != nil && !isCode(err, "NoSuchUpload") {
			return fmt.Errorf("aborting an unfinished upload: %w", err)
		}
	}
	return nil
}
