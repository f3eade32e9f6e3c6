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
)

// volume keeps each object in a file of the same name. fileblob reads and deletes them.
type volume struct {
	// root confines every name to the directory.
	root *os.Root
	// nameless says that a file need not have a name before it is an object.
	nameless bool
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
		Metadata:    fileblob.MetadataDontWrite,
		DirFileMode: 0o750,
	})
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	return blobs, &volume{root: root, nameless: canBeNameless(root), fsync: (*os.File).Sync}, nil
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
