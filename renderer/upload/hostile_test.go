package upload

import (
	"net/http"
	"strings"
	"testing"
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
