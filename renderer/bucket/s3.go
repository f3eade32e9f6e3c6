package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// Entries of the mounted Secret with the credentials of an S3 bucket.
const (
	accessKeyFile = "access_key_id"
	secretKeyFile = "secret_access_key"
)

// remote is an S3-compatible bucket. It promotes an object by itself: an upload that is not completed leaves nothing
// to be seen, and its parts fall to the bucket's lifecycle rule.
type remote struct {
	blobs *blob.Bucket
	spool string
	// client and name are for what blob does not know: other buckets of the store, and versions of objects.
	client *s3.Client
	name   string
	// checksum is the algorithm of the checksums that requests carry beside their signature; empty for none.
	checksum types.ChecksumAlgorithm
}

func openS3(ctx context.Context, c config.Bucket, o options) (*blob.Bucket, *remote, error) {
	load := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithHTTPClient(patientClient(o.patience)), awsconfig.WithRetryMaxAttempts(attempts),
	}
	if c.Region != "" {
		load = append(load, awsconfig.WithRegion(c.Region))
	} else if c.Endpoint != "" {
		// Compatible servers ignore the region, but a request cannot be signed without one.
		load = append(load, awsconfig.WithRegion("us-east-1"))
	}
	if c.CredentialsDir != "" {
		load = append(load, awsconfig.WithCredentialsProvider(aws.NewCredentialsCache(mounted(c.CredentialsDir))))
	}
	settings, err := awsconfig.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, nil, err
	}
	checksum := types.ChecksumAlgorithmCrc32
	if c.Endpoint != "" {
		checksum = ""
		// Not every compatible server knows the newer checksum headers.
		settings.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		settings.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}
	client := s3.NewFromConfig(settings, func(o *s3.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint = aws.String(c.Endpoint)
		}
		o.UsePathStyle = c.PathStyle
	})
	blobs, err := s3blob.OpenBucket(ctx, client, c.Name, nil)
	if err != nil {
		return nil, nil, err
	}
	return blobs, &remote{blobs: blobs, spool: o.spool, client: client, name: c.Name, checksum: checksum}, nil
}

// credentialsAge is how long credentials are used before the mounted Secret is read again.
const credentialsAge = time.Minute

// mounted reads credentials from a mounted Secret, again and again, so that they can be rotated.
func mounted(directory string) aws.CredentialsProviderFunc {
	return func(context.Context) (aws.Credentials, error) {
		id, err := os.ReadFile(filepath.Join(directory, accessKeyFile))
		if err != nil {
			return aws.Credentials{}, fmt.Errorf("reading the bucket's credentials: %w", err)
		}
		secret, err := os.ReadFile(filepath.Join(directory, secretKeyFile))
		if err != nil {
			return aws.Credentials{}, fmt.Errorf("reading the bucket's credentials: %w", err)
		}
		return aws.Credentials{
			AccessKeyID:     strings.TrimSpace(string(id)),
			SecretAccessKey: strings.TrimSpace(string(secret)),
			Source:          "mounted secret",
			CanExpire:       true,
			Expires:         time.Now().Add(credentialsAge),
		}, nil
	}
}

func (r *remote) file(ctx context.Context, key string) (*os.File, error) {
	reader, err := r.blobs.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	file, err := spool(r.spool, reader)
	_ = reader.Close() // Nothing can be lost: the copy is complete or has failed.
	return file, err
}

// spool copies reader into a file that has no name any more, so that it goes away with its last descriptor.
func spool(directory string, reader io.Reader) (*os.File, error) {
	writable, err := os.CreateTemp(directory, "darkroom-spool-")
	if err != nil {
		return nil, err
	}
	file, err := os.Open(writable.Name())
	if err == nil {
		_, err = io.Copy(writable, reader)
	}
	if err := errors.Join(err, writable.Close(), os.Remove(writable.Name())); err != nil {
		if file != nil {
			err = errors.Join(err, file.Close())
		}
		return nil, err
	}
	return file, nil
}

func (r *remote) sweep(context.Context, string) error { return nil }

func (r *remote) ping(ctx context.Context) error {
	accessible, err := r.blobs.IsAccessible(ctx)
	if err == nil && !accessible {
		err = errors.New("the bucket does not exist or may not be accessed")
	}
	return err
}

func (r *remote) close() error { return nil }
