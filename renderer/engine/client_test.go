package engine

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine/internal/wire"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// patience bounds what a test waits for.
const patience = 20 * time.Second

// supervisor is one whose behaviour a test chooses. It is given each job with its connection, and the number of the
// connection, from 1.
type supervisor struct {
	socket      string
	connections atomic.Int64
}

func serve(t *testing.T, answer func(conn *net.UnixConn, job *wire.Job, files []*os.File, connection int64)) *supervisor {
	t.Helper()
	s := &supervisor{socket: socketPath(t)}
	s.listen(t, answer)
	return s
}

func (s *supervisor) listen(t *testing.T, answer func(*net.UnixConn, *wire.Job, []*os.File, int64)) {
	t.Helper()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: s.socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			connection := s.connections.Add(1)
			go func() {
				defer conn.Close()
				job, files, err := wire.ReceiveJob(conn)
				if err != nil {
					return
				}
				defer wire.Close(files)
				answer(conn, job, files, connection)
			}()
		}
	}()
}

func socketPath(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return filepath.Join(folder, "engine.sock")
}

func (s *supervisor) client(slots, queue int) *Client {
	return NewClient(ClientOptions{Socket: s.socket, Slots: slots, Queue: queue, Deadline: patience})
}

// finish answers a Render job with the output "done".
func finish(conn *net.UnixConn, _ *wire.Job, files []*os.File, _ int64) {
	files[1].WriteString("done")
	event, _ := wire.Success(RenderResult{Format: "text", Bytes: 4})
	wire.Send(conn, event)
}

func request(t *testing.T) *RenderRequest {
	t.Helper()
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &RenderRequest{Source: Source{File: file}}
}

func renderAsync(ctx context.Context, client *Client, job *RenderRequest) <-chan error {
	done := make(chan error, 1)
	go func() {
		result, err := client.Render(ctx, job)
		if err == nil {
			err = result.Output.Close()
		}
		done <- err
	}()
	return done
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if condition() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("in vain waited for: %s", what)
}

func wantProblem(t *testing.T, err error, status int, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want a %d", status)
	}
	if p := problem.From(err); p.Status != status || !p.Transient || !strings.Contains(p.Error(), text) {
		t.Fatalf("got %d, transient %v, %q; want a transient %d with %q", p.Status, p.Transient, p.Error(), status, text)
	}
}

func TestQueue(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(conn *net.UnixConn, job *wire.Job, files []*os.File, connection int64) {
		<-release
		finish(conn, job, files, connection)
	})
	client := s.client(2, 1)
	running := []<-chan error{renderAsync(t.Context(), client, request(t)), renderAsync(t.Context(), client, request(t))}
	eventually(t, "two running jobs", func() bool { return len(client.slots) == 2 })
	waiting := renderAsync(t.Context(), client, request(t))
	eventually(t, "a waiting job", func() bool { return client.waiting.Load() == 1 })

	_, err := client.Render(t.Context(), request(t))
	wantProblem(t, err, http.StatusTooManyRequests, "")
	if problem.From(err).RetryAfter <= 0 {
		t.Error("no Retry-After")
	}
	if got := s.connections.Load(); got > 2 {
		t.Errorf("%d connections for two slots", got)
	}
	close(release)
	for _, job := range append(running, waiting) {
		if err := <-job; err != nil {
			t.Error(err)
		}
	}
	if len(client.slots) != 0 || client.waiting.Load() != 0 {
		t.Errorf("%d slots and %d places were not given back", len(client.slots), client.waiting.Load())
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	s := serve(t, func(conn *net.UnixConn, _ *wire.Job, _ []*os.File, _ int64) { conn.Read(make([]byte, 1)) })
	client := s.client(1, 1)
	ctx, cancel := context.WithCancel(t.Context())
	running := renderAsync(ctx, client, request(t))
	eventually(t, "a running job", func() bool { return len(client.slots) == 1 })
	short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	wantProblem(t, <-renderAsync(short, client, request(t)), http.StatusGatewayTimeout, "took too long")
	cancel()
	if err := <-running; !errors.Is(err, context.Canceled) {
		t.Errorf("the cancelled job: %v", err)
	}
}

func TestJobThatNeverStartedIsSentAgain(t *testing.T) {
	s := serve(t, func(conn *net.UnixConn, job *wire.Job, files []*os.File, connection int64) {
		if connection > 1 {
			finish(conn, job, files, connection)
		}
	})
	result, err := s.client(1, 0).Render(t.Context(), request(t))
	if err != nil {
		t.Fatal(err)
	}
	result.Output.Close()
	if got := s.connections.Load(); got != 2 {
		t.Errorf("%d connections, want 2", got)
	}
}

func TestJobIsSentAgainOnlyOnce(t *testing.T) {
	s := serve(t, func(*net.UnixConn, *wire.Job, []*os.File, int64) {})
	_, err := s.client(1, 0).Render(t.Context(), request(t))
	wantProblem(t, err, http.StatusInternalServerError, "the connection to the engine broke")
	if got := s.connections.Load(); got != 2 {
		t.Errorf("%d connections, want 2", got)
	}
}

