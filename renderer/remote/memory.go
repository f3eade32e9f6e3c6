package remote

import (
	"sync"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// remembered bounds each of the memories below, in entries; two generations are kept.
const remembered = 8192

// generations is a bounded map: when the young one is full it becomes the old one, and what is asked for moves back.
type generations[K comparable, V any] struct {
	mu         sync.Mutex
	young, old map[K]V
}

func newGenerations[K comparable, V any]() *generations[K, V] {
	return &generations[K, V]{young: make(map[K]V)}
}

func (g *generations[K, V]) get(key K) (V, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if value, ok := g.young[key]; ok {
		return value, true
	}
	value, ok := g.old[key]
	if ok {
		g.insert(key, value)
	}
	return value, ok
}

func (g *generations[K, V]) put(key K, value V) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.insert(key, value)
}

func (g *generations[K, V]) insert(key K, value V) {
	if len(g.young) >= remembered {
		g.old, g.young = g.young, make(map[K]V)
	}
	g.young[key] = value
}

// times remembers until when versions are current, by version ID. Another replica may have noted a later time; then
// there is one comparison too many.
type times = generations[string, time.Time]

func newTimes() *times { return newGenerations[string, time.Time]() }

// How long a failure is remembered, so that a source that fails is not asked by every request.
const (
	permanentAge = time.Minute
	transientAge = 5 * time.Second
)

// failures remembers what was wrong with sources.
type failures struct {
	now   func() time.Time
	known *generations[library.Key, failure]
}

type failure struct {
	problem *problem.Problem
	until   time.Time
}

func newFailures(now func() time.Time) *failures {
	return &failures{now: now, known: newGenerations[library.Key, failure]()}
}

func (f *failures) recall(key library.Key) *problem.Problem {
	known, ok := f.known.get(key)
	if !ok || !f.now().Before(known.until) {
		return nil
	}
	return known.problem
}

func (f *failures) remember(key library.Key, p *problem.Problem) {
	age := permanentAge
	if p.Transient {
		age = transientAge
	}
	f.known.put(key, failure{problem: p, until: f.now().Add(age)})
}
