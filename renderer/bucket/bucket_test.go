package bucket

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/darkroom-media/darkroom/renderer/config"
)

// openTemporary opens a volume in a directory that does not exist yet.
func openTemporary(t *testing.T) (b *Bucket, directory string) {
	t.Helper()
	directory = filepath.Join(t.TempDir(), "data", "bucket")
	b, err := Open(t.Context(), config.Bucket{Driver: config.BucketVolume, Path: directory})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b, directory
}

// files are the names of all files in a directory and below.
func files(t *testing.T, directory string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(directory), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func read(t *testing.T, b *Bucket, key string) []byte {
	t.Helper()
	f, err := b.File(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPutAndFile(t *testing.T) { onEveryStore(t, testPutAndFile) }

func testPutAndFile(t *testing.T, b *Bucket, stored func() map[string][]byte) {
	for name, data := range map[string][]byte{"empty": {}, "small": []byte("hello"), "large": bytes.Repeat([]byte("0123456789"), 500_000)} {
		t.Run(name, func(t *testing.T) {
			key := NewKey("originals")
			// In small reads, without the shortcuts that bytes.Reader has.
			written, err := b.Put(t.Context(), key, iotest.HalfReader(bytes.NewReader(data)), "image/jpeg")
			sum := md5.Sum(data)
			if want := hex.EncodeToString(sum[:]); err != nil || written.Bytes != int64(len(data)) || written.MD5 != want {
				t.Errorf("Put = %+v, %v, want %d bytes with the MD5 %s", written, err, len(data), want)
			}
			if got := read(t, b, key); !bytes.Equal(got, data) {
				t.Errorf("read %d bytes, want %d equal ones", len(got), len(data))
			}
			if got := stored()[key]; !bytes.Equal(got, data) {
				t.Errorf("the store holds %d bytes", len(got))
			}
			// The shortcut, and no content type.
			if again, err := b.Put(t.Context(), key, bytes.NewReader(data), ""); err != nil || again != written {
				t.Errorf("Put again = %+v, %v, want %+v", again, err, written)
			}
		})
	}
	if objects := stored(); len(objects) != 3 {
		t.Errorf("%d objects are stored, want three only", len(objects))
	}
}

func TestFileIsADescriptor(t *testing.T) { onEveryStore(t, testFileIsADescriptor) }

func testFileIsADescriptor(t *testing.T, b *Bucket, _ func() map[string][]byte) {
	key := NewKey("originals")
	if _, err := b.Put(t.Context(), key, strings.NewReader("first"), ""); err != nil {
		t.Fatal(err)
	}
	f, err := b.File(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write([]byte("x")); !errors.Is(err, syscall.EBADF) {
		t.Errorf("writing to it: %v, want EBADF", err)
	}
	// Neither an overwrite nor a deletion changes what was opened.
	if _, err := b.Put(t.Context(), key, strings.NewReader("second"), ""); err != nil {
		t.Fatal(err)
	}
	if got := read(t, b, key); string(got) != "second" {
		t.Errorf("read %q, want what was written last", got)
	}
	if err := b.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(1, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(f); err != nil || string(data) != "irst" {
		t.Errorf("read %q, %v after seeking, want the first bytes", data, err)
	}
}

func TestFailedPutLeavesNothing(t *testing.T) { onEveryStore(t, testFailedPutLeavesNothing) }

func testFailedPutLeavesNothing(t *testing.T, b *Bucket, stored func() map[string][]byte) {
	full := &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	for name, test := range map[string]struct {
		reader io.Reader
		want   error
	}{
		"reader fails at once":  {iotest.ErrReader(io.ErrUnexpectedEOF), io.ErrUnexpectedEOF},
		"reader fails mid-way":  {io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), iotest.ErrReader(io.ErrUnexpectedEOF)), io.ErrUnexpectedEOF},
		"disk is full, mid-way": {io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), iotest.ErrReader(full)), syscall.ENOSPC},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := b.Put(t.Context(), "originals/a", test.reader, "image/png"); !errors.Is(err, test.want) {
				t.Errorf("Put: %v, want %v", err, test.want)
			}
			if objects := stored(); len(objects) != 0 {
				t.Errorf("%d objects are left behind", len(objects))
			}
			if _, err := b.File(t.Context(), "originals/a"); !errors.Is(err, ErrNotFound) {
				t.Errorf("File: %v, want ErrNotFound", err)
			}
		})
	}
}

