package delivery

import (
	"os"
	"testing"

	"github.com/darkroom-media/darkroom/test/stores"
)

var databases stores.Stores

func TestMain(m *testing.M) { os.Exit(databases.Main(m)) }
