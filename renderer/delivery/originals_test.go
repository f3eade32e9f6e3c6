package delivery

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

func TestOriginalsAreDeliveredUntouched(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "sheep", "stored sheep", nil)
	e.store(t, "docs/a sheep", "stored in a folder", nil)
	for _, path := range []string{
		"/demo/image/upload/sheep.jpg",
		"/demo/image/upload/sheep",
		"/demo/image/upload/sheep.jpeg",
		"/demo/image/upload/sheep.JPG",
		"/demo/image/upload/v1/sheep.jpg",
		"/demo/image/upload/v1699883548/sheep.jpg?_a=BAMAK",
		"/demo/iu/sheep.jpg",
		"/demo/sheep.jpg",
		"/demo/images/sheep/seo-name.jpg",
		"//demo//image/upload//sheep.jpg",
	} {
		answer := e.get(t, path)
		answer.expect(t, 200, "stored sheep")
		if got := answer.Header.Get("Content-Type"); got != "image/jpeg" {
			t.Errorf("%s: %s", path, got)
		}
		if got := answer.Header.Get("Etag"); got != quotedMD5("stored sheep") {
			t.Errorf("%s: ETag %s", path, got)
		}
	}
	e.get(t, "/demo/image/upload/v1/docs/a%20sheep.jpg").expect(t, 200, "stored in a folder")
	if n := e.engine.renders(); n != 0 {
		t.Errorf("the engine was asked %d times", n)
	}
}

func TestHeadersOfAFile(t *testing.T) {
	e := newEnvironment(t)
	asset := e.store(t, "sheep", "stored sheep", nil)
	derived := e.get(t, "/demo/image/upload/c_scale,w_100/sheep.png")
	derived.expect(t, 200, "stored sheep as png")
	for _, test := range []struct {
		path, contentType, etag, info string
	}{
		{"/demo/image/upload/sheep.jpg", "image/jpeg", quotedMD5("stored sheep"),
			`content-info;desc="width=640,height=427,bytes=12,format=\"jpg\",owidth=640,oheight=427,obytes=12,oformat=\"jpg\",`},
		{"/demo/image/upload/c_scale,w_100/sheep.png", "image/png", quotedMD5("stored sheep as png"),
			`content-info;desc="width=100,height=67,bytes=19,format=\"png\",owidth=640,oheight=427,obytes=12,oformat=\"jpg\",`},
	} {
		got, head := e.get(t, test.path), e.do(t, http.MethodHead, test.path)
		for name, want := range map[string]string{
			"Content-Type":                test.contentType,
			"Content-Length":              fmt.Sprint(len(got.body)),
			"Accept-Ranges":               "bytes",
			"Etag":                        test.etag,
			"Cache-Control":               "public, no-transform, immutable, max-age=2592000",
			"Access-Control-Allow-Origin": "*",
			"Timing-Allow-Origin":         "*",
			"X-Content-Type-Options":      "nosniff",
			"Cache-Tag":                   asset.AssetID,
			"Vary":                        "",
			"X-Cld-Error":                 "",
			"Content-Disposition":         "",
		} {
			if value := got.Header.Get(name); value != want {
				t.Errorf("%s: %s: %q, want %q", test.path, name, value, want)
			}
		}
		if modified, err := http.ParseTime(got.Header.Get("Last-Modified")); err != nil || time.Since(modified) > time.Minute || time.Since(modified) < -time.Minute {
			t.Errorf("%s: Last-Modified %q", test.path, got.Header.Get("Last-Modified"))
		}
		for _, name := range []string{"X-Cld-Error", "Server-Timing", "Content-Length", "Content-Range", "Etag", "Vary", "Content-Disposition"} {
			if !strings.Contains(got.Header.Get("Access-Control-Expose-Headers"), name) {
				t.Errorf("%s: %s is not exposed", test.path, name)
			}
		}
		timing := got.Header.Get("Server-Timing")
		if !strings.Contains(timing, test.info) || !strings.HasSuffix(timing, ",cld-id;desc="+got.Header.Get("X-Request-Id")) || !strings.Contains(timing, ";desc=hit") {
			t.Errorf("%s: Server-Timing %s", test.path, timing)
		}
		if head.body != "" || head.StatusCode != 200 {
			t.Errorf("HEAD %s: %d %q", test.path, head.StatusCode, head.body)
		}
		for _, headers := range []http.Header{got.Header, head.Header} {
			headers.Del("Date")
			headers.Del("X-Request-Id")
			headers.Set("Server-Timing", regexp.MustCompile(`dur=\d+;start=[^;]+|cld-id;desc=\w+`).ReplaceAllString(headers.Get("Server-Timing"), ""))
		}
		if fmt.Sprint(got.Header) != fmt.Sprint(head.Header) {
			t.Errorf("%s: HEAD differs from GET:\n%v\n%v", test.path, head.Header, got.Header)
		}
	}
	if timing := derived.Header.Get("Server-Timing"); !strings.Contains(timing, ";desc=miss,transformation;dur=") {
		t.Errorf("first Server-Timing: %s", timing)
	}
}

