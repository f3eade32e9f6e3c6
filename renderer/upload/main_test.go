package upload

import (
	"fmt"
	"os"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

var databases librarytest.Databases

func TestMain(m *testing.M) {
	code := m.Run()
	if err := databases.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// onEach runs a test over a fixture on each database.
func onEach(t *testing.T, run func(f *fixture)) {
	t.Helper()
	databases.Each(t, func(t *testing.T, l *library.Library) {
		run(newFixture(t, func(f *fixture, options *Options) { f.library, options.Library = l, l }))
	})
}
