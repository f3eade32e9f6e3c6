package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

const (
	// maxFileSize bounds every file that a child writes; a longer write fails.
	maxFileSize = 1 << 30
	// maxOpenFiles is what a child may have open: its libraries' files, and those of one job.
	maxOpenFiles = 1024
	// oomScore makes the kernel take a child, not the supervisor, when memory runs out.
	oomScore = "500"
)

// confinement is what a child tells the supervisor about its sandbox.
type confinement struct {
	// Landlock is the version of Landlock in force, 0 for none.
	Landlock int `json:"landlock"`
}

func (c *confinement) parse(body []byte) error {
	if err := json.Unmarshal(body, c); err != nil {
		return fmt.Errorf("decoding the report about the sandbox: %w", err)
	}
	return nil
}

// confine puts this process into the sandbox; there is no way back.
func confine() (confinement, error) {
	return confineWith(restrictFiles)
}

// confineWith confines with the given way to restrict which files can be opened.
func confineWith(restrictFiles func() (int, error)) (confinement, error) {
	return confineTo(restrictFiles, childPolicy())
}

// confineTo is confineWith with the calls that are allowed.
func confineTo(restrictFiles func() (int, error), calls policy) (confinement, error) {
	var c confinement
	// A kernel or a proc that does not let us only means that the kernel picks its victim by size.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte(oomScore), 0)

	// no_new_privs is a property of a thread; the filter, loaded from the same thread, carries it to all.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return c, fmt.Errorf("setting no_new_privs: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return c, fmt.Errorf("clearing dumpable: %w", err)
	}
	for _, limit := range []struct {
		name     string
		resource int
		value    uint64
	}{
		{"core", unix.RLIMIT_CORE, 0},
		{"fsize", unix.RLIMIT_FSIZE, maxFileSize},
		{"nofile", unix.RLIMIT_NOFILE, maxOpenFiles},
	} {
		if err := lower(limit.resource, limit.value); err != nil {
			return c, fmt.Errorf("setting the limit %s: %w", limit.name, err)
		}
	}
	var err error
	if c.Landlock, err = restrictFiles(); err != nil {
		return c, fmt.Errorf("restricting files by Landlock: %w", err)
	}
	if err := load(calls); err != nil {
		return c, fmt.Errorf("restricting system calls: %w", err)
	}
	return c, nil
}

// lower sets a resource limit, soft and hard, unless it is lower already.
func lower(resource int, value uint64) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(resource, &limit); err != nil {
		return err
	}
	limit.Max = min(limit.Max, value)
	limit.Cur = min(limit.Max, value)
	return unix.Setrlimit(resource, &limit)
}

// ConfineSupervisor closes to this process, for good, all sockets but unix ones, and hides its memory and
// environment from its children. It is for the engine's supervisor, to be called before Supervise.
func ConfineSupervisor() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// What whoever started us has left open would be left open to the children. Older kernels cannot do this at once, and
	// there it is for whoever starts us, as container runtimes do.
	if err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil && !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("confining the supervisor: keeping descriptors from the children: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("confining the supervisor: setting no_new_privs: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("confining the supervisor: clearing dumpable: %w", err)
	}
	if err := load(supervisorPolicy()); err != nil {
		return fmt.Errorf("confining the supervisor: restricting system calls: %w", err)
	}
	return nil
}
