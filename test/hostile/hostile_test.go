package hostile

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/test/standalone"
)

// patience bounds what one file may cost: the deadline of a job, and some for a busy machine.
const patience = 45 * time.Second

// TestCorpus sends every file to a running renderer as a picture, and asks for a derived picture of those that it took.
// None may take it down, keep it busy, or be answered by anything but a picture or a clear 4xx.
func TestCorpus(t *testing.T) {
	dir, err := os.MkdirTemp("", "darkroom-hostile-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	renderer, err := standalone.Start(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(renderer.Stop)
	files, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		t.Run(file.Name, func(t *testing.T) {
			id := fmt.Sprintf("hostile-%d", i)
			began := time.Now()
			answer, err := renderer.SDK.Upload.Upload(ctx, bytes.NewReader(file.Data), uploader.UploadParams{PublicID: id, ResourceType: "image"})
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			taken := answer.Error.Message == ""
			if taken && file.Refused {
				t.Errorf("taken as a %s of %dx%d", answer.Format, answer.Width, answer.Height)
			}
			if taken {
				derive(t, renderer.URL+"/demo/image/upload/c_scale,w_40/"+id+".png")
			}
			if took := time.Since(began); took > patience {
				t.Errorf("it took %v", took)
			}
			alive(t, renderer)
		})
	}
}

// derive asks for a derived picture: a picture, or a 4xx or a deadline with its reason.
func derive(t *testing.T, url string) {
	t.Helper()
	response, err := http.Get(url) //nolint:noctx // the server is ours and bounds the time
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusOK && response.Header.Get("Content-Type") == "image/png":
	case (response.StatusCode == http.StatusBadRequest || response.StatusCode == http.StatusGatewayTimeout) && response.Header.Get("X-Cld-Error") != "":
	default:
		t.Errorf("%d %s, X-Cld-Error %q", response.StatusCode, response.Header.Get("Content-Type"), response.Header.Get("X-Cld-Error"))
	}
}

// alive asks the front, and the engine with it, whether they are ready.
func alive(t *testing.T, renderer *standalone.Renderer) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		response, err := http.Get(renderer.Internal + "/readyz") //nolint:noctx // as above
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("not ready any more: %v", err)
		}
	}
}