func TestJobThatStartedIsNotSentAgain(t *testing.T) {
	s := serve(t, func(_ *net.UnixConn, _ *wire.Job, files []*os.File, _ int64) {
		if _, err := wire.SetMark(files); err != nil {
			t.Error(err)
		}
	})
	_, err := s.client(1, 0).Render(t.Context(), request(t))
	wantProblem(t, err, http.StatusInternalServerError, "the connection to the engine broke")
	if got := s.connections.Load(); got != 1 {
		t.Errorf("%d connections, want 1", got)
	}
}

func TestEngineThatStartsLater(t *testing.T) {
	s := &supervisor{socket: socketPath(t)}
	client := s.client(1, 0)
	job := renderAsync(t.Context(), client, request(t))
	eventually(t, "a running job", func() bool { return len(client.slots) == 1 })
	s.listen(t, finish)
	if err := <-job; err != nil {
		t.Error(err)
	}
}

func TestEngineThatIsAway(t *testing.T) {
	s := &supervisor{socket: socketPath(t)}
	wantProblem(t, s.client(1, 0).Ping(t.Context()), http.StatusServiceUnavailable, "no such file")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.client(1, 0).Render(ctx, request(t))
	wantProblem(t, err, http.StatusGatewayTimeout, "")
}

func TestPingThatIsNotAnswered(t *testing.T) {
	s := serve(t, func(conn *net.UnixConn, _ *wire.Job, _ []*os.File, _ int64) { conn.Read(make([]byte, 1)) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	wantProblem(t, s.client(1, 0).Ping(ctx), http.StatusServiceUnavailable, "timeout")
}

func TestDeadlines(t *testing.T) {
	var got atomic.Int64
	s := serve(t, func(conn *net.UnixConn, job *wire.Job, files []*os.File, connection int64) {
		got.Store(int64(job.Deadline))
		finish(conn, job, files, connection)
	})
	client := s.client(1, 0)
	short, cancel := context.WithTimeout(t.Context(), patience/2)
	defer cancel()
	for _, test := range []struct {
		name        string
		ctx         context.Context
		limit       time.Duration
		least, most time.Duration
	}{
		{"of the options", t.Context(), 0, patience, patience},
		{"of the request", t.Context(), time.Second, time.Second, time.Second},
		{"of the context", short, 0, patience / 4, patience / 2},
	} {
		job := request(t)
		job.Limits.Deadline = test.limit
		if err := <-renderAsync(test.ctx, client, job); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if deadline := time.Duration(got.Load()); deadline < test.least || deadline > test.most {
			t.Errorf("%s: the deadline is %v, want %v to %v", test.name, deadline, test.least, test.most)
		}
	}
}

func TestOutputIsNotTrusted(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(files []*os.File) RenderResult
		cause  string
	}{
		{"too few bytes", func(files []*os.File) RenderResult {
			files[1].WriteString("do")
			return RenderResult{Bytes: 4}
		}, "reported 4 bytes of output and wrote 2"},
		{"no bytes", func([]*os.File) RenderResult { return RenderResult{} }, "reported 0 bytes"},
		{"a writable mapping", func(files []*os.File) RenderResult {
			files[1].WriteString("done")
			mapping, err := unix.Mmap(int(files[1].Fd()), 0, 4, unix.PROT_WRITE, unix.MAP_SHARED)
			if err == nil {
				t.Cleanup(func() { unix.Munmap(mapping) })
			}
			return RenderResult{Bytes: 4}
		}, "sealing the output"},
	} {
		s := serve(t, func(conn *net.UnixConn, _ *wire.Job, files []*os.File, _ int64) {
			event, _ := wire.Success(test.answer(files))
			wire.Send(conn, event)
		})
		_, err := s.client(1, 0).Render(t.Context(), request(t))
		t.Log(test.name)
		wantProblem(t, err, http.StatusInternalServerError, test.cause)
	}
}

func TestTooMuch(t *testing.T) {
	client := NewClient(ClientOptions{Socket: "unused"})
	many := request(t)
	many.Layers = map[string]Source{}
	for i := range wire.MaxFiles {
		many.Layers[strings.Repeat("x", i+1)] = many.Source
	}
	_, err := client.Render(t.Context(), many)
	if p := problem.From(err); p == nil || p.Status != http.StatusBadRequest || !strings.Contains(p.Message, "Too many layers: 251") {
		t.Errorf("too many layers: %v", err)
	}
	large := request(t)
	large.Source.Context = map[string]string{"key": strings.Repeat("x", wire.MaxHeader)}
	_, err = client.Render(t.Context(), large)
	if p := problem.From(err); p == nil || p.Status != http.StatusBadRequest || !strings.Contains(p.Message, "too large") {
		t.Errorf("a large request: %v", err)
	}
}

func TestDescriptorsDoNotLeak(t *testing.T) {
	s := serve(t, func(conn *net.UnixConn, job *wire.Job, files []*os.File, connection int64) {
		if connection%2 == 0 {
			finish(conn, job, files, connection)
		}
	})
	client := s.client(1, 0)
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	job := request(t)
	before := count()
	for range 20 {
		<-renderAsync(t.Context(), client, job)
	}
	eventually(t, "as few descriptors as before", func() bool { return count() <= before })
}
