package upload

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/engine/video/videotest"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

func TestAnswer(t *testing.T) {
	f := newFixture(t)
	content := picture("png", 24, 10)
	got := f.expect(f.upload("/image/upload", `C:\Users\me\Zwei Äpfel.png`, content,
		"public_id", "fruit/two apples", "tags", "b,a,b,ü", "context", `alt=a\=b|caption=x\|y`, "metadata", `size=3|colors=["r","g"]`,
		"face_coordinates", "1,2,30,4|50,60,1,1", "custom_coordinates", "3,4,5,6", "unknown_parameter", "1"))
	body := got.body
	version, err := body["version"].(json.Number).Int64()
	if err != nil || time.Since(time.Unix(version, 0)) > time.Minute {
		t.Errorf("version %v", body["version"])
	}
	sum := md5.Sum([]byte(content))
	path := fmt.Sprintf("/demo/image/upload/v%d/fruit/two%%20apples.png", version)
	want := map[string]any{
		"public_id":         "fruit/two apples",
		"version":           json.Number(fmt.Sprint(version)),
		"signature":         sign.Response("fruit/two apples", version, apiSecret, sign.SHA1),
		"width":             json.Number("24"),
		"height":            json.Number("10"),
		"format":            "png",
		"resource_type":     "image",
		"type":              "upload",
		"bytes":             json.Number(fmt.Sprint(len(content))),
		"etag":              hex.EncodeToString(sum[:]),
		"url":               "http://media.example.com" + path,
		"secure_url":        "https://media.example.com" + path,
		"tags":              []any{"a", "b", "ü"},
		"pages":             json.Number("1"),
		"placeholder":       false,
		"access_mode":       "public",
		"asset_folder":      "",
		"display_name":      "two apples",
		"original_filename": "Zwei Äpfel",
		"api_key":           apiKey,
		"context":           map[string]any{"custom": map[string]any{"alt": "a=b", "caption": "x|y"}},
		"metadata":          map[string]any{"size": json.Number("3"), "colors": []any{"r", "g"}},
		"faces":             []any{[]any{json.Number("1"), json.Number("2"), json.Number("23"), json.Number("4")}},
		"coordinates": map[string]any{
			"faces": []any{
				[]any{json.Number("1"), json.Number("2"), json.Number("30"), json.Number("4")},
				[]any{json.Number("50"), json.Number("60"), json.Number("1"), json.Number("1")},
			},
			"custom": []any{[]any{json.Number("3"), json.Number("4"), json.Number("5"), json.Number("6")}},
		},
	}
	for _, key := range []string{"asset_id", "version_id"} {
		if id, _ := body[key].(string); !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) {
			t.Errorf("%s is %q", key, id)
		}
		delete(body, key)
	}
	if created, _ := body["created_at"].(string); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`).MatchString(created) {
		t.Errorf("created_at is %q", created)
	}
	delete(body, "created_at")
	if !reflect.DeepEqual(body, want) {
		t.Errorf("answer\n got %s\nwant %s", pretty(body), pretty(want))
	}
	if origin := got.header.Get("Access-Control-Allow-Origin"); origin != "*" {
		t.Errorf("Access-Control-Allow-Origin is %q", origin)
	}
	f.expectStored(1)

	asset, err := f.library.Asset(t.Context(), library.Key{ResourceType: "image", Type: "upload", PublicID: "fruit/two apples"})
	if err != nil {
		t.Fatal(err)
	}
	file, err := f.bucket.File(t.Context(), asset.ObjectKey)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if stored, err := io.ReadAll(file); err != nil || string(stored) != content {
		t.Errorf("the stored bytes differ (%v)", err)
	}
}

func pretty(value any) string {
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func TestFixedFolders(t *testing.T) {
	f := newFixture(t)
	f.snapshot.Environment.DynamicFolders = false
	got := f.expect(f.upload("/image/upload", "a.png", picture("png", 2, 2), "folder", "/a/b/", "public_id", "c", "asset_folder", "ignored")).body
	if got["public_id"] != "a/b/c" || got["folder"] != "a/b" || got["asset_folder"] != nil || got["display_name"] != nil {
		t.Errorf("answer %s", pretty(got))
	}
	// So it is with what changes the asset.
	got = f.expect(f.call("/image/explicit", "public_id", "a/b/c", "type", "upload", "asset_folder", "ignored", "tags", "x")).body
	if got["public_id"] != "a/b/c" || got["folder"] != "a/b" || got["asset_folder"] != nil || fmt.Sprint(got["tags"]) != "[x]" {
		t.Errorf("explicit answers %s", pretty(got))
	}
	key := library.Key{ResourceType: "image", Type: "upload", PublicID: "a/b/c"}
	if asset, err := f.library.Asset(t.Context(), key); err != nil || asset.AssetFolder != "" {
		t.Errorf("stored is %+v, %v", asset, err)
	}
}

func dataURI(content string) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(content))
}

func TestDialects(t *testing.T) {
	content := picture("png", 5, 4)
	form := func(params url.Values) string {
		params.Set("file", dataURI(content))
		return params.Encode()
	}
	jsonBody := func(params url.Values, extra string) string {
		object := map[string]any{"file": dataURI(content), "nothing": nil, "empty": ""}
		for name, values := range params {
			object[name] = values[0]
		}
		if extra != "" {
			delete(object, "tags")
			object["tags"] = strings.Split(extra, ",")
		}
		text, err := json.Marshal(object)
		if err != nil {
			panic(err)
		}
		return string(text)
	}
	for title, send := range map[string]func(f *fixture) *reply{
		"multipart, file first": func(f *fixture) *reply {
			return f.multipart("/auto/upload", append([]part{{"file", "a.png", content}}, parts(signed("tags", "a,b", "public_id", "x"))...)...)
		},
		"multipart, list with brackets": func(f *fixture) *reply {
			return f.upload("/auto/upload", "a.png", content, "tags[]", "a", "tags[]", "b", "public_id", "x")
		},
		"multipart, indexed list": func(f *fixture) *reply {
			return f.upload("/upload", "a.png", content, "tags[0]", "a", "tags[1]", "b", "public_id", "x")
		},
		"multipart, data URI": func(f *fixture) *reply {
			return f.multipart("/image/upload", append(parts(signed("tags", "a,b", "public_id", "x")), part{name: "file", value: dataURI(content)})...)
		},
		"form": func(f *fixture) *reply {
			return f.post("/image/upload", "application/x-www-form-urlencoded", strings.NewReader(form(signed("tags", "b,a", "public_id", "x"))))
		},
		"form without Content-Type": func(f *fixture) *reply {
			return f.post("/auto/upload", "", strings.NewReader(form(signed("tags", "b,a", "public_id", "x"))))
		},
		"JSON": func(f *fixture) *reply {
			return f.post("/image/upload", "application/json; charset=utf-8", strings.NewReader(jsonBody(signed("tags", "a,b", "public_id", "x"), "")))
		},
		"JSON with arrays": func(f *fixture) *reply {
			return f.post("/image/upload", "application/json", strings.NewReader(jsonBody(signed("tags", "a,b", "public_id", "x"), "a,b")))
		},
		"query": func(f *fixture) *reply {
			return f.multipart("/image/upload?"+signed("tags", "a,b", "public_id", "x").Encode(), part{"file", "a.png", content})
		},
		"escaped path": func(f *fixture) *reply {
			return f.upload("%2Fimage%2Fupload", "a.png", content, "tags", "a,b", "public_id", "x")
		},
		"resource type in the form": func(f *fixture) *reply {
			return f.multipart("/auto/upload", append(parts(signed("tags", "a,b", "public_id", "x")), part{name: "resource_type", value: "image"}, part{"file", "a.png", content})...)
		},
	} {
		t.Run(title, func(t *testing.T) {
			f := newFixture(t)
			got := f.expect(send(f)).body
			if got["public_id"] != "x" || got["resource_type"] != "image" || got["width"] != json.Number("5") || !reflect.DeepEqual(got["tags"], []any{"a", "b"}) {
				t.Errorf("answer %s", pretty(got))
			}
			f.expectStored(1)
		})
	}
}

func TestRefusals(t *testing.T) {
	content := picture("png", 5, 4)
	with := func(params url.Values, pairs ...string) url.Values {
		params = maps.Clone(params)
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i+1] == "" {
				params.Del(pairs[i])
				continue
			}
			params.Set(pairs[i], pairs[i+1])
		}
		return params
	}
	huge := picture("png", 1001, 1000)
	fake := with(signed(), "signature", "bad")
	now := fake.Get("timestamp")
	for _, test := range []struct {
		title   string
		path    string
		params  url.Values
		content string
		status  int
		message string
	}{
		{"wrong signature", "/image/upload", with(signed("timestamp", now, "public_id", "x&y"), "signature", "bad"), content,
			401, "Invalid Signature bad. String to sign - 'public_id=x%26y&timestamp=" + now + "'."},
		{"parameter added after signing", "/image/upload", with(signed("timestamp", now), "tags", "a", "signature", "s"), content,
			401, "Invalid Signature s. String to sign - 'tags=a&timestamp=" + now + "'."},
		{"unknown key", "/image/upload", with(signed(), "api_key", "42"), content, 401, "Invalid api_key 42"},
		{"no key", "/image/upload", with(signed(), "api_key", ""), content, 400, "Missing required parameter - api_key"},
		{"no timestamp", "/image/upload", with(signed(), "timestamp", ""), content, 400, "Missing required parameter - timestamp"},
		{"stale", "/image/upload", signed("timestamp", "1769832893"), content,
			400, "Stale request - reported time is 2026-01-31 04:14:53 +0000 which is more than 1 hour ago"},
		{"nothing", "/image/upload", url.Values{}, content, 400, "Upload preset must be specified when using unsigned upload"},
		{"key without signature", "/image/upload", url.Values{"api_key": {apiKey}}, content, 400, "Upload preset must be specified when using unsigned upload"},
		{"unknown preset", "/image/upload", url.Values{"upload_preset": {"x"}}, content, 400, "Upload preset not found"},
		{"unknown preset, signed", "/image/upload", signed("upload_preset", "x"), content, 400, "Upload preset not found"},
		{"signed preset", "/image/upload", url.Values{"upload_preset": {"signed"}}, content, 400, "Upload preset must be whitelisted for unsigned uploads"},
		{"no file", "/image/upload", signed(), "", 400, "Missing required parameter - file"},
		{"text for an image", "/image/upload", signed(), "hello", 400, "Invalid image file"},
		{"truncated", "/image/upload", signed(), content[:len(content)-20], 400, "Invalid image file"},
		{"truncated, auto", "/auto/upload", signed(), content[:len(content)-20], 400, "Invalid image file"},
		{"too many pixels", "/image/upload", signed(), huge, 400, "Image has too many pixels"},
		{"image for a video", "/video/upload", signed(), content, 400, "Unsupported video format or file"},
		{"too large", "/raw/upload", signed(), strings.Repeat("x", 1<<19+7), 400, "File size too large. Got 524295. Maximum is 524288."},
		{"too large, auto", "/auto/upload", signed(), strings.Repeat("x", 1<<19+7), 400, "File size too large. Got 524295. Maximum is 524288."},
		{"far too large", "/auto/upload", signed(), strings.Repeat("x", 1<<20+7), 400, "File size too large. Got 1048583. Maximum is 1048576."},
		{"format", "/image/upload", signed("allowed_formats", "jpg,webp"), content, 400, "Image file format png not allowed"},
		{"raw format", "/raw/upload", signed("allowed_formats", "pdf"), content, 400, "Raw file format png not allowed"},
		{"conversion", "/image/upload", signed("format", "exe"), content, 400, "Invalid extension in format: exe"},
		{"type", "/image/upload", signed("type", "secret"), content, 400, "Invalid type secret: it must be upload, private or authenticated"},
		{"resource type", "/auto/upload", signed("resource_type", "film"), content, 400, "Invalid resource_type film: it must be image, video, raw or auto"},
		{"flag", "/image/upload", signed("overwrite", "maybe"), content, 400, `Invalid value for overwrite: "maybe" is neither true nor false`},
		{"flag without an effect", "/image/upload", signed("invalidate", "maybe"), content, 400, `Invalid value for invalidate: "maybe" is neither true nor false`},
		{"URL for eager", "/image/upload", signed("eager_notification_url", "nowhere"), content, 400, "Invalid eager_notification_url: it must be an http or https URL of at most 2048 bytes"},
		{"URL", "/image/upload", signed("notification_url", "nowhere"), content, 400, "Invalid notification_url: it must be an http or https URL of at most 2048 bytes"},
		{"context", "/image/upload", signed("context", "novalue"), content, 400, `Invalid context: "novalue" is not key=value`},
		{"coordinates", "/image/upload", signed("face_coordinates", "1,2,3"), content, 400, `Invalid face_coordinates: "1,2,3" is not x,y,width,height`},
		{"empty rectangle", "/image/upload", signed("custom_coordinates", "1,2,0,3"), content,
			400, "Invalid custom_coordinates: a rectangle needs x and y from 0 and a width and height above 0"},
		{"access mode", "/image/upload", signed("access_mode", "x"), content, 400, "Invalid access_mode x: it must be public or authenticated"},
		{"display name", "/image/upload", signed("display_name", "a/b"), content, 400, `Invalid display_name "a/b": at most 255 characters and no slashes are allowed`},
		{"eager without a deriver", "/image/upload", signed("eager", "w_10"), content, 400, "Eager transformations are not available"},
	} {
		t.Run(test.title, func(t *testing.T) {
			f := newFixture(t)
			body := parts(test.params)
			if test.content != "" {
				body = append(body, part{"file", "a.png", test.content})
			}
			f.expectRefused(f.multipart(test.path, body...), test.status, test.message)
			f.expectStored(0)
		})
	}
}

func TestRefusesBodies(t *testing.T) {
	for _, test := range []struct {
		title, contentType, body, message string
	}{
		{"empty file", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n\r\n--x" + formParts("x"), "Empty file"},
		{"broken multipart", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc", "The request's body could not be read"},
		{"no boundary", "multipart/form-data", "", "Invalid multipart body: no boundary in Content-Type"},
		{"broken Content-Type", "a/b/c", "", `Invalid Content-Type "a/b/c"`},
		{"other Content-Type", "text/csv", "", `Unsupported Content-Type "text/csv"`},
		{"broken JSON", "application/json", "[1]", "The request's body is no JSON object"},
		{"broken form", "", "tags=data%3", "Invalid form: % is not followed by two hexadecimal digits"},
		{"broken form in the content", "", "file=" + url.QueryEscape("data:image/png;base64,") + "aaaa%zz", "Invalid form: % is not followed by two hexadecimal digits"},
		{"data without comma", "", signed("file", "data:abc").Encode(), "Invalid data URI: no comma after its media type"},
		{"data not base64", "", signed("file", "data:text/plain,abc").Encode(), "Invalid data URI: it must be base64-encoded"},
		{"data broken", "", signed("file", "data:;base64,a*b").Encode(), "Invalid data URI: its content is not base64"},
		{"data empty", "", signed("file", "data:;base64,").Encode(), "Empty file"},
		{"no URL", "", signed("file", "photo.jpg").Encode(), `Invalid file parameter: it must be a file, a data URI or a URL, not "photo.jpg"`},
		{"local file", "", signed("file", "file:///etc/passwd").Encode(), "Error in loading file:///etc/passwd - Unsupported protocol file"},
		{"other scheme", "", signed("file", "gopher://x/y").Encode(), "Unsupported source URL: gopher://x/y"},
		{"long URL", "", signed("file", "http://x/"+strings.Repeat("y", 9000)).Encode(), "Invalid file parameter: neither a data URI nor a URL of at most 8192 bytes"},
		{"empty string", "", signed("file", "").Encode(), "Missing required parameter - file"},
		{"two files", "", "file=http%3A%2F%2Fx&file=http%3A%2F%2Fy", "Only one file may be uploaded at a time"},
		{"large parameters", "", "context=" + strings.Repeat("x", 1<<20), "The parameters are too large. Maximum is 1048576 bytes"},
		{"not UTF-8", "", "context=%ff", `Invalid value for "context": it is not UTF-8`},
		{"parameter without value", "", "file", "Upload preset must be specified when using unsigned upload"},
	} {
		t.Run(test.title, func(t *testing.T) {
			f := newFixture(t)
			f.expectRefused(f.post("/image/upload", test.contentType, strings.NewReader(test.body)), 400, test.message)
			f.expectStored(0)
		})
	}
}

// formParts is the rest of a multipart body after a boundary: signed parameters.
func formParts(boundary string) string {
	var b strings.Builder
	for _, p := range parts(signed()) {
		fmt.Fprintf(&b, "\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n--%s", p.name, p.value, boundary)
	}
	return b.String() + "--\r\n"
}

func TestCloudNames(t *testing.T) {
	f := newFixture(t)
	for _, test := range []struct{ key, message string }{
		{apiKey, "cloud_name mismatch"},
		{"42", "Invalid cloud_name other"},
	} {
		params := signed("file", dataURI(picture("png", 2, 2)))
		params.Set("api_key", test.key)
		if test.key != apiKey {
			// Nothing but the cloud name is wrong with an unsigned upload.
			params = url.Values{"upload_preset": {"unsigned"}, "file": params["file"]}
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL+"/v1_1/other/image/upload", strings.NewReader(params.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		f.expectRefused(f.do(request), 401, test.message)
	}
	f.expectStored(0)
}

func TestBearerTokens(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{"/image/upload", "/image/destroy"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL+"/v1_1/demo"+path, strings.NewReader("file=http%3A%2F%2Fx"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer abc")
		f.expectRefused(f.do(request), 401, "Invalid token")
	}
}

func TestKeysLive(t *testing.T) {
	f := newFixture(t)
	f.expect(f.upload("/image/upload", "a.png", picture("png", 2, 2)))
	f.snapshot.Keys = nil
	f.expectRefused(f.upload("/image/upload", "a.png", picture("png", 2, 2)), 401, "Invalid api_key "+apiKey)
	f.expectStored(1)
}

func TestTypes(t *testing.T) {
	svg := `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`
	film := func(extension string, arguments ...string) string {
		return string(videotest.Read(t, videotest.Make(t, extension, 0.2, arguments...)))
	}
	for _, test := range []struct{ title, path, filename, content, resourceType, format, idEnd string }{
		{"image", "/auto/upload", "a.png", picture("png", 3, 3), "image", "png", ""},
		{"jpeg by any name", "/auto/upload", "a.txt", picture("jpg", 3, 3), "image", "jpg", ""},
		{"text", "/auto/upload", "notes.TXT", "hello", "raw", "txt", ".txt"},
		{"no extension", "/auto/upload", "notes", "hello", "raw", "", ""},
		{"what the engine does not know", "/auto/upload", "a.svg", svg, "raw", "svg", ".svg"},
		{"video", "/auto/upload", "a.mp4", film("mp4"), "video", "mp4", ""},
		{"video path", "/video/upload", "a.mov", film("mov"), "video", "mov", ""},
		{"sound", "/auto/upload", "a.mp3", film("mp3", "-map", "1:a"), "video", "mp3", ""},
		{"webm", "/auto/upload", "a.webm", film("webm", "-c:v", "libvpx", "-c:a", "libopus"), "video", "webm", ""},
		{"what begins like a sound", "/auto/upload", "a.bin", "\xff\xfb is how sounds begin, too", "raw", "bin", ".bin"},
		{"image as raw", "/raw/upload", "a.png", picture("png", 3, 3), "raw", "png", ".png"},
	} {
		t.Run(test.title, func(t *testing.T) {
			f := newFixture(t)
			got := f.expect(f.upload(test.path, test.filename, test.content)).body
			format, _ := got["format"].(string)
			id := got["public_id"].(string)
			if got["resource_type"] != test.resourceType || format != test.format || !regexp.MustCompile(`^[a-z0-9]{20}`+regexp.QuoteMeta(test.idEnd)+`$`).MatchString(id) {
				t.Errorf("answer %s", pretty(got))
			}
			end := id
			if test.resourceType != "raw" {
				end += "." + test.format
			}
			if link := got["url"].(string); !strings.HasSuffix(link, "/"+end) {
				t.Errorf("url %s does not end in %s", link, end)
			}
			if _, sized := got["width"]; sized != (test.resourceType == "image" || test.resourceType == "video" && test.format != "mp3") {
				t.Errorf("width is there: %v", sized)
			}
			f.expectStored(1)
		})
	}
}

func TestUnsigned(t *testing.T) {
	content := picture("png", 5, 4)
	const list = "upload_preset, callback, public_id, folder, asset_folder, tags, context, metadata, face_coordinates, custom_coordinates, source, " +
		"filename_override, manifest_transformation, manifest_json, template, template_vars, regions, public_id_prefix"
	file := part{"file", "a.png", content}
	t.Run("allowed", func(t *testing.T) {
		f := newFixture(t)
		got := f.expect(f.multipart("/image/upload", part{name: "upload_preset", value: "unsigned"}, part{name: "timestamp", value: "1"}, part{name: "unsigned", value: "true"},
			part{name: "public_id", value: "mine"}, part{name: "tags", value: "t"}, part{name: "anything", value: "else"}, file)).body
		if got["public_id"] != "mine" || got["api_key"] != nil {
			t.Errorf("answer %s", pretty(got))
		}
		version, err := got["version"].(json.Number).Int64()
		if err != nil || got["signature"] != sign.Response("mine", version, apiSecret, sign.SHA1) {
			t.Errorf("signature %v", got["signature"])
		}
	})
	t.Run("forbidden", func(t *testing.T) {
		f := newFixture(t)
		got := f.multipart("/image/upload", part{name: "upload_preset", value: "unsigned"}, part{name: "access_mode", value: "public"}, part{name: "overwrite", value: "true"}, file)
		f.expectRefused(got, 400, "Access mode parameter is not allowed when using unsigned upload. Only "+list+" upload parameters are allowed., "+
			"Overwrite parameter is not allowed when using unsigned upload. Only "+list+" upload parameters are allowed.")
		f.expectStored(0)
	})
	t.Run("public ID forbidden", func(t *testing.T) {
		f := newFixture(t)
		got := f.multipart("/image/upload", part{name: "upload_preset", value: "no-id"}, part{name: "public_id", value: "x"}, file)
		f.expectRefused(got, 400, "Public id parameter is not allowed when using unsigned upload. Only "+strings.Replace(list, " public_id,", "", 1)+" upload parameters are allowed.")
		f.expect(f.multipart("/image/upload", part{name: "upload_preset", value: "no-id"}, file))
	})
	t.Run("never overwrites", func(t *testing.T) {
		f := newFixture(t)
		preset := f.snapshot.Presets["unsigned"]
		preset.Parameters = map[string]json.RawMessage{"overwrite": []byte("true")}
		f.snapshot.Presets["unsigned"] = preset
		first := f.expect(f.upload("/image/upload", "a.png", content, "public_id", "mine")).body
		second := f.expect(f.multipart("/image/upload", part{name: "upload_preset", value: "unsigned"}, part{name: "public_id", value: "mine"}, part{"file", "b.png", picture("png", 9, 9)})).body
		if second["existing"] != true || second["asset_id"] != first["asset_id"] || second["etag"] != first["etag"] || second["width"] != json.Number("5") {
			t.Errorf("answer %s", pretty(second))
		}
		f.expectStored(1)
	})
}

func TestPresets(t *testing.T) {
	raw := func(pairs ...string) map[string]json.RawMessage {
		parameters := map[string]json.RawMessage{}
		for i := 0; i+1 < len(pairs); i += 2 {
			parameters[pairs[i]] = json.RawMessage(pairs[i+1])
		}
		return parameters
	}
	f := newFixture(t)
	for _, name := range []string{"signed", "unsigned"} {
		preset := f.snapshot.Presets[name]
		preset.Parameters = raw("folder", `"preset"`, "tags", `["p","q"]`, "context", `{"a":"p=1","b":"p|2"}`, "metadata", `{"colors":["r","g"],"note":"[p|q=1"}`,
			"use_filename", "true", "unique_filename", "false", "face_coordinates", "[[1,2,3,4]]", "allowed_formats", `["png","jpeg"]`, "discard_original_filename", "true")
		f.snapshot.Presets[name] = preset
	}
	content := picture("png", 5, 4)
	params := []string{"folder", "request", "tags", "q,r", "context", "b=r|c=r", "upload_preset", "signed"}
	check := func(title string, got map[string]any, id string, context map[string]any) {
		t.Helper()
		if got["public_id"] != id || !reflect.DeepEqual(got["tags"], []any{"p", "q", "r"}) ||
			!reflect.DeepEqual(got["context"], map[string]any{"custom": context}) ||
			!reflect.DeepEqual(got["metadata"], map[string]any{"colors": []any{"r", "g"}, "note": "[p|q=1"}) ||
			len(got["faces"].([]any)) != 1 || got["original_filename"] != nil {
			t.Errorf("%s: answer %s", title, pretty(got))
		}
	}
	got := f.expect(f.upload("/image/upload", "pic.png", content, params...)).body
	check("signed", got, "request/pic", map[string]any{"a": "p=1", "b": "r", "c": "r"})
	body := []part{{"file", "pic.png", content}, {name: "upload_preset", value: "unsigned"}}
	for i := 0; i < 6; i += 2 {
		body = append(body, part{name: params[i], value: params[i+1]})
	}
	got = f.expect(f.multipart("/image/upload", body...)).body
	check("unsigned", got, "preset/pic", map[string]any{"a": "p=1", "b": "p|2", "c": "r"})
	f.expectRefused(f.upload("/image/upload", "pic.gif", picture("gif", 2, 2), "upload_preset", "signed"), 400, "Image file format gif not allowed")
	f.expectStored(2)
}

func TestOverwrites(t *testing.T) {
	f := newFixture(t)
	first := f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "x")).body
	second := f.expect(f.upload("/image/upload", "b.png", picture("png", 6, 4), "public_id", "x")).body
	if first["overwritten"] != nil || second["overwritten"] != true || second["asset_id"] != first["asset_id"] || second["version"] == first["version"] || second["width"] != json.Number("6") {
		t.Errorf("answers %s %s", pretty(first), pretty(second))
	}
	third := f.expect(f.upload("/image/upload", "c.png", picture("png", 7, 4), "public_id", "x", "overwrite", "0")).body
	if third["existing"] != true || third["width"] != json.Number("6") {
		t.Errorf("answer %s", pretty(third))
	}
	// The replaced bytes wait for the sweeper; those that were not stored are gone.
	if len(f.objects()) != 2 {
		t.Errorf("%d objects", len(f.objects()))
	}
}

func TestConverts(t *testing.T) {
	for _, test := range []struct {
		title         string
		pairs         []string
		format, width string
		renders       int
	}{
		{"format", []string{"format", "jpeg"}, "jpg", "40", 1},
		{"same format", []string{"format", "png"}, "png", "40", 0},
		{"allowed by conversion", []string{"format", "jpg", "allowed_formats", "jpg"}, "jpg", "40", 1},
		{"transformation", []string{"transformation", "c_limit,w_20"}, "png", "20", 1},
		{"named transformation", []string{"transformation", "t_small"}, "png", "20", 1},
		{"both", []string{"transformation", "c_limit,w_20", "format", "gif"}, "gif", "20", 1},
		{"format of the transformation", []string{"transformation", "c_limit,w_20,f_jpg"}, "jpg", "20", 1},
	} {
		t.Run(test.title, func(t *testing.T) {
			f := newFixture(t)
			content := picture("png", 40, 20)
			got := f.expect(f.upload("/image/upload", "a.png", content, test.pairs...)).body
			if got["format"] != test.format || got["width"] != json.Number(test.width) || len(f.engine.rendered) != test.renders {
				t.Errorf("%d renderings, answer %s", len(f.engine.rendered), pretty(got))
			}
			f.expectStored(1)
			page, err := f.library.List(t.Context(), library.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			file, err := f.bucket.File(t.Context(), page.Assets[0].ObjectKey)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			stored, err := io.ReadAll(file)
			if err != nil {
				t.Fatal(err)
			}
			sum := md5.Sum(stored)
			if got["etag"] != hex.EncodeToString(sum[:]) || got["bytes"] != json.Number(fmt.Sprint(len(stored))) {
				t.Errorf("etag %v and bytes %v are not those of what is stored", got["etag"], got["bytes"])
			}
		})
	}
	t.Run("invalid transformation", func(t *testing.T) {
		f := newFixture(t)
		got := f.upload("/image/upload", "a.png", picture("png", 4, 4), "transformation", "c_nonsense,w_20")
		if got.status != 400 || !strings.Contains(got.message(), "nonsense") {
			t.Errorf("answer %d %s", got.status, got.message())
		}
		f.expectStored(0)
	})
	t.Run("layer", func(t *testing.T) {
		f := newFixture(t)
		got := f.upload("/image/upload", "a.png", picture("png", 4, 4), "transformation", "l_marks:logo")
		f.expectRefused(got, 400, "Resource not found - marks/logo")
		f.expect(f.upload("/image/upload", "a.png", picture("png", 6, 3), "public_id", "marks/logo"))
		f.expect(f.upload("/image/upload", "a.png", picture("png", 4, 4), "transformation", "l_marks:logo"))
		layer := f.engine.rendered[0].Layers["upload/marks/logo"]
		if layer.Width != 6 || layer.File == nil {
			t.Errorf("layers %+v", f.engine.rendered[0].Layers)
		}
	})
	t.Run("video", func(t *testing.T) {
		f := newFixture(t)
		got := f.upload("/auto/upload", "a.mp4", string(videotest.Read(t, videotest.Make(t, "mp4", 0.2))), "transformation", "w_10")
		f.expectRefused(got, 400, "Incoming transformations of videos are not available")
		f.expectStored(0)
	})
}

func TestFilenames(t *testing.T) {
	for _, test := range []struct {
		title, path, filename string
		pairs                 []string
		id, original          string
	}{
		{"default", "/image/upload", "my pic.png", nil, `[a-z0-9]{20}`, "my pic"},
		{"use", "/image/upload", "my pic.v2.png", []string{"use_filename", "true"}, `my_pic\.v2_[a-z0-9]{6}`, "my pic.v2"},
		{"bare", "/image/upload", "my+pic.png", []string{"use_filename", "1", "unique_filename", "0"}, `my_pic`, "my+pic"},
		{"raw", "/raw/upload", "notes.txt", []string{"use_filename", "1"}, `notes_[a-z0-9]{6}\.txt`, "notes"},
		{"folder", "/image/upload", "pic.png", []string{"use_filename", "1", "unique_filename", "0", "folder", "a/b"}, `a/b/pic`, "pic"},
		{"prefix", "/image/upload", "pic.png", []string{"public_id", "x", "folder", "a", "public_id_prefix", "p/"}, `p/x`, "pic"},
		{"asset folder as prefix", "/image/upload", "pic.png", []string{"public_id", "x", "asset_folder", "a", "use_asset_folder_as_public_id_prefix", "true"}, `a/x`, "pic"},
		{"override", "/image/upload", "pic.png", []string{"filename_override", "other.jpeg", "use_filename", "1", "unique_filename", "0"}, `other`, "other"},
		{"ID wins", "/image/upload", "pic.png", []string{"public_id", "x", "use_filename", "1"}, `x`, "pic"},
		{"raw ID as given", "/raw/upload", "pic.png", []string{"public_id", "x"}, `x`, "pic"},
		{"hostile", "/image/upload", "..", []string{"use_filename", "1", "unique_filename", "0"}, `file`, ".."},
	} {
		t.Run(test.title, func(t *testing.T) {
			f := newFixture(t)
			got := f.expect(f.upload(test.path, test.filename, picture("png", 3, 3), test.pairs...)).body
			if id := got["public_id"].(string); !regexp.MustCompile("^" + test.id + "$").MatchString(id) {
				t.Errorf("public_id %q does not match %s", id, test.id)
			}
			if got["original_filename"] != test.original {
				t.Errorf("original_filename %q, want %q", got["original_filename"], test.original)
			}
		})
	}
	t.Run("extension", func(t *testing.T) {
		f := newFixture(t)
		if got := f.expect(f.upload("/image/upload", "a.JPEG", picture("jpg", 3, 3))).body; got["original_extension"] != "jpeg" {
			t.Errorf("answer %s", pretty(got))
		}
		if got := f.expect(f.upload("/image/upload", "a.jpg", picture("jpg", 3, 3), "discard_original_filename", "true")).body; got["original_filename"] != nil || got["original_extension"] != nil {
			t.Errorf("answer %s", pretty(got))
		}
	})
	t.Run("display name", func(t *testing.T) {
		f := newFixture(t)
		for _, test := range [][]string{
			{"x", "public_id", "a/x"},
			{"Given", "display_name", "Given"},
			{"pic", "use_filename_as_display_name", "true"},
		} {
			if got := f.expect(f.upload("/image/upload", "pic.png", picture("png", 3, 3), test[1:]...)).body; got["display_name"] != test[0] {
				t.Errorf("%v: display_name %v", test[1:], got["display_name"])
			}
		}
	})
}

func TestPublicIDs(t *testing.T) {
	f := newFixture(t)
	content := picture("png", 3, 3)
	for given, want := range map[string]string{
		" /a//b/ ":               "a/b",
		"a b,c'd(e)":             "a b,c'd(e)",
		"ünïcode/日本":             "ünïcode/日本",
		"v1":                     "v1",
		"a/v2x/b":                "a/v2x/b",
		strings.Repeat("é", 255): strings.Repeat("é", 255),
		"dots...and.more":        "dots...and.more",
	} {
		if got := f.expect(f.upload("/image/upload", "a.png", content, "public_id", given)).body["public_id"]; got != want {
			t.Errorf("public_id %q became %q, want %q", given, got, want)
		}
	}
	for given, reason := range map[string]string{
		"a?b":                    "public_id (a?b) is invalid: the character ? is not allowed",
		"a&b":                    "public_id (a&b) is invalid: the character & is not allowed",
		"a#b":                    "public_id (a#b) is invalid: the character # is not allowed",
		`a\b`:                    `public_id (a\b) is invalid: the character \ is not allowed`,
		"a%b":                    "public_id (a%b) is invalid: the character % is not allowed",
		"a<b":                    "public_id (a<b) is invalid: the character < is not allowed",
		"a>b":                    "public_id (a>b) is invalid: the character > is not allowed",
		"a+b":                    "public_id (a+b) is invalid: the character + is not allowed",
		"a\x00b":                 "public_id (a?b) is invalid: control characters are not allowed",
		"a\nb":                   "public_id (a?b) is invalid: control characters are not allowed",
		"../b":                   "public_id (../b) is invalid: the folder .. is not allowed",
		"a/./b":                  "public_id (a/./b) is invalid: the folder . is not allowed",
		"v12/b":                  "public_id (v12/b) is invalid: a folder must not be named like a version (v12)",
		" / ":                    "public_id () is invalid: it is empty",
		strings.Repeat("é", 256): "public_id (" + strings.Repeat("é", 100) + "…) is invalid: it is longer than 255 characters",
	} {
		f.expectRefused(f.upload("/image/upload", "a.png", content, "public_id", given), 400, reason)
	}
	f.expectRefused(f.upload("/image/upload", "a.png", content, "folder", "a/v3"), 400, "folder (a/v3/x) is invalid: a folder must not be named like a version (v3)")
	f.expectRefused(f.upload("/image/upload", "a.png", content, "folder", strings.Repeat("f", 240), "public_id", "0123456789abcdef"),
		400, "public_id ("+strings.Repeat("f", 100)+"…) is invalid: it is longer than 255 characters")
	f.expectStored(7)
}

func TestRestrictedTypes(t *testing.T) {
	f := newFixture(t)
	for _, deliveryType := range []string{"private", "authenticated"} {
		got := f.expect(f.upload("/image/upload", "a.png", picture("png", 3, 3), "type", deliveryType, "public_id", "x")).body
		want := fmt.Sprintf("http://media.example.com/demo/image/%s/s--%s--/v%v/x.png", deliveryType, sign.Delivery("", "x.png", apiSecret), got["version"])
		if got["url"] != want {
			t.Errorf("url %v, want %s", got["url"], want)
		}
	}
}

func TestPreflight(t *testing.T) {
	f := newFixture(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, f.server.URL+"/v1_1/demo/image/upload", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", "https://example.com")
	request.Header.Set("Access-Control-Request-Headers", "content-range,x-unique-upload-id")
	got := f.do(request)
	if got.status != 200 || got.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(got.header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("answer %d %v", got.status, got.header)
	}
	for _, name := range []string{"Content-Range", "X-Unique-Upload-Id", "X-Requested-With", "Content-Type"} {
		if !strings.Contains(got.header.Get("Access-Control-Allow-Headers"), name) {
			t.Errorf("%s is not allowed", name)
		}
	}
}

func TestHandles(t *testing.T) {
	h := newFixture(t).handler
	for path, want := range map[string]bool{
		"/v1_1/demo/image/upload":                  true,
		"/v1_1/demo/auto/upload":                   true,
		"/v1_1/demo/upload":                        true,
		"/v1_1/demo%2Fimage%2Fupload":              true,
		"/v1_1/demo/raw/destroy":                   true,
		"/v1_1/demo/video/metadata":                true,
		"/v1_1/demo/auto/metadata":                 true,
		"/v1_1/demo/film/upload":                   false,
		"/v1_1/demo/auto/destroy":                  true,
		"/v1_1/demo/destroy":                       false,
		"/v1_1/demo/image/tags":                    true,
		"/v1_1/demo/image/explicit":                true,
		"/v1_1/demo/raw/context":                   true,
		"/v1_1/demo/asset/destroy":                 true,
		"/v1_1/demo/asset/rename":                  true,
		"/v1_1/demo/delete_by_token":               true,
		"/v1_1/demo/image/delete_by_token":         true,
		"/v1_1/demo/image/nonsense/at/all":         true,
		"/v1_1/demo/all/upload":                    true,
		"/v1_1/demo/image":                         false,
		"/v2/demo/image/nonsense":                  false,
		"/v1_1/demo/image/%zz":                     false,
		"/v1_1/demo/resources/image/upload/upload": false,
		"/v1_1/demo/ping":                          false,
		"/v1_1/demo":                               false,
		"/demo/image/upload":                       false,
	} {
		if got := h.Handles(http.MethodPost, path); got != want {
			t.Errorf("Handles(POST %s) = %v", path, got)
		}
		if h.Handles(http.MethodGet, path) {
			t.Errorf("Handles(GET %s)", path)
		}
	}
}

func TestUnknownEndpointsAreNotFoundWithoutCredentials(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{"/auto/explicit", "/image/nonsense", "/auto/destroy", "/asset/rename", "/raw/text", "/image/create_slideshow",
		"/image/download", "/image/upload/more", "/all/upload", "/image/"} {
		for name, params := range map[string]url.Values{"a stranger": {}, "a key": signed("public_id", "a", "type", "upload")} {
			if !f.handler.Handles(http.MethodPost, "/v1_1/demo"+path) || !f.handler.Handles(http.MethodOptions, "/v1_1/demo"+path) {
				t.Errorf("%s for %s is left to another API", path, name)
			}
			got := f.post(path, "", strings.NewReader(params.Encode()))
			f.expectRefused(got, 404, "No such endpoint: POST /v1_1/demo"+path)
			if got.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s for %s: a browser cannot read the answer", path, name)
			}
		}
	}
}

func TestDestroy(t *testing.T) {
	f := newFixture(t)
	f.expect(f.upload("/image/upload", "a.png", picture("png", 3, 3), "public_id", "a/b"))
	destroy := func(path string, params url.Values) *reply {
		return f.post(path, "", bytes.NewReader([]byte(params.Encode())))
	}
	f.expectRefused(destroy("/image/destroy", signed()), 400, "Missing required parameter - public_id")
	f.expectRefused(destroy("/image/destroy", url.Values{"public_id": {"a/b"}}), 400, "Missing required parameter - api_key")
	f.expectRefused(destroy("/image/destroy", url.Values{"public_id": {"a/b"}, "upload_preset": {"unsigned"}}), 400, "Missing required parameter - api_key")
	wrong := signed("public_id", "a/b")
	wrong.Set("public_id", "other")
	if got := destroy("/image/destroy", wrong); got.status != 401 {
		t.Errorf("answer %d %s", got.status, got.text)
	}
	for _, test := range []struct {
		path   string
		params url.Values
		result string
	}{
		{"/raw/destroy", signed("public_id", "a/b"), "not found"},
		{"/image/destroy", signed("public_id", "a/b", "type", "private"), "not found"},
		{"/image/destroy", signed("public_id", "a/b", "invalidate", "true"), "ok"},
		{"/image/destroy", signed("public_id", "a/b"), "not found"},
	} {
		if got := f.expect(destroy(test.path, test.params)).body["result"]; got != test.result {
			t.Errorf("%s %v: result %v, want %s", test.path, test.params, got, test.result)
		}
	}
	got := f.expect(f.upload("/image/upload", "a.png", picture("png", 3, 3), "public_id", "again"))
	multipart := f.multipart("/image/destroy", parts(signed("public_id", got.body["public_id"].(string)))...)
	if f.expect(multipart).body["result"] != "ok" {
		t.Errorf("answer %s", multipart.text)
	}
}

func TestSortedPairs(t *testing.T) {
	names := append(unsignedParameters(), signedParameters()...)
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Error("a parameter is both allowed and refused in unsigned uploads")
	}
}

// TestUploadsWaitForModeration puts uploads into the queue of those who approve them.
func TestUploadsWaitForModeration(t *testing.T) {
	onEach(t, func(f *fixture) {
		got := f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a", "moderation", "manual"))
		if moderation := fmt.Sprint(got.body["moderation"]); !strings.HasPrefix(moderation, "[map[kind:manual status:pending") {
			t.Errorf("moderation is %s", moderation)
		}
		f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "b"))
		for id, want := range map[string]int{"a": 1, "b": 0} {
			if waits := f.image(id).Moderation; len(waits) != want || want == 1 && waits[0].Status != "pending" {
				t.Errorf("%s waits for %+v", id, waits)
			}
		}
		f.expectRefused(f.upload("/image/upload", "a.png", picture("png", 5, 4), "moderation", "illegal"), 400, "Moderation illegal moderation is not valid")
	})
}
