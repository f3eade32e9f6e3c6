package fetch

import (
	"reflect"
	"sync"
)

// Kept keeps one Fetcher and makes a new one only when the options change, so that connections are kept. The zero value
// is ready, and safe for concurrent use.
type Kept struct {
	mu      sync.Mutex
	options Options
	fetcher *Fetcher
}

// Fetcher is a Fetcher with options.
func (k *Kept) Fetcher(options Options) (*Fetcher, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fetcher != nil && reflect.DeepEqual(options, k.options) {
		return k.fetcher, nil
	}
	fetcher, err := New(options)
	if err != nil {
		return nil, err
	}
	if k.fetcher != nil {
		k.fetcher.Close()
	}
	k.options, k.fetcher = options, fetcher
	return fetcher, nil
}
