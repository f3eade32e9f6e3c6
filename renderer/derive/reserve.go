package derive

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
)

const (
	// reservation is how long a key that is reserved may wait for its row before it is garbage. The first half of it may
	// pass in stock.
	reservation = time.Hour
	// maxStock bounds how many keys are reserved at once.
	maxStock = 16
)

// stock holds keys of objects that are reserved ahead: a transaction for each file to come would cost as much as entering
// the file does. Those that nobody takes become garbage that never was.
type stock struct {
	mu    sync.Mutex
	keys  []string
	until time.Time
	// size is how many keys were reserved last: few where little is made, so that little is thrown away.
	size int
}

// reserve gives the key of an object that may be written, and must have its row before half a reservation has passed.
func (d *Deriver) reserve(ctx context.Context) (string, error) {
	s := &d.stock
	s.mu.Lock()
	defer s.mu.Unlock()
	now := d.now()
	switch {
	case s.until.Sub(now) < reservation/2:
		s.keys, s.size = nil, 1
	case len(s.keys) == 0:
		s.size = min(2*s.size, maxStock)
	}
	if len(s.keys) == 0 {
		keys := make([]string, s.size)
		for i := range keys {
			keys[i] = bucket.NewKey("derived")
		}
		until := now.Add(reservation)
		if err := d.library.ReserveObjects(ctx, keys, until); err != nil {
			return "", unavailable("The database", fmt.Errorf("reserve objects: %w", err))
		}
		s.keys, s.until = keys, until
	}
	last := len(s.keys) - 1
	key := s.keys[last]
	s.keys = s.keys[:last]
	return key, nil
}
