package sandbox

import (
	"net"
	"os"
	"strings"
	"testing"
)

func TestListen(t *testing.T) {
	path := socketPath(t)
	first, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != os.ModeSocket|socketMode {
		t.Errorf("the socket is %v, %v", info.Mode(), err)
	}
	if _, err := listen(path); err == nil || !strings.Contains(err.Error(), "another process serves it") {
		t.Errorf("a second listener: %v", err)
	}
	first.UnixListener.Close() // as if it had crashed: the file stays
	second, err := listen(path)
	if err != nil {
		t.Fatalf("in the place of a stale socket: %v", err)
	}
	first.close()
	if conn, err := net.Dial("unix", path); err != nil {
		t.Errorf("the first listener removed the socket of the second: %v", err)
	} else {
		conn.Close()
	}
	second.close()
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is still there")
	}
}

func TestListenRefuses(t *testing.T) {
	path := socketPath(t)
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(path); err == nil || !strings.Contains(err.Error(), "no socket is in the way") {
		t.Errorf("with a file in the way: %v", err)
	}
	if _, err := listen("/nonexistent/engine.sock"); err == nil || !strings.Contains(err.Error(), "/nonexistent/engine.sock") {
		t.Errorf("in a folder that is missing: %v", err)
	}
}
