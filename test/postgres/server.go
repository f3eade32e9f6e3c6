// Package postgres starts real PostgreSQL servers for tests, of Debian's package, which can be stopped, paused and
// started again.
package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/darkroom-media/darkroom/test/child"
	"github.com/darkroom-media/darkroom/test/port"
)

// ErrUnavailable says that this machine has no PostgreSQL. Tests skip on it, by name.
var ErrUnavailable = errors.New("PostgreSQL is not installed (Debian: postgresql-15)")

// Superuser is the owner of the server, Password what it says over TCP.
const (
	Superuser = "postgres"
	Password  = "postgres-test-password"
)

// startTimeout bounds how long a server may take to start and to stop.
const startTimeout = 60 * time.Second

// Server is a server whose files and socket are in a directory of its own.
type Server struct {
	directory, binaries string
	attributes          *syscall.SysProcAttr
	// host and port are where it listens, beside its socket; empty for nowhere.
	host, port string
	// settings are of the form name=value.
	settings []string

	process *os.Process
	ended   <-chan error
	log     *bytes.Buffer
}

// Launch makes a server and starts it. It listens on a socket in its directory, and at host too, unless that is empty.
// Settings are of the form name=value. It ends with the process that has launched it. The error is ErrUnavailable where
// there is no server to run.
func Launch(host string, settings ...string) (*Server, error) {
	binaries, err := newestBinaries()
	if err != nil {
		return nil, err
	}
	attributes, owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	directory, err := os.MkdirTemp("", "darkroom-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{directory: directory, binaries: binaries, attributes: attributes, host: host, settings: settings}
	if err := s.initialise(owner); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.Run(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) initialise(owner int) error {
	secret := filepath.Join(s.directory, "password")
	err := os.WriteFile(secret, []byte(Password), 0o600)
	for _, path := range []string{secret, s.directory} {
		err = errors.Join(err, os.Chown(path, owner, -1))
	}
	if err != nil {
		return err
	}
	// A locale that sorts unlike bytes, so that a query that leans on the locale is found out.
	initdb := exec.Command(filepath.Join(s.binaries, "initdb"), "--pgdata="+s.data(), "--username="+Superuser, "--auth-local=trust",
		"--auth-host=scram-sha-256", "--pwfile="+secret, "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")
	initdb.SysProcAttr, initdb.Dir = s.attributes, s.directory
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	if s.host == "" {
		return nil
	}
	address, err := port.Free(s.host)
	if err != nil {
		return err
	}
	if _, s.port, err = net.SplitHostPort(address); err != nil {
		return err
	}
	access, err := os.OpenFile(filepath.Join(s.data(), "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = access.WriteString("host all all all scram-sha-256\n")
	return errors.Join(err, access.Close())
}

func (s *Server) data() string { return filepath.Join(s.directory, "data") }

// Run starts a server that was stopped, with what it stored, and waits until it takes connections.
func (s *Server) Run() error {
	arguments := []string{"-D", s.data(), "-k", s.directory, "-c", "listen_addresses=" + s.host, "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "shared_buffers=32MB", "-c", "max_connections=200"}
	if s.port != "" {
		arguments = append(arguments, "-c", "port="+s.port)
	}
	for _, setting := range s.settings {
		arguments = append(arguments, "-c", setting)
	}
	server := exec.Command(filepath.Join(s.binaries, "postgres"), arguments...)
	s.log = &bytes.Buffer{}
	server.SysProcAttr, server.Dir, server.Stdout, server.Stderr = s.attributes, s.directory, s.log, s.log
	ended, err := child.Start(server, syscall.SIGQUIT)
	if err != nil {
		return err
	}
	s.process, s.ended = server.Process, ended
	if err := s.ready(); err != nil {
		return errors.Join(err, s.Stop(), fmt.Errorf("the server's log:\n%s", s.log.String()))
	}
	return nil
}

// ready waits until the server takes connections.
func (s *Server) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		connection, err := pgx.Connect(ctx, s.Socket(Superuser))
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case ended := <-s.ended:
			s.process = nil
			return fmt.Errorf("the server has ended: %w", errors.Join(ended, err))
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Socket is the connection string of a database over the server's socket, where everybody is believed.
func (s *Server) Socket(database string) string {
	dsn := "host=" + s.directory + " user=" + Superuser + " dbname=" + database
	if s.port != "" {
		dsn += " port=" + s.port
	}
	return dsn
}

// URL is the connection string of a database over TCP, with a password.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", Superuser, Password, net.JoinHostPort(s.host, s.port), database)
}

// Create makes an empty database with a name of its own.
func (s *Server) Create(ctx context.Context) (name string, err error) {
	return s.Copy(ctx, "template1")
}

// Copy makes a database with a name of its own that holds what another one does, which nobody may be using.
func (s *Server) Copy(ctx context.Context, template string) (name string, err error) {
	name = "test_" + strings.ToLower(rand.Text())
	return name, s.execute(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template)
}

// Drop removes a database, whoever uses it.
func (s *Server) Drop(ctx context.Context, name string) error {
	return s.execute(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
}

func (s *Server) execute(ctx context.Context, statement string) error {
	connection, err := pgx.Connect(ctx, s.Socket(Superuser))
	if err != nil {
		return err
	}
	_, err = connection.Exec(ctx, statement)
	if err := errors.Join(err, connection.Close(ctx)); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// Close stops the server and removes its files.
func (s *Server) Close() error {
	return errors.Join(s.Stop(), os.RemoveAll(s.directory))
}
