// Package backup copies every version of every upload into a second bucket, and brings versions back from there. What is to be
// copied is entered in the library in the transaction that stores it; jobs copy it.
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// Library is what a backup needs of the library.
type Library interface {
	KeepVersions(ctx context.Context, after string, max int) (next string, err error)
	VersionToCopy(ctx context.Context, sourceKey string) (*library.Version, error)
	VersionCopied(ctx context.Context, sourceKey, backupKey string) error
	Version(ctx context.Context, versionID string) (*library.Version, error)
	Versions(ctx context.Context, assetID string) ([]*library.Version, error)
	DeleteVersion(ctx context.Context, versionID string) error
	ReserveObject(ctx context.Context, objectKey string, until time.Time) error
	StoreAsset(ctx context.Context, asset *library.Asset, options library.StoreOptions) (*library.Stored, error)
	BackupProgress(ctx context.Context) (library.BackupProgress, error)
}

// Bucket is what a backup needs of a bucket.
type Bucket interface {
	Put(ctx context.Context, key string, r io.Reader, contentType string) (bucket.Written, error)
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	Delete(ctx context.Context, key string) error
	Purge(ctx context.Context, key string) error
}

// Options are the parts of a Backup. All are required but Now and Logger.
type Options struct {
	Library Library
	// Originals is the bucket of the uploads, Copies the one of the backup.
	Originals, Copies Bucket
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets what goes wrong beside a request; nil discards it.
	Logger *slog.Logger
}

// Backup is the second place of an environment. It is safe for concurrent use.
type Backup struct {
	library           Library
	originals, copies Bucket
	now               func() time.Time
	logger            *slog.Logger
}

// New makes a Backup.
func New(options Options) *Backup {
	b := &Backup{library: options.Library, originals: options.Originals, copies: options.Copies, now: options.Now, logger: options.Logger}
	if b.now == nil {
		b.now = time.Now
	}
	if b.logger == nil {
		b.logger = slog.New(slog.DiscardHandler)
	}
	return b
}

const (
	// copyTimeout bounds the copy of one version.
	copyTimeout = time.Hour
	// entered is how many assets are entered in one transaction by the initial backup.
	entered = 200
	// initialTimeout bounds one run of the initial backup, which goes on where an earlier one has ended.
	initialTimeout = time.Hour
	// retryFirst and retryLast bound the pause after a copy that failed, which doubles.
	retryFirst, retryLast = 5 * time.Second, 15 * time.Minute
)

// delay is the pause after the failed attempt of that number.
func delay(attempt int) time.Duration {
	return min(retryFirst<<min(attempt-1, 20), retryLast)
}

// Kinds run the jobs of a backup.
func (b *Backup) Kinds() map[string]jobs.Kind {
	return map[string]jobs.Kind{
		library.BackupJobKind:        {Run: b.copy, Delay: delay, Timeout: copyTimeout},
		library.InitialBackupJobKind: {Run: b.enter, Delay: delay, Timeout: initialTimeout},
	}
}

// enter enters what was there before the backup.
func (b *Backup) enter(ctx context.Context, _ *library.Job) error {
	after := ""
	for {
		next, err := b.library.KeepVersions(ctx, after, entered)
		if err != nil || next == "" {
			return err
		}
		after = next
	}
}

// copy copies one version. One that is copied or forgotten meanwhile needs it no more.
func (b *Backup) copy(ctx context.Context, job *library.Job) error {
	var wanted library.BackupJob
	if err := json.Unmarshal(job.Payload, &wanted); err != nil {
		return fmt.Errorf("read a job: %w", err)
	}
	version, err := b.library.VersionToCopy(ctx, wanted.SourceKey)
	if errors.Is(err, library.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	key := copyKey(wanted.SourceKey)
	if err := transfer(ctx, b.originals, wanted.SourceKey, b.copies, key, version.Asset); err != nil {
		return err
	}
	if err := b.library.VersionCopied(ctx, wanted.SourceKey, key); err != nil && !errors.Is(err, library.ErrNotFound) {
		return err
	}
	return nil
}

// copyKey is where the copy of an object is in the backup: a run that is repeated writes it there again.
func copyKey(sourceKey string) string { return "versions/" + sourceKey }

// transfer copies the bytes of a version from one bucket to another, and compares their length and MD5 with those that the
// asset was stored with.
func transfer(ctx context.Context, from Bucket, fromKey string, to Bucket, toKey string, asset *library.Asset) error {
	content, err := from.Open(ctx, fromKey)
	if err != nil {
		return err
	}
	defer content.Close()
	written, err := to.Put(ctx, toKey, content, "application/octet-stream")
	if err != nil {
		return err
	}
	if written.Bytes != asset.Bytes || written.MD5 != asset.ETag {
		return fmt.Errorf("object %s has %d bytes with MD5 %s, and version %s of asset %s was stored with %d bytes and MD5 %s",
			fromKey, written.Bytes, written.MD5, asset.VersionID, asset.AssetID, asset.Bytes, asset.ETag)
	}
	return nil
}
