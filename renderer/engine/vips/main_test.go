package vips

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// TestMain fails the run when a test left an image open or memory of libvips allocated.
func TestMain(m *testing.M) {
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var before, after govips.MemoryStats
	govips.ReadVipsMemStats(&before)
	code := m.Run()
	runtime.GC()
	govips.ReadVipsMemStats(&after)
	if open := govips.OpenImageRefs(); open != 0 {
		fmt.Fprintf(os.Stderr, "%d images were not closed\n", open)
		code = 1
	}
	if after.Allocs > before.Allocs || after.Files > before.Files {
		fmt.Fprintf(os.Stderr, "libvips holds %d allocations and %d files more than before\n", after.Allocs-before.Allocs, after.Files-before.Files)
		code = 1
	}
	os.Exit(code)
}
