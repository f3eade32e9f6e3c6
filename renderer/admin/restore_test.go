package admin

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/backup"
	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// backedUp is a fixture with a real backup.
type backedUp struct {
	*fixture
	backup            *backup.Backup
	originals, copies *bucket.Bucket
	// refusal is what the next restorations and deletions are refused with.
	refusal error
}

func (b *backedUp) Restore(ctx context.Context, version *library.Version, options backup.RestoreOptions) (*library.Asset, error) {
	if b.refusal != nil {
		return nil, b.refusal
	}
	return b.backup.Restore(ctx, version, options)
}

func (b *backedUp) Delete(ctx context.Context, version *library.Version) error {
	if b.refusal != nil {
		return b.refusal
	}
	return b.backup.Delete(ctx, version)
}

func newBackedUp(t *testing.T) *backedUp {
	t.Helper()
	b := &backedUp{}
	b.originals, _ = databases.Bucket(t)
	b.copies, _ = databases.Bucket(t)
	b.fixture = newFixture(t, func(f *fixture, options *Options) {
		b.backup = backup.New(backup.Options{Library: f.library, Originals: b.originals, Copies: b.copies})
		options.Backup = b
	})
	return b
}

// upload stores an asset with its bytes, and copies it into the backup.
func (b *backedUp) upload(publicID, content string) *library.Asset {
	b.Helper()
	key, sum := bucket.NewKey("originals"), md5.Sum([]byte(content))
	if err := b.library.ReserveObject(b.Context(), key, time.Now().Add(time.Hour)); err != nil {
		b.Fatal(err)
	}
	if _, err := b.originals.Put(b.Context(), key, strings.NewReader(content), ""); err != nil {
		b.Fatal(err)
	}
	stored, err := b.library.StoreAsset(b.Context(), &library.Asset{
		ResourceType: library.Image, Type: "upload", PublicID: publicID, Format: "png", Bytes: int64(len(content)), Width: 4, Height: 3, Pages: 1,
		ETag: hex.EncodeToString(sum[:]), ObjectKey: key, Tags: []string{content}, CreatedAt: time.Date(2021, 2, 3, 4, 5, 6, 0, time.UTC),
	}, library.StoreOptions{Overwrite: true, Backup: true})
	if err != nil {
		b.Fatal(err)
	}
	payload := fmt.Appendf(nil, `{"sourceKey":%q}`, key)
	if err := b.backup.Kinds()[library.BackupJobKind].Run(b.Context(), &library.Job{Payload: payload}); err != nil {
		b.Fatal(err)
	}
	return stored.Asset
}

// delete deletes a picture.
func (f *fixture) delete(publicID string) {
	f.Helper()
	got := f.call(http.MethodDelete, "demo/resources/image/upload?public_ids="+publicID, "", "")
	if deleted, _ := got.body["deleted"].(map[string]any); got.status != http.StatusOK || deleted[publicID] != "deleted" {
		f.Fatalf("%d %v", got.status, got.body)
	}
}

func (b *backedUp) post(path, body string) *reply {
	b.Helper()
	return b.call(http.MethodPost, "demo/"+path, "application/json", body)
}

// shown are the values of an object at keys.
func shown(object any, keys ...string) string {
	var values []any
	for _, key := range keys {
		values = append(values, object.(map[string]any)[key])
	}
	return fmt.Sprint(values...)
}

