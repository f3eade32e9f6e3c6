package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
		asRoot      bool
	}{
		{"with Landlock", "role=child", true, false},
		{"without Landlock", "role=child-without-landlock", false, false},
		{"as root", "role=child", true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.landlock && !hasLandlock {
				t.Skip("this kernel has no Landlock")
			}
			if test.asRoot && os.Getuid() != 0 {
				t.Skip("not root")
			}
			socket := startPlain(t, test.child, test.asRoot)
			client := newClient(socket)
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
			if len(report) < 60 {
				t.Errorf("only %d attempts were made", len(report))
			}
			for attempt, outcome := range report {
				readable := strings.HasPrefix(attempt, "read: ") && !test.landlock
				switch {
				case readable && outcome != "open":
					t.Errorf("%s: %s, and without Landlock nothing is there to close it", attempt, outcome)
				case !readable && outcome != "operation not permitted" && outcome != "permission denied" &&
					!strings.HasSuffix(outcome, ": permission denied") && !strings.HasSuffix(outcome, ": operation not permitted") &&
					!expected(attempt, outcome):
					t.Errorf("%s: %s", attempt, outcome)
				}
			}
			checkStatus(t, pid)
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

// expected knows the attempts that are closed by another error than a refusal.
func expected(attempt, outcome string) bool {
	switch attempt {
	case "process: clone3":
		return outcome == "function not implemented" // so that the C library uses clone
	case "write: source":
		return outcome == "bad file descriptor" // opened for reading
	case "write: too much":
		return outcome == "file too large"
	}
	return false
}

// checkStatus looks from outside at every thread of a child.
func checkStatus(t *testing.T, pid int) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(threads) < 2 {
		t.Fatalf("threads of %d: %v, %v", pid, threads, err)
	}
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

// startPlain starts a confined supervisor, as nobody when the test is root and asRoot is false, from a copy of this
// program that nobody can read.
func startPlain(t *testing.T, child string, asRoot bool) (socket string) {
	t.Helper()
	socket = socketPath(t)
	folder := filepath.Dir(socket)
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(folder, "engine")
	if err := errors.Join(os.WriteFile(copied, program, 0o755), os.Chmod(folder, 0o777)); err != nil {
		t.Fatal(err)
	}
	process := exec.Command(copied, "role=confined-supervisor", child, "--socket="+socket)
	process.Stderr = os.Stderr
	process.Env = []string{"SECRET=key"}
	if os.Getuid() == 0 && !asRoot {
		process.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Process.Kill()
		process.Wait()
	})
	return socket
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
