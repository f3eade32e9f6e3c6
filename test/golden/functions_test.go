package golden

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/engine/wasm/wasmtest"
	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/test/standalone"
)

// signed is the path of an upload with a signature.
func signed(transformation, source string) string {
	return "/demo/image/upload/s--" + sign.Delivery(transformation, source, standalone.APISecret) + "--/" + transformation + "/" + source
}

// TestWASMFunction runs a function behind the sandbox, and one that never ends beside it.
func TestWASMFunction(t *testing.T) {
	upload(t, "functions/base", "png", solid(120, 80, blue))
	uploadRaw(t, "effects/invert.wasm", "authenticated", wasmtest.Invert())
	picture, _ := get(t, "/demo/image/upload/fn_wasm:effects:invert.wasm/functions/base.png")
	wantSize(t, picture, 120, 80)
	wantColor(t, picture, 60, 40, color.NRGBA{R: 225, G: 195, B: 55, A: 255}, 1)
	scaled, _ := get(t, "/demo/image/upload/c_scale,w_60/fn_wasm:effects:invert.wasm/bo_2px_solid_red/functions/base.jpg")
	wantSize(t, scaled, 64, 44)
	wantColor(t, scaled, 30, 20, color.NRGBA{R: 225, G: 195, B: 55, A: 255}, 8)

	uploadRaw(t, "endless.wasm", "upload", wasmtest.Endless())
	refused(t, "/demo/image/upload/fn_wasm:endless.wasm/functions/base.png", 400, "Custom function endless.wasm failed - it ran for too long")
	uploadRaw(t, "greedy.wasm", "upload", wasmtest.Greedy())
	refused(t, "/demo/image/upload/fn_wasm:greedy.wasm/functions/base.png", 400, "Custom function greedy.wasm failed - ")
	refused(t, "/demo/image/upload/fn_wasm:missing.wasm/functions/base.png", 404, "Resource not found - missing.wasm")
}

// TestRemoteFunction has a server of ours turn the picture into another one.
func TestRemoteFunction(t *testing.T) {
	content := encoded(t, solid(120, 80, blue), "png")
	if err := renderer.Upload(t.Context(), "functions/remote", bytes.NewReader(content), uploader.UploadParams{Tags: []string{"one", "two"}}); err != nil {
		t.Fatal(err)
	}
	var got image.Image
	var told string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
			return
		case "/text":
			_, _ = io.WriteString(w, "no picture")
			return
		}
		file, _, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		body, _ := io.ReadAll(file)
		got, told = decode(t, body), r.FormValue("metadata")
		if r.Header.Get("X-Cld-Signature") == "" || r.Header.Get("X-Cld-Timestamp") == "" {
			t.Error("the call is not signed")
		}
		_, _ = w.Write(encoded(t, solid(40, 30, red), "png"))
	}))
	defer site.Close()
	function := func(path string) string {
		return "fn_remote:" + base64.RawURLEncoding.EncodeToString([]byte(site.URL+path))
	}
	refused(t, "/demo/image/upload/"+function("/ok")+"/functions/remote.png", 401, "Unsigned request for a remote function")
	picture, _ := get(t, signed("c_scale,w_60/"+function("/ok")+"/bo_5px_solid_white", "functions/remote.png"))
	wantSize(t, got, 60, 40)
	wantColor(t, got, 30, 20, blue, 1)
	if !strings.Contains(told, `"tags":["one","two"]`) {
		t.Errorf("the function is told %s", told)
	}
	wantSize(t, picture, 50, 40)
	wantColor(t, picture, 25, 20, red, 1)
	wantColor(t, picture, 2, 2, white, 1)

	before := strings.Replace(function("/pre"), "fn_", "fn_pre:", 1)
	picture, _ = get(t, signed("c_scale,w_20/"+before, "functions/remote.png"))
	wantSize(t, got, 120, 80) // the original
	wantSize(t, picture, 20, 15)

	refused(t, signed(function("/broken"), "functions/remote.png"), 502, "Error in loading "+site.URL+"/broken - 500 Internal Server Error")
	refused(t, signed(function("/text"), "functions/remote.png"), 400, "Invalid image file")
	elsewhere := "fn_remote:" + base64.RawURLEncoding.EncodeToString([]byte("http://10.1.2.3/f"))
	refused(t, signed(elsewhere, "functions/remote.png"), 400, "the host 10.1.2.3 is not allowed")
}

// TestRestrictedLayers: an asset with restricted access shows in no picture that anybody may have.
func TestRestrictedLayers(t *testing.T) {
	upload(t, "layers/base", "png", solid(120, 80, gray))
	uploadSigned(t, encoded(t, solid(20, 20, red), "png"), url.Values{"public_id": {"layers/secret"}, "access_mode": {"authenticated"}})
	for _, transformation := range []string{
		"l_layers:secret", "l_layers:secret/fl_layer_apply,g_west", "$img_!layers:secret!/l_$img", "$img_ref:!layers:secret!/l_$img",
		"if_w_gt_10/l_layers:secret/fl_layer_apply/if_end", "u_layers:secret",
	} {
		refused(t, "/demo/image/upload/"+transformation+"/layers/base.png", 401, "Unsigned request for a layer with restricted access")
		picture, _ := get(t, signed(transformation, "layers/base.png"))
		wantSize(t, picture, 120, 80)
		// What was made for the signed request is not there for another one.
		refused(t, "/demo/image/upload/"+transformation+"/layers/base.png", 401, "Unsigned request for a layer with restricted access")
	}
}

// TestColorProfile converts to a profile that was uploaded.
func TestColorProfile(t *testing.T) {
	upload(t, "profiles/base", "png", solid(60, 40, blue))
	refused(t, "/demo/image/upload/cs_icc:missing.icc/profiles/base.png", 404, "Resource not found - missing.icc")
	uploadRaw(t, "broken.icc", "authenticated", []byte("no profile"))
	refused(t, "/demo/image/upload/cs_icc:broken.icc/profiles/base.png", 400, "Invalid color profile - broken.icc")
	tiny := fetch(t, "/demo/image/upload/cs_tinysrgb/profiles/base.jpg").body
	at := bytes.Index(tiny, []byte("ICC_PROFILE\x00\x01\x01"))
	if at < 0 {
		t.Fatal("cs_tinysrgb embeds no profile")
	}
	at += 14
	length := int(tiny[at])<<24 | int(tiny[at+1])<<16 | int(tiny[at+2])<<8 | int(tiny[at+3])
	uploadRaw(t, "tiny.icc", "authenticated", tiny[at:at+length])
	body := fetch(t, "/demo/image/upload/cs_icc:tiny.icc/profiles/base.jpg").body
	if !bytes.Contains(body, []byte("ICC_PROFILE\x00\x01\x01")) {
		t.Error("cs_icc embeds no profile")
	}
	wantColor(t, decode(t, body), 30, 20, blue, 8)
}
