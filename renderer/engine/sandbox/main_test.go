package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// TestMain makes this test binary a child or a supervisor when its first argument says so.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if role, ok := roles()[os.Args[1]]; ok {
			if err := role(os.Args[2:]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

func roles() map[string]func(arguments []string) error {
	return map[string]func([]string) error{
		"role=child": func([]string) error {
			return ServeChild(context.Background(), worker{}, os.NewFile(3, "supervisor"))
		},
		// A child as on a kernel without Landlock.
		"role=child-without-landlock": func([]string) error {
			return serveChild(context.Background(), worker{}, os.NewFile(3, "supervisor"), func() (confinement, error) {
				return confineWith(func() (int, error) { return 0, nil })
			})
		},
		"role=launch": func(arguments []string) error { return launchOf(Become(arguments[0])) },
		"role=launch-without-landlock": func(arguments []string) error {
			return launchOf(become(arguments[0], func(*launchOrder, []string) (int, error) { return 0, nil }))
		},
		// What a supervisor launches.
		"role=program": func([]string) error { return program(engine.Launched(0)) },
		// A child that notes the time in a file and dies.
		"role=child-that-dies": func(arguments []string) error {
			file, err := os.OpenFile(arguments[0], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
			if err != nil {
				return err
			}
			fmt.Fprintln(file, time.Now().UnixNano())
			return errors.New("a reason to die")
		},
		// A child that is never ready.
		"role=child-that-hangs": func([]string) error { return unix.Pause() },
		// A child that is ready and dies before it reads its first job, unless the file it names exists.
		"role=child-that-dies-once": func(arguments []string) error {
			if _, err := os.Stat(arguments[0]); err == nil {
				return roles()["role=child"](nil)
			}
			if err := os.WriteFile(arguments[0], nil, 0o644); err != nil {
				return err
			}
			supervisor := os.NewFile(3, "supervisor")
			ready := []byte(`{"state":"ready","body":{}}`)
			prefix := []byte{0, 2, 0, 0, 0, 0, 0, byte(len(ready))}
			if _, err := supervisor.Write(append(prefix, ready...)); err != nil {
				return err
			}
			// Wait until a job is there to be read, and leave it.
			_, err := unix.Poll([]unix.PollFd{{Fd: 3, Events: unix.POLLIN}}, -1)
			return err
		},
		// arguments: role of the children, --socket=PATH
		"role=supervisor":          func(arguments []string) error { return superviseAs(1, arguments) },
		"role=confined-supervisor": func(arguments []string) error { return errors.Join(ConfineSupervisor(), superviseAs(2, arguments)) },
		"role=contained-supervisor": func(arguments []string) error {
			folder := filepath.Dir(strings.TrimPrefix(arguments[1], "--socket="))
			return errors.Join(enterContainer(folder), ConfineSupervisor(), superviseAs(2, arguments))
		},
		"role=confined": func([]string) error { return reportConfinedSupervisor() },
	}
}

func superviseAs(children int, arguments []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return Supervise(ctx, SupervisorOptions{
		Socket:        strings.TrimPrefix(arguments[1], "--socket="),
		Children:      children,
		ChildCommand:  []string{program, arguments[0]},
		Video:         videoWorker{program},
		LaunchCommand: []string{program, strings.Replace(arguments[0], "child", "launch", 1)},
		Logger:        slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

// worker does what the public id of the source says.
type worker struct{}

func (worker) Probe(request engine.ProbeRequest) (*engine.ProbeResult, error) {
	content, err := contentOf(request.File)
	if err != nil {
		return nil, err
	}
	return &engine.ProbeResult{Format: "text", Width: len(content), Pages: 1}, nil
}

func (worker) Script(request *engine.ScriptRequest) (*engine.ScriptResult, error) {
	return &engine.ScriptResult{Value: request.Variables[request.Returns]}, nil
}

func (worker) Assemble(request *engine.AssembleRequest, output *os.File) (*engine.RenderResult, error) {
	text := ""
	for _, file := range request.Files {
		content, err := contentOf(file)
		if err != nil {
			return nil, err
		}
		text += content + ";"
	}
	n, err := output.WriteAt([]byte(text), 0)
	return &engine.RenderResult{Format: request.Format, Bytes: int64(n)}, err
}

func (worker) Analyse(request engine.AnalyseRequest) (*engine.Analysis, error) {
	content, err := contentOf(request.File)
	if err != nil {
		return nil, err
	}
	return &engine.Analysis{PHash: content}, nil
}

func (w worker) Render(request *engine.RenderRequest, output, mezzanine *os.File) (*engine.RenderResult, error) {
	result := &engine.RenderResult{Format: "text", Width: os.Getpid()}
	text := "done"
	switch action := request.Source.PublicID; action {
	case "concatenate":
		content, err := contentOf(request.Source.File)
		if err != nil {
			return nil, err
		}
		text = content
		for _, key := range []string{"upload/a", "upload/b"} {
			if content, err = contentOf(request.Layers[key].File); err != nil {
				return nil, err
			}
			text += "," + key + "=" + content
		}
	case "nothing":
	case "spin":
		if err := announce(request); err != nil {
			return nil, err
		}
		for {
			runtime.Gosched()
		}
	case "wait": // until the source, a pipe, ends
		if err := announce(request); err != nil {
			return nil, err
		}
		if _, err := request.Source.File.Read(make([]byte, 1)); err == nil {
			return nil, errors.New("the pipe has bytes")
		}
		fmt.Fprint(request.Layers["announce"].File, "finished\n")
	case "panic":
		panic("a bug in the worker")
	case "segfault":
		unix.Kill(os.Getpid(), unix.SIGSEGV)
		select {}
	case "be killed": // as by the kernel when memory runs out
		unix.Kill(os.Getpid(), unix.SIGKILL)
		select {}
	case "refuse":
		return nil, problem.BadRequest("Invalid width in transformation: %s", "w_x")
	case "fail":
		return nil, errors.New("an error of the worker")
	case "mezzanine", "mezzanine that lies":
		switch {
		case mezzanine != nil:
			if _, err := mezzanine.WriteAt([]byte("smaller"), 0); err != nil {
				return nil, err
			}
			result.MezzanineBytes = int64(len("smaller"))
			if action == "mezzanine that lies" {
				result.MezzanineBytes++
			}
		case request.Mezzanine != nil:
			content, err := contentOf(request.Mezzanine)
			if err != nil {
				return nil, err
			}
			text = content + "," + request.Layers["upload/a"].PublicID
		}
	case "lie":
		result.Bytes = 1000
	case "keep mapping":
		if err := output.Truncate(4096); err != nil {
			return nil, err
		}
		if _, err := unix.Mmap(int(output.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
			return nil, err
		}
		result.Bytes = 4096
		return result, nil
	case "count descriptors":
		for descriptor := range 1024 {
			if _, err := unix.FcntlInt(uintptr(descriptor), unix.F_GETFD, 0); err == nil {
				result.Height++
			}
		}
	case "take memory":
		text = fmt.Sprint(takeMemory())
	case "use threads":
		useThreads()
	case "compare threads":
		text = strings.Join(threads(), ",")
	case "escape":
		report, err := json.Marshal(escape(request.Source))
		if err != nil {
			return nil, err
		}
		text = string(report)
	default:
		return nil, fmt.Errorf("the unknown action %q", action)
	}
	if _, err := output.WriteAt([]byte(text), 0); err != nil {
		return nil, err
	}
	if result.Bytes == 0 {
		result.Bytes = int64(len(text))
	}
	return result, nil
}

// announce writes the process id to the layer that is a pipe.
func announce(request *engine.RenderRequest) error {
	_, err := fmt.Fprintf(request.Layers["announce"].File, "%d\n", os.Getpid())
	return err
}

// contentOf reads a file without its offset.
func contentOf(file *os.File) (string, error) {
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	content := make([]byte, info.Size())
	_, err = file.ReadAt(content, 0)
	return string(content), err
}

// threads are that of a job, and those that other goroutines run on while the job waits for them, by number.
func threads() []string {
	all := []string{fmt.Sprint(unix.Gettid())}
	for range 100 {
		other := make(chan string)
		go func() { other <- fmt.Sprint(unix.Gettid()) }()
		all = append(all, <-other)
	}
	return all
}

// useThreads needs from the kernel what a busy Go program needs.
func useThreads() {
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() {
			runtime.LockOSThread()
			time.Sleep(time.Millisecond)
			garbage := make([]byte, 1<<20)
			garbage[0] = 1
		})
	}
	group.Wait()
	runtime.GC()
}
