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

// Assets remembers rows, so that a hot picture costs no query, or only its part of one. Misses are not remembered. The rows
// it gives are shared and must not be changed.
type Assets struct {
	rows  Rows
	limit int
	// stamps tell whether a row that is remembered still holds; nil where nobody else changes any.
	stamps *stamps

	mu         sync.Mutex
	young, old map[library.Key]*rememberedRow
	// changes counts invalidations: a row that was read before one is not remembered after it.
	changes uint64
}

type rememberedRow struct {
	asset *library.Asset
	// stamp is that of the row, or of an earlier state of it; empty when nobody has asked for it yet.
	stamp string
}

// NewAssets remembers about twice limit rows; with a limit of 0 every lookup is a query. It is right only while every change
// of an asset is followed by Invalidate before the change is answered: the library must have one writer, this process.
func NewAssets(rows Rows, limit int) *Assets {
	return &Assets{rows: rows, limit: limit, young: make(map[library.Key]*rememberedRow)}
}

// NewSharedAssets is NewAssets for a library that other replicas change, too: before a row that is remembered is given, the library
// is asked whether it has changed, by one query for all who want to know at the time.
func NewSharedAssets(rows StampedRows, limit int) *Assets {
	a := NewAssets(rows, limit)
	a.stamps = &stamps{rows: rows, patience: stampPatience}
	return a
}

// Remembered gives the row of key if it is remembered and holds, or nil.
func (a *Assets) Remembered(key library.Key) *library.Asset {
	a.mu.Lock()
	known := a.recall(key)
	a.mu.Unlock()
	if known == nil {
		return nil
	}
	if holds, _ := a.holds(context.Background(), key, known); !holds {
		return nil
	}
	return known.asset
}

// holds tells whether a row is still the same, and its stamp, where there are any.
func (a *Assets) holds(ctx context.Context, key library.Key, known *rememberedRow) (holds bool, stamp string) {
	if a.stamps == nil {
		return true, ""
	}
	stamp = a.stamps.of(ctx, key)
	return stamp != "" && stamp == known.stamp, stamp
}

// recall gives what is remembered of key, or nil. The caller holds the lock.
func (a *Assets) recall(key library.Key) *rememberedRow {
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
	// A stamp that is older than the row does no harm: it costs another query. So it is asked for first.
	stamp := ""
	if known != nil {
		var holds bool
		if holds, stamp = a.holds(ctx, key, known); holds {
			return known.asset, nil
		}
	}
	asset, err := a.rows.Asset(ctx, key)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limit > 0 && a.changes == changes {
		a.insert(key, &rememberedRow{asset: asset, stamp: stamp})
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
	a.young, a.old = make(map[library.Key]*rememberedRow), nil
}

// insert puts a row into the young generation. The caller holds the lock.
func (a *Assets) insert(key library.Key, row *rememberedRow) {
	if len(a.young) >= a.limit {
		a.old, a.young = a.young, make(map[library.Key]*rememberedRow)
	}
	a.young[key] = row
}
