package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// copies hold the versions of uploads, which are still where they were uploaded to.
type copies struct {
	f      *fixture
	broken bool
}

func (c *copies) Open(ctx context.Context, version *library.Version) (io.ReadCloser, error) {
	if c.broken {
		return nil, errors.New("the store is away")
	}
	return c.f.bucket.Open(ctx, version.SourceKey)
}

// keeping is a library that keeps what is stored for the backup, unless the caller wants no copy.
type keeping struct{ *library.Library }

func (k keeping) StoreAsset(ctx context.Context, asset *library.Asset, options library.StoreOptions) (*library.Stored, error) {
	options.Backup = !options.NoBackup
	return k.Library.StoreAsset(ctx, asset, options)
}

func newBackedUp(t *testing.T) (*fixture, *copies) {
	store := &copies{}
	f := newFixture(t, func(f *fixture, o *Options) {
		store.f = f
		o.Backup, o.Library = store, keeping{f.library}
	})
	return f, store
}

func (f *fixture) downloadBackup(pairs ...string) *http.Response {
	f.Helper()
	request, err := http.NewRequestWithContext(f.Context(), http.MethodGet, f.server.URL+"/v1_1/"+cloud+"/download_backup?"+signed(pairs...).Encode(), nil)
	if err != nil {
		f.Fatal(err)
	}
	response, err := f.server.Client().Do(request)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func TestAVersionIsDownloadedFromTheBackup(t *testing.T) {
	f, store := newBackedUp(t)
	first := f.expect(f.upload("/raw/upload", "notes.txt", "first notes", "public_id", "notes.txt")).body
	f.expect(f.upload("/raw/upload", "notes.txt", "second", "public_id", "notes.txt"))
	assetID, versionID := fmt.Sprint(first["asset_id"]), fmt.Sprint(first["version_id"])
	got := f.downloadBackup("asset_id", assetID, "version_id", versionID)
	content, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusOK || string(content) != "first notes" || got.ContentLength != 11 ||
		got.Header.Get("Content-Disposition") != "attachment; filename=notes.txt" {
		t.Errorf("%d %q %v, %v", got.StatusCode, content, got.Header, err)
	}
	for name, test := range map[string]struct {
		pairs   []string
		status  int
		message string
	}{
		"no asset":         {[]string{"version_id", versionID}, 400, "Missing required parameter - asset_id"},
		"no version":       {[]string{"asset_id", assetID}, 400, "Missing required parameter - version_id"},
		"unknown version":  {[]string{"asset_id", assetID, "version_id", "x"}, 404, "Resource not found - version x of " + assetID},
		"another asset's":  {[]string{"asset_id", "y", "version_id", versionID}, 404, "Resource not found - version " + versionID + " of y"},
		"a link of yester": {[]string{"asset_id", assetID, "version_id", versionID, "timestamp", fmt.Sprint(time.Now().Add(-2 * time.Hour).Unix())}, 400, "Stale request"},
	} {
		got := f.downloadBackup(test.pairs...)
		if got.StatusCode != test.status || !strings.HasPrefix(got.Header.Get("X-Cld-Error"), test.message) {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.Header.Get("X-Cld-Error"))
		}
	}
	store.broken = true
	if got := f.downloadBackup("asset_id", assetID, "version_id", versionID); got.StatusCode != 500 || got.Header.Get("X-Cld-Error") != "The backup is unavailable, try again later" {
		t.Errorf("%d %s", got.StatusCode, got.Header.Get("X-Cld-Error"))
	}
}

func TestAnUploadMayWantNoBackup(t *testing.T) {
	f, _ := newBackedUp(t)
	for given, versions := range map[string]int{"": 1, "true": 1, "false": 0} {
		asset := f.expect(f.upload("/raw/upload", "a.txt", "a", "public_id", "a"+given, "backup", given)).body
		if kept, err := f.library.Versions(t.Context(), fmt.Sprint(asset["asset_id"])); err != nil || len(kept) != versions {
			t.Errorf("backup=%s keeps %d versions, %v", given, len(kept), err)
		}
	}
	f.expectRefused(f.upload("/raw/upload", "a.txt", "a", "backup", "maybe"), 400, `Invalid value for backup: "maybe" is neither true nor false`)
	f = newFixture(t)
	f.expectRefused(f.upload("/raw/upload", "a.txt", "a", "backup", "true"), 400, "Invalid value for backup: it is not available")
	f.expect(f.upload("/raw/upload", "a.txt", "a", "backup", "false"))
	asset := f.expect(f.upload("/raw/upload", "a.txt", "a")).body
	if got := f.downloadBackup("asset_id", fmt.Sprint(asset["asset_id"]), "version_id", fmt.Sprint(asset["version_id"])); got.StatusCode != 404 {
		t.Errorf("without a backup: %d", got.StatusCode)
	}
}
