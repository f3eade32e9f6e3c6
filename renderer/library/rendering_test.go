package library_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

func claimRendering(t *testing.T, l *library.Library, key string, now time.Time, want bool) {
	t.Helper()
	if claimed, err := l.ClaimRendering(t.Context(), key, now, now.Add(time.Minute)); err != nil || claimed != want {
		t.Errorf("claimed %t, %v, want %t", claimed, err, want)
	}
}

func TestRendering(t *testing.T) {
	l := databases.Postgres(t)
	now := time.Now()
	later := now.Add(time.Second)
	claimRendering(t, l, "a", now, true)
	claimRendering(t, l, "a", later, false)
	claimRendering(t, l, "b", later, true)
	release := func(key string, now, until time.Time) {
		t.Helper()
		if err := l.ReleaseRendering(t.Context(), key, now, until); err != nil {
			t.Fatal(err)
		}
	}
	release("b", later, now.Add(time.Minute)) // a claim of somebody else
	claimRendering(t, l, "b", later, false)
	release("b", later, later.Add(time.Minute))
	claimRendering(t, l, "b", later, true)

	// Whoever had it has not come back.
	claimRendering(t, l, "a", now.Add(time.Minute), true)
	claimRendering(t, l, "lost", now, true)
	release("a", now.Add(time.Hour), now.Add(2*time.Minute))
	left, err := l.Strings(t.Context(), "SELECT key FROM renderings")
	if err != nil || !slices.Equal(left, nil) {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestOneOfManyClaimsARendering(t *testing.T) {
	l := databases.Postgres(t)
	now := time.Now()
	var claims atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			claimed, err := l.ClaimRendering(t.Context(), "a", now, now.Add(time.Minute))
			if err != nil {
				t.Error(err)
			}
			if claimed {
				claims.Add(1)
			}
		})
	}
	all.Wait()
	if n := claims.Load(); n != 1 {
		t.Errorf("%d have claimed it", n)
	}
}

// TestOneReplicaClaimsNothing: in the process nothing is made twice, and writing to SQLite has its price.
func TestOneReplicaClaimsNothing(t *testing.T) {
	l := librarytest.SQLite(t)
	now := time.Now()
	claimRendering(t, l, "a", now, true)
	claimRendering(t, l, "a", now, true)
	if err := l.ReleaseRendering(t.Context(), "a", now, now.Add(time.Minute)); err != nil {
		t.Error(err)
	}
}
