package bucket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// temporarySuffix ends the name of a file that is not an object yet: <key>.<random>.tmp.
	temporarySuffix = ".tmp"
	// ownChunks is how many chunks of each object may wait for its hash, and spareChunks how many more of all objects.
	ownChunks   = 3
	spareChunks = 32
	// firstChunk is how much is read before the hash begins.
	firstChunk = 32 << 10
	// writeAhead is how many bytes the disk is given to write at a time, while the rest is still coming.
	writeAhead = 1 << 20
)

var (
	chunks = sync.Pool{New: func() any { return new([chunkBytes]byte) }}
	spare  = make(chan struct{}, spareChunks)
)

// volumeWriting is an object of a volume on its way. Its bytes are in a file without a name, or with a temporary one, which
// becomes the object's when they are durable.
type volumeWriting struct {
	volume *volume
	key    string
	bytes  int64
	md5    *digest
	// temporary is the name of the file; empty where it has none.
	temporary string

	mu sync.Mutex
	// file is nil when the writing is over.
	file *os.File
	wait func() error
}

func (v *volume) receive(ctx context.Context, key string, r io.Reader, how Receiving, md5 *digest) (Writing, error) {
	claimed := beside(func() error { return how.Claim(ctx) })
	w := &volumeWriting{volume: v, key: key, md5: md5}
	err := w.create(claimed)
	if err != nil {
		w.md5.end()
		return nil, errors.Join(err, claimed())
	}
	// Directories that were made for the object are made durable while its bytes are coming.
	parents := beside(func() error { return v.settleParents(path.Dir(key)) })
	w.bytes, err = w.copy(r)
	w.md5.end()
	if err != nil {
		_, _ = claimed(), parents() // Nothing of ours runs on behind an error.
		return nil, errors.Join(err, w.discard())
	}
	w.wait = beside(func() error {
		err := w.promote(ctx, claimed, parents)
		w.md5.wait()
		if err != nil {
			_, _ = claimed(), parents()
			return errors.Join(err, w.discard())
		}
		return w.close()
	})
	return w, nil
}

