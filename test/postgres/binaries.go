package postgres

import (
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// newestBinaries is the folder of the newest PostgreSQL that Debian has installed.
func newestBinaries() (string, error) {
	servers, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	if len(servers) == 0 {
		return "", ErrUnavailable
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