func TestUnknownAssets(t *testing.T) {
	e := newEnvironment(t)
	for path, id := range map[string]string{
		"/demo/image/upload/does-not-exist-xyz.jpg":             "does-not-exist-xyz",
		"/demo/image/upload/c_fill,w_100/does-not-exist-xyz":    "does-not-exist-xyz",
		"/demo/raw/upload/does-not-exist.txt":                   "does-not-exist.txt",
		"/demo/image/upload/v1/a/b.v7":                          "a/b.v7",
		"/demo/image/upload/%E5%9B%BE%E5%83%8F%20%22quoted.jpg": "",
	} {
		answer := e.get(t, path)
		if id != "" {
			answer.refused(t, 404, "Resource not found - "+id)
		}
		if answer.StatusCode != 404 {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	e.do(t, http.MethodHead, "/demo/image/upload/none.jpg").refused(t, 404, "Resource not found - none")
}

func TestRawFiles(t *testing.T) {
	e := newEnvironment(t)
	raw := func(a *library.Asset) { a.ResourceType, a.Format, a.Width, a.Height = library.Raw, "", 0, 0 }
	for id, contentType := range map[string]string{
		"report.pdf": "application/pdf", "data/table.CSV": "text/csv; charset=utf-8", "LICENSE": "application/octet-stream",
		"odd.xyz": "application/octet-stream", "page.html": "text/html; charset=utf-8",
	} {
		e.store(t, id, "content of "+id, raw)
		answer := e.get(t, "/demo/raw/upload/v1/"+id)
		answer.expect(t, 200, "content of "+id)
		if got := answer.Header.Get("Content-Type"); got != contentType {
			t.Errorf("%s: %s", id, got)
		}
		if got := answer.Header.Get("Content-Security-Policy"); (got != "") != (id == "page.html") {
			t.Errorf("%s: Content-Security-Policy %q", id, got)
		}
	}
	answer := e.get(t, "/demo/raw/upload/fl_attachment/report.pdf")
	answer.expect(t, 200, "content of report.pdf")
	if got := answer.Header.Get("Content-Disposition"); got != `attachment; filename="report.pdf"` {
		t.Errorf("Content-Disposition: %s", got)
	}
	e.get(t, "/demo/raw/upload/c_fill,w_100/report.pdf").refused(t, 400, "Invalid transformation for raw - c_fill,w_100")
}

func TestPublicIDsWithDots(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "logo", "plain", nil)
	e.store(t, "logo.v2", "dotted", nil)
	e.store(t, "only.png", "ends like a format", nil)
	for path, body := range map[string]string{
		"/demo/image/upload/logo.jpg":          "plain",
		"/demo/image/upload/logo.v2":           "dotted",
		"/demo/image/upload/logo.v2.jpg":       "dotted",
		"/demo/image/upload/logo.png":          "plain as png",
		"/demo/image/upload/only.png":          "ends like a format",
		"/demo/image/upload/only.png.jpg":      "ends like a format",
		"/demo/image/upload/c_fit,w_9/logo.v2": "dotted as jpg",
	} {
		e.get(t, path).expect(t, 200, body)
	}
	e.get(t, "/demo/image/upload/logo.xyz").refused(t, 400, "Invalid extension in transformation - xyz")
}

func TestFoldersThatLookLikeComponents(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "my_path/sample", "in the folder", nil)
	e.get(t, "/demo/image/upload/v1/my_path/sample.jpg").expect(t, 200, "in the folder")
	e.get(t, "/demo/image/upload/my_path/sample.jpg").expect(t, 200, "in the folder")
	e.get(t, "/demo/image/upload/c_scale,w_9/my_path/sample.jpg").expect(t, 200, "in the folder as jpg")
	if answer := e.get(t, "/demo/image/upload/my_path/other.jpg"); answer.StatusCode != 400 || !strings.Contains(answer.Header.Get("X-Cld-Error"), "my_path") {
		t.Errorf("%d %q", answer.StatusCode, answer.Header.Get("X-Cld-Error"))
	}
}

