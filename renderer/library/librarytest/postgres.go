package librarytest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// startTimeout bounds how long a server may take to start and to stop.
const startTimeout = 60 * time.Second

// postgres is a running server whose files and socket are in directory.
type postgres struct {
	directory string
	process   *os.Process
	ended     <-chan error
}

// startPostgres makes and starts a server. It returns nil when PostgreSQL is not installed.
func startPostgres() (*postgres, error) {
	binaries, err := postgresBinaries()
	if err != nil || binaries == "" {
		return nil, err
	}
	attributes, owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	directory, err := os.MkdirTemp("", "librarytest-")
	if err != nil {
		return nil, err
	}
	p := &postgres{directory: directory}
	if err := p.start(binaries, attributes, owner); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *postgres) start(binaries string, attributes *syscall.SysProcAttr, owner int) error {
	if err := os.Chown(p.directory, owner, -1); err != nil {
		return err
	}
	data := filepath.Join(p.directory, "data")
	// A locale that sorts unlike bytes, so that a query that leans on the locale is found out.
	initdb := exec.Command(filepath.Join(binaries, "initdb"), "--pgdata="+data, "--username=postgres", "--auth=trust", "--no-sync",
		"--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")
	initdb.SysProcAttr, initdb.Dir = attributes, p.directory
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	server := exec.Command(filepath.Join(binaries, "postgres"), "-D", data, "-k", p.directory, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB", "-c", "max_connections=200")
	var log bytes.Buffer
	// The server ends with the test, however that ends.
	mortal := *attributes
	mortal.Pdeathsig = syscall.SIGQUIT
	server.SysProcAttr, server.Dir, server.Stdout, server.Stderr = &mortal, p.directory, &log, &log
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		// The kernel ends the server with the thread that has started it, so this thread has to live as long.
		runtime.LockOSThread()
		if err := server.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		ended <- server.Wait()
	}()
	if err := <-started; err != nil {
		return err
	}
	p.process, p.ended = server.Process, ended
	if err := p.ready(); err != nil {
		return errors.Join(err, p.kill(), fmt.Errorf("the server's log:\n%s", log.String()))
	}
	return nil
}

// ready waits until the server takes connections.
func (p *postgres) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		connection, err := pgx.Connect(ctx, p.dsn("postgres"))
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case ended := <-p.ended:
			return fmt.Errorf("the server has ended: %w", errors.Join(ended, err))
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// database makes an empty database that lives as long as the test.
func (p *postgres) database(t testing.TB) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	p.execute(t.Context(), t, "CREATE DATABASE "+name)
	t.Cleanup(func() { p.execute(context.Background(), t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return p.dsn(name)
}

func (p *postgres) execute(ctx context.Context, t testing.TB, statement string) {
	t.Helper()
	connection, err := pgx.Connect(ctx, p.dsn("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = connection.Exec(ctx, statement)
	if err := errors.Join(err, connection.Close(ctx)); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func (p *postgres) dsn(database string) string {
	return "host=" + p.directory + " user=postgres dbname=" + database
}

func (p *postgres) stop() error {
	return errors.Join(p.kill(), os.RemoveAll(p.directory))
}

// kill ends the server without saving anything.
func (p *postgres) kill() error {
	if p.process == nil {
		return nil
	}
	// SIGQUIT is an immediate shutdown, which takes the server's own children along.
	if err := p.process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	p.process = nil
	select {
	case <-p.ended: //nolint:errcheck // a server that was interrupted ends with an error of no interest
		return nil
	case <-time.After(startTimeout):
		return errors.New("the server does not end")
	}
}

// postgresBinaries is the folder of the newest PostgreSQL that Debian has installed, "" without one.
func postgresBinaries() (string, error) {
	servers, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(servers) == 0 {
		return "", err
	}
	version := func(server string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(server))))
		return n
	}
	newest := slices.MaxFunc(servers, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// unprivileged is how PostgreSQL is started: it refuses to run as root, so as the package's user then.
func unprivileged() (attributes *syscall.SysProcAttr, owner int, err error) {
	attributes = &syscall.SysProcAttr{}
	if os.Getuid() != 0 {
		return attributes, -1, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, 0, err
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, 0, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, 0, err
	}
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attributes, int(uid), nil
}
