package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/test/port"
)

// snapshot is the catalog of the tests.
var snapshot = catalog.Snapshot{
	Environment: catalog.Environment{
		CloudName: "demo", CacheMaxAge: 60, MaxImageBytes: 10 << 20, MaxRawBytes: 10 << 20, MaxImagePixels: 50e6, MaxOutputPixels: 25e6,
		DeliveryBaseURL: "http://media.example.com", SecureDeliveryBaseURL: "http://media.example.com",
	},
	Keys: map[string]catalog.Key{"key": {APIKey: "key", APISecret: "secret"}},
}

// instance is a renderer that runs.
type instance struct {
	media, internal string
	stop            func()
	ended           chan error
}

// home is a directory with a configuration; renderers that are started in it one after the other share their data.
func home(t *testing.T) (dir string, c *config.Config) {
	t.Helper()
	dir = t.TempDir()
	c = &config.Config{
		Environment: "test",
		Listen:      config.Listen{Media: freeAddress(t), Internal: freeAddress(t), ShutdownGrace: config.Duration(10 * time.Second)},
		Database:    config.Database{Driver: config.DatabaseSQLite, Path: filepath.Join(dir, "library.db")},
		Bucket:      config.Bucket{Driver: config.BucketVolume, Path: filepath.Join(dir, "bucket")},
		Cache:       config.Cache{Path: filepath.Join(dir, "cache"), MaxBytes: 10 << 20},
		Engine:      config.Engine{Socket: filepath.Join(dir, "engine.sock"), Slots: 2, Queue: 10, Deadline: config.Duration(20 * time.Second)},
	}
	content, err := json.Marshal(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "catalog.json"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, c
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := port.Free("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// start composes and serves, with an open library; change may put other parts in.
func start(t *testing.T, dir string, c *config.Config, engine string, change func(*renderer)) *instance {
	t.Helper()
	var opening *opening
	i := launch(t, dir, c, engine, func(r *renderer) {
		opening = r.opening
		if change != nil {
			change(r)
		}
	})
	eventually(t, "the library is open", func() bool { return opening.check() == nil })
	return i
}

// launch composes and serves; change may put other parts in.
func launch(t *testing.T, dir string, c *config.Config, engine string, change func(*renderer)) *instance {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r, err := compose(ctx, c, options{catalog: filepath.Join(dir, "catalog.json"), engine: engine}, discard())
	if err != nil {
		stop()
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	i := &instance{media: "http://" + c.Listen.Media, internal: "http://" + c.Listen.Internal, ended: make(chan error, 1)}
	go func() {
		err := r.serve(ctx)
		r.close()
		i.ended <- err
		close(i.ended)
	}()
	i.stop = sync.OnceFunc(func() {
		stop()
		select {
		case err := <-i.ended:
			if err != nil {
				t.Errorf("ended with %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("the renderer does not end")
		}
	})
	t.Cleanup(i.stop)
	eventually(t, "the renderer lives", func() bool { return status(i.internal+"/livez") == http.StatusOK })
	return i
}

func status(url string) int {
	response, err := http.Get(url)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	return response, body(t, response)
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// call makes a signed call of the Upload API.
func (i *instance) call(t *testing.T, action string, params url.Values, file []byte) map[string]any {
	t.Helper()
	code, text := i.post(t, action, params, file)
	answer := make(map[string]any)
	if err := json.Unmarshal([]byte(text), &answer); err != nil || code != http.StatusOK {
		t.Fatalf("%s: %d %s", action, code, text)
	}
	return answer
}

// post is call for those who expect a refusal.
func (i *instance) post(t *testing.T, action string, params url.Values, file []byte) (code int, text string) {
	t.Helper()
	params.Set("timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	params.Set("signature", sign.Upload(params, "secret"))
	params.Set("api_key", "key")
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	for name := range params {
		if err := writer.WriteField(name, params.Get(name)); err != nil {
			t.Fatal(err)
		}
	}
	if file != nil {
		part, err := writer.CreateFormFile("file", "picture.png")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(file); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(action, "/") {
		action = "image/" + action
	}
	response, err := http.Post(i.media+"/v1_1/demo/"+action, writer.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body(t, response)
}

// picture is a PNG with a gradient in one colour.
func picture(t *testing.T, width, height int, tint color.RGBA) []byte {
	t.Helper()
	canvas := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			tint.G = uint8(x * 255 / width)
			canvas.SetRGBA(x, y, tint)
		}
	}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, canvas); err != nil {
		t.Fatal(err)
	}
	return encoded.Bytes()
}

// buildEngine builds the real engine. It needs cgo and libvips, which the engine does not go without.
func buildEngine(t *testing.T) string {
	t.Helper()
	if err := exec.Command("pkg-config", "--exists", "vips").Run(); err != nil {
		t.Skip("libvips is not installed: ", err)
	}
	binary := filepath.Join(t.TempDir(), "engine")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/darkroom-media/darkroom/cmd/engine")
	command.Env = append(os.Environ(), "CGO_ENABLED=1")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build the engine: %v\n%s", err, output)
	}
	return binary
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
