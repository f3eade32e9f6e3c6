package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// policy is a filter of system calls, and a call that it refuses.
type policy struct {
	build func(native *arch.Info) []seccomp.SyscallGroup
	// forbidden makes a call that the filter refuses with EPERM and that is harmless otherwise.
	forbidden func() error
}

// load puts a filter in force on all threads of this process. What the filter does not name is refused with EPERM:
// calls that are newer than the tables, and those of foreign ABIs.
func load(p policy) error {
	native, err := arch.GetInfo("")
	if err != nil {
		return fmt.Errorf("finding the system calls of this architecture: %w", err)
	}
	if len(native.SyscallNames) == 0 {
		return fmt.Errorf("the system calls of the architecture %s are not known", native.Name)
	}
	filter := seccomp.Filter{
		NoNewPrivs: true,
		Flag:       seccomp.FilterFlagTSync,
		Policy:     seccomp.Policy{DefaultAction: seccomp.ActionErrno, Syscalls: p.build(native)},
	}
	if err := seccomp.LoadFilter(filter); err != nil {
		return err
	}
	// The kernel reports a thread that cannot be synchronised in a way that the library takes for success.
	if err := p.forbidden(); !errors.Is(err, unix.EPERM) {
		return fmt.Errorf("the filter is not in force: a forbidden call gave %w", err)
	}
	return nil
}

// childPolicy is an allow-list.
func childPolicy() policy {
	return policy{
		build: func(native *arch.Info) []seccomp.SyscallGroup {
			return []seccomp.SyscallGroup{
				{Names: known(native, childCalls()), NamesWithCondtions: conditional(native, childConditions(os.Getpid())), Action: seccomp.ActionAllow},
				// The C library falls back to clone, whose flags can be checked, when it is told that there is no clone3.
				{Names: known(native, []string{"clone3", "openat2"}), Action: seccomp.ActionErrno&^0xffff | seccomp.Action(unix.ENOSYS)},
			}
		},
		forbidden: func() error {
			pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			if err == nil {
				unix.Close(pair[0])
				unix.Close(pair[1])
			}
			return err
		},
	}
}

// childCalls are the calls that Go, the C library, GLib and libvips need once they are initialised, whatever the
// arguments: memory, threads, time, and files that are open already. The most frequent ones come first, because
// kernels before 5.11 walk the list.
func childCalls() []string {
	return []string{
		"futex", "read", "write", "pread64", "mmap", "munmap", "madvise", "mprotect", "brk", "mremap",
		"epoll_pwait", "epoll_wait", "epoll_pwait2", "nanosleep", "clock_nanosleep", "clock_gettime", "sched_yield",
		"rt_sigreturn", "rt_sigprocmask", "rt_sigaction", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait", "sigaltstack",
		// open files
		"close", "close_range", "lseek", "readv", "writev", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2",
		"fstat", "newfstatat", "stat", "lstat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
		"getcwd", "getdents", "getdents64", "fstatfs", "statfs", "fadvise64", "ftruncate", "fallocate", "fsync",
		"fdatasync", "dup", "dup2", "dup3", "copy_file_range", "sendfile", "memfd_create", "recvmsg",
		"poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "eventfd", "eventfd2", "pipe", "pipe2",
		// threads and memory
		"set_robust_list", "set_tid_address", "rseq", "membarrier", "futex_waitv", "futex_wait",
		"futex_wake", "futex_requeue", "mincore", "mlock", "munlock", "mseal", "map_shadow_stack", "arch_prctl",
		"sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler", "getcpu",
		"exit", "exit_group", "restart_syscall",
		// time
		"clock_getres", "gettimeofday", "time", "times", "timer_create", "timer_settime", "timer_gettime", "timer_delete",
		"setitimer", "getitimer",
		// itself
		"getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups",
		"uname", "sysinfo", "getrusage", "getrlimit", "getrandom",
	}
}

