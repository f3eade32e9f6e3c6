package sandbox

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// usualMemory bounds a child where nothing bounds the engine, in bytes.
const usualMemory = 2 << 30

// shareOfMemory is how much of the engine's memory one child may take, in quarters. What children take together may be
// more: then the kernel ends one of them, and on some nodes the whole engine with it, which a single picture shall not.
const shareOfMemory = 3

// defaultMemory is what a child may take when nothing is said, in bytes: three quarters of the memory limit of the
// engine's control group.
func defaultMemory() int64 {
	// Version 2 of control groups, then version 1, each as a container sees it.
	return memoryOf("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
}

func memoryOf(files ...string) int64 {
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		// "max", or a number beyond all memory, is no limit.
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64); err == nil && limit > 0 && limit < 1<<50 {
			return limit / 4 * shareOfMemory
		}
	}
	return usualMemory
}

// limitMemory bounds the private memory that a process may have mapped for writing, in bytes; it cannot raise that itself.
func limitMemory(pid int, bytes int64) error {
	limit := unix.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	if err := unix.Prlimit(pid, unix.RLIMIT_DATA, &limit, nil); err != nil {
		return fmt.Errorf("limiting the memory of a child: %w", err)
	}
	return nil
}

// ranOut tells by its last words whether a process died because it could not have more memory.
func ranOut(words string) bool {
	for _, said := range []string{
		"out of memory",          // Go
		"cannot allocate memory", // Go, for threads
		"failed to allocate",     // GLib
		"std::bad_alloc",         // C++
		"memory allocation of",   // Rust
		"Cannot allocate memory", // the C library
		"pthread_create failed",  // Go's cgo
		"insufficient memory",    // libjpeg
	} {
		if strings.Contains(words, said) {
			return true
		}
	}
	return false
}

// tooMuchMemory is the problem of a picture that takes more memory than a child may have. The same would happen again.
func tooMuchMemory(cause error) *problem.Problem {
	return problem.BadRequest("The picture takes too much memory to process").Because(cause)
}
