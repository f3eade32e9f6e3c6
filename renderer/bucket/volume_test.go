package bucket

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

// TestPutIsDurable looks at the moments at which things are made durable: the bytes before the object appears, its
// directory entry afterwards, and those of the directories that were made for it.
func TestPutIsDurable(t *testing.T) {
	b, directory := openTemporary(t)
	v := b.store.(*volume)
	content := strings.Repeat("x", 3<<20)
	type step struct {
		what     string
		bytes    int64
		promoted bool
	}
	var steps []step
	v.fsync = func(file *os.File) error {
		info, err := file.Stat()
		if err != nil {
			return err
		}
		what, bytes := "file", info.Size()
		if info.IsDir() {
			if what, err = filepath.Rel(directory, file.Name()); err != nil {
				return err
			}
			bytes = 0
		}
		_, err = os.Stat(filepath.Join(directory, "originals/ab/cd/object"))
		steps = append(steps, step{what, bytes, err == nil})
		return file.Sync()
	}
	if _, err := b.Put(t.Context(), "originals/ab/cd/object", strings.NewReader(content), ""); err != nil {
		t.Fatal(err)
	}
	want := []step{
		{"file", int64(len(content)), false},
		{"originals/ab/cd", 0, true}, {"originals/ab", 0, true}, {"originals", 0, true}, {".", 0, true},
	}
	if !reflect.DeepEqual(steps, want) {
		t.Errorf("steps\n got %v\nwant %v", steps, want)
	}

	// The next one in the same directory needs less, and a new directory only what is new.
	steps = nil
	if _, err := b.Put(t.Context(), "originals/ab/cd/next", strings.NewReader(content), ""); err != nil {
		t.Fatal(err)
	}
	if want := []step{{"file", int64(len(content)), true}, {"originals/ab/cd", 0, true}}; !reflect.DeepEqual(steps, want) {
		t.Errorf("steps of the next\n got %v\nwant %v", steps, want)
	}
	steps = nil
	if _, err := b.Put(t.Context(), "originals/ab/ef/next", strings.NewReader(content), ""); err != nil {
		t.Fatal(err)
	}
	if want := []step{{"file", int64(len(content)), true}, {"originals/ab/ef", 0, true}, {"originals/ab", 0, true}}; !reflect.DeepEqual(steps, want) {
		t.Errorf("steps in a new directory\n got %v\nwant %v", steps, want)
	}
}

func TestWhatCannotBeMadeDurableIsNotStored(t *testing.T) {
	for name, fails := range map[string]func(info os.FileInfo) bool{
		"the bytes": func(info os.FileInfo) bool { return !info.IsDir() },
		"the entry": func(info os.FileInfo) bool { return info.IsDir() },
	} {
		t.Run(name, func(t *testing.T) {
			b, directory := openTemporary(t)
			b.store.(*volume).fsync = func(file *os.File) error {
				if info, err := file.Stat(); err != nil || fails(info) {
					return errors.Join(err, &os.PathError{Op: "sync", Path: file.Name(), Err: syscall.EIO})
				}
				return file.Sync()
			}
			if _, err := b.Put(t.Context(), "originals/a", strings.NewReader("x"), ""); !errors.Is(err, syscall.EIO) {
				t.Errorf("Put: %v, want EIO", err)
			}
			if names := files(t, directory); len(names) != 0 {
				t.Errorf("left behind: %v", names)
			}
		})
	}
}