func TestDeletedAssetsAreShownAndRestored(t *testing.T) {
	b := newBackedUp(t)
	first := b.upload("a/b", "one")
	b.delete("a/b")
	for _, path := range []string{"resources/image/upload/a/b", "resources/" + first.AssetID} {
		got := b.get(path + "?versions=1")
		if got.status != 200 || shown(got.body, "placeholder", "bytes", "public_id", "asset_id") != fmt.Sprint(true, json.Number("0"), "a/b", first.AssetID) {
			t.Errorf("%s: %d %v", path, got.status, got.body)
		}
		if versions := got.body["versions"].([]any); len(versions) != 1 || shown(versions[0], "version_id", "size", "restorable") != fmt.Sprint(first.VersionID, json.Number("3"), true) {
			t.Errorf("%s: versions %v", path, versions)
		}
	}
	if listed := b.get("resources/image"); len(listed.body["resources"].([]any)) != 0 {
		t.Errorf("a deleted asset is listed: %v", listed.body)
	}
	got := b.post("resources/image/upload/restore", `{"public_ids":["a/b","gone"],"versions":""}`)
	if got.status != 200 || shown(got.body["a/b"], "asset_id", "bytes", "version") != fmt.Sprint(first.AssetID, json.Number("3"), json.Number(fmt.Sprint(first.Version))) || shown(got.body["gone"], "error") != "no_backup" {
		t.Errorf("%d %v", got.status, got.body)
	}
	for key, want := range map[string]any{
		"placeholder": false, "tags": []any{"one"}, "version_id": first.VersionID, "etag": first.ETag, "signature": sign.Response("a/b", first.Version, apiSecret, sign.SHA1),
	} {
		if restored := got.body["a/b"].(map[string]any); !reflect.DeepEqual(restored[key], want) {
			t.Errorf("restored with %s %v, want %v", key, restored[key], want)
		}
	}
	if got := b.get("resources/image/upload/a/b"); shown(got.body, "placeholder", "bytes", "tags", "created_at") != fmt.Sprint(false, json.Number("3"), "[one]", "2021-02-03T04:05:06Z") {
		t.Errorf("%v", got.body)
	}
	// What is there stays as it is.
	if got := b.post("resources/image/upload/restore", `{"public_ids":["a/b"]}`); shown(got.body["a/b"], "asset_id") != first.AssetID {
		t.Errorf("%v", got.body)
	}
}

func TestAnyVersionIsRestored(t *testing.T) {
	b := newBackedUp(t)
	first, second := b.upload("a", "one"), b.upload("a", "second")
	got := b.get("resources/image/upload/a?versions=true")
	versions := got.body["versions"].([]any)
	if len(versions) != 2 || shown(versions[0], "version_id", "size", "restorable") != fmt.Sprint(second.VersionID, json.Number("6"), true) ||
		shown(versions[1], "version_id", "version", "size", "restorable") != fmt.Sprint(first.VersionID, json.Number(fmt.Sprint(first.Version)), json.Number("3"), true) {
		t.Fatalf("versions %v", versions)
	}
	b.snapshot.Triggers = []catalog.Trigger{{Name: "t", URI: "https://example.com/hook", EventType: "restore_asset_version"}}
	got = b.post("resources/restore", fmt.Sprintf(`{"asset_ids":[%q],"versions":[%q]}`, first.AssetID, first.VersionID))
	if got.status != 200 || shown(got.body[first.AssetID], "public_id", "bytes") != fmt.Sprint("a", json.Number("3")) {
		t.Fatalf("%d %v", got.status, got.body)
	}
	if got := b.get("resources/image/upload/a"); shown(got.body, "version_id", "tags") != fmt.Sprint(first.VersionID, "[one]") {
		t.Errorf("%v", got.body)
	}
	job, err := b.library.ClaimJob(t.Context(), library.JobClaim{Kinds: []string{notify.JobKind}, Worker: "w", Now: time.Now(), Until: time.Now().Add(time.Minute)})
	if err != nil || job == nil || !strings.Contains(string(job.Payload), first.VersionID) {
		t.Errorf("nobody is told: %+v, %v", job, err)
	}
	other := b.upload("other", "else")
	for name, test := range map[string]struct{ body, want string }{
		"a version of another asset": {fmt.Sprintf(`{"public_ids":["a"],"versions":[%q]}`, other.VersionID), "no_backup"},
		"no version at all":          {`{"public_ids":["a"],"versions":["x"]}`, "no_backup"},
	} {
		if got := b.post("resources/image/upload/restore", test.body); shown(got.body["a"], "error") != test.want {
			t.Errorf("%s: %v", name, got.body)
		}
	}
	b.expectRefused(b.post("resources/image/upload/restore", `{"public_ids":["a","b"],"versions":["x"]}`), 400, "Invalid versions: there must be one for each of public_ids. Got 1 for 2.")
	b.expectRefused(b.post("resources/restore", `{"asset_ids":["a"],"notification_url":"ftp://x"}`), 400, "Invalid notification_url: it must be an http or https URL of at most 2048 bytes")
	b.refusal = errors.New("the store is away")
	restore := fmt.Sprintf(`{"public_ids":["a"],"versions":[%q]}`, second.VersionID)
	if got := b.post("resources/image/upload/restore", restore); got.status != 200 || shown(got.body["a"], "error") != "failed" {
		t.Errorf("%d %v", got.status, got.body)
	}
	b.refusal = &problem.Problem{Status: 420, Message: "Storage Limit Exceeded."}
	b.expectRefused(b.post("resources/image/upload/restore", restore), 420, "Storage Limit Exceeded.")
}

