package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// errInUse says that the renderer before this one, which is being replaced, still has the library. It is no fault: it ends
// with that renderer.
var errInUse = errors.New("still in use by the renderer before this one")

// lock is the right to use an embedded library, which knows one process only: what it remembers of rows is never asked for
// again. Kubernetes gives no such promise, a pod that is being deleted and its successor run at the same time. The kernel
// takes it back when the process ends, however it does.
type lock struct {
	path string
	file *os.File
}

// take takes the lock, unless it is held already; errInUse when another process has it.
func (l *lock) take() error {
	if l.file != nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(l.path), 0o750); err != nil {
		return err
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errInUse
		}
		return errors.Join(fmt.Errorf("lock %s: %w", l.path, err), file.Close())
	}
	l.file = file
	return nil
}

// release gives the lock back.
func (l *lock) release() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
