package port

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestFree(t *testing.T) {
	// Those that Linux gives away itself.
	content, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		t.Skip(err)
	}
	first, err := strconv.Atoi(strings.Fields(string(content))[0])
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		address, err := Free("127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		host, digits, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := strconv.Atoi(digits); err != nil || n < lowest || n >= first || host != "127.0.0.1" {
			t.Errorf("%s, and Linux gives ports from %d on", address, first)
		}
		// Nothing listens there yet, and still nobody else is given it.
		if err := take(address); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%s is given again: %v", address, err)
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
	}
	if address, err := Free("192.0.2.1"); err == nil {
		t.Errorf("%s is an address of another machine", address)
	}
}

// TestWhatListensIsNotTaken asks for the port of a server that was not started by a test.
func TestWhatListensIsNotTaken(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := take(address); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("taking the address of a server: %v", err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := take(address); err != nil {
		t.Errorf("once it is gone: %v", err)
	}
}
