// Package npm drives every method of the official npm SDK against real binaries, on every pair of stores.
package npm

import (
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/postgres"
	"github.com/darkroom-media/darkroom/test/s3server"
	"github.com/darkroom-media/darkroom/test/standalone"
	"github.com/darkroom-media/darkroom/test/stores"
)

// TestEveryMethod runs every-method.mjs, which says what it does, on SQLite with a volume and on PostgreSQL with S3. The two
// other pairs would show nothing more: see package stores.
func TestEveryMethod(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("SKIP: the npm SDK needs node")
	}
	if _, err := os.Stat("node_modules/cloudinary"); err != nil {
		t.Skip("SKIP: the npm SDK is not installed; run npm ci --prefix test/sdk/npm")
	}
	binaries, err := standalone.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	picture := filepath.Join(t.TempDir(), "picture.png")
	draw(t, picture)
	for name, configure := range map[string]func(t *testing.T) func(*config.Config){
		"SQLite and volume": func(*testing.T) func(*config.Config) { return nil },
		"PostgreSQL and S3": postgresAndS3,
	} {
		t.Run(name, func(t *testing.T) {
			r, err := binaries.Start(t.Context(), t.TempDir(), configure(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(r.Stop)
			command := exec.CommandContext(t.Context(), "node", "every-method.mjs", picture)
			command.Env = append(os.Environ(),
				"CLOUDINARY_URL=cloudinary://"+standalone.APIKey+":"+standalone.APISecret+"@"+standalone.CloudName+"?upload_prefix="+r.URL)
			output, err := command.CombinedOutput()
			passed := 0
			for line := range strings.Lines(string(output)) {
				if strings.HasPrefix(line, "ok ") {
					passed++
				}
			}
			if err != nil {
				t.Fatalf("%v\n%s\nthe renderer:\n%s", err, output, r.Log())
			}
			t.Logf("%d methods", passed)
		})
	}
}

// postgresAndS3 starts both servers.
func postgresAndS3(t *testing.T) func(*config.Config) {
	t.Helper()
	servers, err := stores.Launch(t.Context(), t.TempDir())
	if errors.Is(err, postgres.ErrUnavailable) || errors.Is(err, s3server.ErrUnavailable) {
		t.Skipf("SKIP %s: %v", t.Name(), err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := servers.Close(); err != nil {
			t.Error(err)
		}
	})
	return servers.Configure
}

// draw writes a picture of 64 by 48 pixels.
func draw(t *testing.T, path string) {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		for x := range 64 {
			picture.SetNRGBA(x, y, color.NRGBA{R: uint8(4 * x), G: uint8(5 * y), B: 90, A: 255})
		}
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(file, picture), file.Close()); err != nil {
		t.Fatal(err)
	}
}
