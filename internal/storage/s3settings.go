package storage

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

const (
	// rulePrefix begins the names of our lifecycle rules; all others are somebody else's and stay.
	rulePrefix  = "darkroom-"
	ruleUploads = rulePrefix + "abort-incomplete-uploads"
	ruleDerived = rulePrefix + "expire-derived"
	// uploadDays is how long parts of an upload that was never completed are kept.
	uploadDays = 7
	// derivedFolder is where the renderer keeps derived files, below the prefix.
	derivedFolder = "derived/"
)

// configure keeps the settings of the bucket, and says which ones the store does not know.
func (b *bucket) configure(ctx context.Context, spec *v1alpha1.S3Storage, owned bool) (notes []string, err error) {
	err = b.keepLifecycle(ctx, spec)
	switch {
	case isUnsupported(err):
		notes = append(notes, "the store has no lifecycle rules: parts of uploads that were interrupted stay")
	case err != nil:
		return nil, err
	}
	if !owned {
		return append(notes, "public access is as its owner set it"), nil
	}
	err = b.blockPublicAccess(ctx)
	switch {
	case isUnsupported(err):
		notes = append(notes, "the store has no public access block")
	case err != nil:
		return nil, err
	}
	return notes, nil
}

// keepLifecycle writes our lifecycle rules, if they are not there, beside those of others.
func (b *bucket) keepLifecycle(ctx context.Context, spec *v1alpha1.S3Storage) error {
	output, err := call(ctx, b.client.GetBucketLifecycleConfiguration, &s3.GetBucketLifecycleConfigurationInput{Bucket: &b.name})
	var has []types.LifecycleRule
	switch {
	case err == nil:
		has = output.Rules
	case !isCode(err, "NoSuchLifecycleConfiguration"):
		return fmt.Errorf("reading the lifecycle rules: %w", err)
	}
	var kept, ours []types.LifecycleRule
	for _, rule := range has {
		if rule.ID != nil && strings.HasPrefix(*rule.ID, rulePrefix) {
			ours = append(ours, rule)
		} else {
			kept = append(kept, rule)
		}
	}
	wanted := lifecycleRules(spec)
	if sameRules(ours, wanted) {
		return nil
	}
	_, err = call(ctx, b.client.PutBucketLifecycleConfiguration, &s3.PutBucketLifecycleConfigurationInput{
		Bucket: &b.name, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: append(kept, wanted...)},
	})
	if err != nil {
		return fmt.Errorf("writing the lifecycle rules: %w", err)
	}
	return nil
}

// lifecycleRules end uploads that nobody completes, and let derived files go where the spec says so. None expires an
// original.
func lifecycleRules(spec *v1alpha1.S3Storage) []types.LifecycleRule {
	rules := []types.LifecycleRule{{
		ID:     new(ruleUploads),
		Status: types.ExpirationStatusEnabled,
		Filter: &types.LifecycleRuleFilter{Prefix: new(spec.Prefix)},
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{
			DaysAfterInitiation: new(int32(uploadDays)),
		},
	}}
	if days := spec.DerivedExpirationDays; days != nil {
		rules = append(rules, types.LifecycleRule{
			ID:         new(ruleDerived),
			Status:     types.ExpirationStatusEnabled,
			Filter:     &types.LifecycleRuleFilter{Prefix: new(spec.Prefix + derivedFolder)},
			Expiration: &types.LifecycleExpiration{Days: new(*days)},
		})
	}
	return rules
}

// sameRules compares what we set of rules; a store may add to them.
func sameRules(has, wanted []types.LifecycleRule) bool {
	if len(has) != len(wanted) {
		return false
	}
	for _, want := range wanted {
		found := false
		for _, rule := range has {
			found = found || reflect.DeepEqual(essence(rule), essence(want))
		}
		if !found {
			return false
		}
	}
	return true
}

// ruleEssence is what we set of a lifecycle rule.
type ruleEssence struct {
	id, prefix               string
	status                   types.ExpirationStatus
	abortsAfter, expiresDays int32
}

func essence(rule types.LifecycleRule) ruleEssence {
	e := ruleEssence{status: rule.Status}
	if rule.ID != nil {
		e.id = *rule.ID
	}
	if rule.Filter != nil && rule.Filter.Prefix != nil {
		e.prefix = *rule.Filter.Prefix
	}
	if abort := rule.AbortIncompleteMultipartUpload; abort != nil && abort.DaysAfterInitiation != nil {
		e.abortsAfter = *abort.DaysAfterInitiation
	}
	if expiration := rule.Expiration; expiration != nil && expiration.Days != nil {
		e.expiresDays = *expiration.Days
	}
	return e
}

// blockPublicAccess closes every way to make objects public, if one is open.
func (b *bucket) blockPublicAccess(ctx context.Context) error {
	closed := types.PublicAccessBlockConfiguration{
		BlockPublicAcls: new(true), BlockPublicPolicy: new(true), IgnorePublicAcls: new(true), RestrictPublicBuckets: new(true),
	}
	output, err := call(ctx, b.client.GetPublicAccessBlock, &s3.GetPublicAccessBlockInput{Bucket: &b.name})
	switch {
	case err == nil:
		if has := output.PublicAccessBlockConfiguration; has != nil && reflect.DeepEqual(*has, closed) {
			return nil
		}
	case !isCode(err, "NoSuchPublicAccessBlockConfiguration"):
		return fmt.Errorf("reading the public access block: %w", err)
	}
	_, err = call(ctx, b.client.PutPublicAccessBlock, &s3.PutPublicAccessBlockInput{Bucket: &b.name, PublicAccessBlockConfiguration: &closed})
	if err != nil {
		return fmt.Errorf("blocking public access: %w", err)
	}
	return nil
}