func TestPlaceholder(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "avatars/nobody", "nobody", func(a *library.Asset) { a.Format = "png" })
	e.store(t, "somebody", "somebody", nil)
	answer := e.get(t, "/demo/image/upload/c_fill,d_avatars:nobody.png,w_50/missing.jpg")
	answer.expect(t, 200, "nobody as jpg")
	if answer.Header.Get("X-Cld-Error") != "Resource not found - missing" || answer.Header.Get("Cache-Control") != "private, no-transform, max-age=0, no-cache" {
		t.Errorf("headers of a placeholder: %v", answer.Header)
	}
	e.get(t, "/demo/image/upload/d_avatars:nobody.png/missing.png").expect(t, 200, "nobody")
	answer = e.get(t, "/demo/image/upload/d_avatars:nobody.png/somebody.jpg")
	answer.expect(t, 200, "somebody")
	if answer.Header.Get("X-Cld-Error") != "" {
		t.Errorf("headers: %v", answer.Header)
	}
	e.get(t, "/demo/image/upload/d_none.png/missing.jpg").refused(t, 404, "Resource not found - missing")
}

func TestAttachments(t *testing.T) {
	e := newEnvironment(t)
	e.store(t, "docs/flower_shop", "flowers", nil)
	e.store(t, "docs/blümchen", "umlaut", nil)
	for path, want := range map[string]string{
		"fl_attachment/docs/flower_shop":                   `attachment; filename="flower_shop.jpg"`,
		"fl_attachment/docs/flower_shop.png":               `attachment; filename="flower_shop.png"`,
		"fl_attachment:pretty_flower/docs/flower_shop.jpg": `attachment; filename="pretty_flower.jpg"`,
		"f_auto/fl_attachment:pretty/docs/flower_shop.png": `attachment; filename="pretty.jpg"`,
		"fl_attachment:a%20b/docs/flower_shop.jpg":         `attachment; filename="a b.jpg"`,
		"fl_attachment/docs/bl%C3%BCmchen.jpg":             `attachment; filename="bl_mchen.jpg"; filename*=UTF-8''bl%C3%BCmchen.jpg`,
		"docs/flower_shop.jpg":                             "",
	} {
		answer := e.get(t, "/demo/image/upload/"+path)
		if got := answer.Header.Get("Content-Disposition"); answer.StatusCode != 200 || got != want {
			t.Errorf("%s: %d %q %s, want %s", path, answer.StatusCode, answer.Header.Get("X-Cld-Error"), got, want)
		}
	}
	e.get(t, "/demo/image/upload/fl_attachment/docs/flower_shop.jpg").expect(t, 200, "flowers")
}
