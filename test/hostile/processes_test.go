package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// process is a line of the table of processes.
type process struct {
	id, parent int
	arguments  []string
}

// processes are all there are.
func processes() []process {
	paths, _ := filepath.Glob("/proc/[0-9]*/status")
	var all []process
	for _, path := range paths {
		status, err := os.ReadFile(path)
		if err != nil {
			continue // it is gone
		}
		p := process{}
		p.id, _ = strconv.Atoi(filepath.Base(filepath.Dir(path)))
		p.parent = number(string(status), "PPid:")
		arguments, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		p.arguments = strings.Split(strings.TrimSuffix(string(arguments), "\x00"), "\x00")
		all = append(all, p)
	}
	return all
}

// number is the first one behind a word at the beginning of a line.
func number(text, word string) int {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, word); ok {
			n, _ := strconv.Atoi(strings.Fields(rest + " 0")[0])
			return n
		}
	}
	return 0
}

// engine is the supervisor and its children below a renderer.
func engine(renderer int) (supervisor int, children []int) {
	all := processes()
	for _, p := range all {
		if p.parent == renderer {
			supervisor = p.id
		}
	}
	for _, p := range all {
		if p.parent == supervisor && supervisor != 0 {
			children = append(children, p.id)
		}
	}
	return supervisor, children
}

// meter follows how much memory the processes that decode hold at most. A process's own mark is read often, so that little
// of what it did before it was killed is missed.
type meter struct {
	mu   sync.Mutex
	most int64
	stop chan struct{}
	done sync.WaitGroup
}

// startMeter measures until the test ends.
func startMeter(t *testing.T, renderer int) *meter {
	m := &meter{stop: make(chan struct{})}
	m.done.Go(func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		var children []int
		for i := 0; ; i++ {
			if i%10 == 0 {
				_, children = engine(renderer)
			}
			for _, child := range children {
				status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", child))
				if err != nil {
					continue
				}
				m.mu.Lock()
				m.most = max(m.most, int64(number(string(status), "VmHWM:"))<<10)
				m.mu.Unlock()
			}
			select {
			case <-ticker.C:
			case <-m.stop:
				return
			}
		}
	})
	t.Cleanup(func() {
		close(m.stop)
		m.done.Wait()
	})
	return m
}

// take is the most since it was last asked. Marks are set back where that is allowed; elsewhere one file answers for those
// before it, too.
func (m *meter) take(renderer int) int64 {
	_, children := engine(renderer)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, child := range children {
		folder := fmt.Sprintf("/proc/%d/", child)
		status, _ := os.ReadFile(folder + "status")
		m.most = max(m.most, int64(number(string(status), "VmHWM:"))<<10)
		_ = os.WriteFile(folder+"clear_refs", []byte("5"), 0)
	}
	most := m.most
	m.most = 0
	return most
}

// descriptors is how many files a process has open; -1 when that may not be seen.
func descriptors(id int) int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", id))
	if err != nil {
		return -1
	}
	return len(entries)
}

// filesBelow are the files in a folder and below, by path.
func filesBelow(t *testing.T, folder string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found[path] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
