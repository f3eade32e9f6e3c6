package wire

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// pair is a connection.
func pair(t *testing.T) (one, other *net.UnixConn) {
	t.Helper()
	descriptors, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ends := make([]*net.UnixConn, 2)
	for i, descriptor := range descriptors {
		file := os.NewFile(uintptr(descriptor), "end")
		conn, err := net.FileConn(file)
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
		t.Cleanup(func() { conn.Close() })
		ends[i] = conn.(*net.UnixConn)
	}
	return ends[0], ends[1]
}

func TestJobWithFiles(t *testing.T) {
	one, other := pair(t)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	var files []*os.File
	for range MaxFiles {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		files = append(files, file)
	}
	// A body above the buffer of a socket is written in parts.
	body := `"` + strings.Repeat("x", 1<<20) + `"`
	sent := make(chan error, 1)
	go func() {
		sent <- errors.Join(Send(one, Job{Kind: Render, Layers: []string{"a"}, Body: []byte(body)}, files...), Send(one, Job{Kind: Ping}))
	}()
	job, received, err := ReceiveJob(other)
	if err != nil {
		t.Fatal(err)
	}
	defer Close(received)
	if job.Kind != Render || len(job.Layers) != 1 || string(job.Body) != body || len(received) != MaxFiles {
		t.Errorf("received %s, %v, %d bytes, %d files", job.Kind, job.Layers, len(job.Body), len(received))
	}
	for _, file := range received {
		content := make([]byte, 7)
		if _, err := file.ReadAt(content, 0); err != nil || string(content) != "content" {
			t.Fatalf("%q, %v", content, err)
		}
		if flags, err := unix.FcntlInt(file.Fd(), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Fatal("a received file would be inherited by a program")
		}
	}
	if job, files, err := ReceiveJob(other); err != nil || job.Kind != Ping || len(files) != 0 {
		t.Errorf("the next message: %+v, %v, %v", job, files, err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	one.Close()
	if _, _, err := ReceiveJob(other); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}

func TestEvents(t *testing.T) {
	one, other := pair(t)
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cause := errors.New("a cause")
	for _, err := range []error{
		problem.BadRequest("bad %d", 7),
		problem.Busy(3),
		problem.Failed(cause),
		DeadlineExceeded(cause),
	} {
		if err := Send(one, Failure(err)); err != nil {
			t.Fatal(err)
		}
		event, receiveErr := ReceiveEvent(other)
		if receiveErr != nil {
			t.Fatal(receiveErr)
		}
		want, got := problem.From(err), problem.From(event.Err())
		if got.Status != want.Status || got.Error() != want.Error() || got.Transient != want.Transient || got.RetryAfter != want.RetryAfter {
			t.Errorf("sent %#v, received %#v", want, got)
		}
	}
	if p := problem.From((&Event{State: Failed}).Err()); p.Status != http.StatusInternalServerError || !p.Transient {
		t.Errorf("a failure without a problem: %v", p)
	}
}

func TestBadMessages(t *testing.T) {
	for _, test := range []struct{ name, bytes, text string }{
		{"another version", "\x00\x01\x00\x00\x00\x00\x00\x02{}", "speaks version 1"},
		{"missing files", "\x00\x02\x00\x03\x00\x00\x00\x02{}", "announced 3 files and carried 0"},
		{"a long header", "\x00\x02\x00\x00\xff\xff\xff\xff", "above the limit"},
		{"no json", "\x00\x02\x00\x00\x00\x00\x00\x02{x", "decoding a message"},
		{"half a prefix", "\x00\x02", "unexpected EOF"},
		{"half a header", "\x00\x02\x00\x00\x00\x00\x00\x02{", "unexpected EOF"},
		{"no header", "\x00\x02\x00\x00\x00\x00\x00\x02", "unexpected EOF"},
	} {
		for _, receive := range []func(*net.UnixConn) error{
			func(conn *net.UnixConn) error { _, _, err := ReceiveJob(conn); return err },
			func(conn *net.UnixConn) error { _, err := ReceiveEvent(conn); return err },
		} {
			one, other := pair(t)
			if _, err := one.Write([]byte(test.bytes)); err != nil {
				t.Fatal(err)
			}
			one.Close()
			err := receive(other)
			if err == nil || !strings.Contains(err.Error(), test.text) || errors.Is(err, io.EOF) {
				t.Errorf("%s: %v, want %q", test.name, err, test.text)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	one, _ := pair(t)
	if err := Send(one, Job{}, make([]*os.File, MaxFiles+1)...); err == nil {
		t.Error("too many files: no error")
	}
	if err := Send(one, Job{Body: []byte(`"` + strings.Repeat("x", MaxHeader) + `"`)}); err == nil {
		t.Error("a long header: no error")
	}
}

// TestUnexpectedFiles sends files with a message that announces none.
func TestUnexpectedFiles(t *testing.T) {
	one, other := pair(t)
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, _, err := one.WriteMsgUnix([]byte("\x00\x02\x00\x00\x00\x00\x00\x02{}"), unix.UnixRights(int(file.Fd())), nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReceiveJob(other); err == nil || !strings.Contains(err.Error(), "announced 0 files and carried 1") {
		t.Errorf("got %v", err)
	}
}
