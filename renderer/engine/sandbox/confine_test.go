package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	landlocksyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// TestEscape tries the walls from inside, as in production: under a confined supervisor and, where the test may
// choose, as a user without rights.
func TestEscape(t *testing.T) {
	landlock, err := landlocksyscall.LandlockGetABIVersion()
	hasLandlock := err == nil && landlock > 0
	for _, test := range []struct {
		name, child string
		landlock    bool
		start       func(*testing.T, string) *plain
	}{
		{"with Landlock", "role=child", true, asNobody},
		{"without Landlock", "role=child-without-landlock", false, asNobody},
		{"as root", "role=child", true, asRoot},
		{"in a container", "role=child", true, inContainer},
		{"in a container without Landlock", "role=child-without-landlock", false, inContainer},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.landlock && !hasLandlock {
				t.Skip("this kernel has no Landlock")
			}
			supervisor := test.start(t, test.child)
			client := newClient(supervisor.socket)
			ready(t, client)
			sibling := hold(t.Context(), t, client, "wait", patience)

			job := request(t, "escape")
			job.Source.Context = map[string]string{"file": secretFile(t), "victim": fmt.Sprint(sibling.pid)}
			result, err := client.Render(t.Context(), job)
			if err != nil {
				t.Fatal(err)
			}
			pid := result.Width
			var report map[string]string
			if err := json.Unmarshal([]byte(contentAndClose(t, result)), &report); err != nil {
				t.Fatal(err)
			}
			if len(report) < 190 {
				t.Errorf("only %d attempts were made", len(report))
			}
			for attempt, outcome := range report {
				readable := strings.HasPrefix(attempt, "read: ") && !test.landlock
				switch {
				case readable && outcome != "open":
					t.Errorf("%s: %s, and without Landlock nothing is there to close it", attempt, outcome)
				case !readable && !refused(outcome) && !expected(attempt, outcome):
					t.Errorf("%s: %s", attempt, outcome)
				}
			}
			checkStatus(t, supervisor.process(t, pid))
			if again, _ := mustRender(t, client, "use threads"); again != pid {
				t.Errorf("the child %d was replaced by %d", pid, again)
			}
			sibling.release.Close()
			if err := <-sibling.result; err != nil {
				t.Errorf("the sibling: %v", err)
			}
		})
	}
}

// refused says whether an attempt ended with a refusal.
func refused(outcome string) bool {
	return outcome == "operation not permitted" || outcome == "permission denied" ||
		strings.HasSuffix(outcome, ": permission denied") || strings.HasSuffix(outcome, ": operation not permitted")
}

// expected knows the attempts that are closed by another error than a refusal.
func expected(attempt, outcome string) bool {
	switch attempt {
	case "process: clone3", "write: other way to open", "kernel: foreign calls":
		return outcome == "function not implemented" // so that the C library uses clone, and openat
	case "write: source", "write: extend source":
		return outcome == "bad file descriptor" // opened for reading
	case "write: too much":
		return outcome == "file too large"
	}
	return false
}

// checkStatus looks from outside at every thread of a child.
func checkStatus(t *testing.T, pid int) {
	t.Helper()
	var threads []string
	eventually(t, "several threads", func() bool { // A program that has just begun has one.
		threads, _ = filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid)) // The pattern is none that fails.
		return len(threads) > 1
	})
	for _, thread := range threads {
		status, err := os.ReadFile(thread)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"NoNewPrivs:\t1", "Seccomp:\t2", "CapInh:\t0000000000000000", "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "CapAmb:\t0000000000000000"} {
			if !strings.Contains(string(status), want+"\n") {
				t.Errorf("%s lacks %q", thread, want)
			}
		}
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		t.Skipf("the limits of a process that is not dumpable: %v", err)
	}
	for line := range strings.Lines(string(limits)) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "Max core file size") && (fields[4] != "0" || fields[5] != "0") {
			t.Errorf("core files are not off: %s", line)
		}
	}
}

// plain is a confined supervisor that runs a copy of this program.
type plain struct {
	socket string
	// id is the number of its process.
	id int
	// contained says that it counts processes by itself.
	contained bool
}

// process is the number here of a process of the supervisor that gives itself this number.
func (p *plain) process(t *testing.T, own int) int {
	t.Helper()
	if !p.contained {
		return own
	}
	statuses, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range statuses {
		status, err := os.ReadFile(path)
		if err != nil {
			continue // it is gone
		}
		var outside, inside int
		_, numbers, _ := strings.Cut(string(status), "\nNSpid:")
		if n, _ := fmt.Sscanf(numbers, "%d %d\n", &outside, &inside); n == 2 && inside == own && strings.Contains(string(status), fmt.Sprintf("\nPPid:\t%d\n", p.id)) {
			return outside
		}
	}
	t.Fatalf("no process of %d calls itself %d", p.id, own)
	return 0
}

