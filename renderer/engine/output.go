package engine

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// newOutput creates the anonymous file that a child writes its picture to.
func newOutput() (*os.File, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	descriptor, err := unix.MemfdCreate("darkroom-output", flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		descriptor, err = unix.MemfdCreate("darkroom-output", flags)
	}
	if err != nil {
		return nil, fmt.Errorf("creating a memory file for the output: %w", err)
	}
	return os.NewFile(uintptr(descriptor), "output"), nil
}

// NewFile is an anonymous file in memory with this content.
func NewFile(content []byte) (*os.File, error) {
	file, err := newOutput()
	if err != nil {
		return nil, err
	}
	if _, err := file.WriteAt(content, 0); err != nil {
		return nil, errors.Join(fmt.Errorf("filling a memory file: %w", err), file.Close())
	}
	return file, nil
}

// seal makes an output immutable, so that a child that kept its descriptor cannot change bytes that have been
// looked at, and checks that it holds as many bytes as were reported. A writable mapping that the child has kept
// makes it fail.
func seal(output *os.File, bytes int64) error {
	const seals = unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(output.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return fmt.Errorf("sealing the output: %w", err)
	}
	info, err := output.Stat()
	if err != nil {
		return fmt.Errorf("looking at the output: %w", err)
	}
	if info.Size() != bytes || bytes == 0 {
		return fmt.Errorf("the engine reported %d bytes of output and wrote %d", bytes, info.Size())
	}
	return nil
}
