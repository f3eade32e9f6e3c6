package delivery

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// stampPatience is how long a look at stamps may usually take before the row itself is asked for, whose query has a deadline of
// its own.
const stampPatience = 2 * time.Second

// StampedRows looks assets up in a library that other replicas change, too.
type StampedRows interface {
	Rows
	// Stamps gives a text for each of the assets that there are, and another one after every change of its row.
	Stamps(ctx context.Context, keys []library.Key) (map[library.Key]string, error)
}

// stamps looks at stamps. Those who ask at the same time share a query, and none shares one that had begun before it asked: what
// was changed before a request came is seen by it.
type stamps struct {
	rows     StampedRows
	patience time.Duration

	mu sync.Mutex
	// next is the query that has not begun yet; running says that there is a goroutine that will make it.
	next    *stampQuery
	running bool
}

// stampQuery is a query and, once done is closed, its result: no stamp where it has failed.
type stampQuery struct {
	keys  map[library.Key]struct{}
	done  chan struct{}
	found map[library.Key]string
}

// of is the stamp of an asset at some moment after the call; empty when there is no such asset, or that cannot be told.
func (s *stamps) of(ctx context.Context, key library.Key) string {
	s.mu.Lock()
	if s.next == nil {
		s.next = &stampQuery{keys: make(map[library.Key]struct{}), done: make(chan struct{})}
	}
	query := s.next
	query.keys[key] = struct{}{}
	if !s.running {
		s.running = true
		go s.run()
	}
	s.mu.Unlock()
	patience := time.NewTimer(s.patience)
	defer patience.Stop()
	select {
	case <-query.done:
		return query.found[key]
	case <-patience.C:
	case <-ctx.Done():
	}
	return ""
}

// run makes queries while somebody asks.
func (s *stamps) run() {
	for {
		s.mu.Lock()
		query := s.next
		s.next, s.running = nil, query != nil
		s.mu.Unlock()
		if query == nil {
			return
		}
		// Without the stamps rows are asked for one by one, and that says what is wrong.
		query.found, _ = s.rows.Stamps(context.Background(), slices.Collect(maps.Keys(query.keys)))
		close(query.done)
	}
}
