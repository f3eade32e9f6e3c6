package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	landlocksyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// videoWorker launches a program; what that prints is the format.
type videoWorker struct{ program string }

func (w videoWorker) Video(ctx context.Context, launch engine.Launcher, request *engine.VideoRequest) (*engine.Video, error) {
	ended, err := launch(ctx, &engine.Launch{Program: w.program, Arguments: []string{"role=program"}, Read: []*os.File{request.File}})
	if err != nil {
		return nil, err
	}
	if ended.Failed {
		return nil, problem.BadRequest("It failed").Because(errors.New(ended.Said))
	}
	return &engine.Video{Format: string(ended.Output), Duration: ended.CPU.Seconds()}, nil
}

// Frame launches the same program; what that prints is in the output.
func (w videoWorker) Frame(ctx context.Context, launch engine.Launcher, request *engine.FrameRequest, output *os.File) (*engine.RenderResult, error) {
	ended, err := launch(ctx, &engine.Launch{Program: w.program, Arguments: []string{"role=program"}, Read: []*os.File{request.File}, Output: output})
	if err != nil {
		return nil, err
	}
	info, err := output.Stat()
	if err != nil {
		return nil, err
	}
	return &engine.RenderResult{Bytes: info.Size(), Format: string(ended.Output)}, nil
}

// Slideshow launches the same program with a file to write to.
func (w videoWorker) Slideshow(ctx context.Context, launch engine.Launcher, request *engine.SlideshowRequest, output *os.File) (*engine.RenderResult, error) {
	ended, err := launch(ctx, &engine.Launch{Program: w.program, Arguments: []string{"role=program"}, Read: request.Files, Write: output})
	if err != nil {
		return nil, err
	}
	if ended.Failed {
		return nil, problem.BadRequest("It failed").Because(errors.New(ended.Said))
	}
	info, err := output.Stat()
	if err != nil {
		return nil, err
	}
	return &engine.RenderResult{Bytes: info.Size(), Format: string(ended.Output)}, nil
}

// launchOf ends a process that could not become a program.
func launchOf(err error) error {
	LaunchFailure(err)
	return nil
}

// takeMemory takes much more than a process may have here, without touching it.
func takeMemory() (pieces int) {
	// A collection of Go's that cannot have memory for its own lists ends the process by a segmentation fault, before what
	// takes the memory has said that there is none.
	debug.SetGCPercent(-1)
	var taken [][]byte
	for range 64 {
		taken = append(taken, make([]byte, 256<<20))
	}
	return len(taken)
}

// program is what a launched program does: the content of its file says it.
func program(name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var wanted struct{ Action, File, Victim string }
	if err := json.Unmarshal(content, &wanted); err != nil {
		return err
	}
	switch wanted.Action {
	case "print":
		fmt.Print("done")
	case "print too much":
		for range maxPrinted {
			fmt.Print("much ")
		}
	case "fail":
		return errors.New("a reason to fail")
	case "spin":
		for {
			_ = wanted.Action
		}
	case "spin for a while":
		for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
			_ = wanted.Action
		}
	case "take memory":
		fmt.Print(takeMemory())
	case "write":
		return os.WriteFile(engine.Launched(1), []byte("written"), 0o600)
	case "escape and write":
		wanted.Action = "escape"
		if err := os.WriteFile(engine.Launched(1), []byte("written"), 0o600); err != nil {
			return err
		}
		fallthrough
	case "escape":
		source := engine.Source{File: os.NewFile(firstFile, "source"), Context: map[string]string{"file": wanted.File, "victim": wanted.Victim}}
		report, err := json.Marshal(escape(source))
		if err != nil {
			return err
		}
		fmt.Print(string(report))
	default:
		return fmt.Errorf("the unknown action %q", wanted.Action)
	}
	return nil
}

// video has a program do something.
func video(ctx context.Context, t *testing.T, client *engine.Client, deadline time.Duration, action string, more ...string) (*engine.Video, error) {
	t.Helper()
	wanted := map[string]string{"action": action}
	for i := 0; i+1 < len(more); i += 2 {
		wanted[more[i]] = more[i+1]
	}
	content, err := json.Marshal(wanted)
	if err != nil {
		t.Fatal(err)
	}
	// A user without rights reads it, too.
	file := fileWith(t, string(content))
	return client.Video(ctx, engine.VideoRequest{File: file, Limits: engine.Limits{Deadline: deadline}})
}

