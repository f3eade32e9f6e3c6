package main

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/color"
	"image/gif"
	_ "image/jpeg"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
)

// TestEndToEnd is the way of a picture: uploaded, probed, transformed by the real engine, delivered, overwritten, deleted.
func TestEndToEnd(t *testing.T) {
	whole := t // A renderer lives longer than the subtest that restarts it.
	engine := buildEngine(t)
	dir, c := home(t)
	i := start(t, dir, c, engine, nil)
	eventually(t, "the renderer is ready", func() bool { return status(i.internal+"/readyz") == http.StatusOK })
	first := picture(t, 640, 427, color.RGBA{R: 200, A: 255})

	t.Run("upload and original", func(t *testing.T) {
		uploaded := i.call(t, "upload", url.Values{"public_id": {"docs/camera"}}, first)
		if uploaded["width"] != 640.0 || uploaded["height"] != 427.0 || uploaded["format"] != "png" {
			t.Errorf("uploaded: %v", uploaded)
		}
		response, content := get(t, i.media+"/demo/image/upload/docs/camera.png")
		if content != string(first) || response.Header.Get("Etag") != `"`+uploaded["etag"].(string)+`"` {
			t.Errorf("the original came back as %d bytes with ETag %s", len(content), response.Header.Get("Etag"))
		}
	})

	derived := i.media + "/demo/image/upload/c_scale,w_150/docs/camera.jpg"
	var made string
	t.Run("derived", func(t *testing.T) {
		var pending sync.WaitGroup
		contents := make([]string, 20)
		for n := range contents {
			pending.Go(func() {
				response, content := get(t, derived)
				if sum := md5.Sum([]byte(content)); response.StatusCode != http.StatusOK || response.Header.Get("Etag") != `"`+hex.EncodeToString(sum[:])+`"` {
					t.Errorf("%d %s", response.StatusCode, response.Header.Get("X-Cld-Error"))
				}
				contents[n] = content
			})
		}
		pending.Wait()
		made = contents[0]
		for _, content := range contents {
			if content != made {
				t.Fatal("two clients got different bytes")
			}
		}
		decoded, format, err := image.Decode(strings.NewReader(made))
		if err != nil || format != "jpeg" || decoded.Bounds().Dx() != 150 || decoded.Bounds().Dy() != 100 {
			t.Errorf("%s %v, %v", format, decoded.Bounds(), err)
		}
		if _, metrics := get(t, i.internal+"/metrics"); !strings.Contains(metrics, `darkroom_derived_finds_total{from="engine"} 1`) {
			t.Error("20 clients caused another number of renders than 1")
		}
	})

	t.Run("layer", func(t *testing.T) {
		i.call(t, "upload", url.Values{"public_id": {"icon"}}, picture(t, 50, 50, color.RGBA{B: 255, A: 255}))
		response, content := get(t, i.media+"/demo/image/upload/c_fill,h_100,w_100/l_icon,w_0.25,fl_relative,g_north_east/docs/camera.png")
		decoded, _, err := image.Decode(strings.NewReader(content))
		if err != nil {
			t.Fatalf("%d %s: %v", response.StatusCode, response.Header.Get("X-Cld-Error"), err)
		}
		if _, _, blue, _ := decoded.At(90, 10).RGBA(); blue>>8 < 250 {
			t.Errorf("the icon is not in its corner: %v", decoded.At(90, 10))
		}
		if red, _, _, _ := decoded.At(10, 90).RGBA(); red>>8 < 180 {
			t.Errorf("the base is gone: %v", decoded.At(10, 90))
		}
	})

	t.Run("analysis", func(t *testing.T) {
		found := i.call(t, "upload", url.Values{"public_id": {"red"}, "colors": {"1"}, "phash": {"1"}, "faces": {"1"}, "quality_analysis": {"1"}, "accessibility_analysis": {"1"}, "image_metadata": {"1"}}, first)
		colors, err := json.Marshal(found["colors"])
		text, encodeErr := json.Marshal([]any{found["faces"], found["grayscale"]})
		if err != nil || encodeErr != nil || !strings.HasPrefix(string(colors), `[["#C8`) || string(text) != `[[],false]` || len(found["phash"].(string)) != 16 || found["quality_score"] == nil || found["accessibility_analysis"] == nil {
			t.Errorf("%s, %s, %v", colors, text, found)
		}
	})

	t.Run("scripts", func(t *testing.T) {
		told := i.call(t, "upload", url.Values{"public_id": {"scripted"}, "eval": {`upload_options.tags = ["w" + resource_info.width]`}, "on_success": {`current_asset.update({context: {seen: e.upload_info.format}})`}}, first)
		text, err := json.Marshal([]any{told["tags"], told["context"]})
		if err != nil || string(text) != `[["w640"],{"custom":{"seen":"png"}}]` {
			t.Errorf("%s, %v, %v", text, err, told)
		}
		// Whatever a program does, it costs a child at the most: others are served, and so is the next one.
		for _, program := range []string{
			`while (true) {}`, `let a = []; while (true) a.push(new Array(1000).fill(7))`, `upload_options.x = "x".repeat(1 << 29) + "y".repeat(1 << 29) + "z"`,
			`/^(?=a)(([a-z])+.)+[A-Z]([a-z])+$/.test("a".repeat(40) + "!")`, `let f = () => f(); f()`,
		} {
			if code, text := i.post(t, "upload", url.Values{"public_id": {"never"}, "eval": {program}}, first); code == http.StatusOK {
				t.Errorf("%s: %d %s", program, code, text)
			}
			i.call(t, "upload", url.Values{"public_id": {"after"}, "eval": {`upload_options.tags = "fine"`}}, first)
		}
		if code := status(i.media + "/demo/image/upload/never.png"); code != http.StatusNotFound {
			t.Errorf("a refused upload is there: %d", code)
		}
	})

	t.Run("multi and sprite", func(t *testing.T) {
		for name, content := range map[string][]byte{"frames/a": first, "frames/b": picture(t, 300, 500, color.RGBA{B: 255, A: 255})} {
			i.call(t, "upload", url.Values{"public_id": {name}, "tags": {"film"}}, content)
		}
		made := i.call(t, "multi", url.Values{"tag": {"film"}, "transformation": {"c_scale,w_64"}}, nil)
		_, content := get(t, i.media+strings.TrimPrefix(made["url"].(string), "http://media.example.com"))
		if animation, err := gif.DecodeAll(strings.NewReader(content)); err != nil || len(animation.Image) != 2 || animation.Config.Width != 64 || animation.Config.Height != 50 {
			t.Errorf("the animation at %s: %v", made["url"], err)
		}
		made = i.call(t, "sprite", url.Values{"tag": {"film"}, "transformation": {"c_scale,w_10"}}, nil)
		_, content = get(t, i.media+strings.TrimPrefix(made["image_url"].(string), "http://media.example.com"))
		sheet, _, err := image.Decode(strings.NewReader(content))
		if err != nil || sheet.Bounds().Dx() != 10 || sheet.Bounds().Dy() != 7+17 {
			t.Fatalf("the sheet at %s: %v", made["image_url"], err)
		}
		if r, _, b, _ := sheet.At(5, 20).RGBA(); b>>8 < 250 || r>>8 > 5 {
			t.Errorf("the second picture is %v", sheet.At(5, 20))
		}
		if _, css := get(t, i.media+strings.TrimPrefix(made["css_url"].(string), "http://media.example.com")); !strings.Contains(css, ".frames_b {background: url('film.png') no-repeat -0px -7px; width: 10px; height: 17px;}") {
			t.Errorf("the style sheet is %s", css)
		}
	})

	t.Run("bad input", func(t *testing.T) {
		for path, want := range map[string]int{
			"c_scale,w_abc/docs/camera.jpg":   http.StatusBadRequest,
			"c_scale,w_9/docs/none.jpg":       http.StatusNotFound,
			"l_none,w_9/docs/camera.jpg":      http.StatusNotFound,
			"c_scale,w_90000/docs/camera.jpg": http.StatusBadRequest,
		} {
			response, content := get(t, i.media+"/demo/image/upload/"+path)
			if response.StatusCode != want || content != "" || response.Header.Get("X-Cld-Error") == "" {
				t.Errorf("%s: %d %q %s", path, response.StatusCode, content, response.Header.Get("X-Cld-Error"))
			}
		}
	})

	t.Run("same bytes after a restart without a cache", func(t *testing.T) {
		i.stop()
		if err := os.RemoveAll(c.Cache.Path); err != nil {
			t.Fatal(err)
		}
		// No engine: what was made must not be made again.
		i = start(whole, dir, c, "", nil)
		if _, content := get(t, derived); content != made {
			t.Error("the restarted renderer serves other bytes")
		}
		if code := status(i.internal + "/readyz"); code != http.StatusServiceUnavailable {
			t.Errorf("ready without an engine: %d", code)
		}
		if _, text := get(t, i.internal+"/readyz"); !strings.HasPrefix(text, "engine: ") || strings.Contains(text, "database") {
			t.Errorf("not ready because of %q", text)
		}
		i.stop()
		i = start(whole, dir, c, engine, nil)
		eventually(t, "the renderer is ready", func() bool { return status(i.internal+"/readyz") == http.StatusOK })
	})

	t.Run("overwritten", func(t *testing.T) {
		second := picture(t, 300, 300, color.RGBA{B: 200, A: 255})
		i.call(t, "upload", url.Values{"public_id": {"docs/camera"}, "invalidate": {"true"}}, second)
		if _, content := get(t, i.media+"/demo/image/upload/docs/camera.png"); content != string(second) {
			t.Error("the old original is delivered")
		}
		_, content := get(t, derived)
		if decoded, _, err := image.Decode(bytes.NewReader([]byte(content))); err != nil || decoded.Bounds().Dy() != 150 {
			t.Errorf("the old derived picture is delivered: %v", err)
		}
	})

	t.Run("destroyed", func(t *testing.T) {
		if answer := i.call(t, "destroy", url.Values{"public_id": {"docs/camera"}}, nil); answer["result"] != "ok" {
			t.Errorf("destroy: %v", answer)
		}
		for _, url := range []string{derived, i.media + "/demo/image/upload/docs/camera.png"} {
			if code := status(url); code != http.StatusNotFound {
				t.Errorf("%s: %d", url, code)
			}
		}
	})
}
