package faults

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/test/photos"
	"github.com/darkroom-media/darkroom/test/standalone"
)

// TestDiskFull fills the volume of an embedded environment: by an upload that is too large for it, and by somebody else.
func TestDiskFull(t *testing.T) {
	disk := smallDisk(t, 24<<20)
	r := start(t, t.TempDir(), func(c *config.Config) {
		c.Database.Path = filepath.Join(disk, "library.db")
		c.Bucket.Path = filepath.Join(disk, "bucket")
	})
	first := noise(t, 300<<10)
	if got := upload(t, r, "first", first); got.status != http.StatusOK {
		t.Fatalf("the first upload: %+v", got)
	}

	// In the middle of an upload.
	refused(t, upload(t, r, "too-large", noise(t, 40<<20)))
	expectStored(t, r, disk, "first")
	if got := upload(t, r, "second", noise(t, 300<<10)); got.status != http.StatusOK {
		t.Errorf("an upload that there is room for: %+v", got)
	}

	// Because somebody else has filled it up.
	ballast := filepath.Join(disk, "ballast")
	fill(t, ballast)
	refused(t, upload(t, r, "third", noise(t, 300<<10)))
	if status, content := fetch(t, r, "/raw/upload/first"); status != http.StatusOK || !bytes.Equal(content, first) {
		t.Errorf("what was stored before is delivered as %d, %d bytes", status, len(content))
	}
	if status, text := ready(t, r); status != http.StatusOK {
		t.Errorf("a full disk takes the delivery of what is there away: %s", text)
	}
	expectStored(t, r, disk, "first", "second")

	// And when there is room again.
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	third := noise(t, 300<<10)
	if got := upload(t, r, "third", third); got.status != http.StatusOK {
		t.Errorf("an upload when there is room again: %+v", got)
	}
	if _, content := fetch(t, r, "/raw/upload/third"); !bytes.Equal(content, third) {
		t.Error("it has other bytes")
	}
	expectStored(t, r, disk, "first", "second", "third")
	r.Stop()
	expectOwned(t, filepath.Join(disk, "library.db"), filepath.Join(disk, "bucket"))
}

// TestCacheDiskFull fills the disk of the cache of derived files, which costs nothing but speed.
func TestCacheDiskFull(t *testing.T) {
	disk := smallDisk(t, 4<<20)
	cache := filepath.Join(disk, "cache")
	r := start(t, t.TempDir(), func(c *config.Config) { c.Cache.Path = cache })
	ballast := filepath.Join(disk, "ballast")
	fill(t, ballast)
	if err := r.Upload(t.Context(), "portrait", photos.Path(t, "astronaut.png"), uploader.UploadParams{}); err != nil {
		t.Fatal(err)
	}
	const derived = "/image/upload/c_fill,h_300,w_300/portrait.jpg"
	status, made := fetch(t, r, derived)
	if status != http.StatusOK || len(made) == 0 {
		t.Fatalf("%d, %d bytes", status, len(made))
	}
	if _, again := fetch(t, r, derived); !bytes.Equal(again, made) {
		t.Error("another delivery has other bytes")
	}
	if found := files(t, cache); len(found) > 0 {
		t.Errorf("left in the cache: %v", found)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if status, _ := fetch(t, r, "/image/upload/c_fill,h_200,w_200/portrait.jpg"); status != http.StatusOK {
		t.Errorf("with room again: %d", status)
	}
	if found := files(t, cache); len(found) != 1 {
		t.Errorf("the cache holds %v, want one file", found)
	}
}

// smallDisk is a file system of its own, of a size in bytes.
func smallDisk(t *testing.T, size int64) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
	if errors.Is(err, syscall.EPERM) {
		t.Skipf("SKIP %s: mounting a small disk takes root", t.Name())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill writes a file until there is no room left for another byte.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.Copy(file, rand.Reader); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk: %v", err)
	}
}

func noise(t *testing.T, size int) []byte {
	t.Helper()
	content := make([]byte, size)
	if _, err := rand.Read(content); err != nil {
		t.Fatal(err)
	}
	return content
}

func refused(t *testing.T, got reply) {
	t.Helper()
	if got.status < http.StatusInternalServerError || !strings.Contains(got.message, "storage is full") {
		t.Errorf("an upload to a full disk: %+v", got)
	}
}

// expectStored checks that these public IDs are delivered, that no others are known, and that every file of the bucket
// is the original of one.
func expectStored(t *testing.T, r *standalone.Renderer, disk string, publicIDs ...string) {
	t.Helper()
	for _, publicID := range publicIDs {
		if status, _ := fetch(t, r, "/raw/upload/"+publicID); status != http.StatusOK {
			t.Errorf("%s: %d", publicID, status)
		}
	}
	for _, publicID := range []string{"too-large", "first", "second", "third"} {
		stored := strings.Contains(strings.Join(publicIDs, " "), publicID)
		if status, _ := fetch(t, r, "/raw/upload/"+publicID); !stored && status != http.StatusNotFound {
			t.Errorf("%s, which was refused: %d", publicID, status)
		}
	}
	if found := files(t, filepath.Join(disk, "bucket")); len(found) != len(publicIDs) {
		t.Errorf("the bucket holds %d files for %d assets: %v", len(found), len(publicIDs), found)
	}
}

// files lists all files below a directory.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			path, err = filepath.Rel(dir, path)
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func ready(t *testing.T, r *standalone.Renderer) (int, string) {
	t.Helper()
	response, err := http.Get(r.Internal + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// expectOwned checks what a stopped renderer has left: every object is an asset's or waits to be collected.
func expectOwned(t *testing.T, database, bucket string) {
	t.Helper()
	l, err := library.Open(t.Context(), config.DatabaseSQLite, database)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	expectNothingLost(t, l, files(t, bucket))
}
