// Package s3server starts a real S3 server for tests: the versitygw that hack/s3server.sh builds, on a folder.
package s3server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/darkroom-media/darkroom/test/child"
	"github.com/darkroom-media/darkroom/test/port"
)

// ErrUnavailable says that this machine has no S3 server. Tests skip on it, by name.
var ErrUnavailable = errors.New("no S3 server: build one with hack/s3server.sh")

// Credentials of the server's owner.
const (
	AccessKeyID     = "AKIADARKROOMTEST"
	SecretAccessKey = "darkroom-test-secret"
)

// startDeadline bounds how long a server may take to answer.
const startDeadline = 20 * time.Second

// Server is a running server.
type Server struct {
	// URL is the endpoint, http://address:port.
	URL string
	// Folder holds a folder for each bucket.
	Folder string

	// versions says that buckets can keep versions of objects.
	versions        bool
	binary, address string
	process         *exec.Cmd
	ended           <-chan error
}

// Start runs a server on 127.0.0.1 until the test ends. Where there is none, the test is skipped.
func Start(t testing.TB) *Server {
	t.Helper()
	server, err := Launch(t.Context(), "127.0.0.1", t.TempDir())
	if errors.Is(err, ErrUnavailable) {
		t.Skipf("SKIP %s: %v", t.Name(), err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server
}

// StartVersioned is Start for a server whose buckets can keep versions of objects, as those with object lock do.
func StartVersioned(t testing.TB) *Server {
	t.Helper()
	server := Start(t)
	server.Stop()
	server.versions = true
	if err := server.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server
}

// Launch runs a server on a free port of an address of this machine. What it stores goes below folder. The caller
// stops it. The error is ErrUnavailable where there is no server to run.
func Launch(ctx context.Context, host, folder string) (*Server, error) {
	binary, err := binary()
	if err != nil {
		return nil, err
	}
	address, err := port.Free(host)
	if err != nil {
		return nil, fmt.Errorf("the S3 server: %w", err)
	}
	s := &Server{URL: "http://" + address, Folder: filepath.Join(folder, "buckets"), binary: binary, address: address}
	if err := s.Run(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Run starts a server that was stopped, on the same port and with what it stored, and waits until it answers.
func (s *Server) Run(ctx context.Context) error {
	metadata, accounts := filepath.Join(filepath.Dir(s.Folder), "metadata"), filepath.Join(filepath.Dir(s.Folder), "accounts")
	versions := filepath.Join(filepath.Dir(s.Folder), "versions")
	for _, folder := range []string{s.Folder, metadata, accounts, versions} {
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return fmt.Errorf("making a folder for the S3 server: %w", err)
		}
	}
	// Not every file system of a test has the extended attributes where it would keep metadata otherwise.
	s.process = exec.Command(s.binary, "--port", s.address, "--access", AccessKeyID, "--secret", SecretAccessKey, "--iam-dir", accounts, "--quiet",
		"posix", "--sidecar", metadata)
	if s.versions {
		s.process.Args = append(s.process.Args, "--versioning-dir", versions)
	}
	s.process.Args = append(s.process.Args, s.Folder)
	s.process.Env = []string{}
	var err error
	if s.ended, err = child.Start(s.process, syscall.SIGKILL); err != nil {
		return fmt.Errorf("starting the S3 server: %w", err)
	}
	deadline, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(deadline, http.MethodGet, s.URL, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			return response.Body.Close() // any answer is one
		}
		select {
		case <-deadline.Done():
			s.Stop()
			return fmt.Errorf("the S3 server does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop kills the server. What it stored stays. It may be called again.
func (s *Server) Stop() {
	if s.ended == nil {
		return
	}
	_ = s.process.Process.Kill()
	<-s.ended //nolint:errcheck // a server that was killed ends with an error of no interest
	s.ended = nil
}

// Process is the server's process, for signals.
func (s *Server) Process() *os.Process { return s.process.Process }

// Client speaks to the server as its owner.
func (s *Server) Client() *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &s.URL, UsePathStyle: true,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: AccessKeyID, SecretAccessKey: SecretAccessKey}, nil
		}),
	})
}

// binary is the server's, below the repository of this file.
func binary() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("finding the repository: no caller")
	}
	path := filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(file))), ".cache", "bin", "versitygw")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return "", ErrUnavailable
	} else if err != nil {
		return "", fmt.Errorf("looking for the S3 server: %w", err)
	}
	return path, nil
}
