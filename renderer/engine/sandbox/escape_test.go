package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// zeros is what calls are given to read that must not even look at it.
var zeros [64]byte

// escape tries, from inside the sandbox, what must not work, and reports what each attempt gave: an error, or "open".
func escape(source engine.Source) map[string]string {
	file, victim := source.Context["file"], source.Context["victim"]
	parent := os.Getppid()
	empty := uintptr(unsafe.Pointer(&zeros))
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
		"network: socket pair":     func() error { return call(unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_STREAM, 0, 0) },
		"network: connect":         func() error { return call(unix.SYS_CONNECT, uintptr(socket), 0, 0) },
		"network: bind":            func() error { return call(unix.SYS_BIND, uintptr(socket), 0, 0) },
		"network: listen":          func() error { return call(unix.SYS_LISTEN, uintptr(socket), 1) },
		"network: accept":          func() error { return call(unix.SYS_ACCEPT4, uintptr(socket), 0, 0, 0) },
		"network: pass descriptor": func() error { return unix.Sendmsg(socket, []byte{0}, unix.UnixRights(0), nil, 0) },
		"network: pass many":       func() error { return call(unix.SYS_SENDMMSG, uintptr(socket), 0, 0, 0) },
		"network: send":            func() error { return call(unix.SYS_SENDTO, uintptr(socket), 0, 0, 0, 0, 0) },
		"network: whose socket":    func() error { return call(unix.SYS_GETPEERNAME, uintptr(socket), 0, 0) },
		"network: socket options":  func() error { return unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_PASSCRED, 1) },

		"program: exec":   func() error { return syscall.Exec("/bin/true", []string{"true"}, nil) },
		"program: execat": func() error { return call(unix.SYS_EXECVEAT, 0, 0, 0, 0, unix.AT_EMPTY_PATH) },
		"program: start": func() error {
			_, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{})
			return err
		},
		"program: in memory": func() error {
			program, err := unix.MemfdCreate("program", 0)
			if err != nil {
				return err
			}
			defer unix.Close(program)
			if _, err := unix.Write(program, []byte("#!/bin/true\n")); err != nil {
				return err
			}
			return call(unix.SYS_EXECVEAT, uintptr(program), empty, empty, 0, unix.AT_EMPTY_PATH)
		},
		"process: fork":  func() error { return call(unix.SYS_FORK) },
		"process: vfork": func() error { return call(unix.SYS_VFORK) },
		"process: clone": func() error { return call(unix.SYS_CLONE, uintptr(unix.SIGCHLD)) },
		"process: clone into a namespace": func() error {
			return call(unix.SYS_CLONE, unix.CLONE_VM|unix.CLONE_SIGHAND|unix.CLONE_THREAD|unix.CLONE_NEWNET)
		},
		"process: clone3": func() error { return call(unix.SYS_CLONE3, 0, 0) },

		"others: ptrace":              func() error { return unix.PtraceAttach(parent) },
		"others: read memory":         func() error { return call(unix.SYS_PROCESS_VM_READV, uintptr(parent), 0, 0, 0, 0, 0) },
		"others: write memory":        func() error { return call(unix.SYS_PROCESS_VM_WRITEV, uintptr(parent), 0, 0, 0, 0, 0) },
		"others: signal":              func() error { return unix.Kill(victimID, 0) },
		"others: signal thread":       func() error { return unix.Tgkill(victimID, victimID, 0) },
		"others: signal group":        func() error { return unix.Kill(0, 0) },
		"others: kill the supervisor": func() error { return unix.Kill(parent, unix.SIGKILL) },
		"others: kill everybody":      func() error { return unix.Kill(-1, 0) },
		"others: signal a thread":     func() error { return call(unix.SYS_TKILL, uintptr(victimID), 0) },
		"others: signal by thread queue": func() error {
			return call(unix.SYS_RT_TGSIGQUEUEINFO, uintptr(victimID), uintptr(victimID), 0, 0)
		},
		"others: signal by descriptor": func() error { return call(unix.SYS_PIDFD_SEND_SIGNAL, 0, 0, 0, 0) },
		"others: steal a descriptor":   func() error { return call(unix.SYS_PIDFD_GETFD, 0, 0, 0) },
		"others: compare":              func() error { return call(unix.SYS_KCMP, uintptr(parent), uintptr(parent), 0, 0, 0) },
		"others: robust list":          func() error { return call(unix.SYS_GET_ROBUST_LIST, uintptr(parent), empty, empty) },
		"others: priority":             func() error { return unix.Setpriority(unix.PRIO_PROCESS, victimID, 19) },
		"others: priority of I/O":      func() error { return call(unix.SYS_IOPRIO_SET, 1, uintptr(victimID), 0) },
		"others: processors":           func() error { return call(unix.SYS_SCHED_SETAFFINITY, uintptr(victimID), 8, empty) },
		"others: scheduler":            func() error { return call(unix.SYS_SCHED_SETSCHEDULER, uintptr(victimID), 5, empty) },
		"others: scheduling":           func() error { return call(unix.SYS_SCHED_SETATTR, uintptr(victimID), empty, 0) },
		"others: pages":                func() error { return call(unix.SYS_MOVE_PAGES, uintptr(parent), 0, 0, 0, 0, 0) },
		"others: advise memory":        func() error { return call(unix.SYS_PROCESS_MADVISE, 0, 0, 0, 0, 0) },
		"others: shared memory":        func() error { return call(unix.SYS_SHMGET, 0, 4096, 0o600|unix.IPC_CREAT) },
		"others: semaphores":           func() error { return call(unix.SYS_SEMGET, 0, 1, 0o600|unix.IPC_CREAT) },
		"others: messages":             func() error { return call(unix.SYS_MSGGET, 0, 0o600|unix.IPC_CREAT) },
		"others: message queue":        func() error { return call(unix.SYS_MQ_OPEN, empty, 0, 0, 0) },
		"others: watch files":          func() error { return call(unix.SYS_INOTIFY_INIT1, 0) },
		"others: signal queue":         func() error { return call(unix.SYS_RT_SIGQUEUEINFO, uintptr(victimID), 0, 0) },
		"others: descriptor":           func() error { return call(unix.SYS_PIDFD_OPEN, uintptr(parent), 0) },
		"others: signal by file":       func() error { _, err := unix.FcntlInt(uintptr(socket), unix.F_SETOWN, victimID); return err },
		"others: limits": func() error {
			return unix.Prlimit(parent, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1, Max: 1}, nil)
		},
		"others: environment of the supervisor": func() error { return read(fmt.Sprintf("/proc/%d/environ", parent)) },
		"others: environment of the sibling":    func() error { return read("/proc/" + victim + "/environ") },
		"others: memory of the supervisor":      func() error { return open(fmt.Sprintf("/proc/%d/mem", parent), unix.O_RDONLY) },

		"others: files of the supervisor":     func() error { return open(fmt.Sprintf("/proc/%d/fd/0", parent), unix.O_RDONLY) },
		"others: folder of the supervisor":    func() error { return open(fmt.Sprintf("/proc/%d/root", parent), unix.O_PATH) },
		"others: files of the first process":  func() error { return read("/proc/1/environ") },
		"others: memory of the first process": func() error { return open("/proc/1/mem", unix.O_RDONLY) },

		"kernel: io_uring":            func() error { return call(unix.SYS_IO_URING_SETUP, 1, 0) },
		"kernel: enter io_uring":      func() error { return call(unix.SYS_IO_URING_ENTER, 0, 0, 0, 0, 0, 0) },
		"kernel: register io_uring":   func() error { return call(unix.SYS_IO_URING_REGISTER, 0, 0, 0, 0) },
		"kernel: add a key":           func() error { return call(unix.SYS_ADD_KEY, empty, empty, 0, 0, 0) },
		"kernel: request a key":       func() error { return call(unix.SYS_REQUEST_KEY, empty, empty, 0, 0) },
		"kernel: load a module":       func() error { return call(unix.SYS_INIT_MODULE, 0, 0, 0) },
		"kernel: log":                 func() error { return call(unix.SYS_SYSLOG, 10, 0, 0) },
		"kernel: reboot":              func() error { return call(unix.SYS_REBOOT, 0, 0, 0, 0) },
		"kernel: swap":                func() error { return call(unix.SYS_SWAPON, empty, 0) },
		"kernel: accounting":          func() error { return call(unix.SYS_ACCT, 0) },
		"kernel: clock":               func() error { return call(unix.SYS_CLOCK_SETTIME, 0, empty) },
		"kernel: host name":           func() error { return unix.Sethostname([]byte("x")) },
		"kernel: ports":               func() error { return call(unix.SYS_IOPERM, 0, 1, 1) },
		"kernel: port level":          func() error { return call(unix.SYS_IOPL, 3) },
		"kernel: segments":            func() error { return call(unix.SYS_MODIFY_LDT, 0, 0, 0) },
		"kernel: personality":         func() error { return call(unix.SYS_PERSONALITY, 0xffffffff) },
		"kernel: file by handle":      func() error { return call(unix.SYS_OPEN_BY_HANDLE_AT, 0, empty, 0) },
		"kernel: handle of a file":    func() error { return call(unix.SYS_NAME_TO_HANDLE_AT, 0, empty, 0, 0, 0) },
		"kernel: watch all files":     func() error { return call(unix.SYS_FANOTIFY_INIT, 0, 0) },
		"kernel: new root":            func() error { return unix.Chroot("/") },
		"kernel: swap roots":          func() error { return unix.PivotRoot("/", "/") },
		"kernel: mount by descriptor": func() error { return call(unix.SYS_FSOPEN, empty, 0) },
		"kernel: clone a mount":       func() error { return call(unix.SYS_OPEN_TREE, 0, empty, 0) },
		"kernel: move a mount":        func() error { return call(unix.SYS_MOVE_MOUNT, 0, empty, 0, empty, 0) },
		"kernel: change a mount":      func() error { return call(unix.SYS_MOUNT_SETATTR, 0, empty, 0, 0, 0) },
		"kernel: secret memory":       func() error { return call(unix.SYS_MEMFD_SECRET, 0) },
		"kernel: splice":              func() error { return call(unix.SYS_SPLICE, 0, 0, 0, 0, 0, 0) },
		"kernel: splice memory":       func() error { return call(unix.SYS_VMSPLICE, 0, 0, 0, 0) },
		"kernel: filter of its own":   func() error { return call(unix.SYS_SECCOMP, 0, 0, 0) },
		"kernel: capabilities":        func() error { return call(unix.SYS_CAPSET, 0, 0) },
		"kernel: be a group":          func() error { return call(unix.SYS_SETGROUPS, 0, 0) },
		"kernel: foreign calls":       func() error { return call(unix.SYS_GETPID | 0x4000_0000) }, // of the x32 ABI
		"kernel: calls to come":       func() error { return call(4000) },
		"kernel: more memory": func() error {
			return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY})
		},
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
		"write: map of source": func() error {
			_, err := unix.Mmap(int(source.File.Fd()), 0, 1, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
			return err
		},
		"write: extend source":      func() error { return unix.Fallocate(int(source.File.Fd()), 0, 0, 1<<20) },
		"write: owner of source":    func() error { return unix.Fchown(int(source.File.Fd()), 0, 0) },
		"write: lock of source":     func() error { return unix.Flock(int(source.File.Fd()), unix.LOCK_EX) },
		"write: time":               func() error { return unix.Utimes(file, nil) },
		"write: mode":               func() error { return unix.Chmod(file, 0o777) },
		"write: owner":              func() error { return unix.Chown(file, 0, 0) },
		"write: hard link":          func() error { return unix.Link(file, file+".hard") },
		"write: device":             func() error { return unix.Mknod(file+".device", unix.S_IFCHR|0o600, 0x103) },
		"write: pipe with a name":   func() error { return unix.Mkfifo(file+".pipe", 0o600) },
		"write: file without name":  func() error { return open(filepath.Dir(file), unix.O_TMPFILE|unix.O_RDWR) },
		"write: own memory by name": func() error { return open("/proc/self/mem", unix.O_RDWR) },
		"write: own score":          func() error { return open("/proc/self/oom_score_adj", unix.O_WRONLY) },
		"write: program":            func() error { return open("/proc/self/exe", unix.O_RDWR) },
		"write: other way to open": func() error {
			return call(unix.SYS_OPENAT2, uintptr(unix.AT_FDCWD&(1<<64-1)), empty, 0, 0)
		},
		"write: remove":     func() error { return unix.Unlink(file) },
		"write: rename":     func() error { return unix.Rename(file, file+".renamed") },
		"write: link":       func() error { return unix.Symlink(file, file+".link") },
		"write: directory":  func() error { return unix.Mkdir(file+".folder", 0o700) },
		"write: attributes": func() error { return unix.Setxattr(file, "user.x", nil, 0) },
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
		"read: mounts":  func() error { return read("/proc/self/mountinfo") },
		"read: program": func() error { return open("/proc/self/exe", unix.O_RDONLY) },
	}
	// A socket of every family that there is or may come.
	for family := range 64 {
		attempts[fmt.Sprintf("network: socket of family %d", family)] = func() error {
			return call(unix.SYS_SOCKET, uintptr(family), unix.SOCK_STREAM, 0)
		}
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