// startLaunching runs a supervisor in this process that launches programs.
func startLaunching(t *testing.T, options SupervisorOptions) *engine.Client {
	t.Helper()
	program := childCommand(t)[0]
	if options.Video == nil {
		options.Video = videoWorker{program}
	}
	options.LaunchCommand = []string{program, "role=launch"}
	options.Children = 1
	client, _ := start(t, options)
	ready(t, client)
	return client
}

// TestEscapeOfProgram tries the walls around a program that was launched from inside of it.
func TestEscapeOfProgram(t *testing.T) {
	landlock, err := landlocksyscall.LandlockGetABIVersion()
	hasLandlock := err == nil && landlock > 0
	for _, test := range []struct {
		name, child string
		landlock    bool
		start       func(*testing.T, string) *plain
	}{
		{"with Landlock", "role=child", true, asNobody},
		{"without Landlock", "role=child-without-landlock", false, asNobody},
		{"as root", "role=child", true, asRoot},
		{"in a container", "role=child", true, inContainer},
		{"in a container without Landlock", "role=child-without-landlock", false, inContainer},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.landlock && !hasLandlock {
				t.Skip("this kernel has no Landlock")
			}
			supervisor := test.start(t, test.child)
			client := newClient(supervisor.socket)
			ready(t, client)
			sibling := hold(t.Context(), t, client, "wait", patience)
			defer sibling.release.Close()
			got, err := video(t.Context(), t, client, patience, "escape", "file", secretFile(t), "victim", fmt.Sprint(sibling.pid))
			if err != nil {
				t.Fatal(err)
			}
			var report map[string]string
			if err := json.Unmarshal([]byte(got.Format), &report); err != nil {
				t.Fatal(err)
			}
			if len(report) < 190 {
				t.Errorf("only %d attempts were made", len(report))
			}
			for attempt, outcome := range report {
				// A program may read itself.
				readable := strings.HasPrefix(attempt, "read: ") && !test.landlock || attempt == "read: program"
				switch {
				case readable && outcome != "open":
					t.Errorf("%s: %s, and nothing is there to close it", attempt, outcome)
				case !readable && !refused(outcome) && !expected(attempt, outcome):
					t.Errorf("%s: %s", attempt, outcome)
				}
			}
		})
	}
}

// slideshow has a program do something that may write. Its orders are in a file in memory, or in one with a name.
func slideshow(t *testing.T, client *engine.Client, named bool, action string, more ...string) (*engine.RenderResult, error) {
	t.Helper()
	wanted := map[string]string{"action": action}
	for i := 0; i+1 < len(more); i += 2 {
		wanted[more[i]] = more[i+1]
	}
	content, err := json.Marshal(wanted)
	if err != nil {
		t.Fatal(err)
	}
	file := fileWith(t, string(content))
	if !named {
		if file, err = engine.NewFile(content); err != nil {
			t.Fatal(err)
		}
		defer file.Close()
	}
	return client.Slideshow(t.Context(), &engine.SlideshowRequest{Files: []*os.File{file}, Slides: make([]engine.Slide, 1)})
}

// TestEscapeOfWritingProgram tries the walls from inside of a program that may open the file of its job for writing.
func TestEscapeOfWritingProgram(t *testing.T) {
	landlock, err := landlocksyscall.LandlockGetABIVersion()
	if err != nil || landlock <= 0 {
		t.Skip("this kernel has no Landlock")
	}
	for name, start := range map[string]func(*testing.T, string) *plain{"as nobody": asNobody, "as root": asRoot, "in a container": inContainer} {
		t.Run(name, func(t *testing.T) {
			client := newClient(start(t, "role=child").socket)
			ready(t, client)
			sibling := hold(t.Context(), t, client, "wait", patience)
			defer sibling.release.Close()
			got, err := slideshow(t, client, true, "escape and write", "file", secretFile(t), "victim", fmt.Sprint(sibling.pid))
			if err != nil {
				t.Fatal(err)
			}
			var report map[string]string
			if err := json.Unmarshal([]byte(got.Format), &report); err != nil {
				t.Fatal(err)
			}
			if content := contentAndClose(t, got); content != "written" {
				t.Errorf("it has written %q", content)
			}
			for attempt, outcome := range report {
				// Its own file cannot be written to while it runs, and on a root to be read only nothing can.
				closed := outcome == "text file busy" || outcome == "read-only file system"
				if attempt != "read: program" && !closed && !refused(outcome) && !expected(attempt, outcome) {
					t.Errorf("%s: %s", attempt, outcome)
				}
			}
		})
	}
}

