package sandbox

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// patience bounds what a test waits for.
const patience = 20 * time.Second

// socketPath is a short path: those of sockets are limited to 107 bytes.
func socketPath(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return filepath.Join(folder, "engine.sock")
}

// start runs a supervisor in this process until the test ends, and returns a client of it and the socket.
func start(t *testing.T, options SupervisorOptions) (*engine.Client, string) {
	t.Helper()
	if options.Socket == "" {
		options.Socket = socketPath(t)
	}
	if options.ChildCommand == nil {
		options.ChildCommand = childCommand(t, "role=child")
	}
	options.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Supervise(ctx, options) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Supervise: %v", err)
			}
		case <-time.After(patience):
			t.Error("Supervise does not end")
		}
	})
	return newClient(options.Socket), options.Socket
}

func newClient(socket string) *engine.Client {
	return engine.NewClient(engine.ClientOptions{Socket: socket, Slots: 4, Queue: 4, Deadline: patience})
}

func childCommand(t *testing.T, arguments ...string) []string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{program}, arguments...)
}

// startProcess runs this binary as a supervisor of its own.
func startProcess(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	command := childCommand(t, arguments...)
	process := exec.Command(command[0], command[1:]...)
	process.Stderr = os.Stderr
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Process.Kill()
		process.Wait()
	})
	return process
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if condition() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("in vain waited for: %s", what)
}

func ready(t *testing.T, client *engine.Client) {
	t.Helper()
	eventually(t, "a ready engine", func() bool { return client.Ping(t.Context()) == nil })
}

// fileWith is a file opened for reading.
func fileWith(t *testing.T, content string) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// request asks the test worker for an action.
func request(t *testing.T, action string) *engine.RenderRequest {
	t.Helper()
	return &engine.RenderRequest{Source: engine.Source{PublicID: action, File: fileWith(t, "source")}}
}

// mustRender runs an action that succeeds and returns the number of the process that did it, and the output.
func mustRender(t *testing.T, client *engine.Client, action string) (pid int, output string) {
	t.Helper()
	result, err := client.Render(t.Context(), request(t, action))
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	return result.Width, contentAndClose(t, result)
}

func contentAndClose(t *testing.T, result *engine.RenderResult) string {
	t.Helper()
	defer result.Output.Close()
	content, err := io.ReadAll(io.NewSectionReader(result.Output, 0, result.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// held is a job that stays in its child until it is let go.
type held struct {
	release *os.File
	lines   *bufio.Reader
	pid     int
	result  chan error
}

// hold starts a job with an action that announces itself, and returns when a child works on it.
func hold(ctx context.Context, t *testing.T, client *engine.Client, action string, deadline time.Duration) *held {
	t.Helper()
	input, release := pipe(t)
	announcements, announce := pipe(t)
	job := &engine.RenderRequest{
		Source: engine.Source{PublicID: action, File: input},
		Layers: map[string]engine.Source{"announce": {File: announce}},
		Limits: engine.Limits{Deadline: deadline},
	}
	h := &held{release: release, lines: bufio.NewReader(announcements), result: make(chan error, 1)}
	go func() {
		result, err := client.Render(ctx, job)
		if err == nil {
			err = result.Output.Close()
		}
		h.result <- err
	}()
	pid, err := strconv.Atoi(h.line(t))
	if err != nil {
		t.Fatal(err)
	}
	h.pid = pid
	return h
}

// line is what the worker says next.
func (h *held) line(t *testing.T) string {
	t.Helper()
	line, err := h.lines.ReadString('\n')
	if err != nil {
		t.Fatalf("listening to a worker: %v", err)
	}
	return strings.TrimSpace(line)
}

func pipe(t *testing.T) (read, write *os.File) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		read.Close()
		write.Close()
	})
	read.SetReadDeadline(time.Now().Add(patience))
	return read, write
}

// gonePID says whether there is no such process any more, not even as a zombie.
func gonePID(pid int) bool { return unix.Kill(pid, 0) == unix.ESRCH }

// wantProblem checks an error that goes to a client.
func wantProblem(t *testing.T, err error, status int, transient bool, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want a %d %s", status, http.StatusText(status))
	}
	p := problem.From(err)
	if p.Status != status || p.Transient != transient || !strings.Contains(p.Error(), text) {
		t.Fatalf("got %d, transient %v, %q; want %d, transient %v, with %q", p.Status, p.Transient, p.Error(), status, transient, text)
	}
}

func descriptors(t *testing.T, pid int) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
