package derive

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func testMeta(content string) *Meta {
	return &Meta{Bytes: int64(len(content)), ETag: "0123456789abcdef0123456789abcdef", Format: "png", Width: 3, Height: 4, CreatedAt: time.UnixMicro(1700000000123456)}
}

func testKey(n int) Key { return NewKey(fmt.Sprint("version", n), "c_fill,w_1", "png", "") }

func openTestCache(t *testing.T, dir string, maxBytes int64) *Cache {
	t.Helper()
	c, err := OpenCache(dir, maxBytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func put(t *testing.T, c *Cache, key Key, content string) {
	t.Helper()
	if err := c.Put(key, testMeta(content), strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}

// read gives the content of a cached file, "" when it is not there.
func read(t *testing.T, c *Cache, key Key) string {
	t.Helper()
	content, meta := c.Open(key)
	if meta == nil {
		return ""
	}
	defer content.Close()
	var got strings.Builder
	if _, err := content.Send(&got, 0, meta.Bytes); err != nil {
		t.Error(err)
	}
	return got.String()
}

func TestCacheEvictsTheLeastRecentlyUsed(t *testing.T) {
	c := openTestCache(t, t.TempDir(), 30)
	for n := range 3 {
		put(t, c, testKey(n), strings.Repeat(fmt.Sprint(n), 10))
	}
	read(t, c, testKey(0)) // Now 1 is the oldest.
	put(t, c, testKey(3), "3333333333")
	for n, want := range []bool{true, false, true, true} {
		if got := read(t, c, testKey(n)) != ""; got != want {
			t.Errorf("file %d is there: %v, want %v", n, got, want)
		}
	}
	if c.Bytes() != 30 || c.Len() != 3 {
		t.Errorf("%d bytes in %d files, want 30 in 3", c.Bytes(), c.Len())
	}
	if files := filesUnder(t, c.dir); len(files) != 3 {
		t.Errorf("on disk: %v", files)
	}
}

func TestCacheSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	c := openTestCache(t, dir, 100)
	for n := range 3 {
		put(t, c, testKey(n), strings.Repeat(fmt.Sprint(n), 10))
		path := c.path(testKey(n), testMeta("0123456789"))
		// The order of use is kept in the modification times.
		when := time.Now().Add(time.Duration(n-10) * time.Hour)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	reopened := openTestCache(t, dir, 25)
	if got := read(t, reopened, testKey(0)); got != "" {
		t.Errorf("the oldest file survived a smaller bound: %q", got)
	}
	if got := read(t, reopened, testKey(2)); got != "2222222222" {
		t.Errorf("after the restart: %q", got)
	}
	_, meta := reopened.Open(testKey(2))
	if want := testMeta("2222222222"); meta.ETag != want.ETag || meta.Width != 3 || meta.Height != 4 || meta.Format != "png" || !meta.CreatedAt.Equal(want.CreatedAt) {
		t.Errorf("metadata after the restart: %+v", meta)
	}
}

func TestCacheRemovesWhatIsNotWhole(t *testing.T) {
	dir := t.TempDir()
	c := openTestCache(t, dir, 100)
	put(t, c, testKey(0), "whole")
	put(t, c, testKey(1), "to be cut")
	if err := os.Truncate(c.path(testKey(1), testMeta("to be cut")), 3); err != nil {
		t.Fatal(err)
	}
	for _, stray := range []string{filepath.Join(dir, pendingDir, "123"), filepath.Join(dir, "stray.png")} {
		if err := os.WriteFile(stray, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reopened := openTestCache(t, dir, 100)
	if files := filesUnder(t, dir); len(files) != 1 || read(t, reopened, testKey(0)) != "whole" || reopened.Len() != 1 {
		t.Errorf("left on disk: %v", files)
	}
}

func TestCacheMayBeEmptiedFromOutside(t *testing.T) {
	dir := t.TempDir()
	c := openTestCache(t, dir, 100)
	put(t, c, testKey(0), "content")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if got := read(t, c, testKey(0)); got != "" || c.Bytes() != 0 {
		t.Errorf("after emptying: %q, %d bytes", got, c.Bytes())
	}
	put(t, c, testKey(0), "content")
	if got := read(t, c, testKey(0)); got != "content" {
		t.Errorf("after putting it again: %q", got)
	}
}

func TestCacheKeepsEvictedFilesReadable(t *testing.T) {
	c := openTestCache(t, t.TempDir(), 10)
	put(t, c, testKey(0), "0123456789")
	file, _ := c.Open(testKey(0))
	defer file.Close()
	put(t, c, testKey(1), "abcdefghij")
	if got := read(t, c, testKey(0)); got != "" {
		t.Errorf("not evicted: %q", got)
	}
	var got strings.Builder
	if _, err := file.Send(&got, 2, 5); err != nil || got.String() != "23456" {
		t.Errorf("open file after eviction: %q, %v", got.String(), err)
	}
}

func TestCacheRefusesWrongLengths(t *testing.T) {
	c := openTestCache(t, t.TempDir(), 100)
	if err := c.Put(testKey(0), testMeta("12345"), strings.NewReader("1234")); err == nil {
		t.Error("a short file was taken")
	}
	if files := filesUnder(t, c.dir); len(files) != 0 || c.Len() != 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestCacheTakesNoFileAboveItsBound(t *testing.T) {
	c := openTestCache(t, t.TempDir(), 4)
	put(t, c, testKey(0), "12345")
	if files := filesUnder(t, c.dir); len(files) != 0 || c.Len() != 0 || c.Bytes() != 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestCacheUnderConcurrentUse(t *testing.T) {
	c := openTestCache(t, t.TempDir(), 40) // Four of ten files fit.
	var pending sync.WaitGroup
	for worker := range 8 {
		pending.Go(func() {
			for i := range 200 {
				n := (i*7 + worker*3) % 10
				content := strings.Repeat(fmt.Sprint(n), 10)
				if got := read(t, c, testKey(n)); got != "" {
					if got != content {
						t.Errorf("file %d: %q", n, got)
					}
					continue
				}
				if err := c.Put(testKey(n), testMeta(content), strings.NewReader(content)); err != nil {
					t.Errorf("put %d: %v", n, err)
				}
			}
		})
	}
	pending.Wait()
	if c.Bytes() > 40 || int64(len(filesUnder(t, c.dir))) != c.Bytes()/10 {
		t.Errorf("%d bytes, %d files on disk", c.Bytes(), len(filesUnder(t, c.dir)))
	}
}

// putting is content during whose first read something happens.
type putting struct {
	io.Reader
	during func()
}

func (p *putting) Read(b []byte) (int, error) {
	if p.during != nil {
		p.during()
		p.during = nil
	}
	return p.Reader.Read(b)
}

// Two requests may make the same file at once. A file that replaced its twin between rename and entry would be removed
// by the eviction of the twin, and count without being there.
func TestCacheKeepsTheFirstOfTwins(t *testing.T) {
	c := openTestCache(t, t.TempDir(), 40)
	later := testMeta("late")
	later.CreatedAt = later.CreatedAt.Add(time.Second)
	content := &putting{strings.NewReader("late"), func() { put(t, c, testKey(0), "soon") }}
	if err := c.Put(testKey(0), later, content); err != nil {
		t.Fatal(err)
	}
	if got := read(t, c, testKey(0)); got != "soon" || c.Bytes() != 4 {
		t.Errorf("kept: %q, %d bytes", got, c.Bytes())
	}
	if files := filesUnder(t, c.dir); len(files) != 1 {
		t.Errorf("on disk: %v", files)
	}
}

func TestCacheServesRepeatedFilesFromMemory(t *testing.T) {
	c := openTestCache(t, t.TempDir(), 1<<30)
	put(t, c, testKey(0), "small")
	large := strings.Repeat("x", memoryFile+1)
	put(t, c, testKey(1), large)
	for range 3 {
		if read(t, c, testKey(0)) != "small" || read(t, c, testKey(1)) != large {
			t.Fatal("other bytes")
		}
	}
	if c.memoryBytes != 5 || c.inMemory.Len() != 1 {
		t.Errorf("%d bytes of %d files in memory", c.memoryBytes, c.inMemory.Len())
	}
	if err := os.RemoveAll(c.dir); err != nil {
		t.Fatal(err)
	}
	if read(t, c, testKey(0)) != "small" || read(t, c, testKey(1)) != "" {
		t.Error("not served from memory, or served without a file")
	}
	content, _ := c.Open(testKey(0))
	var part strings.Builder
	if _, err := content.Send(&part, 1, 3); err != nil || part.String() != "mal" {
		t.Errorf("a part: %q, %v", part.String(), err)
	}
}

func TestCacheBoundsItsMemory(t *testing.T) {
	c := openTestCache(t, t.TempDir(), 1<<30)
	const files = memoryBytes/memoryFile + 20
	content := strings.Repeat("x", memoryFile)
	for n := range files {
		put(t, c, testKey(n), content)
		read(t, c, testKey(0)) // Used all the time.
		read(t, c, testKey(n))
		read(t, c, testKey(n))
	}
	if c.memoryBytes > memoryBytes || c.memoryBytes != int64(c.inMemory.Len())*memoryFile {
		t.Errorf("%d bytes of %d files in memory", c.memoryBytes, c.inMemory.Len())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[testKey(0)].Value.(*entry).memory == nil {
		t.Error("the file that is used most was dropped from memory")
	}
	if c.entries[testKey(1)].Value.(*entry).memory != nil {
		t.Error("a file that is not used any more stayed in memory")
	}
}

func filesUnder(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
