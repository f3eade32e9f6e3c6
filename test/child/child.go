// Package child starts servers for tests that end with the process that has started them, however that ends.
package child

import (
	"os/exec"
	"runtime"
	"syscall"
)

// Start starts a command that gets the signal when this process ends. What Wait gives is sent once it has ended.
func Start(command *exec.Cmd, signal syscall.Signal) (ended <-chan error, err error) {
	attributes := syscall.SysProcAttr{}
	if command.SysProcAttr != nil {
		attributes = *command.SysProcAttr
	}
	attributes.Pdeathsig = signal
	command.SysProcAttr = &attributes
	started, waited := make(chan error, 1), make(chan error, 1)
	go func() {
		// The kernel ends the command with the thread that has started it, so this thread has to live as long.
		runtime.LockOSThread()
		if err := command.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		waited <- command.Wait()
	}()
	return waited, <-started
}