// childConditions are the calls that a child needs with certain arguments.
func childConditions(pid int) []seccomp.NameWithConditions {
	const (
		writing    = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC | unix.O_TMPFILE&^unix.O_DIRECTORY
		namespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWUSER |
			unix.CLONE_NEWPID | unix.CLONE_NEWNET
	)
	conditions := []seccomp.NameWithConditions{
		// reading only
		{Name: "open", Conditions: seccomp.ArgumentConditions{{Argument: 1, Operation: seccomp.BitsNotSet, Value: writing}}},
		{Name: "openat", Conditions: seccomp.ArgumentConditions{{Argument: 2, Operation: seccomp.BitsNotSet, Value: writing}}},
		// threads, no processes
		{Name: "clone", Conditions: seccomp.ArgumentConditions{
			{Argument: 0, Operation: seccomp.BitsSet, Value: unix.CLONE_THREAD},
			{Argument: 0, Operation: seccomp.BitsNotSet, Value: namespaces},
		}},
		// signals to itself
		{Name: "tgkill", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: uint64(pid)}}},
		{Name: "kill", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: uint64(pid)}}},
		// its own limits, to read them
		{Name: "prlimit64", Conditions: seccomp.ArgumentConditions{
			{Argument: 0, Operation: seccomp.Equal, Value: 0},
			{Argument: 2, Operation: seccomp.Equal, Value: 0},
		}},
	}
	// names of threads and of memory areas
	for _, option := range []uint64{unix.PR_SET_NAME, unix.PR_GET_NAME, unix.PR_SET_VMA} {
		conditions = append(conditions, seccomp.NameWithConditions{Name: "prctl", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: option}}})
	}
	// Not F_SETOWN and F_SETSIG, by which the kernel would send a signal of our choice to any process.
	for _, command := range []uint64{unix.F_DUPFD, unix.F_GETFD, unix.F_SETFD, unix.F_GETFL, unix.F_SETFL, unix.F_DUPFD_CLOEXEC, unix.F_ADD_SEALS, unix.F_GET_SEALS} {
		conditions = append(conditions, seccomp.NameWithConditions{Name: "fcntl", Conditions: seccomp.ArgumentConditions{{Argument: 1, Operation: seccomp.Equal, Value: command}}})
	}
	return conditions
}

// supervisorPolicy allows what there is but for neverCalls, and sockets of the unix family only.
func supervisorPolicy() policy {
	return policy{
		build: func(native *arch.Info) []seccomp.SyscallGroup {
			refused := append(neverCalls(), "socket", "socketpair")
			names := slices.DeleteFunc(slices.Sorted(maps.Keys(native.SyscallNames)), func(name string) bool {
				return slices.Contains(refused, name)
			})
			unixOnly := seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: unix.AF_UNIX}}
			return []seccomp.SyscallGroup{{
				Names:              names,
				NamesWithCondtions: []seccomp.NameWithConditions{{Name: "socket", Conditions: unixOnly}, {Name: "socketpair", Conditions: unixOnly}},
				Action:             seccomp.ActionAllow,
			}}
		},
		forbidden: func() error {
			descriptor, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err == nil {
				unix.Close(descriptor)
			}
			return err
		},
	}
}

// neverCalls are the calls that neither a supervisor nor anything it starts has a use for: ways around the filter,
// into other processes and into the kernel.
func neverCalls() []string {
	return []string{
		"io_uring_setup", "io_uring_enter", "io_uring_register", "socketcall",
		"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd",
		"mount", "umount", "umount2", "mount_setattr", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
		"pivot_root", "chroot", "setns", "unshare", "swapon", "swapoff", "quotactl", "quotactl_fd", "acct",
		"bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key",
		"kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot",
		"iopl", "ioperm", "modify_ldt", "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
		"name_to_handle_at", "open_by_handle_at", "fanotify_init", "lookup_dcookie", "vhangup", "sethostname", "setdomainname",
	}
}

// known leaves out the calls that an architecture does not have: newer ones lack open, stat and their like.
func known(native *arch.Info, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		_, ok := native.SyscallNames[name]
		return !ok
	})
}

// conditional is known for calls with conditions.
func conditional(native *arch.Info, calls []seccomp.NameWithConditions) []seccomp.NameWithConditions {
	return slices.DeleteFunc(calls, func(call seccomp.NameWithConditions) bool {
		_, ok := native.SyscallNames[call.Name]
		return !ok
	})
}
