package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine/internal/wire"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	// defaultDeadline applies to jobs when neither the request nor the options say one.
	defaultDeadline = 30 * time.Second
	// connectPatience is how long a connection is tried for while the engine restarts.
	connectPatience = 3 * time.Second
	// connectPause is the time between two tries.
	connectPause = 25 * time.Millisecond
	// replyGrace is how much longer than a job may take its answer is waited for.
	replyGrace = 5 * time.Second
	// busyRetryAfter is the Retry-After of a full queue, in seconds.
	busyRetryAfter = 1
	// beside is how many files a rendering has that are no layers: the base picture, the output, a mezzanine and the mark.
	beside = 4
)

// ClientOptions say how a Client reaches the engine and how much it asks of it at once.
type ClientOptions struct {
	// Socket is the path of the engine's unix socket.
	Socket string
	// Slots is how many jobs run at once, at least 1.
	Slots int
	// Queue is how many more may wait for a slot; beyond that the answer is a 429.
	Queue int
	// Deadline bounds the wall time of jobs whose Limits say none, and the wait for a slot; zero means 30 seconds.
	Deadline time.Duration
}

// Client is the Engine behind a unix socket.
type Client struct {
	options ClientOptions
	slots   chan struct{}
	waiting atomic.Int64
	// films is the slot of slideshows.
	films chan struct{}
}

var _ Engine = (*Client)(nil)

// NewClient returns a client. It connects when it is used: the engine may start later, and may restart.
func NewClient(options ClientOptions) *Client {
	if options.Slots < 1 {
		options.Slots = 1
	}
	if options.Deadline <= 0 {
		options.Deadline = defaultDeadline
	}
	return &Client{options: options, slots: make(chan struct{}, options.Slots), films: make(chan struct{}, 1)}
}

