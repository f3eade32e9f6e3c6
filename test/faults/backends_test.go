package faults

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/test/standalone"
)

// hold is how long a backend stays away; above half a minute it shows the deadlines of requests.
var hold = flag.Duration("hold", 2*time.Second, "how long a backend stays away")

// longestRequest is how long a request may take, whatever is broken.
const longestRequest = 50 * time.Second

// TestBackendsAwayUnderLoad takes the database and the bucket of two replicas away in every way, while files are uploaded
// and delivered.
func TestBackendsAwayUnderLoad(t *testing.T) {
	replicas, database, store := replicate(t)
	signal := func(signal syscall.Signal) func() error {
		return func() error { return store.Process().Signal(signal) }
	}
	load := startLoad(t, replicas)
	for _, fault := range []struct {
		name         string
		strike, mend func() error
	}{
		{"database stopped", database.Stop, database.Run},
		{"database paused", database.Pause, database.Resume},
		{"bucket stopped", func() error { store.Stop(); return nil }, func() error { return store.Run(t.Context()) }},
		{"bucket paused", signal(syscall.SIGSTOP), signal(syscall.SIGCONT)},
	} {
		stored := load.stored()
		load.until(t, "uploads before: "+fault.name, func() bool { return load.stored() > stored+3 })
		if err := fault.strike(); err != nil {
			t.Fatalf("%s: %v", fault.name, err)
		}
		time.Sleep(*hold)
		if err := fault.mend(); err != nil {
			t.Fatalf("%s: %v", fault.name, err)
		}
		stored = load.stored()
		load.until(t, "uploads after: "+fault.name, func() bool { return load.stored() > stored+3 })
	}
	load.stop()
	t.Log(load)
	for publicID, want := range load.acknowledged {
		if status, content := fetch(t, replicas[0], "/raw/upload/"+publicID); status != http.StatusOK || md5Of(content) != want {
			t.Errorf("%s was acknowledged and is delivered as %d, %d bytes", publicID, status, len(content))
		}
	}
	if len(load.wrong) > 0 {
		t.Errorf("answers that must never be: %v", load.wrong)
	}
	if load.slowest > longestRequest {
		t.Errorf("a request took %s", load.slowest)
	}
}

// load is a steady load on replicas.
type load struct {
	done  chan struct{}
	group sync.WaitGroup

	mu sync.Mutex
	// acknowledged are the MD5s of uploads by public ID, outcomes the answers by what was asked.
	acknowledged map[string]string
	outcomes     map[string]int
	wrong        []string
	slowest      time.Duration
}

func startLoad(t *testing.T, replicas []*standalone.Renderer) *load {
	t.Helper()
	l := &load{done: make(chan struct{}), acknowledged: map[string]string{}, outcomes: map[string]int{}}
	for n, r := range replicas {
		l.group.Go(func() {
			for i := 0; l.goesOn(); i++ {
				publicID, content := fmt.Sprintf("load-%d-%d", n, i), noise(t, 10_000+i)
				began := time.Now()
				got := upload(t, r, publicID, content)
				l.note("upload", got.status, got.message, began)
				if got.status == http.StatusOK {
					l.mu.Lock()
					l.acknowledged[publicID] = md5Of(content)
					l.mu.Unlock()
				}
			}
		})
		l.group.Go(func() {
			for l.goesOn() {
				publicID, want := l.any()
				if publicID == "" {
					continue
				}
				began := time.Now()
				status, content := fetch(t, r, "/raw/upload/"+publicID)
				l.note("delivery", status, "", began)
				if status == http.StatusOK && md5Of(content) != want || status < http.StatusInternalServerError && status != http.StatusOK {
					l.mu.Lock()
					l.wrong = append(l.wrong, fmt.Sprintf("%s: %d with %d bytes", publicID, status, len(content)))
					l.mu.Unlock()
				}
			}
		})
	}
	t.Cleanup(l.stop)
	return l
}

func (l *load) goesOn() bool {
	select {
	case <-l.done:
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}

func (l *load) any() (publicID, md5 string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for publicID, md5 := range l.acknowledged {
		return publicID, md5
	}
	return "", ""
}

func (l *load) note(kind string, status int, message string, began time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outcomes[fmt.Sprintf("%s %d %s", kind, status, message)]++
	l.slowest = max(l.slowest, time.Since(began))
}

func (l *load) stored() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acknowledged)
}

func (l *load) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * longestRequest); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s\n%s", what, l)
		}
	}
}

// stop ends the load. It may be called again.
func (l *load) stop() {
	l.mu.Lock()
	select {
	case <-l.done:
	default:
		close(l.done)
	}
	l.mu.Unlock()
	l.group.Wait()
}

// String is the load in figures.
func (l *load) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := fmt.Sprintf("%d uploads acknowledged, longest request %s", len(l.acknowledged), l.slowest)
	for _, outcome := range slices.Sorted(maps.Keys(l.outcomes)) {
		text += fmt.Sprintf("\n%s: %d", outcome, l.outcomes[outcome])
	}
	return text
}
