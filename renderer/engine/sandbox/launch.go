package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/internal/wire"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	// maxPrinted bounds what a program may print, in bytes.
	maxPrinted = 1 << 20
	// launchFailed is the exit status of a process that could not become the program, launchWords the beginning of what it says
	// then.
	launchFailed = 125
	launchWords  = "launching: "
)

// handleVideo serves a connection with a job that other programs are needed for.
func (s *supervisor) handleVideo(conn *net.UnixConn, job *wire.Job, files []*os.File) {
	if s.options.Video == nil {
		s.reply(conn, wire.Failure(problem.Failed(errors.New("this engine knows nothing of videos"))))
		return
	}
	places := s.programs
	if job.Kind == wire.Slideshow {
		places = s.films
	}
	left := gone(conn)
	patience := time.NewTimer(job.Deadline)
	defer patience.Stop()
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
	case <-left:
		return
	case <-patience.C:
		s.reply(conn, wire.Failure(problem.Busy(busyRetryAfter)))
		return
	}
	files, err := wire.SetMark(files)
	if err != nil {
		s.options.Logger.Warn("a video job", "error", err)
		return
	}
	// Nobody is left to take the answer when the client goes away: the program ends with it.
	ctx, cancel := context.WithTimeout(context.Background(), job.Deadline)
	defer cancel()
	go func() {
		select {
		case <-left:
			cancel()
		case <-ctx.Done():
		}
	}()
	result, err := s.doVideo(ctx, job, files)
	var event *wire.Event
	if err == nil {
		event, err = wire.Success(result)
	}
	if err != nil {
		event = wire.Failure(err)
	}
	s.reply(conn, event)
}

func (s *supervisor) doVideo(ctx context.Context, job *wire.Job, files []*os.File) (any, error) {
	if job.Kind == wire.Frame {
		request := &engine.FrameRequest{}
		if err := json.Unmarshal(job.Body, request); err != nil {
			return nil, fmt.Errorf("decoding a frame job: %w", err)
		}
		if len(files) != 2 {
			return nil, fmt.Errorf("a frame job with %d files", len(files))
		}
		request.File = files[0]
		return s.options.Video.Frame(ctx, s.launch, request, files[1])
	}
	if job.Kind == wire.Slideshow {
		request := &engine.SlideshowRequest{}
		if err := json.Unmarshal(job.Body, request); err != nil {
			return nil, fmt.Errorf("decoding a slideshow job: %w", err)
		}
		if len(files) < 2 {
			return nil, fmt.Errorf("a slideshow job with %d files", len(files))
		}
		request.Files = slices.Delete(slices.Clone(files), 1, 2)
		return s.options.Video.Slideshow(ctx, s.launch, request, files[1])
	}
	request := &engine.VideoRequest{}
	if err := json.Unmarshal(job.Body, request); err != nil {
		return nil, fmt.Errorf("decoding a video job: %w", err)
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("a video job with %d files", len(files))
	}
	request.File = files[0]
	return s.options.Video.Video(ctx, s.launch, request)
}

// launch is the engine.Launcher of this supervisor.
func (s *supervisor) launch(ctx context.Context, launch *engine.Launch) (*engine.Ended, error) {
	order, err := json.Marshal(launchOrder{Program: launch.Program, Arguments: launch.Arguments, Files: len(launch.Read), Writes: launch.Write != nil})
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("encoding what is to be launched: %w", err))
	}
	var overflow atomic.Bool
	var said lastWords
	command := exec.Command(s.options.LaunchCommand[0], append(s.options.LaunchCommand[1:len(s.options.LaunchCommand):len(s.options.LaunchCommand)], string(order))...)
	command.Env = []string{"LANG=C.UTF-8"}
	command.Dir = "/"
	command.ExtraFiles = slices.Clone(launch.Read)
	if launch.Write != nil {
		command.ExtraFiles = append(command.ExtraFiles, launch.Write)
	}
	command.Stderr = &said
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	kill := func() { _ = unix.Kill(-command.Process.Pid, unix.SIGKILL) }
	printed := &printed{full: func() { overflow.Store(true); kill() }}
	command.Stdout = printed
	if launch.Output != nil {
		command.Stdout = launch.Output // as a descriptor: nothing of it comes here
	}
	if err := s.spawner.start(command.Start); err != nil {
		return nil, problem.Failed(fmt.Errorf("launching %s: %w", launch.Program, err))
	}
	// From outside, as with a child. It goes over to the program.
	if err := limitMemory(command.Process.Pid, s.options.MemoryPerChild); err != nil {
		kill()
		return nil, problem.Failed(errors.Join(err, command.Wait()))
	}
	ended := make(chan struct{})
	killed := make(chan bool, 1)
	go func() {
		select {
		case <-ctx.Done():
			kill()
			killed <- true
		case <-ended:
			killed <- false
		}
	}()
	exit := command.Wait()
	close(ended)
	state := command.ProcessState
	result := &engine.Ended{Failed: exit != nil, Output: printed.content, Said: said.String(), CPU: state.UserTime() + state.SystemTime()}
	s.options.Logger.Debug("a program has ended", "program", launch.Program, "fate", state.String(), "said", result.Said, "cpu", result.CPU)
	switch {
	case <-killed && exit != nil:
		overdue := wire.DeadlineExceeded(context.Cause(ctx))
		overdue.Message = "The video took too long to process"
		return nil, overdue
	case overflow.Load():
		return nil, problem.BadRequest("The video tells too much of itself").Because(fmt.Errorf("%s printed more than %d bytes", launch.Program, maxPrinted))
	case exit != nil && state.ExitCode() == launchFailed && len(result.Said) > len(launchWords) && result.Said[:len(launchWords)] == launchWords:
		return nil, problem.Failed(errors.New(result.Said))
	case exit != nil && ranOut(result.Said):
		refused := tooMuchMemory(errors.New(result.Said))
		refused.Message = "The video takes too much memory to process"
		return nil, refused
	}
	return result, nil
}

// printed keeps what a program prints, up to a limit.
type printed struct {
	content []byte
	// full is called when there is more.
	full func()
}

func (p *printed) Write(b []byte) (int, error) {
	if len(p.content)+len(b) > maxPrinted {
		p.full()
		return 0, fmt.Errorf("more than %d bytes", maxPrinted)
	}
	p.content = append(p.content, b...)
	return len(b), nil
}
