package derive

import (
	"net/http"
	"sync"
	"time"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	// failureAge is how long a permanent problem is remembered.
	failureAge = time.Minute
	// failureLimit bounds how many are.
	failureLimit = 4096
)

// failures remembers permanent problems for a short time, so that a broken URL that is asked for again and again
// costs no engine time. A new version of the asset has another key, and so a clean record.
type failures struct {
	now func() time.Time
	mu  sync.Mutex
	m   map[Key]failure
}

type failure struct {
	problem *problem.Problem
	until   time.Time
}

func newFailures(now func() time.Time) *failures {
	return &failures{now: now, m: make(map[Key]failure)}
}

// recall gives the problem that key is known for, or nil.
func (f *failures) recall(key Key) *problem.Problem {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.m[key]
	if !ok {
		return nil
	}
	if !f.now().Before(known.until) {
		delete(f.m, key)
		return nil
	}
	return known.problem
}

// remember keeps p for key unless it is transient, or about something that the next upload may bring.
func (f *failures) remember(key Key, p *problem.Problem) {
	if p.Transient || p.Status == http.StatusNotFound {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if len(f.m) >= failureLimit {
		for k, known := range f.m {
			if !now.Before(known.until) {
				delete(f.m, k)
			}
		}
	}
	for k := range f.m {
		if len(f.m) < failureLimit {
			break
		}
		delete(f.m, k)
	}
	f.m[key] = failure{problem: p, until: now.Add(failureAge)}
}
