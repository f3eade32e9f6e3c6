// Package port finds ports for servers of tests that are told where to listen.
package port

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// The ports to choose from are below those that Linux gives to connections, and to listeners that ask for any (32768 to
// 60999), and below those of Kubernetes for nodes (30000 to 32767): before a server starts, and while it is stopped, its
// port would else be given to a client or a server of another test on this machine.
const (
	lowest  = 10000
	highest = 29999
)

// attempts bounds how many ports are tried.
const attempts = 100

// taken are sockets whose names say which ports this process has found. They are open for as long as it runs.
var (
	mu    sync.Mutex
	taken []net.Listener
)

// Free is an address, host:port, where nothing listens, and which no process is given again before this one ends. host is
// an IP address of this machine.
func Free(host string) (string, error) {
	var last error
	for range attempts {
		address := net.JoinHostPort(host, strconv.Itoa(lowest+rand.IntN(highest-lowest+1)))
		if last = take(address); last == nil {
			return address, nil
		}
		if !errors.Is(last, syscall.EADDRINUSE) {
			break
		}
	}
	return "", fmt.Errorf("finding a port: %w", last)
}

// take keeps an address for this process. The error is EADDRINUSE where another has it, or something listens there.
func take(address string) error {
	// A name that is not in the file system, is seen by whoever sees the ports, and goes with the process.
	name, err := net.Listen("unix", "@darkroom-test-port-"+address)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return errors.Join(err, name.Close())
	}
	mu.Lock()
	taken = append(taken, name)
	mu.Unlock()
	return listener.Close()
}
