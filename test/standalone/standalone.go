// Package standalone runs a renderer with an engine of its own outside Kubernetes, as a black box of two real binaries,
// for tests and benchmarks that speak HTTP to it.
package standalone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/cloudinary/cloudinary-go/v2"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/test/port"
)

// The environment that a standalone renderer serves.
const (
	CloudName = "demo"
	APIKey    = "123456789012345"
	APISecret = "standalone-secret"
)

// Renderer is a running renderer.
type Renderer struct {
	// URL is scheme://host:port of delivery and the APIs, Internal that of /readyz and /metrics.
	URL      string
	Internal string
	// SDK is the official Go SDK, configured for it.
	SDK *cloudinary.Cloudinary

	command *exec.Cmd
	log     string
}

// Start builds cmd/renderer and cmd/engine, runs them with everything under dir, and waits until they are ready.
// Each modify changes the catalog before the start.
func Start(ctx context.Context, dir string, modify ...func(*catalog.Snapshot)) (*Renderer, error) {
	binaries, err := Build(ctx, dir)
	if err != nil {
		return nil, err
	}
	return binaries.Start(ctx, dir, nil, modify...)
}

// Binaries is the folder of a renderer and an engine.
type Binaries string

// Build builds cmd/renderer and cmd/engine into dir.
func Build(ctx context.Context, dir string) (Binaries, error) {
	for _, build := range []struct{ cgo, command string }{{"0", "renderer"}, {"1", "engine"}} {
		command := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, build.command), "./cmd/"+build.command)
		command.Dir = repository()
		command.Env = append(os.Environ(), "CGO_ENABLED="+build.cgo)
		if output, err := command.CombinedOutput(); err != nil {
			return "", fmt.Errorf("building cmd/%s: %w\n%s", build.command, err, output)
		}
	}
	return Binaries(dir), nil
}

// Start runs a renderer with everything under dir, unless configure, which may be nil, puts it elsewhere, and waits until
// it is ready. Each modify changes the catalog before the start.
func (b Binaries) Start(ctx context.Context, dir string, configure func(*config.Config), modify ...func(*catalog.Snapshot)) (*Renderer, error) {
	media, err := port.Free("127.0.0.1")
	if err != nil {
		return nil, err
	}
	internal, err := port.Free("127.0.0.1")
	if err != nil {
		return nil, err
	}
	r := &Renderer{URL: "http://" + media, Internal: "http://" + internal, log: filepath.Join(dir, "renderer.log")}
	settings := &config.Config{
		Namespace: "standalone", Environment: "standalone", KeysSecret: "standalone-keys",
		Listen:   config.Listen{Media: media, Internal: internal, ShutdownGrace: config.Duration(time.Second)},
		Database: config.Database{Driver: config.DatabaseSQLite, Path: filepath.Join(dir, "library.db")},
		Bucket:   config.Bucket{Driver: config.BucketVolume, Path: filepath.Join(dir, "bucket")},
		Cache:    config.Cache{Path: filepath.Join(dir, "cache"), MaxBytes: 1 << 30},
		Engine:   config.Engine{Socket: filepath.Join(dir, "engine.sock"), Slots: 2, Queue: 64, Deadline: config.Duration(30 * time.Second)},
	}
	if configure != nil {
		configure(settings)
	}
	configuration, err := config.Marshal(settings)
	if err != nil {
		return nil, err
	}
	snapshot := &catalog.Snapshot{
		Environment: catalog.Environment{
			CloudName: CloudName, MaxImageBytes: 100 << 20, MaxRawBytes: 100 << 20, MaxImagePixels: 100_000_000, MaxOutputPixels: 50_000_000,
			DynamicFolders: true, CacheMaxAge: 2592000, DeliveryBaseURL: r.URL, SecureDeliveryBaseURL: r.URL,
		},
		Keys: map[string]catalog.Key{APIKey: {Name: "standalone", APIKey: APIKey, APISecret: APISecret}},
	}
	for _, change := range modify {
		change(snapshot)
	}
	content, err := json.Marshal(snapshot)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "config.json"), configuration, 0o600), os.WriteFile(filepath.Join(dir, "catalog.json"), content, 0o600)); err != nil {
		return nil, err
	}
	if r.SDK, err = cloudinary.NewFromURL("cloudinary://" + APIKey + ":" + APISecret + "@" + CloudName + "?upload_prefix=" + r.URL); err != nil {
		return nil, err
	}
	log, err := os.Create(r.log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	r.command = exec.Command(filepath.Join(string(b), "renderer"), "--config="+filepath.Join(dir, "config.json"), "--catalog="+filepath.Join(dir, "catalog.json"), "--engine="+filepath.Join(string(b), "engine"))
	r.command.Stdout, r.command.Stderr = log, log
	if err := r.command.Start(); err != nil {
		return nil, err
	}
	if err := r.await(ctx); err != nil {
		r.Stop()
		content, _ := os.ReadFile(r.log)
		return nil, fmt.Errorf("the renderer does not get ready: %w\n%s", err, content)
	}
	return r, nil
}

// Stop ends the renderer and its engine, politely at first. It may be called again.
func (r *Renderer) Stop() {
	if r.command.ProcessState != nil {
		return
	}
	_ = r.command.Process.Signal(os.Interrupt)
	timer := time.AfterFunc(10*time.Second, func() { _ = r.command.Process.Kill() })
	defer timer.Stop()
	_ = r.command.Wait()
}

// Process is the id of the renderer's process; its engine descends from it.
func (r *Renderer) Process() int { return r.command.Process.Pid }

// LogFile is where its log is, beside everything else that it keeps.
func (r *Renderer) LogFile() string { return r.log }

// Log is what the renderer and the engine wrote.
func (r *Renderer) Log() string {
	content, _ := os.ReadFile(r.log)
	return string(content)
}

// Upload uploads a file (a path, a URL or an io.Reader) by the SDK.
func (r *Renderer) Upload(ctx context.Context, publicID string, file any, parameters uploader.UploadParams) error {
	parameters.PublicID = publicID
	result, err := r.SDK.Upload.Upload(ctx, file, parameters)
	if err == nil && result.Error.Message != "" {
		err = errors.New(result.Error.Message)
	}
	if err != nil {
		return fmt.Errorf("uploading %s: %w", publicID, err)
	}
	return nil
}

func (r *Renderer) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.Internal+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			body, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(string(body))
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// repository is the folder of go.mod, found from this file's own place.
func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
