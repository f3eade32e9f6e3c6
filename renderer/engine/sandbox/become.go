package sandbox

import (
	"crypto/rand"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"github.com/landlock-lsm/go-landlock/landlock"
	landlocksyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// launchOrder is what a supervisor has a new process become.
type launchOrder struct {
	Program   string   `json:"program"`
	Arguments []string `json:"arguments"`
	// Files is how many files come behind the descriptors 0, 1 and 2. The program may open them anew for reading.
	Files int `json:"files"`
	// Writes says that one more comes behind them, in memory, that it may open anew for writing, too.
	Writes bool `json:"writes,omitempty"`
}

// Become has this process, which the supervisor has started, confine itself and turn into the program that the order names. It
// returns only when that fails; the caller then ends with the status and the words that the returned error says.
//
// The program is in the sandbox from its first instruction on. Nothing can be started from there: execve is allowed with three
// pointers that this process chooses by chance and that mean nothing in the program's memory.
func Become(order string) error {
	return become(order, restrictToProgram)
}

func become(text string, restrictFiles func(*launchOrder, []string) (int, error)) error {
	var order launchOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		return fmt.Errorf("decoding the order: %w", err)
	}
	needed, err := interpreter(order.Program)
	if err != nil {
		return err
	}
	call, err := newExecution(append([]string{order.Program}, order.Arguments...), os.Environ())
	if err != nil {
		return err
	}
	confine := func() (int, error) {
		version, err := restrictFiles(&order, needed)
		if err == nil && version == 0 && order.Writes {
			err = order.checkInMemory()
		}
		return version, err
	}
	if _, err := confineTo(confine, programPolicy(call, order.Writes)); err != nil {
		return err
	}
	return call.do()
}

// checkInMemory refuses files of the order that have a place among the others: without Landlock, what may open files for writing
// could open those.
func (o *launchOrder) checkInMemory() error {
	for i := range o.Files + 1 {
		target, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", firstFile+i))
		if err != nil {
			return fmt.Errorf("looking at a file of the program: %w", err)
		}
		if !strings.HasPrefix(target, anonymous) {
			return errors.New("this kernel has no Landlock, and a file of a program that writes is not in memory")
		}
	}
	return nil
}

// LaunchFailure ends a process that could not become a program: it says why, in the words that the supervisor knows.
func LaunchFailure(err error) {
	fmt.Fprintln(os.Stderr, launchWords+err.Error())
	os.Exit(launchFailed)
}

// interpreter gives the files that the kernel runs for a program: itself, and the one that loads its libraries.
func interpreter(program string) ([]string, error) {
	file, err := elf.Open(program)
	if err != nil {
		return nil, fmt.Errorf("reading the program: %w", err)
	}
	defer func() { _ = file.Close() }() // It was only read.
	needed := []string{program}
	for _, segment := range file.Progs {
		if segment.Type != elf.PT_INTERP {
			continue
		}
		name := make([]byte, min(segment.Filesz, 4096))
		if _, err := segment.ReadAt(name, 0); err != nil {
			return nil, fmt.Errorf("reading what loads the program: %w", err)
		}
		needed = append(needed, strings.TrimRight(string(name), "\x00"))
	}
	return needed, nil
}

// restrictToProgram leaves to this process the reading of libraries and of the files of the order, and the start of the program;
// see restrictFiles.
func restrictToProgram(order *launchOrder, programs []string) (int, error) {
	version, err := landlocksyscall.LandlockGetABIVersion()
	if err != nil || version <= 0 {
		return 0, nil
	}
	const reading = landlocksyscall.AccessFSReadFile
	rules := []landlock.Rule{
		landlock.PathAccess(reading|landlocksyscall.AccessFSReadDir, readable()...).IgnoreIfMissing(),
		landlock.PathAccess(reading|landlocksyscall.AccessFSExecute, programs...),
	}
	for i := range order.Files {
		name := fmt.Sprintf("/proc/self/fd/%d", firstFile+i)
		target, err := os.Readlink(name)
		if err != nil {
			return 0, fmt.Errorf("looking at a file of the program: %w", err)
		}
		// Landlock knows no files without a place among the others, and does not keep them from being opened.
		if strings.HasPrefix(target, "/") && !strings.HasPrefix(target, anonymous) {
			rules = append(rules, landlock.PathAccess(reading, name))
		}
	}
	if err := landlock.V9.BestEffort().RestrictPaths(rules...); err != nil {
		return 0, fmt.Errorf("version %d: %w", version, err)
	}
	return version, nil
}