// asNobody starts a supervisor as a user without rights, where the test may choose.
func asNobody(t *testing.T, child string) *plain {
	t.Helper()
	attributes := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		attributes.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return startPlain(t, attributes, "role=confined-supervisor", child)
}

func asRoot(t *testing.T, child string) *plain {
	t.Helper()
	needRoot(t)
	return startPlain(t, nil, "role=confined-supervisor", child)
}

// inContainer starts a supervisor as a container runtime does: in namespaces of its own, as a user without rights, on a
// root that cannot be written to.
func inContainer(t *testing.T, child string) *plain {
	t.Helper()
	needRoot(t)
	p := startPlain(t, &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWNET | unix.CLONE_NEWUTS,
	}, "role=contained-supervisor", child)
	p.contained = true
	return p
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("not root")
	}
}

// nobody is the number of a user and of a group without rights.
const nobody = 65534

// startPlain starts a copy of this program that nobody can write to.
func startPlain(t *testing.T, attributes *syscall.SysProcAttr, role, child string) *plain {
	t.Helper()
	socket := socketPath(t)
	folder := filepath.Dir(socket)
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(folder, "engine")
	if err := errors.Join(os.WriteFile(copied, program, 0o755), os.Chmod(folder, 0o777)); err != nil {
		t.Fatal(err)
	}
	process := exec.Command(copied, role, child, "--socket="+socket)
	process.Stderr = os.Stderr
	process.Env = []string{"SECRET=key"}
	process.SysProcAttr = attributes
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Process.Kill()
		process.Wait()
	})
	return &plain{socket: socket, id: process.Process.Pid}
}

// enterContainer gives this process, which is in namespaces of its own already, a root to read and one folder to write to,
// and takes its rights.
func enterContainer(folder string) error {
	for _, step := range []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return unix.Mount(folder, folder, "", unix.MS_BIND, "") },
		func() error { return unix.Mount("proc", "/proc", "proc", 0, "") },
		func() error { return unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "") },
		func() error { return syscall.Setgroups(nil) },
		func() error { return syscall.Setgid(nobody) },
		func() error { return syscall.Setuid(nobody) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := os.WriteFile("/in-the-way", nil, 0o600); !errors.Is(err, unix.EROFS) {
		return fmt.Errorf("the root can be written to: %w", err)
	}
	return nil
}

// secretFile is a file that everybody may read, as a mounted Secret may be.
func secretFile(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "secrets")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	path := filepath.Join(folder, "token")
	if err := errors.Join(os.WriteFile(path, []byte("token"), 0o666), os.Chmod(path, 0o666), os.Chmod(folder, 0o777)); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestDocumentedCalls holds the list of docs/sandbox.md to that of the filter.
func TestDocumentedCalls(t *testing.T) {
	content, err := os.ReadFile("../../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(content), "| for | calls |")
	var documented []string
	for line := range strings.Lines(table) {
		_, calls, found := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		if line == "\n" && len(documented) > 0 {
			break
		}
		for i, word := range strings.Split(calls, "`") {
			if found && i%2 == 1 {
				documented = append(documented, word)
			}
		}
	}
	allowed := childCalls()
	for _, call := range childConditions(1) {
		allowed = append(allowed, call.Name)
	}
	slices.Sort(documented)
	slices.Sort(allowed)
	if allowed = slices.Compact(allowed); !slices.Equal(documented, allowed) {
		t.Errorf("documented are\n%q, allowed are\n%q", documented, allowed)
	}
}

func TestConfineSupervisor(t *testing.T) {
	command := childCommand(t, "role=confined")
	output, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, output)
	}
}

// reportConfinedSupervisor confines this process as a supervisor and tells what is wrong with that.
func reportConfinedSupervisor() error {
	if err := ConfineSupervisor(); err != nil {
		return err
	}
	var wrong []error
	for name, family := range map[string]int{"inet": unix.AF_INET, "inet6": unix.AF_INET6, "netlink": unix.AF_NETLINK, "packet": unix.AF_PACKET, "vsock": unix.AF_VSOCK} {
		if _, err := unix.Socket(family, unix.SOCK_DGRAM, 0); !errors.Is(err, unix.EPERM) {
			wrong = append(wrong, fmt.Errorf("a socket of the family %s: %w", name, err))
		}
	}
	if _, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0); err != nil {
		wrong = append(wrong, fmt.Errorf("a unix socket: %w", err))
	}
	if _, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0); errno != unix.EPERM {
		wrong = append(wrong, fmt.Errorf("io_uring: %w", errno))
	}
	if err := unix.PtraceAttach(1); !errors.Is(err, unix.EPERM) {
		wrong = append(wrong, fmt.Errorf("ptrace: %w", err))
	}
	if output, err := exec.Command("/bin/true").CombinedOutput(); err != nil {
		wrong = append(wrong, fmt.Errorf("starting a program: %w: %s", err, output))
	}
	return errors.Join(wrong...)
}
