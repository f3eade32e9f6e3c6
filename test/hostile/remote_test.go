package hostile

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/test/standalone"
)

// TestRemote has the renderer asked to load from where it must not go, in every way to write that: nobody comes there, and
// the answer says why.
func TestRemote(t *testing.T) {
	lure := newLure(t)
	renderer, _ := start(t)
	uploadGood(t, renderer)
	at, err := url.Parse(lure.url)
	if err != nil {
		t.Fatal(err)
	}
	port := ":" + at.Port() + "/x.png"
	t.Run("addresses", func(t *testing.T) {
		for _, address := range []string{
			lure.url, "HTTP://127.0.0.1" + port, "http://localhost" + port, "http://LOCALHOST." + port, "http://127.1" + port, "http://2130706433" + port,
			"http://0x7f000001" + port, "http://0177.0.0.1" + port, "http://127.255.255.254" + port, "http://0.0.0.0" + port, "http://[::]" + port, "http://[::1]" + port,
			"http://[::ffff:127.0.0.1]" + port, "http://[::ffff:7f00:1]" + port, "http://[64:ff9b::7f00:1]" + port, "http://[::1%25lo]" + port,
			"http://user:password@127.0.0.1" + port, "http://example.com@127.0.0.1" + port, "http://127.0.0.1" + port + "#@example.com/", `http://127.0.0.1\@example.com` + port,
			"http://①②⑦.⓪.⓪.①" + port, "http://127。0。0。1" + port, "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/latest/meta-data/",
			"file:///etc/passwd", "file://localhost/etc/passwd", "/etc/passwd", "ftp://127.0.0.1" + port, "gopher://127.0.0.1" + port, "dict://127.0.0.1" + port,
			"//127.0.0.1" + port, "http:///x.png", "http:127.0.0.1" + port, "unix:///run/darkroom/engine.sock", "data:text/html,x", "javascript:x()", "http://127.0.0.1" + port + "\r\nHost: x",
		} {
			t.Run(address, func(t *testing.T) {
				t.Parallel()
				// Not by the SDK, which would read the files of this machine itself.
				params := url.Values{"timestamp": {strconv.FormatInt(time.Now().Unix(), 10)}}
				params.Set("signature", sign.Upload(params, standalone.APISecret))
				params.Set("api_key", standalone.APIKey)
				params.Set("file", address)
				refused(t, renderer, http.MethodPost, "/v1_1/demo/auto/upload", params)
				refused(t, renderer, http.MethodGet, "/demo/image/fetch/"+url.PathEscape(address), nil)
				refused(t, renderer, http.MethodGet, "/demo/image/upload/l_fetch:"+base64.URLEncoding.EncodeToString([]byte(address))+"/fl_layer_apply/good.png", nil)
			})
		}
	})
	if visits := lure.visits.Load(); visits > 0 {
		t.Errorf("%d connections to where nobody may go", visits)
	}
	alive(t, renderer)
}

// refused asks for what must be refused with a reason: as a bad request, or because nobody is there.
func refused(t *testing.T, renderer *standalone.Renderer, method, path string, form url.Values) {
	t.Helper()
	request, err := http.NewRequest(method, renderer.URL+path, strings.NewReader(form.Encode())) //nolint:noctx // the client bounds the time
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{Timeout: time.Minute}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	switch response.StatusCode {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusBadGateway:
	default:
		t.Errorf("%s: %d", path, response.StatusCode)
	}
	if response.Header.Get("X-Cld-Error") == "" {
		t.Errorf("%s: %d without a reason", path, response.StatusCode)
	}
}
