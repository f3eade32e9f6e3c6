package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine/internal/wire"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	// startTimeout is how long a child may take to be ready.
	startTimeout = 30 * time.Second
	// exitGrace is how long a child that was told to leave may take.
	exitGrace = 2 * time.Second
)

// child is a process that runs jobs, seen from the supervisor.
type child struct {
	command *exec.Cmd
	conn    *net.UnixConn
	words   lastWords
	// exited is closed when the process is gone and reaped; exit is then how it ended.
	exited chan struct{}
	exit   error
	// overdue says that it was killed because of a deadline.
	overdue atomic.Bool
	// confinement is what the child reported about its sandbox.
	confinement confinement
}

// startChild starts a process and waits until it is ready, or until ctx ends.
func startChild(ctx context.Context, spawner *spawner, options *SupervisorOptions) (*child, error) {
	near, far, err := connection()
	if err != nil {
		return nil, err
	}
	defer far.Close()
	c := &child{conn: near, exited: make(chan struct{})}
	c.command = exec.Command(options.ChildCommand[0], options.ChildCommand[1:]...)
	c.command.Env = append([]string{}, options.Environment...)
	c.command.Dir = "/"
	c.command.ExtraFiles = []*os.File{far}
	c.command.Stdout = &c.words
	c.command.Stderr = &c.words
	c.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := spawner.start(c.command.Start); err != nil {
		near.Close()
		return nil, fmt.Errorf("starting a child: %w", err)
	}
	go func() {
		c.exit = c.command.Wait()
		close(c.exited)
	}()
	// From outside: what there is to share is known to the supervisor.
	if err := limitMemory(c.command.Process.Pid, options.MemoryPerChild); err != nil {
		c.kill()
		return nil, err
	}
	far.Close() // so that the end of the process is the end of the connection

	defer context.AfterFunc(ctx, c.signal)()
	_ = near.SetReadDeadline(time.Now().Add(startTimeout))
	event, err := wire.ReceiveEvent(near)
	if err == nil {
		switch event.State {
		case wire.Ready:
			err = c.confinement.parse(event.Body)
		case wire.Failed:
			err = event.Err()
		default:
			err = fmt.Errorf("its first event was %q", event.State)
		}
	}
	if err != nil {
		if errors.Is(err, io.EOF) {
			c.await()
		}
		c.kill()
		return nil, fmt.Errorf("waiting for a child to be ready: %w (%s) %s", err, c.fate(), c.words.String())
	}
	_ = near.SetReadDeadline(time.Time{})
	return c, nil
}

// run has the child do a job and returns how that ended. alive tells whether the child can do another one; if not,
// it is gone.
func (c *child) run(j *job) (result outcome, alive bool) {
	deadline := time.AfterFunc(j.Deadline, func() {
		c.overdue.Store(true)
		c.signal()
	})
	defer deadline.Stop()
	started := false
	err := wire.Send(c.conn, j.Job, j.files...)
	for err == nil {
		var event *wire.Event
		if event, err = wire.ReceiveEvent(c.conn); err != nil {
			break
		}
		switch event.State {
		case wire.Started:
			started = true
		case wire.Finished, wire.Failed:
			// Too late to stop the timer: the job is done all the same, the child is not to be used again.
			if alive = deadline.Stop(); !alive {
				c.kill()
			}
			return outcome{event: event}, alive
		default:
			err = fmt.Errorf("a child sent the event %q in the middle of a job", event.State)
		}
	}
	if errors.Is(err, io.EOF) {
		// It is about to die; let it say why. The deadline still holds.
		c.await()
	}
	deadline.Stop()
	c.kill()
	switch {
	case c.overdue.Load():
		return outcome{event: wire.Failure(wire.DeadlineExceeded(fmt.Errorf("killed after %s", j.Deadline)))}, false
	case !started:
		return outcome{neverStarted: true}, false
	}
	died := fmt.Errorf("the child died in the middle of the job: %w (%s)", err, c.fate())
	if ranOut(c.words.String()) {
		return outcome{event: wire.Failure(tooMuchMemory(died))}, false
	}
	return outcome{event: wire.Failure(problem.Failed(died))}, false
}

// retire has an idle child leave by itself, and kills it when it does not.
func (c *child) retire() {
	c.conn.Close()
	c.await()
	c.kill()
}

// await gives a process that should be leaving the time to do so.
func (c *child) await() {
	select {
	case <-c.exited:
	case <-time.After(exitGrace):
	}
}

// kill ends the process and everything in its group, and waits until it is reaped.
func (c *child) kill() {
	c.signal()
	<-c.exited
	c.conn.Close()
}

// signal sends the kill, unless the process is gone already and its number may have been given to another one.
func (c *child) signal() {
	select {
	case <-c.exited:
	default:
		_ = unix.Kill(-c.command.Process.Pid, unix.SIGKILL)
	}
}

// fate tells how a process that is gone ended.
func (c *child) fate() string {
	if c.exit == nil {
		return "exit status 0"
	}
	return c.exit.Error()
}

// connection is a pair of connected sockets: one for the supervisor, one to be inherited.
func connection() (near *net.UnixConn, far *os.File, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("making a connection to a child: %w", err)
	}
	nearFile := os.NewFile(uintptr(pair[0]), "supervisor's end")
	defer nearFile.Close()
	far = os.NewFile(uintptr(pair[1]), "child's end")
	conn, err := net.FileConn(nearFile)
	if err != nil {
		far.Close()
		return nil, nil, fmt.Errorf("making a connection to a child: %w", err)
	}
	near, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		far.Close()
		return nil, nil, errors.New("making a connection to a child: not a unix socket")
	}
	return near, far, nil
}
