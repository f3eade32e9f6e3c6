package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const (
	// localPause is the time between two questions whether a started engine is ready.
	localPause = 20 * time.Millisecond
	// localGrace is how long an engine that was told to end may finish its jobs.
	localGrace = 15 * time.Second
)

// Local is an engine that this process started.
type Local struct {
	done chan struct{}
	err  error
}

// LocalOptions say more about an engine that StartLocal starts.
type LocalOptions struct {
	// Environment is the environment of the engine, and all of it: nil means none, so that no key of this process
	// gets there.
	Environment []string
	// Log takes what the engine writes to its standard error; nil discards it.
	Log io.Writer
}

// StartLocal starts an engine as a child of this process, where no container runtime does it, and returns when it
// answers on socket. The command is the engine's program with its arguments; "--socket=<socket>" is appended. When
// ctx ends, the engine is told to finish and ends; it also ends when this process dies.
func StartLocal(ctx context.Context, command []string, socket string, options LocalOptions) (*Local, error) {
	if len(command) == 0 {
		return nil, errors.New("starting the engine: no command")
	}
	process := exec.CommandContext(ctx, command[0], append(command[1:len(command):len(command)], "--socket="+socket)...)
	process.Env = append([]string{}, options.Environment...)
	process.Stdout = options.Log
	process.Stderr = options.Log
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
	process.WaitDelay = localGrace

	local := &Local{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer close(local.done)
		// The kernel sends the parent-death signal when the thread that started the process ends.
		runtime.LockOSThread()
		err := process.Start()
		started <- err
		if err == nil {
			err = process.Wait()
		}
		if err != nil && ctx.Err() == nil {
			local.err = fmt.Errorf("the engine ended: %w", err)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting the engine %s: %w", command[0], err)
	}
	client := NewClient(ClientOptions{Socket: socket})
	for {
		err := client.Ping(ctx)
		if err == nil {
			return local, nil
		}
		select {
		case <-time.After(localPause):
		case <-local.done:
			return nil, fmt.Errorf("waiting for the engine to answer: %w", errors.Join(err, local.err))
		case <-ctx.Done():
			<-local.done
			return nil, fmt.Errorf("waiting for the engine to answer: %w", errors.Join(ctx.Err(), err))
		}
	}
}

// Done is closed when the engine has ended.
func (l *Local) Done() <-chan struct{} { return l.done }

// Wait waits until the engine has ended. It returns nil when that was because the context of StartLocal ended.
func (l *Local) Wait() error {
	<-l.done
	return l.err
}
