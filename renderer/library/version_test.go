package library_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// keep stores an asset that is to be in the backup. Its object is called as given.
func keep(t *testing.T, l *library.Library, publicID, object string, change func(*library.Asset)) *library.Asset {
	t.Helper()
	asset := picture(publicID)
	asset.ObjectKey, asset.Bytes = object, int64(len(object))
	if change != nil {
		change(asset)
	}
	if err := l.ReserveObject(t.Context(), object, time.Now().Add(1000*time.Hour)); err != nil {
		t.Fatal(err)
	}
	stored, err := l.StoreAsset(t.Context(), asset, library.StoreOptions{Overwrite: true, Backup: true})
	if err != nil {
		t.Fatal(err)
	}
	return stored.Asset
}

// backupJobs claims the jobs that copy, and gives the objects that they are about.
func backupJobs(t *testing.T, l *library.Library, now time.Time) []string {
	t.Helper()
	var objects []string
	for {
		job, err := l.ClaimJob(t.Context(), library.JobClaim{Kinds: []string{library.BackupJobKind}, Worker: "w", Now: now, Until: now.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if job == nil {
			return objects
		}
		var wanted library.BackupJob
		if err := json.Unmarshal(job.Payload, &wanted); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, wanted.SourceKey)
	}
}

// versions are the version IDs of an asset in the backup with their tags, the newest first.
func versions(t *testing.T, l *library.Library, assetID string) []string {
	t.Helper()
	list, err := l.Versions(t.Context(), assetID)
	if err != nil {
		t.Fatal(err)
	}
	said := []string{}
	for _, version := range list {
		said = append(said, fmt.Sprint(version.Asset.VersionID[:4], " ", version.Asset.PublicID, " ", version.Asset.Tags, " ", version.SourceKey, " ", version.BackupKey))
	}
	return said
}

func TestVersionsAreKeptUntilTheyAreCopied(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		first := keep(t, l, "a", "o/1", func(a *library.Asset) {
			a.Tags = []string{"x"}
			a.Metadata = map[string]any{"n": int64(1) << 60, "f": 1.5}
		})
		clock.advance(time.Minute)
		second := keep(t, l, "a", "o/2", nil)
		if first.AssetID != second.AssetID {
			t.Fatalf("%s became %s", first.AssetID, second.AssetID)
		}
		if objects := backupJobs(t, l, clock.time); !slices.Equal(objects, []string{"o/1", "o/2"}) {
			t.Errorf("jobs for %v", objects)
		}
		// The first object belongs to no asset any more, and waits to be copied.
		if collected := garbage(t, l, clock.time); len(collected) != 0 {
			t.Errorf("collected are %v", collected)
		}
		version, err := l.VersionToCopy(t.Context(), "o/1")
		if err != nil || version.Asset.VersionID != first.VersionID || version.Asset.Metadata["n"] != int64(1)<<60 || version.Asset.Metadata["f"] != 1.5 || version.Asset.Bytes != 3 {
			t.Fatalf("%+v, %v", version, err)
		}
		if err := l.VersionCopied(t.Context(), "o/1", "copies/1"); err != nil {
			t.Fatal(err)
		}
		if collected := garbage(t, l, clock.time); !slices.Equal(collected, []string{"o/1"}) {
			t.Errorf("collected are %v", collected)
		}
		for _, gone := range []string{"o/1", "o/3", "", "a\x00"} {
			if _, err := l.VersionToCopy(t.Context(), gone); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("%q waits: %v", gone, err)
			}
		}
		if err := l.VersionCopied(t.Context(), "o/1", "copies/1"); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("copied twice: %v", err)
		}
		want := []string{second.VersionID[:4] + " a [] o/2 ", first.VersionID[:4] + " a [x]  copies/1"}
		if got := versions(t, l, first.AssetID); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		progress, err := l.BackupProgress(t.Context())
		if err != nil || progress != (library.BackupProgress{Assets: 1, Copied: 1, Bytes: 3, Pending: 1}) {
			t.Errorf("%+v, %v", progress, err)
		}
	})
}

