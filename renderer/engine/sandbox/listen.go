package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"
)

// socketMode lets the renderer in, which shares the group of the socket's directory.
const socketMode = 0o660

// listener is a unix socket that removes its file when it is closed, unless another one has taken the name.
type listener struct {
	*net.UnixListener
	path   string
	file   fs.FileInfo
	closed sync.Once
}

// listen makes the socket under another name and renames it, so that it never exists with the wrong mode and so
// that a stale one is replaced in one step.
func listen(path string) (*listener, error) {
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		conn.Close()
		return nil, fmt.Errorf("listening on %s: another process serves it", path)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("listening on %s: a file that is no socket is in the way", path)
	}
	temporary := path + ".new"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("removing a stale socket: %w", err)
	}
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: temporary})
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", path, err)
	}
	socket.SetUnlinkOnClose(false)
	l := &listener{UnixListener: socket, path: path}
	if err := l.publish(temporary); err != nil {
		socket.Close()
		os.Remove(temporary)
		return nil, fmt.Errorf("listening on %s: %w", path, err)
	}
	return l, nil
}

func (l *listener) publish(temporary string) (err error) {
	if err = os.Chmod(temporary, socketMode); err != nil {
		return err
	}
	if l.file, err = os.Lstat(temporary); err != nil {
		return err
	}
	return os.Rename(temporary, l.path)
}

// close may be called more than once.
func (l *listener) close() {
	l.closed.Do(func() {
		if current, err := os.Lstat(l.path); err == nil && os.SameFile(current, l.file) {
			os.Remove(l.path)
		}
		l.UnixListener.Close()
	})
}