const (
	// firstFile is the descriptor of the first file that a program gets.
	firstFile = 3
	// anonymous is what the kernel calls files in memory.
	anonymous = "/memfd:"
)

// execution is one call of execve, with its arguments at an address chosen by chance.
type execution struct{ path, arguments, environment uintptr }

// newExecution lays out the arguments of a call of execve.
func newExecution(arguments, environment []string) (*execution, error) {
	const word = int(unsafe.Sizeof(uintptr(0)))
	size := (len(arguments) + len(environment) + 2) * word
	for _, text := range append(slices.Clip(arguments), environment...) {
		if strings.ContainsRune(text, 0) {
			return nil, errors.New("an argument has a zero byte")
		}
		size += len(text) + 1
	}
	page := uintptr(os.Getpagesize())
	// The beginning inside of the first page is by chance, too: with the page, about 42 bits that a program would have to guess, by a
	// call for each guess.
	offset := int(chance()%uint64(page)) &^ (word - 1)
	length := (uintptr(offset+size) + page - 1) &^ (page - 1)
	base, err := reserve(length)
	if err != nil {
		return nil, err
	}
	memory, err := unix.Mmap(-1, 0, offset+size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("getting memory for the arguments: %w", err)
	}
	at := offset
	text := offset + (len(arguments)+len(environment)+2)*word
	list := func(texts []string) uintptr {
		start := base + uintptr(at)
		for _, t := range texts {
			binary.NativeEndian.PutUint64(memory[at:], uint64(base+uintptr(text)))
			at += word
			text += copy(memory[text:], t) + 1
		}
		at += word // a null pointer ends it
		return start
	}
	e := &execution{path: base + uintptr(text)}
	e.arguments = list(arguments)
	e.environment = list(environment)
	moved, _, errno := unix.Syscall6(unix.SYS_MREMAP, uintptr(unsafe.Pointer(&memory[0])), length, length, unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, base, 0)
	if errno != 0 || moved != base {
		return nil, fmt.Errorf("moving the arguments: %w", errno)
	}
	return e, nil
}

// reserve takes pages for itself that begin where chance has it: below what 64-bit kernels give to programs, and above what
// programs are loaded to.
func reserve(length uintptr) (uintptr, error) {
	const tries = 100
	for range tries {
		base := (uintptr(chance()%(1<<45)) + 1<<32) &^ uintptr(os.Getpagesize()-1)
		got, _, errno := unix.Syscall6(unix.SYS_MMAP, base, length, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED_NOREPLACE, ^uintptr(0), 0)
		if errno == 0 && got == base {
			return base, nil
		}
	}
	return 0, errors.New("no place in memory for the arguments")
}

// chance is 64 bits that nobody can guess.
func chance() uint64 {
	var bits [8]byte
	_, _ = rand.Read(bits[:]) // Never fails.
	return binary.NativeEndian.Uint64(bits[:])
}

// do returns only when it fails.
func (e *execution) do() error {
	_, _, errno := unix.Syscall(unix.SYS_EXECVE, e.path, e.arguments, e.environment)
	return fmt.Errorf("starting the program: %w", errno)
}

// programPolicy is childPolicy with one call of execve and, for a program that writes, with opening files for that, too: which,
// is up to Landlock, which leaves those in memory, and to the rights of the engine's user.
func programPolicy(call *execution, writes bool) policy {
	p := childPolicy()
	child := p.build
	p.build = func(native *arch.Info) []seccomp.SyscallGroup {
		groups := child(native)
		if writes {
			groups[0].NamesWithCondtions = slices.DeleteFunc(groups[0].NamesWithCondtions, func(c seccomp.NameWithConditions) bool { return c.Name == "open" || c.Name == "openat" })
			groups[0].Names = append(groups[0].Names, known(native, []string{"open", "openat"})...)
		}
		groups[0].NamesWithCondtions = append(groups[0].NamesWithCondtions, seccomp.NameWithConditions{Name: "execve", Conditions: seccomp.ArgumentConditions{
			{Argument: 0, Operation: seccomp.Equal, Value: uint64(call.path)},
			{Argument: 1, Operation: seccomp.Equal, Value: uint64(call.arguments)},
			{Argument: 2, Operation: seccomp.Equal, Value: uint64(call.environment)},
		}})
		return groups
	}
	return p
}