func TestFailedPutKeepsTheOldObject(t *testing.T) { onEveryStore(t, testFailedPutKeepsTheOldObject) }

func testFailedPutKeepsTheOldObject(t *testing.T, b *Bucket, stored func() map[string][]byte) {
	if _, err := b.Put(t.Context(), "originals/a", strings.NewReader("old"), ""); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), "originals/a", io.MultiReader(strings.NewReader("new"), iotest.ErrReader(io.ErrUnexpectedEOF)), ""); err == nil {
		t.Fatal("Put has succeeded")
	}
	if got := read(t, b, "originals/a"); string(got) != "old" {
		t.Errorf("read %q, want the old bytes", got)
	}
	if objects := stored(); len(objects) != 1 {
		t.Errorf("%d objects are stored, want one", len(objects))
	}
}

// TestPutThatCannotPromote lets the very last step fail.
func TestPutThatCannotPromote(t *testing.T) {
	b, directory := openTemporary(t)
	// A directory stands where the object is to be.
	if err := os.MkdirAll(filepath.Join(directory, "originals/a"), 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), "originals/a", strings.NewReader("x"), ""); err == nil {
		t.Error("Put has succeeded")
	}
	if names := files(t, directory); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
	if _, err := b.File(t.Context(), "originals/a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("File: %v, want ErrNotFound", err)
	}
}

func TestCancelledPut(t *testing.T) { onEveryStore(t, testCancelledPut) }

func testCancelledPut(t *testing.T, b *Bucket, stored func() map[string][]byte) {
	ctx, cancel := context.WithCancel(t.Context())
	// It is cancelled when all bytes have been read.
	reader := io.MultiReader(strings.NewReader("hello"), readerFunc(func([]byte) (int, error) {
		cancel()
		return 0, io.EOF
	}))
	if _, err := b.Put(ctx, "originals/a", reader, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %v, want Canceled", err)
	}
	if objects := stored(); len(objects) != 0 {
		t.Errorf("%d objects are stored, want none", len(objects))
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestDelete(t *testing.T) {
	b, directory := openTemporary(t)
	if err := b.Delete(t.Context(), "originals/none/at/all"); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
	for _, key := range []string{"originals/a", "originals/ab"} {
		if _, err := b.Put(t.Context(), key, strings.NewReader("x"), ""); err != nil {
			t.Fatal(err)
		}
	}
	// What a process that was killed while it wrote the object has left.
	for _, name := range []string{"originals/a.18c.tmp", "originals/ab.18c.tmp"} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := b.Delete(t.Context(), "originals/a"); err != nil {
			t.Fatal(err)
		}
	}
	if names := files(t, directory); len(names) != 2 || names[0] != "originals/ab" || names[1] != "originals/ab.18c.tmp" {
		t.Errorf("files %v, want only those of the other object", names)
	}
	if _, err := b.File(t.Context(), "originals/a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("File: %v, want ErrNotFound", err)
	}
}

func TestInterruptedPutIsSwept(t *testing.T) {
	b, directory := openTemporary(t)
	b.store.(*volume).nameless = false
	// Half-way through a Put, the temporary file is where Delete looks for it.
	started, finish := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		once := sync.OnceFunc(func() { close(started) })
		_, _ = b.Put(t.Context(), "originals/a", readerFunc(func([]byte) (int, error) {
			once()
			<-finish
			return 0, io.ErrUnexpectedEOF
		}), "")
	})
	<-started
	if names := files(t, directory); len(names) != 1 || !strings.HasPrefix(names[0], "originals/a.") {
		t.Errorf("files %v, want a temporary one beside the object", names)
	}
	if err := b.Delete(t.Context(), "originals/a"); err != nil {
		t.Error(err)
	}
	if names := files(t, directory); len(names) != 0 {
		t.Errorf("files %v, want none", names)
	}
	close(finish)
	group.Wait()
}

func TestDeleteTakesOneObject(t *testing.T) { onEveryStore(t, testDeleteTakesOneObject) }