func TestWhatBecomesOfAnAssetIsFollowedByItsVersions(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		asset := keep(t, l, "a", "o/1", nil)
		key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"}
		// Tags that were added later are remembered when it is deleted; coordinates give it another version ID.
		updated, err := l.UpdateAsset(t.Context(), key, func(a *library.Asset) error {
			a.Tags, a.Custom = []string{"late"}, [][4]int{{1, 2, 3, 4}}
			return nil
		})
		if err != nil || updated.VersionID == asset.VersionID {
			t.Fatalf("%+v, %v", updated, err)
		}
		to := library.Key{ResourceType: library.Image, Type: "private", PublicID: "b"}
		if _, err := l.RenameAsset(t.Context(), key, to, library.RenameOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.DeletedAsset(t.Context(), to); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("it is not deleted: %v", err)
		}
		if _, _, err := l.DeleteAsset(t.Context(), to, library.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.DeletedAsset(t.Context(), key); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("under its former name: %v", err)
		}
		deleted, err := l.DeletedAsset(t.Context(), to)
		if err != nil || deleted.Asset.AssetID != asset.AssetID || deleted.Asset.VersionID != updated.VersionID || deleted.Asset.Type != "private" || !slices.Equal(deleted.Asset.Tags, []string{"late"}) || len(deleted.Asset.Custom) != 1 {
			t.Fatalf("%+v, %v", deleted, err)
		}
		if byID, err := l.DeletedAssetByID(t.Context(), asset.AssetID); err != nil || byID.Asset.VersionID != updated.VersionID {
			t.Errorf("%+v, %v", byID, err)
		}
		if collected := garbage(t, l, clock.time); len(collected) != 0 {
			t.Errorf("collected are %v", collected)
		}
		// What is uploaded under the name again goes on with its versions.
		clock.advance(time.Minute)
		again := keep(t, l, "b", "o/2", func(a *library.Asset) { a.Type = "private" })
		if again.AssetID != asset.AssetID || len(versions(t, l, asset.AssetID)) != 2 {
			t.Errorf("%+v has versions %v", again, versions(t, l, asset.AssetID))
		}
		if _, err := l.DeletedAssetByID(t.Context(), asset.AssetID); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("it is deleted: %v", err)
		}
		// A version that comes back is the one that it was.
		clock.advance(time.Minute)
		if err := l.ReserveObject(t.Context(), "o/3", clock.time.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		restored := *deleted.Asset
		restored.ObjectKey = "o/3"
		stored, err := l.StoreAsset(t.Context(), &restored, library.StoreOptions{Overwrite: true, Backup: true})
		if err != nil || stored.Asset.VersionID != updated.VersionID || stored.Asset.Version <= again.Version || len(versions(t, l, asset.AssetID)) != 2 {
			t.Errorf("%+v, %v, versions %v", stored, err, versions(t, l, asset.AssetID))
		}
		if first := versions(t, l, asset.AssetID)[0]; first[:4] != updated.VersionID[:4] {
			t.Errorf("the newest version is %s", first)
		}
		if err := l.DeleteVersion(t.Context(), again.VersionID); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Version(t.Context(), again.VersionID); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("a deleted version: %v", err)
		}
	})
}

func TestWhatWasThereBeforeTheBackupIsEnteredInPages(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		store := func(id string, change func(*library.Asset)) {
			t.Helper()
			asset := picture(id)
			if change != nil {
				change(asset)
			}
			if err := l.ReserveObject(t.Context(), asset.ObjectKey, clock.time.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if _, err := l.StoreAsset(t.Context(), asset, library.StoreOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 5 {
			store(fmt.Sprint("a", i), nil)
		}
		store("fetched", func(a *library.Asset) { a.Type = "fetch" })
		store("sample", func(a *library.Asset) { a.Sample = true })
		keep(t, l, "new", "o/new", nil)
		for range 2 {
			if err := l.BeginBackup(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if progress, err := l.BackupProgress(t.Context()); err != nil || progress != (library.BackupProgress{Assets: 6, Pending: 1, Initial: true}) {
			t.Errorf("%+v, %v", progress, err)
		}
		pages, after := 0, ""
		for {
			next, err := l.KeepVersions(t.Context(), after, 2)
			if err != nil {
				t.Fatal(err)
			}
			pages++
			if next == "" {
				break
			}
			after = next
		}
		if objects := backupJobs(t, l, clock.time); pages != 3 || len(objects) != 6 {
			t.Errorf("%d pages, jobs for %v", pages, objects)
		}
		if next, err := l.KeepVersions(t.Context(), "", 100); err != nil || next != "" || len(backupJobs(t, l, clock.time)) != 0 {
			t.Errorf("entered again: %q, %v", next, err)
		}
		// Without a backup nothing keeps objects.
		if _, _, err := l.DeleteAsset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a1"}, library.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := l.DropPendingVersions(t.Context()); err != nil {
			t.Fatal(err)
		}
		if collected := garbage(t, l, clock.time); !slices.Equal(collected, []string{"originals/a1"}) {
			t.Errorf("collected are %v", collected)
		}
		if progress, err := l.BackupProgress(t.Context()); err != nil || progress != (library.BackupProgress{Assets: 5}) {
			t.Errorf("%+v, %v", progress, err)
		}
	})
}

// Sources tell times in seconds: versions of the same one are in the order of their numbers.
func TestVersionsOfOneSecondAreInTheirOrder(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		newClock(l)
		current := keep(t, l, "a", "o/current", func(a *library.Asset) { a.Version = 107 })
		at := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
		for i, number := range []int64{103, 101, 106, 102, 105, 104} {
			earlier := *current
			earlier.ObjectKey, earlier.Version, earlier.UploadedAt = fmt.Sprint("o/", number), number, at
			earlier.VersionID = fmt.Sprintf("%032x", 0xabc+i)
			if err := l.ReserveObject(t.Context(), earlier.ObjectKey, time.Now().Add(1000*time.Hour)); err != nil {
				t.Fatal(err)
			}
			if err := l.KeepEarlierVersion(t.Context(), &earlier); err != nil {
				t.Fatal(err)
			}
		}
		numbers := func() (found []int64) {
			list, err := l.Versions(t.Context(), current.AssetID)
			if err != nil {
				t.Fatal(err)
			}
			for _, version := range list {
				found = append(found, version.Asset.Version)
			}
			return found
		}
		if got := numbers(); !slices.Equal(got, []int64{107, 106, 105, 104, 103, 102, 101}) {
			t.Errorf("the versions are %v", got)
		}
		next := keep(t, l, "a", "o/next", func(a *library.Asset) { a.Version = 0 })
		if got := numbers(); next.Version <= 107 || len(got) != 8 || got[0] != next.Version || got[1] != 107 {
			t.Errorf("after an upload they are %v", got)
		}
	})
}