// Probe implements Engine.
func (c *Client) Probe(ctx context.Context, request ProbeRequest) (*ProbeResult, error) {
	release, err := c.admit(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	result := &ProbeResult{}
	job := wire.Job{Kind: wire.Probe, Deadline: c.deadline(request.Limits)}
	if err := c.do(ctx, job, request, []*os.File{request.File}, result); err != nil {
		return nil, err
	}
	return result, nil
}

// scriptDeadline is the wall time after which the child is killed that runs a program which its own limits did not stop.
const scriptDeadline = 3 * time.Second

// Script implements Engine.
func (c *Client) Script(ctx context.Context, request *ScriptRequest) (*ScriptResult, error) {
	release, err := c.admit(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	result := &ScriptResult{}
	if err := c.do(ctx, wire.Job{Kind: wire.Script, Deadline: scriptDeadline}, request, nil, result); err != nil {
		return nil, err
	}
	return result, nil
}

// Analyse implements Engine.
func (c *Client) Analyse(ctx context.Context, request AnalyseRequest) (*Analysis, error) {
	release, err := c.admit(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	result := &Analysis{}
	job := wire.Job{Kind: wire.Analyse, Deadline: c.deadline(request.Limits)}
	if err := c.do(ctx, job, request, []*os.File{request.File}, result); err != nil {
		return nil, err
	}
	return result, nil
}

// Video implements Engine.
func (c *Client) Video(ctx context.Context, request VideoRequest) (*Video, error) {
	release, err := c.admit(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	result := &Video{}
	job := wire.Job{Kind: wire.Video, Deadline: c.deadline(request.Limits)}
	if err := c.do(ctx, job, request, []*os.File{request.File}, result); err != nil {
		return nil, err
	}
	return result, nil
}

// Render implements Engine. The output and the mezzanine are anonymous files in memory, sealed against changes.
func (c *Client) Render(ctx context.Context, request *RenderRequest) (*RenderResult, error) {
	job := wire.Job{Kind: wire.Render, Deadline: c.deadline(request.Limits), Mezzanine: request.MakeMezzanine || request.Mezzanine != nil}
	for key := range request.Layers {
		job.Layers = append(job.Layers, key)
	}
	slices.Sort(job.Layers)
	if len(job.Layers) > wire.MaxFiles-beside {
		return nil, problem.BadRequest("Too many layers: %d, the limit is %d", len(job.Layers), wire.MaxFiles-beside)
	}
	files := []*os.File{request.Source.File}
	mezzanine := request.Mezzanine
	if request.MakeMezzanine {
		var err error
		if mezzanine, err = newOutput(); err != nil {
			return nil, problem.Failed(err)
		}
	}
	if job.Mezzanine {
		files = append(files, mezzanine)
	}
	for _, key := range job.Layers {
		files = append(files, request.Layers[key].File)
	}
	result, err := c.make(ctx, job, request, files)
	if !request.MakeMezzanine {
		return result, err
	}
	// Without a sound by-product the picture is as good.
	if err != nil || result.MezzanineBytes == 0 || seal(mezzanine, result.MezzanineBytes) != nil {
		mezzanine.Close()
		return result, err
	}
	result.Mezzanine = mezzanine
	return result, nil
}

// Assemble implements Engine. The output is as that of Render.
func (c *Client) Assemble(ctx context.Context, request *AssembleRequest) (*RenderResult, error) {
	if len(request.Files) == 0 || len(request.Files) > MaxAssembled {
		return nil, problem.BadRequest("Invalid number of pictures: %d, it must be 1 to %d", len(request.Files), MaxAssembled)
	}
	return c.make(ctx, wire.Job{Kind: wire.Assemble, Deadline: c.deadline(request.Limits)}, request, request.Files)
}

// make does a job that gives a file, which travels behind the first of the others.
func (c *Client) make(ctx context.Context, job wire.Job, request any, files []*os.File) (*RenderResult, error) {
	release, err := c.admit(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	return c.makeAdmitted(ctx, job, request, files)
}

// makeAdmitted is make for a job that has its slot.
func (c *Client) makeAdmitted(ctx context.Context, job wire.Job, request any, files []*os.File) (*RenderResult, error) {
	output, err := newOutput()
	if err != nil {
		return nil, problem.Failed(err)
	}
	result := &RenderResult{}
	if err = c.do(ctx, job, request, slices.Insert(slices.Clone(files), 1, output), result); err == nil {
		if err = seal(output, result.Bytes); err != nil {
			err = problem.Failed(err)
		}
	}
	if err != nil {
		output.Close()
		return nil, err
	}
	result.Output = output
	return result, nil
}

// Ping asks the supervisor whether at least one child is ready for work. It needs no slot. The error is a
// transient 503 when the engine is away or not ready.
func (c *Client) Ping(ctx context.Context) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", c.options.Socket)
	if err != nil {
		return problem.Unavailable("The engine", err)
	}
	defer conn.Close()
	defer interrupt(ctx, conn)()
	socket := conn.(*net.UnixConn)
	if err := wire.Send(socket, wire.Job{Kind: wire.Ping}); err != nil {
		return problem.Unavailable("The engine", fmt.Errorf("sending a ping: %w", err))
	}
	event, err := wire.ReceiveEvent(socket)
	if err != nil {
		return problem.Unavailable("The engine", fmt.Errorf("waiting for the answer to a ping: %w", err))
	}
	if event.State == wire.Failed {
		return event.Err()
	}
	return nil
}

// admit waits for a slot and returns what gives it back.
func (c *Client) admit(ctx context.Context) (release func(), err error) {
	release = func() { <-c.slots }
	select {
	case c.slots <- struct{}{}:
		return release, nil
	default:
	}
	defer c.waiting.Add(-1)
	if c.waiting.Add(1) > int64(c.options.Queue) {
		return nil, problem.Busy(busyRetryAfter)
	}
	timer := time.NewTimer(c.options.Deadline)
	defer timer.Stop()
	select {
	case c.slots <- struct{}{}:
		return release, nil
	case <-timer.C:
		return nil, problem.Busy(busyRetryAfter)
	case <-ctx.Done():
		return nil, ended(ctx)
	}
}

func (c *Client) deadline(limits Limits) time.Duration {
	if limits.Deadline > 0 {
		return limits.Deadline
	}
	return c.options.Deadline
}

// do runs one job. A job that no child has started is sent a second time, once.
func (c *Client) do(ctx context.Context, job wire.Job, request any, files []*os.File, result any) error {
	if err := ctx.Err(); err != nil {
		return ended(ctx)
	}
	if slices.Contains(files, nil) {
		return problem.Failed(errors.New("a picture of the request has no file"))
	}
	body, err := json.Marshal(request)
	if err != nil {
		return problem.Failed(fmt.Errorf("encoding the request: %w", err))
	}
	if len(body) > wire.MaxHeader/2 {
		return problem.BadRequest("The transformation is too large: %d bytes", len(body))
	}
	job.Body = body
	if deadline, ok := ctx.Deadline(); ok {
		job.Deadline = max(min(job.Deadline, time.Until(deadline)), time.Millisecond)
	}
	event, again, err := c.try(ctx, job, files)
	if again && !over(ctx) {
		event, _, err = c.try(ctx, job, files)
	}
	switch {
	case err != nil && over(ctx):
		return ended(ctx)
	case err != nil:
		return problem.From(err)
	case event.State == wire.Failed:
		return event.Err()
	}
	if err := json.Unmarshal(event.Body, result); err != nil {
		return problem.Failed(fmt.Errorf("decoding the result of the engine: %w", err))
	}
	return nil
}

// try sends a job and waits for its event. again says that it failed before a child had the job.
func (c *Client) try(ctx context.Context, job wire.Job, files []*os.File) (event *wire.Event, again bool, err error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return nil, true, problem.Unavailable("The engine", err)
	}
	defer conn.Close()
	mark, err := wire.NewMark()
	if err != nil {
		return nil, false, err
	}
	defer mark.Close()
	// The supervisor lets a job wait for a child as long as it may then run; it answers before this ends.
	if err := conn.SetDeadline(time.Now().Add(2*job.Deadline + replyGrace)); err != nil {
		return nil, false, fmt.Errorf("setting the deadline of the connection to the engine: %w", err)
	}
	defer interrupt(ctx, conn)()
	// An error here may hide an answer: a supervisor that refuses a job answers without reading all of it.
	sendErr := wire.Send(conn, job, append(slices.Clone(files), mark)...)
	event, err = wire.ReceiveEvent(conn)
	switch {
	case err != nil && os.IsTimeout(err): // another try would take as long
		return nil, false, fmt.Errorf("the engine has not answered in time: %w", err)
	case err != nil:
		return nil, !wire.IsSet(mark), fmt.Errorf("the connection to the engine broke: %w", errors.Join(sendErr, err))
	}
	return event, false, nil
}

// connect dials, for as long as an engine that restarts is worth waiting for.
func (c *Client) connect(ctx context.Context) (*net.UnixConn, error) {
	patience := time.NewTimer(connectPatience)
	defer patience.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", c.options.Socket)
		if err == nil {
			return conn.(*net.UnixConn), nil
		}
		// Refused or missing while the engine restarts; "again" when more of us connect at once than it accepts.
		if !errors.Is(err, unix.ECONNREFUSED) && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EAGAIN) {
			return nil, err
		}
		select {
		case <-time.After(connectPause):
		case <-patience.C:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// interrupt ends reads and writes on conn when ctx ends; the function it returns undoes that.
func interrupt(ctx context.Context, conn net.Conn) (undo func() bool) {
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

// over says whether ctx has ended. A network timeout that comes from its deadline may be reported a moment before it
// has.
func over(ctx context.Context) bool {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done()
	}
	return ctx.Err() != nil
}

// ended is the problem of a job whose context has ended.
func ended(ctx context.Context) *problem.Problem {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return wire.DeadlineExceeded(context.Cause(ctx))
	}
	return problem.Failed(context.Cause(ctx))
}
