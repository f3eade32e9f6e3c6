package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/internal/wire"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	// defaultJobsPerChild bounds what a child can leak or fragment.
	defaultJobsPerChild = 500
	// maxConnections bounds the descriptors that waiting jobs hold.
	maxConnections = 256
	// receiveTimeout is how long a client may take to send a job.
	receiveTimeout = 10 * time.Second
	// maxDeadline caps what a client may ask for.
	maxDeadline = 10 * time.Minute
	// busyRetryAfter is the Retry-After, in seconds, when all children stay busy.
	busyRetryAfter = 1
)

// SupervisorOptions say where a supervisor listens and what it keeps running.
type SupervisorOptions struct {
	// Socket is the path of the unix socket. What a crashed supervisor left there is replaced.
	Socket string
	// Children is how many warm children are kept, at least 1.
	Children int
	// JobsPerChild is after how many jobs a child is replaced; zero means 500.
	JobsPerChild int
	// MemoryPerChild bounds the private memory of a child, in bytes; zero means three quarters of what the engine's control
	// group may have, and 2 GiB where that is not limited.
	MemoryPerChild int64
	// ChildCommand starts a child: the program, and its arguments. The child finds its end of the connection as
	// descriptor 3 and gives it to ServeChild.
	ChildCommand []string
	// Video does the jobs that other programs are needed for; nil refuses them. LaunchCommand starts a process that calls Become
	// with its last argument, the order: the program, and its arguments before that.
	Video         engine.VideoWorker
	LaunchCommand []string
	// Environment is the environment of the children, and all of it: nil means none.
	Environment []string
	// Logger tells of children that come and go; nil means silence.
	Logger *slog.Logger
}

// Supervise listens on the socket and runs the jobs that come in on warm children, one each at a time, until ctx
// ends. Then it takes no more connections, lets the jobs it has finish within their deadlines, stops the children
// and returns nil.
func Supervise(ctx context.Context, options SupervisorOptions) error {
	if len(options.ChildCommand) == 0 {
		return errors.New("starting the engine's supervisor: no command for the children")
	}
	if options.Video != nil && len(options.LaunchCommand) == 0 {
		return errors.New("starting the engine's supervisor: no command that launches programs")
	}
	options.Children = max(options.Children, 1)
	if options.JobsPerChild <= 0 {
		options.JobsPerChild = defaultJobsPerChild
	}
	if options.MemoryPerChild <= 0 {
		options.MemoryPerChild = defaultMemory()
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	listener, err := listen(options.Socket)
	if err != nil {
		return err
	}
	spawner, err := startSpawner()
	if err != nil {
		listener.close()
		return err
	}
	s := &supervisor{options: options, jobs: make(chan *job), spawner: spawner, places: make(chan struct{}, maxConnections)}
	s.programs, s.films = make(chan struct{}, options.Children), make(chan struct{}, 1)

	// The children outlive ctx: they finish what has been accepted.
	working, stopWorking := context.WithCancel(context.WithoutCancel(ctx))
	var keepers sync.WaitGroup
	for range options.Children {
		keepers.Go(func() { s.keep(working) })
	}
	stopListening := context.AfterFunc(ctx, listener.close)
	err = s.accept(listener)
	stopListening()
	listener.close()
	s.handlers.Wait()
	stopWorking()
	keepers.Wait()
	spawner.stop()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// supervisor joins connections, each with a job, to keepers, each with a child.
type supervisor struct {
	options SupervisorOptions
	spawner *spawner
	// jobs hands a job to whichever keeper is idle; waiting ones are served in order.
	jobs       chan *job
	firstChild sync.Once
	// ready counts the children that are initialised and alive.
	ready atomic.Int64
	// programs bounds the other programs that run at once, films those of them that take long.
	programs, films chan struct{}
	// places bounds the connections.
	places   chan struct{}
	handlers sync.WaitGroup
}

// job is one job on its way to a child.
type job struct {
	wire.Job
	files []*os.File
	// outcome receives exactly one outcome once a keeper has taken the job.
	outcome chan outcome
}

// outcome is how a try ended: with the last event for the client, or without the child ever having had the job.
type outcome struct {
	event        *wire.Event
	neverStarted bool
}

// accept serves connections until the listener is closed.
func (s *supervisor) accept(listener *listener) error {
	for {
		conn, err := listener.AcceptUnix()
		if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ECONNABORTED) {
			s.options.Logger.Warn("accepting a connection", "error", err)
			time.Sleep(50 * time.Millisecond) // until descriptors are free again
			continue
		}
		if err != nil {
			return fmt.Errorf("accepting connections on %s: %w", s.options.Socket, err)
		}
		select {
		case s.places <- struct{}{}:
			s.handlers.Go(func() {
				defer func() { <-s.places }()
				s.handle(conn)
			})
		default:
			_ = wire.Send(conn, wire.Failure(problem.Busy(busyRetryAfter)))
			conn.Close()
		}
	}
}

// handle serves one connection, which carries one job.
func (s *supervisor) handle(conn *net.UnixConn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(receiveTimeout))
	request, files, err := wire.ReceiveJob(conn)
	if err != nil {
		s.options.Logger.Debug("receiving a job", "error", err)
		return
	}
	defer wire.Close(files)
	_ = conn.SetDeadline(time.Time{})

	if request.Kind == wire.Ping {
		s.reply(conn, s.pong())
		return
	}
	request.Deadline = min(request.Deadline, maxDeadline)
	if request.Deadline <= 0 {
		s.reply(conn, wire.Failure(problem.Failed(fmt.Errorf("a job with a deadline of %s", request.Deadline))))
		return
	}
	if request.Kind == wire.Video || request.Kind == wire.Frame || request.Kind == wire.Slideshow {
		s.handleVideo(conn, request, files)
		return
	}
	j := &job{Job: *request, files: files, outcome: make(chan outcome, 1)}
	if event := s.run(j, gone(conn)); event != nil {
		s.reply(conn, event)
	}
}

// run gives a job to a child, and to a second one when the first died before it had the job. It returns the event
// for the client, or nil when the client went away before a child was free: a job that runs is not interrupted.
func (s *supervisor) run(j *job, gone <-chan struct{}) *wire.Event {
	patience := time.NewTimer(j.Deadline)
	defer patience.Stop()
	for range 2 {
		select {
		case s.jobs <- j:
		case <-gone:
			return nil
		case <-patience.C:
			if s.ready.Load() == 0 {
				return s.pong()
			}
			return wire.Failure(problem.Busy(busyRetryAfter))
		}
		if out := <-j.outcome; !out.neverStarted {
			return out.event
		}
	}
	return wire.Failure(problem.Failed(errors.New("two children in a row died before they had read the job")))
}

// pong answers a ping: the engine is well when a child is ready.
func (s *supervisor) pong() *wire.Event {
	if s.ready.Load() == 0 {
		return wire.Failure(problem.Unavailable("The engine", errors.New("no child is ready")))
	}
	return &wire.Event{State: wire.Finished}
}

// reply tells the client, unless it went away.
func (s *supervisor) reply(conn *net.UnixConn, event *wire.Event) {
	_ = conn.SetWriteDeadline(time.Now().Add(receiveTimeout))
	if err := wire.Send(conn, event); err != nil {
		s.options.Logger.Debug("answering a client", "error", err)
	}
}

// gone is closed when the client, which has nothing more to send, goes away, or when conn is closed here.
func gone(conn *net.UnixConn) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = conn.Read(make([]byte, 1))
	}()
	return done
}
