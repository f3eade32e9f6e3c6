package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

func TestRoundTrip(t *testing.T) {
	client, _ := start(t, SupervisorOptions{})
	source := fileWith(t, "picture")
	if _, err := source.Seek(3, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	result, err := client.Render(t.Context(), &engine.RenderRequest{
		Source: engine.Source{PublicID: "concatenate", File: source},
		Layers: map[string]engine.Source{"upload/b": {File: fileWith(t, "bee")}, "upload/a": {File: fileWith(t, "ay")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if result.CPU <= 0 {
		t.Errorf("CPU = %v", result.CPU)
	}
	if _, err := result.Output.WriteAt([]byte("x"), 0); !errors.Is(err, unix.EPERM) {
		t.Errorf("writing to the output: %v", err)
	}
	if got, want := contentAndClose(t, result), "picture,upload/a=ay,upload/b=bee"; got != want {
		t.Errorf("output %q, want %q", got, want)
	}
	if offset, err := source.Seek(0, io.SeekCurrent); err != nil || offset != 3 {
		t.Errorf("the source's offset is %d, %v", offset, err)
	}
	probe, err := client.Probe(t.Context(), engine.ProbeRequest{File: source})
	if err != nil || probe.Width != len("picture") || probe.Format != "text" {
		t.Errorf("Probe = %+v, %v", probe, err)
	}
}

func TestOtherJobs(t *testing.T) {
	client, _ := start(t, SupervisorOptions{})
	found, err := client.Analyse(t.Context(), engine.AnalyseRequest{File: fileWith(t, "picture")})
	if err != nil || found.PHash != "picture" {
		t.Errorf("Analyse = %+v, %v", found, err)
	}
	made, err := client.Assemble(t.Context(), &engine.AssembleRequest{Files: []*os.File{fileWith(t, "one"), fileWith(t, "two"), fileWith(t, "three")}, Format: "gif"})
	if err != nil {
		t.Fatal(err)
	}
	if made.Format != "gif" || made.CPU <= 0 {
		t.Errorf("Assemble = %+v", made)
	}
	if got := contentAndClose(t, made); got != "one;two;three;" {
		t.Errorf("assembled %q", got)
	}
	ran, err := client.Script(t.Context(), &engine.ScriptRequest{Returns: "x", Variables: map[string]json.RawMessage{"x": json.RawMessage(`{"a":1}`)}})
	if err != nil || string(ran.Value) != `{"a":1}` {
		t.Errorf("Script = %+v, %v", ran, err)
	}
	_, err = client.Assemble(t.Context(), &engine.AssembleRequest{})
	wantProblem(t, err, http.StatusBadRequest, false, "Invalid number of pictures: 0, it must be 1 to 249")
	_, err = client.Assemble(t.Context(), &engine.AssembleRequest{Files: make([]*os.File, engine.MaxAssembled+1)})
	wantProblem(t, err, http.StatusBadRequest, false, "Invalid number of pictures: 250, it must be 1 to 249")
}

func TestMezzanine(t *testing.T) {
	client, _ := start(t, SupervisorOptions{})
	job := func(action string) *engine.RenderRequest {
		return &engine.RenderRequest{
			Source: engine.Source{PublicID: action, File: fileWith(t, "picture")},
			Layers: map[string]engine.Source{"upload/a": {File: fileWith(t, "ay"), PublicID: "a"}},
		}
	}
	for action, want := range map[string]bool{"mezzanine": true, "mezzanine that lies": false, "nothing": false} {
		asked := job(action)
		asked.MakeMezzanine = true
		result, err := client.Render(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		if got := contentAndClose(t, result); got != "done" {
			t.Errorf("%s: output %q", action, got)
		}
		if (result.Mezzanine != nil) != want {
			t.Errorf("%s: a mezzanine came: %t, want %t", action, !want, want)
		}
		if result.Mezzanine == nil {
			continue
		}
		if _, err := result.Mezzanine.WriteAt([]byte("x"), 0); !errors.Is(err, unix.EPERM) {
			t.Errorf("writing to the mezzanine: %v", err)
		}
		asked = job(action)
		asked.Mezzanine = result.Mezzanine
		second, err := client.Render(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		if got := contentAndClose(t, second); got != "smaller,a" {
			t.Errorf("started from %q", got)
		}
		if second.Mezzanine != nil {
			t.Error("another mezzanine came")
		}
		if err := result.Mezzanine.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestErrorsOfTheWorker(t *testing.T) {
	client, _ := start(t, SupervisorOptions{})
	first, _ := mustRender(t, client, "nothing")
	_, err := client.Render(t.Context(), request(t, "refuse"))
	wantProblem(t, err, http.StatusBadRequest, false, "Invalid width in transformation: w_x")
	_, err = client.Render(t.Context(), request(t, "fail"))
	wantProblem(t, err, http.StatusInternalServerError, true, "an error of the worker")
	_, err = client.Render(t.Context(), request(t, "lie"))
	wantProblem(t, err, http.StatusInternalServerError, true, "reported 1000 bytes of output and wrote 4")
	_, err = client.Render(t.Context(), request(t, "keep mapping"))
	wantProblem(t, err, http.StatusInternalServerError, true, "sealing the output")
	if again, _ := mustRender(t, client, "nothing"); again != first {
		t.Errorf("the child %d was replaced by %d because of an error", first, again)
	}
}

func TestDeadline(t *testing.T) {
	client, _ := start(t, SupervisorOptions{Children: 1})
	pid, _ := mustRender(t, client, "nothing") // Who spins may be killed before it comes to say so.
	_, announce := pipe(t)
	spinning := request(t, "spin")
	spinning.Layers, spinning.Limits.Deadline = map[string]engine.Source{"announce": {File: announce}}, 100*time.Millisecond
	begin := time.Now()
	_, err := client.Render(t.Context(), spinning)
	wantProblem(t, err, http.StatusGatewayTimeout, true, "took too long")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("the deadline of 100ms took %v", took)
	}
	if !gonePID(pid) {
		t.Errorf("the child %d is still there", pid)
	}
	if next, _ := mustRender(t, client, "nothing"); next == pid {
		t.Errorf("the killed child %d works on", next)
	}
}

func TestDeadlineOfTheContext(t *testing.T) {
	client, _ := start(t, SupervisorOptions{})
	ready(t, client)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	spinning := hold(ctx, t, client, "spin", patience)
	wantProblem(t, <-spinning.result, http.StatusGatewayTimeout, true, "took too long")
	eventually(t, "the end of the child", func() bool { return gonePID(spinning.pid) })
}

func TestCrash(t *testing.T) {
	client, _ := start(t, SupervisorOptions{})
	for _, test := range []struct{ action, cause string }{
		{"panic", "exit status 2"},
		{"segfault", "exit status 2"},
		{"be killed", "signal: killed"},
	} {
		before, _ := mustRender(t, client, "nothing")
		_, err := client.Render(t.Context(), request(t, test.action))
		wantProblem(t, err, http.StatusInternalServerError, true, test.cause)
		after, _ := mustRender(t, client, "nothing")
		if after == before {
			t.Errorf("%s: the child %d lives on", test.action, after)
		}
		if !gonePID(before) {
			t.Errorf("%s: the child %d was not reaped", test.action, before)
		}
	}
}

// TestMemory has a job take more memory than a child may have: it alone fails, for good and by name.
func TestMemory(t *testing.T) {
	client, _ := start(t, SupervisorOptions{MemoryPerChild: 1 << 30})
	before, _ := mustRender(t, client, "use threads")
	_, err := client.Render(t.Context(), request(t, "take memory"))
	wantProblem(t, err, http.StatusBadRequest, false, "takes too much memory")
	if after, _ := mustRender(t, client, "nothing"); after == before {
		t.Errorf("the child %d lives on", after)
	}
}

func TestMemoryOfControlGroups(t *testing.T) {
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "limit")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	missing := filepath.Join(t.TempDir(), "missing")
	for name, test := range map[string]struct {
		files []string
		want  int64
	}{
		"no control groups": {[]string{missing}, usualMemory},
		"version 2":         {[]string{file("2147483648\n"), missing}, 3 << 29},
		"version 1":         {[]string{missing, file("2147483648\n")}, 3 << 29},
		"no limit":          {[]string{file("max\n"), missing}, usualMemory},
		"all memory":        {[]string{missing, file("9223372036854771712\n")}, usualMemory},
	} {
		if got := memoryOf(test.files...); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestChildThatDiesBeforeTheJob(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "died")
	client, _ := start(t, SupervisorOptions{ChildCommand: childCommand(t, "role=child-that-dies-once", marker)})
	if _, output := mustRender(t, client, "nothing"); output != "done" {
		t.Errorf("output %q", output)
	}
	if _, err := os.Stat(marker); err != nil {
		t.Errorf("no child died: %v", err)
	}
}

func TestIdleChildThatDies(t *testing.T) {
	client, _ := start(t, SupervisorOptions{})
	pid, _ := mustRender(t, client, "nothing")
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if next, _ := mustRender(t, client, "nothing"); next == pid {
		t.Errorf("the killed child %d works on", pid)
	}
}

func TestRecycling(t *testing.T) {
	client, _ := start(t, SupervisorOptions{JobsPerChild: 2})
	var pids []int
	for range 5 {
		pid, _ := mustRender(t, client, "nothing")
		pids = append(pids, pid)
	}
	if pids[0] != pids[1] || pids[2] != pids[3] || pids[1] == pids[2] || pids[3] == pids[4] {
		t.Errorf("jobs were done by %v, want a new child after each two", pids)
	}
	if !gonePID(pids[0]) {
		t.Errorf("the child %d is still there", pids[0])
	}
}

func TestJobsRunAtOnce(t *testing.T) {
	client, _ := start(t, SupervisorOptions{Children: 2})
	one := hold(t.Context(), t, client, "wait", patience)
	two := hold(t.Context(), t, client, "wait", patience)
	if one.pid == two.pid {
		t.Errorf("both jobs are in the child %d", one.pid)
	}
	for _, job := range []*held{one, two} {
		job.release.Close()
		if err := <-job.result; err != nil {
			t.Error(err)
		}
	}
}

func TestJobsWaitForAChild(t *testing.T) {
	client, _ := start(t, SupervisorOptions{Children: 1})
	first := hold(t.Context(), t, client, "wait", patience)
	impatient := request(t, "nothing")
	impatient.Limits.Deadline = 50 * time.Millisecond
	_, err := client.Render(t.Context(), impatient)
	wantProblem(t, err, http.StatusTooManyRequests, true, "")
	second := make(chan error, 1)
	patient := request(t, "nothing")
	go func() {
		result, err := client.Render(t.Context(), patient)
		if err == nil {
			err = result.Output.Close()
		}
		second <- err
	}()
	first.release.Close()
	if err := errors.Join(<-first.result, <-second); err != nil {
		t.Error(err)
	}
}

func TestFullQueue(t *testing.T) {
	_, socket := start(t, SupervisorOptions{})
	client := engine.NewClient(engine.ClientOptions{Socket: socket, Slots: 1, Deadline: patience})
	first := hold(t.Context(), t, client, "wait", patience)
	_, err := client.Render(t.Context(), request(t, "nothing"))
	wantProblem(t, err, http.StatusTooManyRequests, true, "")
	first.release.Close()
	if err := <-first.result; err != nil {
		t.Fatal(err)
	}
	mustRender(t, client, "nothing")
}

func TestClientThatGoesAway(t *testing.T) {
	client, _ := start(t, SupervisorOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	job := hold(ctx, t, client, "wait", patience)
	cancel()
	if err := <-job.result; !errors.Is(err, context.Canceled) {
		t.Fatalf("the error is %v", err)
	}
	job.release.Close()
	if line := job.line(t); line != "finished" {
		t.Errorf("the worker said %q", line)
	}
	if pid, _ := mustRender(t, client, "nothing"); pid != job.pid {
		t.Errorf("the child %d was replaced by %d because its client went away", job.pid, pid)
	}
}

// TestJobsHaveAThreadOfTheirOwn: the C library keeps freed memory for the thread that had it, so that a child whose jobs wander from
// thread to thread holds several times what a picture takes.
func TestJobsHaveAThreadOfTheirOwn(t *testing.T) {
	client, _ := start(t, SupervisorOptions{Children: 1})
	thread := ""
	for range 3 {
		_, output := mustRender(t, client, "compare threads")
		all := strings.Split(output, ",")
		if thread == "" {
			thread = all[0]
		}
		if all[0] != thread {
			t.Errorf("a job on the thread %s, the one before it on %s", all[0], thread)
		}
		if slices.Contains(all[1:], thread) {
			t.Errorf("something else ran on the thread %s of the job", thread)
		}
	}
}

func TestRestartOfTheSupervisor(t *testing.T) {
	socket := socketPath(t)
	process := startProcess(t, "role=supervisor", "role=child", "--socket="+socket)
	client := newClient(socket)
	ready(t, client)
	job := hold(t.Context(), t, client, "wait", patience)
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	process.Wait()
	wantProblem(t, <-job.result, http.StatusInternalServerError, true, "the connection to the engine broke")
	eventually(t, "the end of the orphaned child", func() bool { return gonePID(job.pid) })

	answered := make(chan error, 1)
	next := request(t, "nothing")
	go func() {
		result, err := client.Render(t.Context(), next)
		if err == nil {
			err = result.Output.Close()
		}
		answered <- err
	}()
	startProcess(t, "role=supervisor", "role=child", "--socket="+socket)
	if err := <-answered; err != nil {
		t.Errorf("a job sent while the engine restarted: %v", err)
	}
}

func TestEndOfTheSupervisor(t *testing.T) {
	socket := socketPath(t)
	process := startProcess(t, "role=supervisor", "role=child", "--socket="+socket)
	client := newClient(socket)
	ready(t, client)
	job := hold(t.Context(), t, client, "wait", patience)
	if err := process.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the socket", func() bool { _, err := os.Lstat(socket); return err != nil })
	job.release.Close()
	if err := <-job.result; err != nil {
		t.Errorf("a job that ran when the supervisor was told to end: %v", err)
	}
	if err := process.Wait(); err != nil {
		t.Errorf("the supervisor ended with %v", err)
	}
	if !gonePID(job.pid) {
		t.Errorf("the child %d is still there", job.pid)
	}
}

func TestDescriptorsDoNotLeak(t *testing.T) {
	socket := socketPath(t)
	process := startProcess(t, "role=supervisor", "role=child", "--socket="+socket)
	client := newClient(socket)
	file := fileWith(t, "source")
	round := func() (inChild int) {
		for _, action := range []string{"nothing", "refuse", "lie", "panic", "concatenate", "count descriptors"} {
			job := &engine.RenderRequest{
				Source: engine.Source{PublicID: action, File: file},
				Layers: map[string]engine.Source{"upload/a": {File: file}, "upload/b": {File: file}},
			}
			if result, err := client.Render(t.Context(), job); err == nil {
				inChild = result.Height
				result.Output.Close()
			}
		}
		return inChild
	}
	childBefore := round()
	// Connections are closed a moment after their answer.
	count := func() [2]int { return [2]int{descriptors(t, os.Getpid()), descriptors(t, process.Process.Pid)} }
	before := count()
	for range 5 {
		if childAfter := round(); childAfter != childBefore {
			t.Fatalf("the child has %d descriptors, had %d", childAfter, childBefore)
		}
	}
	eventually(t, "as few descriptors as before", func() bool {
		after := count()
		return after[0] <= before[0] && after[1] <= before[1]
	})
}

func TestChildrenThatDoNotStart(t *testing.T) {
	journal := filepath.Join(t.TempDir(), "starts")
	client, _ := start(t, SupervisorOptions{ChildCommand: childCommand(t, "role=child-that-dies", journal)})
	var starts []time.Time
	eventually(t, "four starts", func() bool {
		starts = startsIn(t, journal)
		return len(starts) >= 4
	})
	for i, least := range []time.Duration{firstPause, 2 * firstPause, 4 * firstPause} {
		if pause := starts[i+1].Sub(starts[i]); pause < least {
			t.Errorf("start %d came %v after the one before, want at least %v", i+2, pause, least)
		}
	}
	wantProblem(t, client.Ping(t.Context()), http.StatusServiceUnavailable, true, "no child is ready")
	job := request(t, "nothing")
	job.Limits.Deadline = 50 * time.Millisecond
	_, err := client.Render(t.Context(), job)
	wantProblem(t, err, http.StatusServiceUnavailable, true, "no child is ready")
}

func startsIn(t *testing.T, journal string) []time.Time {
	t.Helper()
	content, err := os.ReadFile(journal)
	if err != nil {
		return nil
	}
	var starts []time.Time
	for line := range strings.Lines(string(content)) {
		nanoseconds, err := time.ParseDuration(strings.TrimSpace(line) + "ns")
		if err != nil {
			return nil // half written
		}
		starts = append(starts, time.Unix(0, int64(nanoseconds)))
	}
	return starts
}

func TestEndWhileAChildStarts(t *testing.T) {
	socket := socketPath(t)
	process := startProcess(t, "role=supervisor", "role=child-that-hangs", "--socket="+socket)
	children := fmt.Sprintf("/proc/%d/task/*/children", process.Process.Pid)
	eventually(t, "a child", func() bool {
		tasks, _ := filepath.Glob(children)
		for _, task := range tasks {
			if content, _ := os.ReadFile(task); len(content) > 0 {
				return true
			}
		}
		return false
	})
	begin := time.Now()
	if err := process.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := process.Wait(); err != nil {
		t.Errorf("the supervisor ended with %v", err)
	}
	if took := time.Since(begin); took > startTimeout/2 {
		t.Errorf("the end took %v", took)
	}
}

func TestProgramThatIsMissing(t *testing.T) {
	client, _ := start(t, SupervisorOptions{ChildCommand: []string{"/nonexistent/engine", "child"}})
	eventually(t, "an answer", func() bool { return client.Ping(t.Context()) != nil })
	if err := Supervise(t.Context(), SupervisorOptions{Socket: socketPath(t)}); err == nil {
		t.Error("no error without a command for the children")
	}
}

func TestStartLocal(t *testing.T) {
	socket := socketPath(t)
	ctx, cancel := context.WithCancel(t.Context())
	local, err := engine.StartLocal(ctx, childCommand(t, "role=confined-supervisor", "role=child"), socket, engine.LocalOptions{Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := mustRender(t, newClient(socket), "nothing")
	cancel()
	if err := local.Wait(); err != nil {
		t.Errorf("Wait: %v", err)
	}
	if !gonePID(pid) {
		t.Errorf("the child %d is still there", pid)
	}
	if _, err := os.Lstat(socket); err == nil {
		t.Error("the socket is still there")
	}
}

func TestStartLocalFails(t *testing.T) {
	_, err := engine.StartLocal(t.Context(), childCommand(t, "role=child-that-dies", "/dev/null"), socketPath(t), engine.LocalOptions{})
	if err == nil || !strings.Contains(err.Error(), "the engine ended: exit status 1") {
		t.Errorf("an engine that ends at once: %v", err)
	}
	_, err = engine.StartLocal(t.Context(), []string{"/nonexistent/engine"}, socketPath(t), engine.LocalOptions{})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an engine that is missing: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = engine.StartLocal(ctx, []string{"/bin/sleep", "60"}, socketPath(t), engine.LocalOptions{})
	if err == nil {
		t.Error("an engine that never answers: no error")
	}
}

func TestRequestWithoutFile(t *testing.T) {
	client, _ := start(t, SupervisorOptions{})
	_, err := client.Render(t.Context(), &engine.RenderRequest{Source: engine.Source{PublicID: "nothing"}})
	wantProblem(t, err, http.StatusInternalServerError, true, "has no file")
}