func TestProgressOfTheBackupIsOfItsJobs(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		progress := func() library.BackupProgress {
			t.Helper()
			p, err := l.BackupProgress(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		keep(t, l, "a", "object/1", nil)
		keep(t, l, "b", "object/12", nil)
		keep(t, l, "c", "object/123", nil)
		for i, said := range []string{"early", "late", ""} {
			statement := fmt.Sprintf("UPDATE jobs SET last_error = '%s', updated_at = %d WHERE payload LIKE '%%object/%s\"%%'", said, clock.time.Add(time.Duration(i)*time.Second).UnixMicro(), "123"[:i+1])
			if err := l.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		other := job("other")
		enqueue(t, l, other)
		die(t, l, clock.time.Add(time.Hour), "id = 'other'")
		if p := progress(); p != (library.BackupProgress{Assets: 3, Pending: 3, LastError: "late"}) {
			t.Errorf("%+v", p)
		}
		if err := l.VersionCopied(t.Context(), "object/12", "copy"); err != nil {
			t.Fatal(err)
		}
		if p := progress(); p != (library.BackupProgress{Assets: 3, Pending: 2, Copied: 1, Bytes: 9, LastError: "late"}) {
			t.Errorf("%+v", p)
		}
		if err := l.BeginBackup(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !progress().Initial {
			t.Error("what is being entered is not")
		}
		die(t, l, clock.time.Add(-time.Hour), "kind = '"+library.InitialBackupJobKind+"'")
		if progress().Initial {
			t.Error("what failed for good is being entered still")
		}
	})
}

func TestVersionsFollowWhatHasNewCoordinates(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		first := keep(t, l, "a", "o/1", nil)
		clock.advance(time.Second)
		second, other := keep(t, l, "a", "o/12", nil), keep(t, l, "b", "o/123", nil)
		updated, err := l.UpdateAsset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"}, func(a *library.Asset) error {
			a.Faces = [][4]int{{1, 2, 3, 4}}
			return nil
		})
		if err != nil || updated.VersionID == second.VersionID {
			t.Fatalf("%+v, %v", updated, err)
		}
		ids := func(assetID string) (found []string) {
			list, err := l.Versions(t.Context(), assetID)
			if err != nil {
				t.Fatal(err)
			}
			for _, version := range list {
				found = append(found, version.Asset.VersionID+" "+version.SourceKey)
			}
			return found
		}
		if got := ids(first.AssetID); !slices.Equal(got, []string{updated.VersionID + " o/12", first.VersionID + " o/1"}) {
			t.Errorf("%q", got)
		}
		if got := ids(other.AssetID); !slices.Equal(got, []string{other.VersionID + " o/123"}) {
			t.Errorf("%q", got)
		}
		// Bytes in the backup are counted by asset.
		for i, object := range []string{"o/1", "o/12", "o/123"} {
			if err := l.VersionCopied(t.Context(), object, fmt.Sprint("copy/", i)); err != nil {
				t.Fatal(err)
			}
		}
		if got := rows(t, l, "SELECT "+textOf("public_id", "backup_bytes")+" FROM assets ORDER BY public_id"); !slices.Equal(got, []string{"a 7", "b 5"}) {
			t.Errorf("in the backup are %q", got)
		}
	})
}
