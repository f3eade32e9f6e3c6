package upload

import (
	"os"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/test/stores"
)

var databases stores.Stores

func TestMain(m *testing.M) { os.Exit(databases.Main(m)) }

// onEach runs a test over a fixture on each database.
func onEach(t *testing.T, run func(f *fixture)) {
	t.Helper()
	databases.Each(t, func(t *testing.T, l *library.Library) {
		run(newFixture(t, func(f *fixture, options *Options) { f.library, options.Library = l, l }))
	})
}
