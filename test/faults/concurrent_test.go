package faults

import (
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api"
	"github.com/cloudinary/cloudinary-go/v2/api/admin"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/test/standalone"
	"github.com/darkroom-media/darkroom/test/stores"
)

// rounds and uploads of each are how often uploads to one public ID meet.
const rounds, uploads = 3, 8

func TestConcurrentUploadsToOnePublicIDEmbedded(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, nil)
	meet(t, r)
	r.Stop()
	expectOwned(t, filepath.Join(dir, "library.db"), filepath.Join(dir, "bucket"))
}

func TestConcurrentUploadsToOnePublicIDOverReplicas(t *testing.T) {
	replicas, database, store := replicate(t)
	meet(t, replicas...)
	for _, r := range replicas {
		r.Stop()
	}
	l, err := library.Open(t.Context(), config.DatabasePostgres, database.Socket("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	expectNothingLost(t, l, files(t, filepath.Join(store.Folder, stores.BucketName)))
}

// meet uploads different bytes to one public ID at the same time, over all replicas, again and again. One upload wins:
// its bytes are what every replica delivers, under the ETag and the version that it was acknowledged with.
func meet(t *testing.T, replicas ...*standalone.Renderer) {
	t.Helper()
	last := int64(0)
	for round := range rounds {
		contents := make([][]byte, uploads)
		for i := range contents {
			contents[i] = noise(t, 20_000+i)
		}
		replies := make([]reply, uploads)
		var group sync.WaitGroup
		for i := range replies {
			group.Go(func() { replies[i] = upload(t, replicas[i%len(replicas)], "contested", contents[i]) })
		}
		group.Wait()
		etags := map[int64]string{}
		for i, got := range replies {
			if got.status != http.StatusOK || got.etag != md5Of(contents[i]) {
				t.Errorf("round %d: upload %d was answered %+v", round, i, got)
			}
			if etags[got.version] != "" || got.version <= last {
				t.Errorf("round %d: upload %d got version %d, after %d and beside %v", round, i, got.version, last, etags)
			}
			etags[got.version] = got.etag
		}
		last = slices.Max(slices.Collect(maps.Keys(etags)))
		for n, r := range replicas {
			status, content := fetch(t, r, "/raw/upload/contested")
			if got := md5Of(content); status != http.StatusOK || got != etags[last] {
				t.Errorf("round %d: replica %d delivers %d, %d bytes with MD5 %s, and the last version is %d with %s", round, n, status, len(content), got, last, etags[last])
			}
			row, err := r.SDK.Admin.Asset(t.Context(), admin.AssetParams{AssetType: api.File, PublicID: "contested"})
			if err != nil || row.Etag != etags[last] || int64(row.Version) != last {
				t.Errorf("round %d: replica %d holds version %d with ETag %s, %v", round, n, row.Version, row.Etag, err)
			}
		}
	}
}

// expectNothingLost checks that every asset has its object, whole, and that every object is an asset's or waits to be
// collected.
func expectNothingLost(t *testing.T, l *library.Library, objects []string) {
	t.Helper()
	page, err := l.List(t.Context(), library.ListOptions{MaxResults: library.MaxMaxResults})
	if err != nil {
		t.Fatal(err)
	}
	garbage, err := l.Garbage(t.Context(), time.Now(), 10_000)
	if err != nil {
		t.Fatal(err)
	}
	var accounted []string
	for _, discarded := range garbage {
		accounted = append(accounted, discarded.ObjectKey)
	}
	for _, asset := range page.Assets {
		if !slices.Contains(objects, asset.ObjectKey) {
			t.Errorf("the object of %s is missing", asset.PublicID)
		}
		accounted = append(accounted, asset.ObjectKey)
	}
	for _, object := range objects {
		if !slices.Contains(accounted, object) {
			t.Errorf("object %s is nobody's and will never be collected", object)
		}
	}
}
