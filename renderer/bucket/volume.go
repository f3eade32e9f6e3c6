package bucket

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"golang.org/x/sys/unix"
)

// temporarySuffix ends the name of a file that fileblob has not promoted yet: <key>.<time>.tmp.
const temporarySuffix = ".tmp"

// volume keeps each object in a file of the same name. fileblob writes it beside its place and renames it; the two
// fsyncs that make that durable are ours.
type volume struct {
	// root confines every name to the directory.
	root *os.Root
	// settled are the directories whose own entry is known to be durable.
	settled sync.Map
	// fsync makes what was written to a file, or the entries of a directory, durable. Tests see and fail it.
	fsync func(*os.File) error
}

func openVolume(directory string) (*blob.Bucket, *volume, error) {
	if err := os.MkdirAll(directory, 0o750); err != nil {
		return nil, nil, err
	}
	root, err := os.OpenRoot(directory)
	if err != nil {
		return nil, nil, err
	}
	blobs, err := fileblob.OpenBucket(directory, &fileblob.Options{
		// A rename is only atomic inside one file system.
		NoTempDir:   true,
		Metadata:    fileblob.MetadataDontWrite,
		DirFileMode: 0o750,
	})
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	return blobs, &volume{root: root, fsync: (*os.File).Sync}, nil
}

func (v *volume) write(key string) *write {
	var temporary *os.File
	var begun int64
	// Directories that were made for the object are made durable while its bytes are coming.
	parents := make(chan error, 1)
	return &write{
		before: func(as func(any) bool) error {
			if !as(&temporary) {
				return errors.New("the volume's writer gives no file to sync")
			}
			go func() { parents <- v.settleParents(path.Dir(key)) }()
			return nil
		},
		progress: func(total int64) { begun = startWriting(temporary, begun, total) },
		flush:    func() error { return v.fsync(temporary) },
		settle: func() error {
			if err := errors.Join(v.sync(path.Dir(key)), <-parents); err != nil {
				return errors.Join(err, v.root.Remove(key))
			}
			return nil
		},
		discard: func() {
			// Normally gone already; fileblob leaves it when closing it fails.
			_ = os.Remove(temporary.Name())
		},
	}
}

// writeAhead is how many bytes the disk is given to write at a time, while the rest is still coming.
const writeAhead = 1 << 20

// startWriting lets the disk begin with the bytes from begin on, when there are enough of them before total, and returns
// where to go on. Less is left for the sync at the end then, which alone makes them durable and tells of errors.
func startWriting(file *os.File, begin, total int64) int64 {
	if total-begin < writeAhead {
		return begin
	}
	_ = unix.SyncFileRange(int(file.Fd()), begin, total-begin, unix.SYNC_FILE_RANGE_WRITE)
	return total
}

// settleParents makes the entries of a directory and of those above it durable, as far as that is not known of them.
func (v *volume) settleParents(directory string) error {
	for directory != "." {
		if _, known := v.settled.Load(directory); known {
			return nil
		}
		parent := path.Dir(directory)
		if err := v.sync(parent); err != nil {
			return err
		}
		v.settled.Store(directory, true)
		directory = parent
	}
	return nil
}

func (v *volume) sync(directory string) error {
	d, err := v.root.Open(directory)
	if err != nil {
		return err
	}
	return errors.Join(v.fsync(d), d.Close())
}

func (v *volume) file(_ context.Context, key string) (*os.File, error) {
	f, err := v.root.Open(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = ErrNotFound
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (v *volume) sweep(_ context.Context, key string) error {
	directory, err := v.root.Open(path.Dir(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	names, err := directory.Readdirnames(-1)
	if err := errors.Join(err, directory.Close()); err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, path.Base(key)+".") || !strings.HasSuffix(name, temporarySuffix) {
			continue
		}
		if err := v.root.Remove(path.Join(path.Dir(key), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// ping only reads: a full disk must not take the delivery of what is there away.
func (v *volume) ping(context.Context) error {
	directory, err := v.root.Open(".")
	if err != nil {
		return err
	}
	_, err = directory.Readdirnames(1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, directory.Close())
}

func (v *volume) close() error { return v.root.Close() }
