package source

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// BucketOptions say which bucket is read.
type BucketOptions struct {
	// Client makes the requests.
	Client *http.Client
	// Endpoint is scheme://host[:port] of a server that is not AWS.
	Endpoint, Region, Name                string
	PathStyle                             bool
	AccessKeyID, SecretAccessKey, Session string
	// Prefix is what keys begin with, and no part of public IDs; Folder is put in front of those.
	Prefix, Folder string
}

// Bucket is a bucket with the protocol of S3.
type Bucket struct {
	options BucketOptions
	client  *s3.Client
	presign *s3.PresignClient
}

const (
	// bucketPage is how many objects are listed at once.
	bucketPage = 1000
	// linkLifetime is how long the link to an object is good.
	linkLifetime = time.Hour
)

// NewBucket makes a Bucket.
func NewBucket(options BucketOptions) *Bucket {
	settings := s3.Options{
		Region: options.Region, HTTPClient: options.Client, UsePathStyle: options.PathStyle,
		Credentials: credentials.NewStaticCredentialsProvider(options.AccessKeyID, options.SecretAccessKey, options.Session),
		// Not every compatible server knows the newer checksum headers.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
	if options.Endpoint != "" {
		settings.BaseEndpoint = aws.String(options.Endpoint)
	}
	client := s3.New(settings)
	return &Bucket{options: options, client: client, presign: s3.NewPresignClient(client)}
}

// Page lists what comes after a key.
func (b *Bucket) Page(ctx context.Context, after string) (*Page, error) {
	listed, err := b.list(ctx, after)
	if err != nil {
		return nil, err
	}
	page := &Page{}
	for _, object := range listed.Contents {
		key := aws.ToString(object.Key)
		// What ends in a slash stands for a folder.
		if strings.HasSuffix(key, "/") {
			continue
		}
		link, err := b.presign.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(b.options.Name), Key: aws.String(key)}, s3.WithPresignExpires(linkLifetime))
		if err != nil {
			return nil, fmt.Errorf("signing a link to %s: %w", key, err)
		}
		id := strings.TrimPrefix(key, b.options.Prefix)
		if b.options.Folder != "" {
			id = strings.Trim(b.options.Folder, "/") + "/" + strings.TrimLeft(id, "/")
		}
		page.Assets = append(page.Assets, Asset{
			Name: key, URL: link.URL, ResourceType: "auto", Type: "upload", PublicID: strings.TrimSuffix(id, path.Ext(id)), RawID: id,
			Filename: path.Base(key), Bytes: aws.ToInt64(object.Size), ETag: md5Of(aws.ToString(object.ETag)), CreatedAt: aws.ToTime(object.LastModified),
		})
	}
	if n := len(listed.Contents); n > 0 && aws.ToBool(listed.IsTruncated) {
		page.Next = aws.ToString(listed.Contents[n-1].Key)
	}
	return page, nil
}

// Total counts the objects.
func (b *Bucket) Total(ctx context.Context) (int64, error) {
	total, after := int64(0), ""
	for {
		listed, err := b.list(ctx, after)
		if err != nil {
			return 0, err
		}
		for _, object := range listed.Contents {
			if after = aws.ToString(object.Key); !strings.HasSuffix(after, "/") {
				total++
			}
		}
		if len(listed.Contents) == 0 || !aws.ToBool(listed.IsTruncated) {
			return total, nil
		}
	}
}

func (b *Bucket) list(ctx context.Context, after string) (*s3.ListObjectsV2Output, error) {
	input := &s3.ListObjectsV2Input{Bucket: aws.String(b.options.Name), MaxKeys: aws.Int32(bucketPage)}
	if b.options.Prefix != "" {
		input.Prefix = aws.String(b.options.Prefix)
	}
	if after != "" {
		input.StartAfter = aws.String(after)
	}
	listed, err := b.client.ListObjectsV2(ctx, input)
	if err == nil {
		return listed, nil
	}
	reason := err.Error()
	if failed, ok := errors.AsType[smithy.APIError](err); ok {
		reason = failed.ErrorCode()
	}
	answered, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if ok && answered.HTTPStatusCode() >= 400 && answered.HTTPStatusCode() < 500 && answered.HTTPStatusCode() != http.StatusTooManyRequests {
		return nil, refused("the bucket %s answers %d %s", b.options.Name, answered.HTTPStatusCode(), reason)
	}
	return nil, fmt.Errorf("listing the bucket %s: %w", b.options.Name, err)
}
