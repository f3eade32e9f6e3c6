package derive

import (
	"container/list"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// touchEvery is how often the use of a file is written to its modification time, which is what the order of use
// is restored from after a restart.
const touchEvery = time.Hour

const (
	// memoryBytes bounds the copies in memory of files that are asked for again and again.
	memoryBytes = 32 << 20
	// memoryFile is the largest file that is copied to memory: above it the system calls that a copy saves are few.
	memoryFile = 256 << 10
)

// Cache is a bounded directory of derived files, the least recently used dropped first. What is known of a file is
// in its name, so that a file is whole the moment it is renamed into place and the directory needs no index. The
// directory may be emptied at any time, and an evicted file stays readable for those who have it open. Small files
// that are asked for repeatedly are served from memory.
type Cache struct {
	dir      string
	maxBytes int64

	mu      sync.Mutex
	entries map[Key]*list.Element // of *entry
	recent  *list.List            // front: last used
	bytes   int64
	// inMemory holds the entries with a copy in memory, front: last copied or found again by the second chance.
	inMemory    *list.List // of *entry
	memoryBytes int64
}

type entry struct {
	key     Key
	meta    *Meta
	path    string
	touched time.Time
	// kept is when the file came into the cache, or was last used in an earlier run.
	kept time.Time
	// opened says that the file was asked for before.
	opened bool
	// memory is a copy of the file, resident its place in Cache.inMemory, and used that it was served since it last
	// came up for eviction.
	memory   []byte
	resident *list.Element
	used     bool
}

// OpenCache opens the cache in dir, which is created when missing, with what earlier runs left there. Files that are
// not whole are removed.
func OpenCache(dir string, maxBytes int64) (*Cache, error) {
	c := &Cache{dir: dir, maxBytes: maxBytes, entries: make(map[Key]*list.Element), recent: list.New(), inMemory: list.New()}
	if err := os.MkdirAll(filepath.Join(dir, pendingDir), 0o700); err != nil {
		return nil, fmt.Errorf("create the cache directory: %w", err)
	}
	found, err := c.scan()
	if err != nil {
		return nil, fmt.Errorf("read the cache directory: %w", err)
	}
	slices.SortFunc(found, func(a, b *entry) int { return a.touched.Compare(b.touched) })
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range found {
		c.insert(e)
	}
	c.shrink()
	return c, nil
}

// pendingDir holds files that are being written. What is there at the start is a leftover of a crash.
const pendingDir = "pending"

func (c *Cache) scan() ([]*entry, error) {
	var found []*entry
	err := filepath.WalkDir(c.dir, func(path string, file fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if file.IsDir() {
			return nil
		}
		info, err := file.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		key, meta, ok := parseName(file.Name())
		if !ok || info.Size() != meta.Bytes || path != c.path(key, meta) {
			return os.Remove(path)
		}
		found = append(found, &entry{key: key, meta: meta, path: path, touched: info.ModTime(), kept: info.ModTime()})
		return nil
	})
	return found, err
}

// Open opens a file of the cache for reading; the metadata is nil when it is not there. The caller closes the content.
func (c *Cache) Open(key Key) (Content, *Meta) {
	e, memory, again := c.use(key)
	switch {
	case e == nil:
		return Content{}, nil
	case memory != nil:
		return Content{memory: memory}, e.meta
	}
	file := c.open(e)
	if file == nil {
		return Content{}, nil
	}
	if again && e.meta.Bytes <= memoryFile {
		if memory = c.copyToMemory(e, file); memory != nil {
			_ = file.Close() // It was only read.
			return Content{memory: memory}, e.meta
		}
	}
	return FileContent(file), e.meta
}

// File opens a file of the cache to be handed on; nil when it is not there. The caller closes it.
func (c *Cache) File(key Key) *os.File {
	e, _, _ := c.use(key)
	if e == nil {
		return nil
	}
	return c.open(e)
}

// use notes that a file is asked for. The entry is nil when it is not there; memory is the copy of it, nil when there is
// none, and again says that it was asked for before.
func (c *Cache) use(key Key) (e *entry, memory []byte, again bool) {
	c.mu.Lock()
	element, ok := c.entries[key]
	if !ok {
		c.mu.Unlock()
		return nil, nil, false
	}
	c.recent.MoveToFront(element)
	e = element.Value.(*entry)
	now := time.Now()
	touch := now.Sub(e.touched) > touchEvery
	if touch {
		e.touched = now
	}
	memory, again = e.memory, e.opened
	e.opened, e.used = true, true
	c.mu.Unlock()

	if touch {
		// Only the order after a restart suffers when this fails.
		_ = os.Chtimes(e.path, now, now)
	}
	return e, memory, again
}

// open opens the file of e; nil when that cannot be done.
func (c *Cache) open(e *entry) *os.File {
	file, err := os.Open(e.path)
	if errors.Is(err, fs.ErrNotExist) {
		// Evicted since, or the directory was emptied from outside.
		c.forget(e)
	}
	if err != nil {
		return nil
	}
	return file
}

// Resident gives the bytes of a file of which there is a copy in memory; the metadata is nil when there is none, or when
// its use is due to be written down. The bytes are shared and must not be changed.
func (c *Cache) Resident(key Key) ([]byte, *Meta) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[key]
	if !ok {
		return nil, nil
	}
	e := element.Value.(*entry)
	if e.memory == nil || time.Since(e.touched) > touchEvery {
		return nil, nil
	}
	c.recent.MoveToFront(element)
	e.used = true
	return e.memory, e.meta
}

