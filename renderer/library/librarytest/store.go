package librarytest

import (
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// Reserve reserves an object for an hour, as an upload does before it writes the bytes.
func Reserve(t testing.TB, l *library.Library, objectKey string) {
	t.Helper()
	if err := l.ReserveObject(t.Context(), objectKey, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
}

// Store reserves the asset's object and stores the asset.
func Store(t testing.TB, l *library.Library, asset *library.Asset, options library.StoreOptions) *library.Stored {
	t.Helper()
	Reserve(t, l, asset.ObjectKey)
	stored, err := l.StoreAsset(t.Context(), asset, options)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// StoreDerived reserves the derived file's object and stores the file.
func StoreDerived(t testing.TB, l *library.Library, derived *library.Derived) *library.Derived {
	t.Helper()
	Reserve(t, l, derived.ObjectKey)
	stored, err := l.StoreDerived(t.Context(), derived)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}
