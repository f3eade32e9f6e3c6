// Package npm drives every method of the official npm SDKs against real binaries, on every pair of stores.
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

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/postgres"
	"github.com/darkroom-media/darkroom/test/s3server"
	"github.com/darkroom-media/darkroom/test/standalone"
	"github.com/darkroom-media/darkroom/test/stores"
)

// TestEveryMethod runs every-method.mjs, which says what it does.
func TestEveryMethod(t *testing.T) {
	run(t, "cloudinary", nil, nil, func(r *standalone.Renderer, picture string) (string, []string) {
		return "?upload_prefix=" + r.URL, []string{"every-method.mjs", picture}
	})
}

// TestAssetManagement runs asset-management.mjs, which says what it does.
func TestAssetManagement(t *testing.T) {
	backup := func(t *testing.T, c *config.Config) {
		c.Backup = &config.Bucket{Driver: config.BucketVolume, Path: filepath.Join(t.TempDir(), "backup")}
	}
	// This SDK signs calls of the Admin API whose path has image/upload in it.
	signs := func(snapshot *catalog.Snapshot) {
		key := snapshot.Keys[standalone.APIKey]
		key.AdminSignatures = true
		snapshot.Keys[standalone.APIKey] = key
	}
	run(t, "@cloudinary/asset-management", backup, signs, func(r *standalone.Renderer, picture string) (string, []string) {
		return "", []string{"asset-management.mjs", r.URL, picture}
	})
}

// TestTools runs tools.mjs, which says what it does.
func TestTools(t *testing.T) {
	run(t, "@cloudinary/environment-config-mcp", nil, nil, func(r *standalone.Renderer, picture string) (string, []string) {
		return "", []string{"tools.mjs", r.URL, picture}
	})
}

// run runs a program that calls every method of an SDK, module, on SQLite with a volume and on PostgreSQL with S3. The two other
// pairs would show nothing more: see package stores. configure and modify, which may be nil, change what the renderer is started
// with; arguments are those of the program, and what CLOUDINARY_URL ends with.
func run(t *testing.T, module string, configure func(*testing.T, *config.Config), modify func(*catalog.Snapshot), arguments func(r *standalone.Renderer, picture string) (query string, all []string)) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("SKIP: the npm SDK needs node")
	}
	if _, err := os.Stat(filepath.Join("node_modules", module)); err != nil {
		t.Skip("SKIP: the npm SDK is not installed; run npm ci --prefix test/sdk/npm")
	}
	binaries, err := standalone.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	picture := filepath.Join(t.TempDir(), "picture.png")
	draw(t, picture)
	if modify == nil {
		modify = func(*catalog.Snapshot) {}
	}
	for name, stores := range map[string]func(t *testing.T) func(*config.Config){
		"SQLite and volume": func(*testing.T) func(*config.Config) { return func(*config.Config) {} },
		"PostgreSQL and S3": postgresAndS3,
	} {
		t.Run(name, func(t *testing.T) {
			on := stores(t)
			r, err := binaries.Start(t.Context(), t.TempDir(), func(c *config.Config) {
				on(c)
				if configure != nil {
					configure(t, c)
				}
			}, modify)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(r.Stop)
			query, all := arguments(r, picture)
			command := exec.CommandContext(t.Context(), "node", all...)
			command.Env = append(os.Environ(), "CLOUDINARY_URL=cloudinary://"+standalone.APIKey+":"+standalone.APISecret+"@"+standalone.CloudName+query)
			output, err := command.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s\nthe renderer:\n%s", err, output, r.Log())
			}
			t.Logf("%d methods\n%s", strings.Count("\n"+string(output), "\nok "), output)
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
