package bucket

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestPutIsDurable looks at the moments at which things are made durable: the bytes before the object appears, its
// directory entry afterwards, and those of the directories that were made for it before Put returns.
func TestPutIsDurable(t *testing.T) {
	b, directory := openTemporary(t)
	content := strings.Repeat("x", 3<<20)
	var mu sync.Mutex
	var order, parents []string
	put := func(key string) {
		t.Helper()
		order, parents = nil, nil
		b.store.(*volume).fsync = func(file *os.File) error {
			mu.Lock()
			defer mu.Unlock()
			info, err := file.Stat()
			if err != nil {
				return err
			}
			_, missing := os.Stat(filepath.Join(directory, key))
			what, err := filepath.Rel(directory, file.Name())
			switch {
			case err != nil:
				return err
			case !info.IsDir():
				order = append(order, fmt.Sprintf("%d bytes, promoted: %t", info.Size(), missing == nil))
			case what == path.Dir(key):
				order = append(order, fmt.Sprintf("its entry, promoted: %t", missing == nil))
			default:
				parents = append(parents, what)
			}
			return file.Sync()
		}
		if _, err := b.Put(t.Context(), key, strings.NewReader(content), ""); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if want := []string{"3145728 bytes, promoted: false", "its entry, promoted: true"}; !slices.Equal(order, want) {
			t.Errorf("%s: synced %q, want %q", key, order, want)
		}
	}
	for _, test := range []struct {
		key     string
		parents []string
	}{
		{"originals/ab/cd/object", []string{"originals/ab", "originals", "."}},
		{"originals/ab/cd/next", nil},
		{"originals/ab/ef/next", []string{"originals/ab"}},
	} {
		if put(test.key); !slices.Equal(parents, test.parents) {
			t.Errorf("%s: synced the directories %q, want %q", test.key, parents, test.parents)
		}
	}
}

func TestWhatCannotBeMadeDurableIsNotStored(t *testing.T) {
	for name, fails := range map[string]func(info os.FileInfo) bool{
		"the bytes":     func(info os.FileInfo) bool { return !info.IsDir() },
		"the entry":     func(info os.FileInfo) bool { return info.Name() == "originals" },
		"the directory": func(info os.FileInfo) bool { return info.IsDir() && info.Name() != "originals" },
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