func testDeleteTakesOneObject(t *testing.T, b *Bucket, stored func() map[string][]byte) {
	for _, key := range []string{"originals/a", "originals/ab"} {
		if _, err := b.Put(t.Context(), key, strings.NewReader("x"), ""); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // what is not there is no error
		if err := b.Delete(t.Context(), "originals/a"); err != nil {
			t.Error(err)
		}
	}
	if objects := stored(); len(objects) != 1 || objects["originals/ab"] == nil {
		t.Errorf("%d objects are stored, want the other one", len(objects))
	}
	if _, err := b.File(t.Context(), "originals/a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("File: %v, want ErrNotFound", err)
	}
	if err := b.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestConcurrentPutsOfOneKey(t *testing.T) { onEveryStore(t, testConcurrentPutsOfOneKey) }

// testConcurrentPutsOfOneKey lets writers of one key meet: the object is always one of theirs, whole.
func testConcurrentPutsOfOneKey(t *testing.T, b *Bucket, _ func() map[string][]byte) {
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			content := bytes.Repeat([]byte{byte('a' + i)}, 200_000)
			if _, err := b.Put(t.Context(), "originals/a", bytes.NewReader(content), ""); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got := read(t, b, "originals/a")
	if len(got) != 200_000 || bytes.Count(got, got[:1]) != len(got) {
		t.Errorf("read %d bytes of several writers", len(got))
	}
}

func TestBadKeys(t *testing.T) { onEveryStore(t, testBadKeys) }

func testBadKeys(t *testing.T, b *Bucket, _ func() map[string][]byte) {
	for _, key := range []string{"", "/", "/etc/passwd", "a//b", "a/", "../a", "a/../b", ".hidden", "a/.b", "a b", "a\x00", "ä", "a\\b", "a?b"} {
		if _, err := b.Put(t.Context(), key, strings.NewReader("x"), ""); err == nil {
			t.Errorf("Put(%q) has succeeded", key)
		}
		if f, err := b.File(t.Context(), key); err == nil {
			f.Close()
			t.Errorf("File(%q) has succeeded", key)
		}
		if err := b.Delete(t.Context(), key); err == nil {
			t.Errorf("Delete(%q) has succeeded", key)
		}
	}
}

func TestSymbolicLinksDoNotLeadOut(t *testing.T) {
	b, directory := openTemporary(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(directory, "link")); err != nil {
		t.Fatal(err)
	}
	if f, err := b.File(t.Context(), "link"); err == nil {
		f.Close()
		t.Error("a link out of the volume was opened")
	}
}

func TestPrefix(t *testing.T) {
	directory := t.TempDir()
	b, err := Open(t.Context(), config.Bucket{Driver: config.BucketVolume, Path: directory, Prefix: "tenants/shop/"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Put(t.Context(), "originals/a", strings.NewReader("x"), ""); err != nil {
		t.Fatal(err)
	}
	if names := files(t, directory); len(names) != 1 || names[0] != "tenants/shop/originals/a" {
		t.Errorf("files %v", names)
	}
	if got := read(t, b, "originals/a"); string(got) != "x" {
		t.Errorf("read %q", got)
	}
	if err := b.Delete(t.Context(), "originals/a"); err != nil || len(files(t, directory)) != 0 {
		t.Errorf("deleting: %v", err)
	}
}

func TestPing(t *testing.T) {
	b, directory := openTemporary(t)
	if err := b.Ping(t.Context()); err != nil {
		t.Errorf("empty volume: %v", err)
	}
	if err := os.RemoveAll(directory); err != nil {
		t.Fatal(err)
	}
	if err := b.Ping(t.Context()); err == nil {
		t.Error("a volume that is gone answers")
	}
}

func TestOpenFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		bucket config.Bucket
		want   string
	}{
		"unknown driver": {config.Bucket{Driver: "ftp"}, `"ftp"`},
		"a file":         {config.Bucket{Driver: config.BucketVolume, Path: file}, "not a directory"},
		"bad prefix":     {config.Bucket{Driver: config.BucketVolume, Path: t.TempDir(), Prefix: "../x/"}, `"../x/"`},
	} {
		b, err := Open(t.Context(), test.bucket)
		if err == nil {
			b.Close()
			t.Errorf("%s was opened", name)
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestNewKey(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		key := NewKey("originals")
		parts := strings.Split(key, "/")
		if len(parts) != 3 || parts[0] != "originals" || len(parts[2]) != 40 || parts[2][:2] != parts[1] {
			t.Fatalf("key %q", key)
		}
		if err := checkKey(key); err != nil {
			t.Error(err)
		}
		if seen[key] {
			t.Errorf("%s twice", key)
		}
		seen[key] = true
	}
}
