package sandbox

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// escape tries, from inside the sandbox, what must not work, and reports what each attempt gave: an error, or "open".
func escape(source engine.Source) map[string]string {
	file, victim := source.Context["file"], source.Context["victim"]
	parent := os.Getppid()
	victimID, _ := strconv.Atoi(victim)
	socket := connectedSocket()
	call := func(number uintptr, arguments ...uintptr) error {
		var a [6]uintptr
		copy(a[:], arguments)
		if _, _, errno := unix.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]); errno != 0 {
			return errno
		}
		return nil
	}
	open := func(path string, flags int) error {
		descriptor, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o600)
		if err != nil {
			return err
		}
		return unix.Close(descriptor)
	}
	read := func(path string) error {
		_, err := os.ReadFile(path)
		return err
	}
	attempts := map[string]func() error{
		"network: tcp socket":      func() error { _, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0); return err },
		"network: tcp6 socket":     func() error { _, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM, 0); return err },
		"network: unix socket":     func() error { _, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0); return err },
		"network: netlink socket":  func() error { _, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, 0); return err },
		"network: connect":         func() error { return call(unix.SYS_CONNECT, uintptr(socket), 0, 0) },
		"network: bind":            func() error { return call(unix.SYS_BIND, uintptr(socket), 0, 0) },
		"network: listen":          func() error { return call(unix.SYS_LISTEN, uintptr(socket), 1) },
		"network: accept":          func() error { return call(unix.SYS_ACCEPT4, uintptr(socket), 0, 0, 0) },
		"network: pass descriptor": func() error { return unix.Sendmsg(socket, []byte{0}, unix.UnixRights(0), nil, 0) },
		"io_uring":                 func() error { return call(unix.SYS_IO_URING_SETUP, 1, 0) },

		"program: exec":   func() error { return syscall.Exec("/bin/true", []string{"true"}, nil) },
		"program: execat": func() error { return call(unix.SYS_EXECVEAT, 0, 0, 0, 0, unix.AT_EMPTY_PATH) },
		"program: start": func() error {
			_, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{})
			return err
		},
		"process: clone": func() error { return call(unix.SYS_CLONE, uintptr(unix.SIGCHLD)) },
		"process: clone into a namespace": func() error {
			return call(unix.SYS_CLONE, unix.CLONE_VM|unix.CLONE_SIGHAND|unix.CLONE_THREAD|unix.CLONE_NEWNET)
		},
		"process: clone3": func() error { return call(unix.SYS_CLONE3, 0, 0) },

		"others: ptrace":         func() error { return unix.PtraceAttach(parent) },
		"others: read memory":    func() error { return call(unix.SYS_PROCESS_VM_READV, uintptr(parent), 0, 0, 0, 0, 0) },
		"others: write memory":   func() error { return call(unix.SYS_PROCESS_VM_WRITEV, uintptr(parent), 0, 0, 0, 0, 0) },
		"others: signal":         func() error { return unix.Kill(victimID, 0) },
		"others: signal thread":  func() error { return unix.Tgkill(victimID, victimID, 0) },
		"others: signal group":   func() error { return unix.Kill(0, 0) },
		"others: signal queue":   func() error { return call(unix.SYS_RT_SIGQUEUEINFO, uintptr(victimID), 0, 0) },
		"others: descriptor":     func() error { return call(unix.SYS_PIDFD_OPEN, uintptr(parent), 0) },
		"others: signal by file": func() error { _, err := unix.FcntlInt(uintptr(socket), unix.F_SETOWN, victimID); return err },
		"others: limits": func() error {
			return unix.Prlimit(parent, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1, Max: 1}, nil)
		},
		"others: environment of the supervisor": func() error { return read(fmt.Sprintf("/proc/%d/environ", parent)) },
		"others: environment of the sibling":    func() error { return read("/proc/" + victim + "/environ") },
		"others: memory of the supervisor":      func() error { return open(fmt.Sprintf("/proc/%d/mem", parent), unix.O_RDONLY) },

		"kernel: mount":          func() error { return unix.Mount("none", "/mnt", "tmpfs", 0, "") },
		"kernel: umount":         func() error { return unix.Unmount("/proc", 0) },
		"kernel: new namespaces": func() error { return unix.Unshare(unix.CLONE_NEWUSER) },
		"kernel: enter":          func() error { return unix.Setns(0, 0) },
		"kernel: bpf":            func() error { return call(unix.SYS_BPF, 0, 0, 0) },
		"kernel: perf":           func() error { return call(unix.SYS_PERF_EVENT_OPEN, 0, 0, 0, 0, 0) },
		"kernel: keys":           func() error { return call(unix.SYS_KEYCTL, 0, 0) },
		"kernel: kexec":          func() error { return call(unix.SYS_KEXEC_LOAD, 0, 0, 0, 0) },
		"kernel: module":         func() error { return call(unix.SYS_FINIT_MODULE, 0, 0, 0) },
		"kernel: userfaultfd":    func() error { return call(unix.SYS_USERFAULTFD, 1) },
		"kernel: terminal":       func() error { return unix.IoctlSetPointerInt(1, unix.TIOCSTI, 0) },
		"kernel: become root":    func() error { return call(unix.SYS_SETUID, 0) },
		"kernel: be dumpable":    func() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) },
		"kernel: outlive":        func() error { return unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) },

		"write: open":            func() error { return open(file, unix.O_WRONLY) },
		"write: open both ways":  func() error { return open(file, unix.O_RDWR) },
		"write: create":          func() error { return open(file+".new", unix.O_CREAT|unix.O_WRONLY) },
		"write: create, reading": func() error { return open(file+".new", unix.O_CREAT) },
		"write: truncate":        func() error { return open(file, unix.O_TRUNC) },
		"write: truncate by name": func() error {
			return unix.Truncate(file, 0)
		},
		"write: reopen the source": func() error { return open(fmt.Sprintf("/proc/self/fd/%d", source.File.Fd()), unix.O_RDWR) },
		"write: source":            func() error { _, err := unix.Write(int(source.File.Fd()), []byte("x")); return err },
		"write: mode of source":    func() error { return unix.Fchmod(int(source.File.Fd()), 0o666) },
		"write: remove":            func() error { return unix.Unlink(file) },
		"write: rename":            func() error { return unix.Rename(file, file+".renamed") },
		"write: link":              func() error { return unix.Symlink(file, file+".link") },
		"write: directory":         func() error { return unix.Mkdir(file+".folder", 0o700) },
		"write: attributes":        func() error { return unix.Setxattr(file, "user.x", nil, 0) },
		"write: too much": func() error {
			descriptor, err := unix.MemfdCreate("much", 0)
			if err != nil {
				return err
			}
			defer unix.Close(descriptor)
			return unix.Ftruncate(descriptor, maxFileSize+1)
		},

		"read: file":    func() error { return read(file) },
		"read: folder":  func() error { _, err := os.ReadDir("/"); return err },
		"read: users":   func() error { return read("/etc/passwd") },
		"read: command": func() error { return read("/proc/self/cmdline") },
	}
	report := make(map[string]string, len(attempts))
	for name, attempt := range attempts {
		report[name] = "open"
		if err := attempt(); err != nil {
			report[name] = err.Error()
		}
	}
	return report
}

// connectedSocket is the descriptor of the connection to the supervisor.
func connectedSocket() int {
	for descriptor := range 1024 {
		var status unix.Stat_t
		if unix.Fstat(descriptor, &status) == nil && status.Mode&unix.S_IFMT == unix.S_IFSOCK {
			return descriptor
		}
	}
	return -1
}
