package upload

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

func TestHostileDescriptions(t *testing.T) {
	onEach(t, func(f *fixture) {
		content := picture("png", 5, 4)
		f.expectRefused(f.upload("/image/upload", "a.png", content, "tags", manyTags(10_000)), http.StatusBadRequest, "Too many tags. Got 10000. Maximum is 1000.")
		f.expectRefused(f.upload("/image/upload", "a.png", content, "tags", strings.Repeat("é", 256)), http.StatusBadRequest,
			`Invalid tags: "`+strings.Repeat("é", 100)+`…" is longer than 255 characters`)
		f.expectStored(0)
		// What is unusual but allowed arrives as it was sent: 300 bytes of UTF-8 are 150 characters.
		id := strings.Repeat("é", 150)
		got := f.expect(f.upload("/image/upload", "a.png", content, "public_id", id, "tags", manyTags(1000), "context", `k=a\=b\|c=d|é=ü`))
		asset := f.image(id)
		if got.body["public_id"] != id || len(asset.Tags) != 1000 || asset.Context["k"] != "a=b|c=d" || asset.Context["é"] != "ü" {
			t.Errorf("stored %d tags and the context %v, answer %s", len(asset.Tags), asset.Context, got.text[:200])
		}
		f.expectStored(1)
	})
}

// endless is a form of empty parameters without names that never ends.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read > 100<<20 {
		return 0, errors.New("nobody stopped reading")
	}
	for i := range p {
		p[i] = "=&"[(e.read+i)%2]
	}
	e.read += len(p)
	return len(p), nil
}

// TestEndlessParameters: even parameters of nothing are counted.
func TestEndlessParameters(t *testing.T) {
	body := &endless{}
	r, err := http.NewRequest(http.MethodPost, "/", io.NopCloser(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	entries, err := openFields(r)
	if err != nil {
		t.Fatal(err)
	}
	err = (&Handler{}).receiveFields(context.Background(), entries, &request{params: wire.Params{}}, nil, 1)
	if p := problem.From(err); p.Status != http.StatusBadRequest || !strings.Contains(p.Message, "parameters are too large") || body.read > 1<<20 {
		t.Errorf("%v, after %d bytes", err, body.read)
	}
}