// TestWritingWithoutLandlock has a program write where nothing but the filter of calls is around it: only among files in memory.
func TestWritingWithoutLandlock(t *testing.T) {
	client := newClient(asNobody(t, "role=child-without-landlock").socket)
	ready(t, client)
	got, err := slideshow(t, client, false, "write")
	if err != nil {
		t.Fatal(err)
	}
	if content := contentAndClose(t, got); content != "written" {
		t.Errorf("it has written %q", content)
	}
	_, err = slideshow(t, client, true, "write")
	wantProblem(t, err, 500, true, "this kernel has no Landlock")
}

// TestLaunch looks at a program from outside, and at what is told of how it ended.
func TestLaunch(t *testing.T) {
	client := startLaunching(t, SupervisorOptions{MemoryPerChild: 1 << 30})
	t.Run("what it prints, and its processor time", func(t *testing.T) {
		got, err := video(t.Context(), t, client, patience, "print")
		if err != nil || got.Format != "done" {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err = video(t.Context(), t, client, patience, "spin for a while"); err != nil || got.Duration <= 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("a file without a name", func(t *testing.T) {
		file := fileWith(t, `{"action":"print"}`)
		if err := os.Remove(file.Name()); err != nil {
			t.Fatal(err)
		}
		if got, err := client.Video(t.Context(), engine.VideoRequest{File: file}); err != nil || got.Format != "done" {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("a file in memory", func(t *testing.T) {
		file, err := engine.NewFile([]byte(`{"action":"print"}`))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if got, err := client.Video(t.Context(), engine.VideoRequest{File: file}); err != nil || got.Format != "done" {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("what it prints, in a file", func(t *testing.T) {
		got, err := client.Frame(t.Context(), &engine.FrameRequest{File: fileWith(t, `{"action":"print"}`)})
		if err != nil || got.Format != "" {
			t.Fatalf("%+v, %v", got, err)
		}
		if content := contentAndClose(t, got); content != "done" {
			t.Errorf("it is %q", content)
		}
	})
	t.Run("why it failed", func(t *testing.T) {
		_, err := video(t.Context(), t, client, patience, "fail")
		wantProblem(t, err, 400, false, "a reason to fail")
	})
	t.Run("too much to say", func(t *testing.T) {
		_, err := video(t.Context(), t, client, patience, "print too much")
		wantProblem(t, err, 400, false, "The video tells too much of itself")
	})
	t.Run("too much memory", func(t *testing.T) {
		_, err := video(t.Context(), t, client, patience, "take memory")
		wantProblem(t, err, 400, false, "The video takes too much memory to process")
	})
	t.Run("too long", func(t *testing.T) {
		_, err := video(t.Context(), t, client, 100*time.Millisecond, "spin")
		wantProblem(t, err, 504, true, "The video took too long to process")
		if left := programs(t); len(left) > 0 {
			t.Errorf("programs are left: %v", left)
		}
	})
	t.Run("in the sandbox, and gone with its client", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := video(ctx, t, client, patience, "spin")
			ended <- err
		}()
		var pid int
		eventually(t, "a program", func() bool {
			running := programs(t)
			if len(running) == 1 {
				pid = running[0]
			}
			return len(running) == 1
		})
		checkStatus(t, pid)
		leave()
		if err := <-ended; err == nil {
			t.Error("no error")
		}
		eventually(t, "the end of the program", func() bool { return gonePID(pid) })
	})
}

// TestLaunchNothing has a supervisor launch what is not there.
func TestLaunchNothing(t *testing.T) {
	client := startLaunching(t, SupervisorOptions{Video: videoWorker{"/nowhere/ffprobe"}})
	_, err := video(t.Context(), t, client, patience, "print")
	wantProblem(t, err, 500, true, "/nowhere/ffprobe")
}

// TestExecution tells that each call of execve is at another place, which nobody can know.
func TestExecution(t *testing.T) {
	seen := map[execution]bool{}
	for range 100 {
		e, err := newExecution([]string{"program", "argument"}, []string{"A=b"})
		if err != nil {
			t.Fatal(err)
		}
		if seen[*e] || e.path == e.arguments || e.arguments == e.environment {
			t.Errorf("%+v", e)
		}
		seen[*e] = true
	}
	if _, err := newExecution([]string{"pro\x00gram"}, nil); err == nil {
		t.Error("a zero byte is taken")
	}
}

// programs are the programs that this process has launched.
func programs(t *testing.T) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it is gone
		}
		var pid, parent int
		_, rest, _ := strings.Cut(string(stat), ") ")
		var state string
		fmt.Sscanf(string(stat), "%d", &pid)
		fmt.Sscanf(rest, "%s %d", &state, &parent)
		command, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if err == nil && parent == os.Getpid() && strings.HasSuffix(string(command), "\x00role=program\x00") {
			found = append(found, pid)
		}
	}
	return found
}
