package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/internal/wire"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// ServeChild is the life of a child: it confines the process for good and then does the jobs that come in on conn,
// until the supervisor closes it or ctx ends, which is no error. The worker must be initialised: it has loaded the
// libraries and started the programs it needs. ServeChild closes conn.
//
// A panic of the worker is not caught: it ends the child, and the supervisor answers for it.
func ServeChild(ctx context.Context, worker engine.Worker, conn *os.File) error {
	return serveChild(ctx, worker, conn, confine)
}

func serveChild(ctx context.Context, worker engine.Worker, file *os.File, confine func() (confinement, error)) error {
	generic, err := net.FileConn(file)
	file.Close()
	if err != nil {
		return fmt.Errorf("taking the connection to the supervisor: %w", err)
	}
	defer generic.Close()
	conn, ok := generic.(*net.UnixConn)
	if !ok {
		return errors.New("taking the connection to the supervisor: not a unix socket")
	}
	report, err := confine()
	if err != nil {
		err = fmt.Errorf("confining the child: %w", err)
		return errors.Join(err, wire.Send(conn, wire.Failure(err)))
	}
	body, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("encoding the report about the sandbox: %w", err)
	}
	if err := wire.Send(conn, &wire.Event{State: wire.Ready, Body: body}); err != nil {
		return fmt.Errorf("telling the supervisor: %w", err)
	}
	// All jobs run on this thread: the C library keeps what was freed for the thread that had it, so that each thread that
	// ever decoded a picture would hold the memory of one.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Only reading: a job that runs is still answered.
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	for {
		job, files, err := wire.ReceiveJob(conn)
		switch {
		case ctx.Err() != nil || errors.Is(err, io.EOF):
			wire.Close(files)
			return nil
		case err != nil:
			return fmt.Errorf("receiving a job: %w", err)
		}
		if files, err = wire.SetMark(files); err != nil {
			wire.Close(files)
			return err
		}
		if err := wire.Send(conn, &wire.Event{State: wire.Started}); err != nil {
			return fmt.Errorf("telling the supervisor: %w", err)
		}
		event := perform(worker, job, files)
		wire.Close(files)
		if err := wire.Send(conn, event); err != nil {
			return fmt.Errorf("telling the supervisor: %w", err)
		}
		giveBack()
	}
}

// perform does one job.
func perform(worker engine.Worker, job *wire.Job, files []*os.File) *wire.Event {
	result, err := dispatch(worker, job, files)
	if err != nil {
		return wire.Failure(err)
	}
	event, err := wire.Success(result)
	if err != nil {
		return wire.Failure(err)
	}
	return event
}

func dispatch(worker engine.Worker, job *wire.Job, files []*os.File) (any, error) {
	switch job.Kind {
	case wire.Probe:
		var request engine.ProbeRequest
		if err := json.Unmarshal(job.Body, &request); err != nil {
			return nil, fmt.Errorf("decoding a probe job: %w", err)
		}
		if len(files) != 1 {
			return nil, fmt.Errorf("a probe job with %d files", len(files))
		}
		request.File = files[0]
		return worker.Probe(request)
	case wire.Analyse:
		var request engine.AnalyseRequest
		if err := json.Unmarshal(job.Body, &request); err != nil {
			return nil, fmt.Errorf("decoding an analysis job: %w", err)
		}
		if len(files) != 1 {
			return nil, fmt.Errorf("an analysis job with %d files", len(files))
		}
		request.File = files[0]
		return worker.Analyse(request)
	case wire.Script:
		request := &engine.ScriptRequest{}
		if err := json.Unmarshal(job.Body, request); err != nil {
			return nil, fmt.Errorf("decoding a script job: %w", err)
		}
		return worker.Script(request)
	case wire.Assemble:
		request := &engine.AssembleRequest{}
		if err := json.Unmarshal(job.Body, request); err != nil {
			return nil, fmt.Errorf("decoding an assembly job: %w", err)
		}
		if len(files) < 2 {
			return nil, fmt.Errorf("an assembly job with %d files", len(files))
		}
		request.Files = slices.Delete(slices.Clone(files), 1, 2)
		return timed(func() (*engine.RenderResult, error) { return worker.Assemble(request, files[1]) })
	case wire.Render:
		return render(worker, job, files)
	default:
		return nil, problem.Failed(fmt.Errorf("a job of the unknown kind %q", job.Kind))
	}
}

func render(worker engine.Worker, job *wire.Job, files []*os.File) (*engine.RenderResult, error) {
	request := &engine.RenderRequest{}
	if err := json.Unmarshal(job.Body, request); err != nil {
		return nil, fmt.Errorf("decoding a render job: %w", err)
	}
	first := 2
	if job.Mezzanine {
		first++
	}
	if len(files) != first+len(job.Layers) {
		return nil, fmt.Errorf("a render job with %d files for %d layers", len(files), len(job.Layers))
	}
	request.Source.File = files[0]
	var mezzanine *os.File
	switch {
	case job.Mezzanine && request.MakeMezzanine:
		mezzanine = files[2]
	case job.Mezzanine:
		request.Mezzanine = files[2]
	}
	for i, key := range job.Layers {
		layer, ok := request.Layers[key]
		if !ok {
			return nil, fmt.Errorf("a render job with a file for the layer %q, which it does not have", key)
		}
		layer.File = files[first+i]
		request.Layers[key] = layer
	}
	return timed(func() (*engine.RenderResult, error) { return worker.Render(request, files[1], mezzanine) })
}

// timed measures the processor time of what makes a file.
func timed(run func() (*engine.RenderResult, error)) (*engine.RenderResult, error) {
	before := processorTime()
	result, err := run()
	if err != nil {
		return nil, err
	}
	if result.CPU == 0 {
		result.CPU = processorTime() - before
	}
	return result, nil
}

// keptMemory is how much memory Go may keep from one job to the next, in bytes. Go would give it back within minutes.
const keptMemory = 64 << 20

// giveBack gives memory back to the system that a job has taken of Go's.
func giveBack() {
	held := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(held)
	if held[0].Value.Uint64()-held[1].Value.Uint64() > keptMemory {
		debug.FreeOSMemory()
	}
}

// processorTime is what all threads of this process have used up.
func processorTime() time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