// create makes the file. One without a name needs no claim: it goes away with its process.
func (w *volumeWriting) create(claimed func() error) (err error) {
	directory := path.Dir(w.key)
	if !w.volume.nameless {
		if err := claimed(); err != nil {
			return err
		}
		w.temporary = temporaryName(w.key)
	}
	open := func() (*os.File, error) {
		if w.temporary == "" {
			return w.volume.root.OpenFile(directory, os.O_RDWR|unix.O_TMPFILE, 0o600)
		}
		return w.volume.root.OpenFile(w.temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	}
	w.file, err = open()
	if errors.Is(err, fs.ErrNotExist) {
		if err := w.volume.root.MkdirAll(directory, 0o750); err != nil {
			return err
		}
		w.file, err = open()
	}
	return err
}

func temporaryName(key string) string { return key + "." + rand.Text() + temporarySuffix }

// copy writes all of r to the file, and gives it to the digest, which may be behind when copy returns. An error is that of
// the file or of r.
func (w *volumeWriting) copy(r io.Reader) (total int64, err error) {
	own, written := make(chan struct{}, ownChunks), make(chan int64, 1)
	var writingAhead sync.WaitGroup
	writingAhead.Go(func() {
		begun := int64(0)
		for total := range written {
			begun = startWriting(w.file, begun, total)
		}
	})
	defer writingAhead.Wait()
	defer close(written)
	for {
		chunk := takeChunk(own)
		n, ended := fill(chunk.data[:min(chunkBytes, max(total, firstChunk))], r)
		w.md5.add(chunk.data[:n], chunk)
		_, err := w.file.Write(chunk.data[:n])
		chunk.release()
		if err != nil {
			return total, err
		}
		total += int64(n)
		select {
		case written <- total:
		default: // It is busy, and will hear of a later total.
		}
		if ended != nil {
			if ended == io.EOF { //nolint:errorlint // The contract of io.Reader; a wrapped one is a failure.
				ended = nil
			}
			return total, ended
		}
	}
}

// takeChunk waits for one of the chunks that may wait for the hash: of an object's own, or of those for all.
func takeChunk(own chan struct{}) *buffer {
	from := own
	select {
	case own <- struct{}{}:
	default:
		select {
		case own <- struct{}{}:
		case spare <- struct{}{}:
			from = spare
		}
	}
	memory := chunks.Get().(*[chunkBytes]byte)
	return newBuffer(memory[:], func() {
		chunks.Put(memory)
		<-from
	})
}

// startWriting lets the disk begin with the bytes from begin on, when there are enough of them before total, and returns
// where to go on. Less is left for the sync at the end then, which alone makes them durable and tells of errors.
func startWriting(file *os.File, begin, total int64) int64 {
	if total-begin < writeAhead {
		return begin
	}
	_ = unix.SyncFileRange(int(file.Fd()), begin, total-begin, unix.SYNC_FILE_RANGE_WRITE)
	return total
}

// promote makes the bytes durable and then the object.
func (w *volumeWriting) promote(ctx context.Context, claimed, parents func() error) error {
	if err := w.volume.fsync(w.file); err != nil {
		return err
	}
	if err := claimed(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	directory, err := w.volume.root.Open(path.Dir(w.key))
	if err != nil {
		return err
	}
	defer func() { _ = directory.Close() }() // It was only read.
	if err := w.link(directory); err != nil {
		return err
	}
	if err := errors.Join(w.volume.fsync(directory), parents()); err != nil {
		return errors.Join(err, w.volume.root.Remove(w.key))
	}
	return nil
}

// link gives the file the name of the object, in place of any that has it.
func (w *volumeWriting) link(directory *os.File) error {
	if w.temporary == "" {
		err := linkFile(w.file, directory, path.Base(w.key))
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		// Only a rename replaces.
		name := temporaryName(w.key)
		if err := linkFile(w.file, directory, path.Base(name)); err != nil {
			return err
		}
		w.temporary = name
	}
	if err := w.volume.root.Rename(w.temporary, w.key); err != nil {
		return err
	}
	w.temporary = ""
	return nil
}

// linkFile gives a file without a name one in a directory.
func linkFile(file, directory *os.File, name string) error {
	err := unix.Linkat(unix.AT_FDCWD, descriptorPath(file), int(directory.Fd()), name, unix.AT_SYMLINK_FOLLOW)
	if err != nil {
		return &os.LinkError{Op: "linkat", Old: file.Name(), New: name, Err: err}
	}
	return nil
}

// descriptorPath is a path of an open file, whether it has a name or not.
func descriptorPath(file *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", file.Fd()) }

// canBeNameless finds out whether files can be without a name at first, which not every file system knows.
func canBeNameless(root *os.Root) bool {
	file, err := root.OpenFile(".", os.O_RDWR|unix.O_TMPFILE, 0o600)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	directory, err := root.Open(".")
	if err != nil {
		return false
	}
	defer func() { _ = directory.Close() }()
	name := temporaryName("trial")
	return linkFile(file, directory, name) == nil && root.Remove(name) == nil
}

// discard removes what has become of the file.
func (w *volumeWriting) discard() error {
	err := w.close()
	if w.temporary != "" {
		err = errors.Join(err, w.volume.root.Remove(w.temporary))
	}
	return err
}

func (w *volumeWriting) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.file.Close()
	w.file = nil
	return err
}

// Bytes implements Writing.
func (w *volumeWriting) Bytes() int64 { return w.bytes }

// File implements Writing.
func (w *volumeWriting) File() (*os.File, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		if _, err := w.Wait(); err != nil {
			return nil, err
		}
		return w.volume.root.Open(w.key)
	}
	// Anew, so that it cannot be written to.
	return os.Open(descriptorPath(w.file))
}

// Wait implements Writing.
func (w *volumeWriting) Wait() (Written, error) {
	if err := w.wait(); err != nil {
		return Written{}, fmt.Errorf("writing object %s: %w", w.key, err)
	}
	return w.md5.written(w.bytes), nil
}
