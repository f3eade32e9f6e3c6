// Package faults breaks what stands around a real renderer, and looks at what is left.
package faults

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/test/postgres"
	"github.com/darkroom-media/darkroom/test/s3server"
	"github.com/darkroom-media/darkroom/test/standalone"
	"github.com/darkroom-media/darkroom/test/stores"
)

var binaries standalone.Binaries

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "darkroom-faults-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if binaries, err = standalone.Build(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// start runs a renderer in a folder until the test ends.
func start(t *testing.T, dir string, configure func(*config.Config)) *standalone.Renderer {
	t.Helper()
	r, err := binaries.Start(t.Context(), dir, configure)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

// reply is an answer of the Upload API.
type reply struct {
	status int
	// message is what was refused.
	message string
	etag    string
	version int64
}

// upload sends a file, signed, as raw.
func upload(t *testing.T, r *standalone.Renderer, publicID string, content []byte) reply {
	t.Helper()
	params := url.Values{"public_id": {publicID}, "timestamp": {strconv.FormatInt(time.Now().Unix(), 10)}}
	params.Set("signature", sign.Upload(params, standalone.APISecret))
	params.Set("api_key", standalone.APIKey)
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	for name := range params {
		if err := writer.WriteField(name, params.Get(name)); err != nil {
			t.Fatal(err)
		}
	}
	part, err := writer.CreateFormFile("file", "file.bin")
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = writer.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(r.URL+"/v1_1/"+standalone.CloudName+"/raw/upload", writer.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		ETag    string `json:"etag"`
		Version int64  `json:"version"`
		Error   struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatalf("%d: %v", response.StatusCode, err)
	}
	return reply{status: response.StatusCode, message: answer.Error.Message, etag: answer.ETag, version: answer.Version}
}

// fetch reads what is delivered at a path below the cloud name.
func fetch(t *testing.T, r *standalone.Renderer, path string) (int, []byte) {
	t.Helper()
	response, err := http.Get(r.URL + "/" + standalone.CloudName + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, content
}

func md5Of(content []byte) string {
	sum := md5.Sum(content)
	return hex.EncodeToString(sum[:])
}

// replicate runs two replicas on a PostgreSQL and an S3 server of their own.
func replicate(t *testing.T) ([]*standalone.Renderer, *postgres.Server, *s3server.Server) {
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
	var replicas []*standalone.Renderer
	for range 2 {
		replicas = append(replicas, start(t, t.TempDir(), servers.Configure))
	}
	return replicas, servers.Postgres, servers.S3
}
