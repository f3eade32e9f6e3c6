// Package photos locates the real photos that tests use. `make photos` fetches them from Debian packages into
// .cache/photos; they are never committed. Tests that need one fail without it, they are not skipped.
package photos

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// Names of the photos that tests ask for.
const (
	// Astronaut is a portrait, 512×512 PNG, one face in the upper middle.
	Astronaut = "astronaut.png"
	// Coffee is a cup on a table, 600×400 PNG, no face.
	Coffee = "coffee.png"
	// Footballer is 548×342 JPEG, one face in the upper half, left of the middle.
	Footballer = "messi5.jpg"
	// Bridge, Dragonfly and Wine are large camera JPEGs.
	Bridge    = "Bridge_by_Sander_Klootwijk.jpg"
	Dragonfly = "Dragonfly_by_Bolly.jpg"
	Wine      = "Wine_by_Jakkub_Mede.jpg"
)

// Path is the file of a photo. The directory is that of the environment variable DARKROOM_PHOTOS, else .cache/photos of
// the repository. A missing photo fails the test.
func Path(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(directory(t), name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("the photo %s is missing, run `make photos`: %v", name, err)
	}
	return path
}

// Cameras are the paths of all large camera JPEGs, in order of name.
func Cameras(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(directory(t), "*_by_*.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatal("the camera photos are missing, run `make photos`")
	}
	slices.Sort(paths)
	return paths
}

func directory(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("DARKROOM_PHOTOS"); path != "" {
		return path
	}
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the repository cannot be found")
	}
	return filepath.Join(filepath.Dir(here), "..", "..", ".cache", "photos")
}
