package postgres

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Stop ends the server at once, without saving anything but what was committed. A server that does not run is none to stop.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	// SIGQUIT is an immediate shutdown, which takes the server's own children along.
	if err := s.process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	s.process = nil
	select {
	case <-s.ended: //nolint:errcheck // a server that was interrupted ends with an error of no interest
		return nil
	case <-time.After(startTimeout):
		return errors.New("the server does not end")
	}
}

// Pause freezes the server and all connections that it serves: they stay open and nothing comes of them.
func (s *Server) Pause() error { return s.signal(syscall.SIGSTOP) }

// Resume lets a paused server go on.
func (s *Server) Resume() error { return s.signal(syscall.SIGCONT) }

// signal reaches the server, which then has no more children than there are, and those.
func (s *Server) signal(signal syscall.Signal) error {
	if err := s.process.Signal(signal); err != nil {
		return err
	}
	children, err := childrenOf(s.process.Pid)
	if err != nil {
		return err
	}
	for _, child := range children {
		if err := syscall.Kill(child, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal process %d: %w", child, err)
		}
	}
	return nil
}

// childrenOf lists the child processes of a process.
func childrenOf(parent int) ([]int, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var children []int
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // It has ended.
		}
		// pid (name) state parent …, where a name may hold anything.
		fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
		if len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return nil, err
		}
		children = append(children, child)
	}
	return children, nil
}
