package backup

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/test/s3server"
)

// fixture is a backup of a real library into a real bucket.
type fixture struct {
	*Backup
	t         *testing.T
	library   *library.Library
	originals *bucket.Bucket
	copies    *bucket.Bucket
}

// onEach runs a test with the backup on a volume, and in a bucket of a real S3 server whose objects are locked.
func onEach(t *testing.T, test func(f *fixture, locked bool)) {
	t.Run("volume", func(t *testing.T) { test(newFixture(t, volume(t)), false) })
	t.Run("S3 under object lock", func(t *testing.T) { test(newFixture(t, lockedBucket(t, s3server.Start(t))), true) })
	t.Run("S3 under object lock with versions", func(t *testing.T) { test(newFixture(t, lockedBucket(t, s3server.StartVersioned(t))), true) })
}

func volume(t *testing.T) config.Bucket {
	return config.Bucket{Driver: config.BucketVolume, Path: t.TempDir()}
}

func lockedBucket(t *testing.T, server *s3server.Server) config.Bucket {
	client, name := server.Client(), "copies"
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name, ObjectLockEnabledForBucket: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, err := client.PutObjectLockConfiguration(t.Context(), &s3.PutObjectLockConfigurationInput{Bucket: &name, ObjectLockConfiguration: &types.ObjectLockConfiguration{
		ObjectLockEnabled: types.ObjectLockEnabledEnabled,
		Rule:              &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: new(int32(1))}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	credentials := t.TempDir()
	for file, value := range map[string]string{"access_key_id": s3server.AccessKeyID, "secret_access_key": s3server.SecretAccessKey} {
		if err := os.WriteFile(filepath.Join(credentials, file), []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Bucket{Driver: config.BucketS3, Name: name, Endpoint: server.URL, PathStyle: true, CredentialsDir: credentials, Prefix: "shop/"}
}

func newFixture(t *testing.T, copies config.Bucket) *fixture {
	f := &fixture{t: t, library: databases.Library(t)}
	open := func(c config.Bucket) *bucket.Bucket {
		b, err := bucket.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		return b
	}
	f.originals, _ = databases.Bucket(t)
	f.copies = open(copies)
	f.Backup = New(Options{Library: f.library, Originals: f.originals, Copies: f.copies})
	return f
}

// upload stores an asset with its bytes.
func (f *fixture) upload(publicID, content string) *library.Asset {
	f.t.Helper()
	key, sum := bucket.NewKey("originals"), md5.Sum([]byte(content))
	if err := f.library.ReserveObject(f.t.Context(), key, time.Now().Add(time.Hour)); err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.originals.Put(f.t.Context(), key, strings.NewReader(content), ""); err != nil {
		f.t.Fatal(err)
	}
	stored, err := f.library.StoreAsset(f.t.Context(), &library.Asset{
		ResourceType: library.Raw, Type: "upload", PublicID: publicID, Bytes: int64(len(content)), ETag: hex.EncodeToString(sum[:]), ObjectKey: key,
		Tags: []string{content},
	}, library.StoreOptions{Overwrite: true, Backup: true})
	if err != nil {
		f.t.Fatal(err)
	}
	return stored.Asset
}

// sweep deletes what is garbage.
func (f *fixture) sweep() {
	f.t.Helper()
	garbage, err := f.library.Garbage(f.t.Context(), time.Now().Add(time.Minute), 1000)
	if err != nil {
		f.t.Fatal(err)
	}
	var keys []string
	for _, discarded := range garbage {
		keys = append(keys, discarded.ObjectKey)
		if err := f.originals.Delete(f.t.Context(), discarded.ObjectKey); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := f.library.ForgetGarbage(f.t.Context(), keys); err != nil {
		f.t.Fatal(err)
	}
}

// work runs the jobs that are due, once each, and gives their errors.
func (f *fixture) work() error {
	f.t.Helper()
	var failures []error
	kinds := f.Kinds()
	for {
		claim := library.JobClaim{Kinds: []string{library.BackupJobKind, library.InitialBackupJobKind}, Worker: "w", Now: time.Now(), Until: time.Now().Add(time.Minute)}
		job, err := f.library.ClaimJob(f.t.Context(), claim)
		if err != nil {
			f.t.Fatal(err)
		}
		if job == nil {
			return errors.Join(failures...)
		}
		err = kinds[job.Kind].Run(f.t.Context(), job)
		failures = append(failures, err)
		if err != nil {
			err = f.library.RetryJob(f.t.Context(), job, time.Now().Add(time.Hour), err.Error())
		} else {
			err = f.library.FinishJob(f.t.Context(), job)
		}
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *fixture) mustWork() {
	f.t.Helper()
	if err := f.work(); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) version(id string) *library.Version {
	f.t.Helper()
	version, err := f.library.Version(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	return version
}

func (f *fixture) read(content io.ReadCloser, err error) string {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
	defer content.Close()
	b, err := io.ReadAll(content)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(b)
}

func TestEveryVersionIsCopiedAndComesBack(t *testing.T) {
	onEach(t, func(f *fixture, _ bool) {
		t := f.t
		first := f.upload("a.txt", "one")
		second := f.upload("a.txt", "second")
		// Overwritten before it was copied, and collected afterwards: the copy is there all the same.
		f.sweep()
		f.mustWork()
		f.sweep()
		for _, asset := range []*library.Asset{first, second} {
			version := f.version(asset.VersionID)
			if version.SourceKey != "" || version.CopiedAt.IsZero() {
				t.Errorf("%+v", version)
			}
			if got := f.read(f.Open(t.Context(), version)); got != asset.Tags[0] {
				t.Errorf("the copy has %q", got)
			}
		}
		restored, err := f.Restore(t.Context(), f.version(first.VersionID), RestoreOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if restored.AssetID != first.AssetID || restored.VersionID != first.VersionID || restored.Version <= second.Version || restored.ObjectKey == first.ObjectKey || !slices.Equal(restored.Tags, []string{"one"}) {
			t.Errorf("restored is %+v", restored)
		}
		if got := f.read(f.originals.Open(t.Context(), restored.ObjectKey)); got != "one" {
			t.Errorf("the original has %q", got)
		}
		key := library.Key{ResourceType: library.Raw, Type: "upload", PublicID: "a.txt"}
		if _, _, err := f.library.DeleteAsset(t.Context(), key, library.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		f.mustWork()
		f.sweep()
		deleted, err := f.library.DeletedAsset(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		restored, err = f.Restore(t.Context(), deleted, RestoreOptions{Jobs: func(*library.Stored) ([]library.NewJob, error) { told++; return nil, nil }})
		if err != nil || restored.AssetID != first.AssetID || restored.VersionID != first.VersionID || told != 1 {
			t.Errorf("restored is %+v, %v", restored, err)
		}
		if got := f.read(f.originals.Open(t.Context(), restored.ObjectKey)); got != "one" {
			t.Errorf("the original has %q", got)
		}
		if versions, err := f.library.Versions(t.Context(), first.AssetID); err != nil || len(versions) != 2 {
			t.Errorf("%d versions, %v", len(versions), err)
		}
	})
}

func TestAVersionThatWaitsComesBackFromWhereItIs(t *testing.T) {
	f := newFixture(t, volume(t))
	first := f.upload("a.txt", "one")
	f.upload("a.txt", "second")
	waiting := f.version(first.VersionID)
	if got := f.read(f.Open(t.Context(), waiting)); got != "one" {
		t.Errorf("it has %q", got)
	}
	// It is copied after it was looked up, and its object is collected.
	f.mustWork()
	f.sweep()
	if got := f.read(f.Open(t.Context(), waiting)); got != "one" {
		t.Errorf("it has %q", got)
	}
	if restored, err := f.Restore(t.Context(), waiting, RestoreOptions{}); err != nil || restored.VersionID != first.VersionID {
		t.Errorf("restored is %+v, %v", restored, err)
	}
}

func TestWhatWasThereBeforeIsCopied(t *testing.T) {
	f := newFixture(t, volume(t))
	for i := range 3 {
		f.upload(fmt.Sprint(i), fmt.Sprint("content ", i))
	}
	if err := f.library.DropPendingVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.library.BeginBackup(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.mustWork()
	f.mustWork() // The job that enters them is claimed before those that copy, or not.
	progress, err := f.library.BackupProgress(t.Context())
	if err != nil || progress != (library.BackupProgress{Assets: 3, Copied: 3, Bytes: 27}) {
		t.Errorf("%+v, %v", progress, err)
	}
}

func TestDeletingBackups(t *testing.T) {
	onEach(t, func(f *fixture, locked bool) {
		t := f.t
		asset := f.upload("a.txt", "one")
		f.mustWork()
		version := f.version(asset.VersionID)
		err := f.Delete(t.Context(), version)
		if locked {
			if !errors.Is(err, bucket.ErrLocked) {
				t.Fatalf("a locked copy: %v", err)
			}
			if got := f.read(f.Open(t.Context(), f.version(asset.VersionID))); got != "one" {
				t.Errorf("the copy has %q", got)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.library.Version(t.Context(), asset.VersionID); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("the version: %v", err)
		}
		if _, err := f.copies.Open(t.Context(), version.BackupKey); !errors.Is(err, bucket.ErrNotFound) {
			t.Errorf("the copy: %v", err)
		}
	})
}

// away is a bucket that does not answer while broken is set, and writes damage instead of what it is given. It notes what is
// written and what is deleted.
type away struct {
	*bucket.Bucket
	broken           bool
	damage           string
	written, deleted []string
}

var errAway = errors.New("the store is away")

func (a *away) Put(ctx context.Context, key string, r io.Reader, contentType string) (bucket.Written, error) {
	if a.broken {
		return bucket.Written{}, errAway
	}
	if a.damage != "" {
		r = strings.NewReader(a.damage)
	}
	a.written = append(a.written, key)
	return a.Bucket.Put(ctx, key, r, contentType)
}

func (a *away) Delete(ctx context.Context, key string) error {
	a.deleted = append(a.deleted, key)
	return a.Bucket.Delete(ctx, key)
}

func (a *away) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if a.broken {
		return nil, errAway
	}
	return a.Bucket.Open(ctx, key)
}

// damaged is a library with a backup of its own making.
type damaged struct {
	*library.Library
	pages    map[string]string
	entering []string
	progress library.BackupProgress
	err      error
}

func (d *damaged) KeepVersions(_ context.Context, after string, _ int) (string, error) {
	d.entering = append(d.entering, after)
	next, ok := d.pages[after]
	if !ok {
		return "", d.err
	}
	return next, nil
}

func (d *damaged) VersionCopied(context.Context, string, string) error { return d.err }

func (d *damaged) BackupProgress(context.Context) (library.BackupProgress, error) {
	return d.progress, d.err
}

func TestTheInitialBackupEntersPageByPage(t *testing.T) {
	for _, want := range []error{nil, errAway} {
		l := &damaged{pages: map[string]string{"": "a", "a": "b"}, err: want}
		b := New(Options{Library: l})
		if err := b.enter(t.Context(), nil); !errors.Is(err, want) || !slices.Equal(l.entering, []string{"", "a", "b"}) {
			t.Errorf("%v after %q, want %v", err, l.entering, want)
		}
	}
}

func TestACopyThatCannotBeNoted(t *testing.T) {
	f := newFixture(t, volume(t))
	asset := f.upload("a.txt", "one")
	job := &library.Job{Payload: fmt.Appendf(nil, `{"sourceKey":%q}`, asset.ObjectKey)}
	// Forgotten meanwhile, it is no failure.
	for want, noted := range map[error]error{errAway: errAway, nil: fmt.Errorf("version: %w", library.ErrNotFound)} {
		b := New(Options{Library: &damaged{Library: f.library, err: noted}, Originals: f.originals, Copies: f.copies})
		if err := b.copy(t.Context(), job); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

func TestACopyThatFailsIsTriedAgain(t *testing.T) {
	f := newFixture(t, volume(t))
	store := &away{Bucket: f.copies, broken: true}
	f.Backup = New(Options{Library: f.library, Originals: f.originals, Copies: store})
	asset := f.upload("a.txt", "one")
	if err := f.work(); !errors.Is(err, errAway) {
		t.Fatal(err)
	}
	progress, err := f.library.BackupProgress(t.Context())
	if err != nil || progress.Pending != 1 || progress.LastError != errAway.Error() {
		t.Errorf("%+v, %v", progress, err)
	}
	job := func() error {
		payload := fmt.Appendf(nil, `{"sourceKey":%q}`, asset.ObjectKey)
		return f.copy(t.Context(), &library.Job{Payload: payload})
	}
	store.broken = false
	for _, store.damage = range []string{"damaged", "two"} {
		if err := job(); err == nil || !strings.Contains(err.Error(), "was stored with 3 bytes") {
			t.Errorf("a damaged copy, %q: %v", store.damage, err)
		}
	}
	store.damage = ""
	if err := job(); err != nil {
		t.Error(err)
	}
	if err := job(); err != nil {
		t.Errorf("copied again: %v", err)
	}
	if err := f.copy(t.Context(), &library.Job{Payload: []byte("{")}); err == nil {
		t.Error("a damaged job succeeds")
	}
	if pauses := []time.Duration{delay(1), delay(2), delay(9), delay(1000)}; !slices.Equal(pauses, []time.Duration{5 * time.Second, 10 * time.Second, 15 * time.Minute, 15 * time.Minute}) {
		t.Errorf("pauses %v", pauses)
	}
}

func TestAVersionThatCannotBeBroughtBackLeavesTheAssetAsItIs(t *testing.T) {
	f := newFixture(t, volume(t))
	first := f.upload("a.txt", "one")
	second := f.upload("a.txt", "second")
	f.mustWork()
	f.sweep()
	version := f.version(first.VersionID)
	if err := f.copies.Delete(t.Context(), version.BackupKey); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Restore(t.Context(), version, RestoreOptions{}); !errors.Is(err, bucket.ErrNotFound) {
		t.Errorf("a copy that is gone: %v", err)
	}
	if _, err := f.copies.Put(t.Context(), version.BackupKey, strings.NewReader("other"), ""); err != nil {
		t.Fatal(err)
	}
	originals := &away{Bucket: f.originals}
	f.Backup = New(Options{Library: f.library, Originals: originals, Copies: f.copies})
	if _, err := f.Restore(t.Context(), version, RestoreOptions{}); err == nil || !strings.Contains(err.Error(), "was stored with 3 bytes") {
		t.Errorf("a copy that was changed: %v", err)
	}
	if len(originals.written) != 1 || !slices.Equal(originals.written, originals.deleted) {
		t.Errorf("what was written is %q, what was deleted again %q", originals.written, originals.deleted)
	}
	if asset, err := f.library.AssetByID(t.Context(), first.AssetID); err != nil || asset.VersionID != second.VersionID {
		t.Errorf("%+v, %v", asset, err)
	}
}

func TestOpeningWhatIsNotThere(t *testing.T) {
	f := newFixture(t, volume(t))
	store := &away{Bucket: f.copies}
	f.Backup = New(Options{Library: f.library, Originals: f.originals, Copies: store})
	kept, waiting := f.upload("a.txt", "one"), f.upload("a.txt", "second")
	f.mustWork()
	version := f.version(waiting.VersionID)
	store.broken = true
	if _, err := f.Open(t.Context(), version); !errors.Is(err, errAway) {
		t.Errorf("a bucket that is away: %v", err)
	}
	store.broken = false
	if err := f.Delete(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Open(t.Context(), version); !errors.Is(err, bucket.ErrNotFound) || !errors.Is(err, library.ErrNotFound) {
		t.Errorf("a version that was deleted meanwhile: %v", err)
	}
	// One that is not copied yet has nothing to purge.
	third := f.upload("b.txt", "three")
	f.upload("b.txt", "four")
	copies := &purging{Bucket: f.copies}
	f.Backup = New(Options{Library: f.library, Originals: f.originals, Copies: copies})
	if err := f.Delete(t.Context(), f.version(third.VersionID)); err != nil || copies.purged != nil {
		t.Errorf("purged %q, %v", copies.purged, err)
	}
	if err := f.Delete(t.Context(), f.version(kept.VersionID)); err != nil || len(copies.purged) != 1 {
		t.Errorf("purged %q, %v", copies.purged, err)
	}
}

// purging is a bucket that notes what is purged.
type purging struct {
	*bucket.Bucket
	purged []string
}

func (p *purging) Purge(ctx context.Context, key string) error {
	p.purged = append(p.purged, key)
	return p.Bucket.Purge(ctx, key)
}

func TestWhatAReportSays(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		progress library.BackupProgress
		want     catalog.BackupProgress
		every    time.Duration
	}{
		"initial":  {library.BackupProgress{Initial: true, Assets: 3}, catalog.BackupProgress{Phase: catalog.BackupInitial, Assets: 3}, reportBusyEvery},
		"failing":  {library.BackupProgress{Assets: 3, Pending: 1, LastError: "away"}, catalog.BackupProgress{Phase: catalog.BackupCopying, Assets: 3, Pending: 1, LastError: "away"}, reportBusyEvery},
		"complete": {library.BackupProgress{Assets: 3, Copied: 3, Bytes: 9}, catalog.BackupProgress{Phase: catalog.BackupComplete, Assets: 3, Copied: 3, Bytes: 9}, reportEvery},
	} {
		told := &operator{failed: true}
		due, err := New(Options{Library: &damaged{progress: test.progress}}).report(t.Context(), told, now)
		if err != nil || due.Sub(now) != test.every || !slices.Equal(told.reports, []catalog.BackupProgress{test.want}) {
			t.Errorf("%s: %+v, again in %s, %v", name, told.reports, due.Sub(now), err)
		}
	}
}

func TestReportsAreRepeatedWhenTheyAreDue(t *testing.T) {
	start := time.Now()
	// The first look fails, the second one reports, the third is before the time.
	looks := []time.Duration{0, time.Second, reportEvery, reportEvery + time.Second}
	at := 0
	b := New(Options{Library: &damaged{}, Now: func() time.Time {
		at++
		return start.Add(looks[at-1])
	}})
	told := &operator{}
	ctx, stop := context.WithCancel(t.Context())
	tick, done := make(chan time.Time), make(chan error, 1)
	go func() { done <- b.Report(ctx, told, tick) }()
	for range len(looks) - 1 {
		tick <- start
	}
	stop()
	if err := <-done; err != nil || at != len(looks) || len(told.reports) != 2 {
		t.Errorf("%v; %d reports in %d looks", err, len(told.reports), at)
	}
}

// operator notes reports, and fails the first.
type operator struct {
	failed  bool
	reports []catalog.BackupProgress
}

func (o *operator) ReportBackup(_ context.Context, progress catalog.BackupProgress, _ time.Time) error {
	if !o.failed {
		o.failed = true
		return errors.New("the API server is away")
	}
	o.reports = append(o.reports, progress)
	return nil
}

func TestProgressIsReportedOftenWhileVersionsWait(t *testing.T) {
	f := newFixture(t, volume(t))
	told, now := &operator{}, time.Now()
	f.upload("a.txt", "one")
	if _, err := f.report(t.Context(), told, now); err == nil {
		t.Error("no error")
	}
	if due, err := f.report(t.Context(), told, now); err != nil || due.Sub(now) != 30*time.Second {
		t.Errorf("due in %s, %v", due.Sub(now), err)
	}
	if err := f.library.BeginBackup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.report(t.Context(), told, now); err != nil {
		t.Fatal(err)
	}
	f.mustWork()
	f.mustWork()
	if due, err := f.report(t.Context(), told, now); err != nil || due.Sub(now) != 5*time.Minute {
		t.Errorf("due in %s, %v", due.Sub(now), err)
	}
	want := []catalog.BackupProgress{
		{Phase: "Copying", Assets: 1, Pending: 1}, {Phase: "Initial", Assets: 1, Pending: 1}, {Phase: "Complete", Assets: 1, Copied: 1, Bytes: 3},
	}
	if !slices.Equal(told.reports, want) {
		t.Errorf("%+v", told.reports)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := f.Report(ctx, told, nil); err != nil {
		t.Error(err)
	}
}
