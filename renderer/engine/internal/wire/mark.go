package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// NewMark is the last file of every job but a Ping. A child sets it before it looks at the job. So the client knows that a
// job must not be sent again even if all others that knew are gone: no message can be lost on the way.
func NewMark() (*os.File, error) {
	descriptor, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making the mark of a job: %w", err)
	}
	return os.NewFile(uintptr(descriptor), "mark"), nil
}

// SetMark takes the mark out of the files of a job that came in, sets it and closes it.
func SetMark(files []*os.File) ([]*os.File, error) {
	if len(files) == 0 {
		return nil, errors.New("a job without a mark")
	}
	rest, mark := files[:len(files)-1], files[len(files)-1]
	_, err := mark.Write(binary.NativeEndian.AppendUint64(nil, 1))
	if err = errors.Join(err, mark.Close()); err != nil {
		return rest, fmt.Errorf("marking a job: %w", err)
	}
	return rest, nil
}

// IsSet says that a child has had the job of this mark. Where that cannot be told it says so, too.
func IsSet(mark *os.File) bool {
	descriptors := []unix.PollFd{{Fd: int32(mark.Fd()), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(descriptors, 0)
		if !errors.Is(err, unix.EINTR) {
			return n > 0 || err != nil
		}
	}
}
