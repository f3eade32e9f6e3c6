package sandbox

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// spawner starts processes from one thread of its own. The kernel ties the parent-death signal of a child to the
// thread that started it, so that thread must live as long as the supervisor; and it has given up what a child must
// never have, which the children then inherit from their first instruction on.
type spawner struct {
	calls chan func()
}

func startSpawner() (*spawner, error) {
	s := &spawner{calls: make(chan func())}
	confined := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := giveUpPrivileges()
		confined <- err
		if err != nil {
			return
		}
		for call := range s.calls {
			call()
		}
	}()
	if err := <-confined; err != nil {
		return nil, fmt.Errorf("confining the thread that starts children: %w", err)
	}
	return s, nil
}

// start runs the function on the spawner's thread.
func (s *spawner) start(start func() error) error {
	result := make(chan error, 1)
	s.calls <- func() { result <- start() }
	return <-result
}

// stop ends the thread. Children that are still alive die.
func (s *spawner) stop() { close(s.calls) }

// giveUpPrivileges takes from the calling thread, and from what it will start, all capabilities and the way to get
// new ones.
func giveUpPrivileges() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("setting no_new_privs: %w", err)
	}
	for capability := uintptr(0); ; capability++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EPERM) {
			break // beyond the last one there is; or not privileged, and then an exec gains nothing
		}
		if err != nil {
			return fmt.Errorf("dropping capability %d from the bounding set: %w", capability, err)
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("dropping capabilities: %w", err)
	}
	return nil
}
