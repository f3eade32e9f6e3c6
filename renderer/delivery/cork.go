package delivery

import (
	"context"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// corkAbove is the length from which a body does not fit into the server's write buffer beside its headers.
const corkAbove = 4 << 10

// cork holds back what is written to a connection until all of an answer is there. net/http writes headers and the
// body of a picture in two system calls, and each would wake the client up.
type cork struct {
	connection syscall.RawConn
	set, clear func(descriptor uintptr)
}

type corkKey struct{}

// ConnContext is for http.Server.ConnContext: it lets a Handler send headers and body of an answer as one.
func ConnContext(ctx context.Context, connection net.Conn) context.Context {
	tcp, ok := connection.(syscall.Conn)
	if !ok {
		return ctx
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return ctx
	}
	// Without the option an answer is only slower.
	option := func(value int) func(uintptr) {
		return func(descriptor uintptr) {
			_ = unix.SetsockoptInt(int(descriptor), unix.IPPROTO_TCP, unix.TCP_CORK, value)
		}
	}
	return context.WithValue(ctx, corkKey{}, &cork{connection: raw, set: option(1), clear: option(0)})
}

// corked runs send with the connection corked when that pays for a body of this length.
func (x *exchange) corked(length int64, send func()) {
	c, ok := x.r.Context().Value(corkKey{}).(*cork)
	if !ok || length <= corkAbove {
		send()
		return
	}
	// An error is that of a closed connection, which send finds out as well.
	_ = c.connection.Control(c.set)
	send()
	_ = c.connection.Control(c.clear)
}
