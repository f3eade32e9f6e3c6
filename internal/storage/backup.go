package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/build"
	"github.com/darkroom-media/darkroom/internal/conditions"
	"github.com/darkroom-media/darkroom/internal/rules"
)

// Backup brings up the second place of an environment, where its versions are copied to. Nothing deletes it.
type Backup struct {
	Volume *Volume
	S3     *S3
}

// Ensure brings the place of the backups to the spec, which has a backup, and says how it is. The identity of a bucket is
// recorded before it is made. Errors are those of a Provisioner.
func (p *Backup) Ensure(ctx context.Context, e *build.Environment, record Record) (conditions.Part, error) {
	spec := e.Object.Spec.Backup
	if spec.Volume != nil {
		return p.Volume.EnsureBackup(ctx, e)
	}
	backup := rules.BackupEnvironment(e.Object)
	lock := &lock{spec: spec.S3.ObjectLock}
	part, err := p.S3.ensure(ctx, &build.Environment{Object: backup, Effective: rules.Effective(backup)}, record, lock)
	if until, ok := errors.AsType[*conditions.UntilError](err); ok {
		return conditions.Part{}, &conditions.UntilError{Part: ofBackup(until.Part), Err: until.Err}
	}
	if err != nil {
		return conditions.Part{}, err
	}
	part = ofBackup(part)
	if part.IsReady() {
		part.Reason, part.Message = lock.reason(spec.S3.CredentialsSecretRef != nil), part.Message+"; "+lock.says(spec.S3.CredentialsSecretRef != nil)
	}
	return part, nil
}

// ofBackup lets a part that was found out for a bucket of the bytes name the fields of the backup.
func ofBackup(part conditions.Part) conditions.Part {
	part.Type = v1alpha1.ConditionBackupReady
	part.Message = strings.ReplaceAll(part.Message, "spec.storage.s3", "spec.backup.s3")
	return part
}

// lock is how a bucket locks its objects.
type lock struct {
	// spec is what is asked for; nil for nothing.
	spec *v1alpha1.ObjectLock
	// missing says why the bucket does not do it.
	missing string
}

func (l *lock) wanted() bool { return l != nil && l.spec != nil }

func (l *lock) reason(looked bool) string {
	if l.wanted() && looked && l.missing == "" {
		return v1alpha1.ReasonReady
	}
	return v1alpha1.ReasonNotLocked
}

// says tells people whether backups are locked.
func (l *lock) says(looked bool) string {
	switch {
	case !l.wanted():
		return "backups are not locked: whoever can write to the bucket can delete them"
	case !looked:
		return "whether backups are locked is not known: the operator does not look at the bucket"
	case l.missing != "":
		return "backups are not locked, " + l.missing + ": whoever can write to the bucket can delete them"
	}
	return fmt.Sprintf("backups are locked for %d days in mode %s", l.spec.Days, l.retention())
}

func (l *lock) retention() types.ObjectLockRetentionMode {
	if l.spec.Mode == v1alpha1.ObjectLockCompliance {
		return types.ObjectLockRetentionModeCompliance
	}
	return types.ObjectLockRetentionModeGovernance
}

// keepLock has the bucket lock every object from its beginning, if it does not. That it cannot is noted and no error.
func (b *bucket) keepLock(ctx context.Context) error {
	if !b.lock.wanted() {
		return nil
	}
	output, err := call(ctx, b.client.GetObjectLockConfiguration, &s3.GetObjectLockConfigurationInput{Bucket: &b.name})
	switch {
	case err == nil:
		if has := output.ObjectLockConfiguration; has != nil && has.Rule != nil && has.Rule.DefaultRetention != nil &&
			has.Rule.DefaultRetention.Mode == b.lock.retention() && aws.ToInt32(has.Rule.DefaultRetention.Days) == b.lock.spec.Days {
			return nil
		}
	case isUnsupported(err):
		b.lock.missing = "the store has no object lock"
		return nil
	case !isCode(err, "ObjectLockConfigurationNotFoundError"):
		return fmt.Errorf("reading the object lock: %w", err)
	}
	_, err = call(ctx, b.client.PutObjectLockConfiguration, &s3.PutObjectLockConfigurationInput{
		Bucket: &b.name,
		ObjectLockConfiguration: &types.ObjectLockConfiguration{
			ObjectLockEnabled: types.ObjectLockEnabledEnabled,
			Rule:              &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: b.lock.retention(), Days: new(b.lock.spec.Days)}},
		},
	})
	switch {
	case err == nil:
		return nil
	case isUnsupported(err):
		b.lock.missing = "the store has no object lock"
		return nil
	case isCode(err, "InvalidBucketState") || isCode(err, "ObjectLockConfigurationNotFoundError"):
		b.lock.missing = "the bucket was made without object lock"
		return nil
	}
	return fmt.Errorf("writing the object lock: %w", err)
}