// Meta describes a file of the cache, without using it; nil when it is not there.
func (c *Cache) Meta(key Key) *Meta {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.entries[key]; ok {
		return element.Value.(*entry).meta
	}
	return nil
}

// Has tells whether a file is in the cache, without using it.
func (c *Cache) Has(key Key) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.entries[key]
	return ok
}

// copyToMemory reads the file of e and keeps the copy; nil when it cannot be read.
func (c *Cache) copyToMemory(e *entry, file *os.File) []byte {
	memory := make([]byte, e.meta.Bytes)
	if _, err := file.ReadAt(memory, 0); err != nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.entries[e.key]; !ok || element.Value.(*entry) != e || e.resident != nil {
		return memory // Evicted, or copied by another reader, meanwhile.
	}
	e.memory, e.resident = memory, c.inMemory.PushFront(e)
	c.memoryBytes += e.meta.Bytes
	for c.memoryBytes > memoryBytes {
		oldest := c.inMemory.Back()
		if candidate := oldest.Value.(*entry); candidate.used {
			candidate.used = false
			c.inMemory.MoveToFront(oldest)
			continue
		}
		c.dropMemory(oldest.Value.(*entry))
	}
	return memory
}

// dropMemory gives the copy of e up. Readers that have it keep it. The caller holds the lock.
func (c *Cache) dropMemory(e *entry) {
	if e.resident == nil {
		return
	}
	c.inMemory.Remove(e.resident)
	c.memoryBytes -= e.meta.Bytes
	e.memory, e.resident = nil, nil
}

// Put writes a file aside and renames it into place. The file must have the length that meta says. A file that is
// in the cache already stays.
func (c *Cache) Put(key Key, meta *Meta, content io.Reader) error {
	c.mu.Lock()
	_, exists := c.entries[key]
	c.mu.Unlock()
	if exists {
		return nil
	}
	now := time.Now()
	e := &entry{key: key, meta: meta, path: c.path(key, meta), touched: now, kept: now}
	pending := filepath.Join(c.dir, pendingDir)
	if err := os.MkdirAll(pending, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(pending, "")
	if err != nil {
		return err
	}
	written, err := io.Copy(file, content)
	if err = errors.Join(err, file.Close()); err == nil && written != meta.Bytes {
		err = fmt.Errorf("%d bytes were expected and %d came", meta.Bytes, written)
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(e.path), 0o700)
	}
	if err == nil {
		err = c.keep(e, file.Name())
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// keep renames the file pending into place as that of e. The first of several that bring the same key stays. Name and
// entry change under one lock, as they do in drop: else an eviction between the two would remove the file of an entry
// that is about to count.
func (c *Cache) keep(e *entry, pending string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, exists := c.entries[e.key]; exists {
		return os.Remove(pending)
	}
	if err := os.Rename(pending, e.path); err != nil {
		return err
	}
	c.insert(e)
	c.shrink()
	return nil
}

// Expire drops a file that came into the cache before a time.
func (c *Cache) Expire(key Key, before time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.entries[key]; ok && element.Value.(*entry).kept.Before(before) {
		c.drop(element, true)
	}
}

// Bytes is how much the cache holds.
func (c *Cache) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// Len is how many files the cache holds.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entries)
}

// insert makes e the most recent entry. The caller holds the lock.
func (c *Cache) insert(e *entry) {
	if old, ok := c.entries[e.key]; ok {
		c.drop(old, old.Value.(*entry).path != e.path)
	}
	c.entries[e.key] = c.recent.PushFront(e)
	c.bytes += e.meta.Bytes
}

// shrink evicts until the bound holds. The caller holds the lock.
func (c *Cache) shrink() {
	for c.bytes > c.maxBytes {
		c.drop(c.recent.Back(), true)
	}
}

// drop takes an entry out, and its file with it when unlink is set. The caller holds the lock.
func (c *Cache) drop(element *list.Element, unlink bool) {
	e := c.recent.Remove(element).(*entry)
	delete(c.entries, e.key)
	c.bytes -= e.meta.Bytes
	c.dropMemory(e)
	if unlink {
		// A file that cannot be removed is gone already, or found again by the next start.
		_ = os.Remove(e.path)
	}
}

// forget takes e out if it is still the entry of its key.
func (c *Cache) forget(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.entries[e.key]; ok && element.Value.(*entry) == e {
		c.drop(element, true)
	}
}

// path spreads the files over 256 directories.
func (c *Cache) path(key Key, meta *Meta) string {
	return filepath.Join(c.dir, hex.EncodeToString(key[:1]), formatName(key, meta))
}

// formatName writes what is known of a file into its name: key, MD5, length, size, time of making and format.
func formatName(key Key, meta *Meta) string {
	return fmt.Sprintf("%s-%s-%d-%d-%d-%d.%s", key, meta.ETag, meta.Bytes, meta.Width, meta.Height, meta.CreatedAt.UnixMicro(), meta.Format)
}

// parseName reads a name back. Names that formatName would not have written are refused.
func parseName(name string) (Key, *Meta, bool) {
	var key, etag []byte
	var created int64
	meta := &Meta{}
	if _, err := fmt.Sscanf(name, "%64x-%32x-%d-%d-%d-%d.%s", &key, &etag, &meta.Bytes, &meta.Width, &meta.Height, &created, &meta.Format); err != nil || len(key) != len(Key{}) {
		return Key{}, nil, false
	}
	meta.ETag = hex.EncodeToString(etag)
	meta.CreatedAt = time.UnixMicro(created)
	return Key(key), meta, formatName(Key(key), meta) == name
}