func TestBackupsAreDeleted(t *testing.T) {
	b := newBackedUp(t)
	first, second := b.upload("a", "one"), b.upload("a", "second")
	remove := func(ids string) *reply {
		return b.call(http.MethodDelete, "demo/resources/backup/"+first.AssetID, "application/json", `{"version_ids":[`+ids+`]}`)
	}
	b.refusal = fmt.Errorf("deleting: %w", bucket.ErrLocked)
	b.expect(remove(fmt.Sprintf("%q", first.VersionID)), fmt.Sprintf(`{"asset_id":%q,"deleted_version_ids":[],"failures":[{"version_id":%q,"error":"it is under object lock"}]}`, first.AssetID, first.VersionID))
	b.refusal = errors.New("the store is away")
	b.expect(remove(fmt.Sprintf("%q", first.VersionID)), fmt.Sprintf(`{"asset_id":%q,"deleted_version_ids":[],"failures":[{"version_id":%q,"error":"it could not be deleted"}]}`, first.AssetID, first.VersionID))
	b.refusal = nil
	b.expect(remove(fmt.Sprintf(`%q,"x"`, first.VersionID)), fmt.Sprintf(`{"asset_id":%q,"deleted_version_ids":[%q],"failures":[{"version_id":"x","error":"it is no version ID"}]}`, first.AssetID, first.VersionID))
	// Also of an asset that is deleted; then nothing is left of it.
	b.delete("a")
	b.expect(remove(fmt.Sprintf("%q", second.VersionID)), fmt.Sprintf(`{"asset_id":%q,"deleted_version_ids":[%q],"failures":[]}`, first.AssetID, second.VersionID))
	b.expectRefused(b.get("resources/image/upload/a"), 404, "Resource not found - a")
	b.expectRefused(remove(fmt.Sprintf("%q", second.VersionID)), 404, "Resource not found - "+first.AssetID)
}

func TestWithoutABackupWhatIsDeletedIsGone(t *testing.T) {
	f := newFixture(t)
	asset := f.store("image", "upload", "a", nil)
	got := f.get("resources/image/upload/a?versions=1")
	if versions := got.body["versions"].([]any); len(versions) != 1 || shown(versions[0], "version_id", "restorable") != fmt.Sprint(asset.VersionID, false) {
		t.Errorf("versions %v", versions)
	}
	f.delete("a")
	f.expectRefused(f.get("resources/image/upload/a"), 404, "Resource not found - a")
	f.expectRefused(f.get("resources/"+asset.AssetID), 404, "Resource not found - "+asset.AssetID)
}

// An empty entry among the versions stands for the newest one of its asset.
func TestSomeVersionsAreNamed(t *testing.T) {
	b := newBackedUp(t)
	first := b.upload("a", "one")
	b.upload("a", "two")
	b.upload("b", "three")
	b.delete("b")
	got := b.post("resources/image/upload/restore", `{"public_ids":["a","b"],"versions":["`+first.VersionID+`",""]}`)
	if a, c := got.body["a"], got.body["b"]; got.status != http.StatusOK || shown(a, "bytes") != "3" || shown(c, "bytes", "public_id") != "5b" {
		t.Errorf("%d %s %v", got.status, got.message(), got.body)
	}
}
