package catalog

import (
	"io"
	"net"
	"sync"
	"testing"
)

// proxy stands between a client and a server and can cut the line.
type proxy struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	cut   bool
	lines map[net.Conn]bool
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, server: server, lines: map[net.Conn]bool{}}
	t.Cleanup(func() {
		_ = listener.Close()
		p.set(true)
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.carry(client)
		}
	}()
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// set cuts the line, with all that is open, or mends it.
func (p *proxy) set(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	if cut {
		for line := range p.lines {
			_ = line.Close()
		}
		clear(p.lines)
	}
}

func (p *proxy) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	p.mu.Lock()
	if p.cut {
		p.mu.Unlock()
		return
	}
	p.lines[client], p.lines[server] = true, true
	p.mu.Unlock()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	_, _ = io.Copy(client, server)
}
