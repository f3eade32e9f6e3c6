package admin

import (
	"fmt"
	"os"
	"testing"

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
