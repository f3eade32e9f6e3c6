package delivery

import (
	"context"
	"sync"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// Rows looks assets up in the library.
type Rows interface {
	Asset(ctx context.Context, key library.Key) (*library.Asset, error)
	AssetByID(ctx context.Context, assetID string) (*library.Asset, error)
}

// Assets remembers rows, so that a hot picture costs no query. It is right only while every change of an asset is
// followed by Invalidate before the change is answered: the library must have one writer, this process. Misses are not
// remembered. The rows it gives are shared and must not be changed.
type Assets struct {
	rows  Rows
	limit int

	mu         sync.Mutex
	young, old map[library.Key]*library.Asset
	// changes counts invalidations: a row that was read before one is not remembered after it.
	changes uint64
}

// NewAssets remembers about twice limit rows; with a limit of 0 every lookup is a query.
func NewAssets(rows Rows, limit int) *Assets {
	return &Assets{rows: rows, limit: limit, young: make(map[library.Key]*library.Asset)}
}

// Remembered gives the row of key if it is remembered, or nil.
func (a *Assets) Remembered(key library.Key) *library.Asset {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.recall(key)
}

// recall gives the row of key if it is remembered, or nil. The caller holds the lock.
func (a *Assets) recall(key library.Key) *library.Asset {
	known := a.young[key]
	if known == nil {
		if known = a.old[key]; known != nil {
			a.insert(key, known)
		}
	}
	return known
}

// Asset gives the row of key, or library.ErrNotFound.
func (a *Assets) Asset(ctx context.Context, key library.Key) (*library.Asset, error) {
	a.mu.Lock()
	known := a.recall(key)
	changes := a.changes
	a.mu.Unlock()
	if known != nil {
		return known, nil
	}
	asset, err := a.rows.Asset(ctx, key)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limit > 0 && a.changes == changes {
		a.insert(key, asset)
	}
	return asset, nil
}

// AssetByID gives the row of an asset ID, or library.ErrNotFound. It is not remembered.
func (a *Assets) AssetByID(ctx context.Context, assetID string) (*library.Asset, error) {
	return a.rows.AssetByID(ctx, assetID)
}

// Invalidate forgets the row of key.
func (a *Assets) Invalidate(key library.Key) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changes++
	delete(a.young, key)
	delete(a.old, key)
}

// InvalidateAll forgets all rows.
func (a *Assets) InvalidateAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changes++
	a.young, a.old = make(map[library.Key]*library.Asset), nil
}

// insert puts a row into the young generation. The caller holds the lock.
func (a *Assets) insert(key library.Key, asset *library.Asset) {
	if len(a.young) >= a.limit {
		a.old, a.young = a.young, make(map[library.Key]*library.Asset)
	}
	a.young[key] = asset
}
