package golden

import (
	"bytes"
	"image/gif"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
)

// TestComposedWhenAskedFor has the animation and the sprite of a tag made by the first request for them.
func TestComposedWhenAskedFor(t *testing.T) {
	uploadTagged(t, "composed/a", solid(40, 30, red), []string{"composed"})
	uploadTagged(t, "composed/b", solid(20, 30, blue), []string{"composed"})
	// Not for everybody, and so in no file that is.
	uploadSigned(t, encoded(t, solid(40, 30, gray), "png"), url.Values{"public_id": {"composed/c"}, "access_mode": {"authenticated"}, "tags": {"composed"}})
	uploadSigned(t, encoded(t, solid(40, 30, gray), "png"), url.Values{"public_id": {"composed/secret"}, "access_mode": {"authenticated"}, "tags": {"hidden"}})

	_, film := get(t, "/demo/image/multi/composed.gif")
	frames, err := gif.DecodeAll(bytes.NewReader(film.body))
	if err != nil || len(frames.Image) != 2 {
		t.Fatalf("%d frames, %v", len(frames.Image), err)
	}
	sheet, _ := get(t, "/demo/image/sprite/composed.png")
	wantSize(t, sheet, 40, 60)
	wantColor(t, sheet, 10, 10, red, 0)
	wantColor(t, sheet, 10, 45, blue, 0)
	small, _ := get(t, "/demo/image/sprite/c_scale,w_10/composed.png")
	wantSize(t, small, 10, 23)
	css := request(t, http.MethodGet, "/demo/image/sprite/p_my-/composed.css")
	if css.status != http.StatusOK || !strings.Contains(string(css.body), ".my-composed_a {") || strings.Contains(string(css.body), "composed_c") {
		t.Errorf("%d %s", css.status, css.body)
	}
	for _, path := range []string{"/demo/image/multi/hidden.gif", "/demo/image/sprite/hidden.png", "/demo/image/multi/nobody.gif", "/demo/image/sprite/nobody.css"} {
		if answer := request(t, http.MethodGet, path); answer.status != http.StatusNotFound || answer.header.Get("X-Cld-Error") == "" {
			t.Errorf("%s: %d %s", path, answer.status, answer.header.Get("X-Cld-Error"))
		}
	}
	refused(t, "/demo/image/multi/composed2.xyz", http.StatusNotFound, "Resource not found - composed2")

	// It stays as it is until the method makes it anew.
	uploadTagged(t, "composed/d", solid(40, 30, white), []string{"composed"})
	if _, again := get(t, "/demo/image/multi/composed.gif"); !bytes.Equal(again.body, film.body) {
		t.Error("another image changed the animation")
	}
	if _, err := renderer.SDK.Upload.Multi(t.Context(), uploader.MultiParams{Tag: "composed"}); err != nil {
		t.Fatal(err)
	}
	if _, again := get(t, "/demo/image/multi/composed.gif"); bytes.Equal(again.body, film.body) {
		t.Error("the method did not make the animation anew")
	}
}
