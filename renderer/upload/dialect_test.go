package upload

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// typed sends a form whose parts have exactly these headers beside their names.
func (f *fixture) typed(path, authorization string, parts map[string]typedPart) *reply {
	f.Helper()
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		part := parts[name]
		header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q%s`, name, part.disposition)}}
		if part.contentType != "" {
			header.Set("Content-Type", part.contentType)
		}
		w, err := writer.CreatePart(header)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := io.WriteString(w, part.value); err != nil {
			f.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		f.Fatal(err)
	}
	request, err := http.NewRequestWithContext(f.Context(), http.MethodPost, f.server.URL+"/v1_1/"+cloud+path, &body)
	if err != nil {
		f.Fatal(err)
	}
	request.Header.Set("Content-Type", writer.FormDataContentType())
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	return f.do(request)
}

type typedPart struct{ disposition, contentType, value string }

// typedParts are the parts of signed parameters, all of one type.
func typedParts(contentType string, pairs ...string) map[string]typedPart {
	parts := map[string]typedPart{}
	for name, values := range signed(pairs...) {
		parts[name] = typedPart{contentType: contentType, value: values[0]}
	}
	return parts
}

// TestPartsOfOtherSDKs sends what the SDKs for Java, .NET and PHP make of a form.
func TestPartsOfOtherSDKs(t *testing.T) {
	f := newFixture(t)
	content := picture("png", 3, 2)
	for title, test := range map[string]struct {
		fields string
		file   typedPart
	}{
		"Java by httpclient 4":       {"multipart/form-data; charset=UTF-8", typedPart{`; filename="a.png"`, "application/octet-stream", content}},
		"Java by httpclient 5":       {"text/plain; charset=UTF-8", typedPart{`; filename="a.png"`, "application/octet-stream", content}},
		".NET":                       {"text/plain; charset=utf-8", typedPart{`; filename*=utf-8''a.png`, "application/octet-stream", content}},
		"PHP from memory":            {"", typedPart{"", "", content}},
		"a type without a name":      {"", typedPart{"", "image/png", content}},
		"a data URI by httpclient 4": {"multipart/form-data; charset=UTF-8", typedPart{"", "multipart/form-data; charset=UTF-8", dataURI(content)}},
	} {
		t.Run(title, func(t *testing.T) {
			sent := typedParts(test.fields, "tags", "ü,b")
			sent["file"] = test.file
			got := f.expect(f.typed("/image/upload", "", sent))
			if got.body["format"] != "png" || !reflect.DeepEqual(got.body["tags"], []any{"b", "ü"}) || got.body["api_key"] != apiKey {
				t.Errorf("answer %s", got.text)
			}
		})
	}
	// A path, or any other text, is no content.
	sent := typedParts("", "public_id", "y")
	sent["file"] = typedPart{value: "/home/me/ä.png"}
	f.expectRefused(f.typed("/auto/upload", "", sent), http.StatusBadRequest, `Invalid file parameter: it must be a file, a data URI or a URL, not "/home/me/ä.png"`)
	f.expectStored(6)
}

func TestBasicCredentials(t *testing.T) {
	f := newFixture(t)
	file := typedPart{`; filename="a.png"`, "application/octet-stream", picture("png", 3, 2)}
	key := basic(apiKey, apiSecret)
	text := func(value string) typedPart { return typedPart{value: value} }
	got := f.expect(f.typed("/image/upload", key, map[string]typedPart{"public_id": text("x"), "colors": text("1"), "file": file}))
	if got.body["api_key"] != apiKey || got.body["public_id"] != "x" {
		t.Errorf("an upload: %s", got.text)
	}
	got = f.expect(f.typed("/image/upload", key, map[string]typedPart{"upload_preset": text("signed"), "public_id": text("x"), "file": file}))
	if got.body["api_key"] != apiKey || got.body["overwritten"] != true {
		t.Errorf("an upload with a preset for signed ones: %s", got.text)
	}
	// An unsigned upload stays one.
	f.expectRefused(f.typed("/image/upload", key, map[string]typedPart{"upload_preset": text("unsigned"), "type": text("private"), "file": file}), http.StatusBadRequest,
		"Type parameter is not allowed when using unsigned upload. Only "+strings.Join(unsignedParameters(), ", ")+" upload parameters are allowed.")
	got = f.expect(f.typed("/image/upload", key, map[string]typedPart{"upload_preset": text("unsigned"), "file": file}))
	if _, has := got.body["api_key"]; has {
		t.Errorf("an unsigned upload: %s", got.text)
	}
	// A signature counts, whatever else is sent.
	sent := typedParts("", "public_id", "x")
	sent["signature"] = text("00")
	if got := f.typed("/image/destroy", key, sent); got.status != http.StatusUnauthorized || !strings.HasPrefix(got.message(), "Invalid Signature 00.") {
		t.Errorf("a wrong signature: %s", got.text)
	}
	for _, wrong := range []string{basic(apiKey, "x"), basic("1", apiSecret), basic("", ""), "Basic ???"} {
		f.expectRefused(f.typed("/image/upload", wrong, map[string]typedPart{"file": file}), http.StatusUnauthorized, "Invalid credentials")
		f.expectRefused(f.typed("/image/destroy", wrong, map[string]typedPart{"public_id": text("x")}), http.StatusUnauthorized, "Invalid credentials")
	}
	if got := f.expect(f.typed("/image/destroy", key, map[string]typedPart{"public_id": text("x")})); got.body["result"] != "ok" {
		t.Errorf("a call: %s", got.text)
	}
}

func basic(user, password string) string {
	request := &http.Request{Header: http.Header{}}
	request.SetBasicAuth(user, password)
	return request.Header.Get("Authorization")
}

func TestNestedParameters(t *testing.T) {
	f := newFixture(t)
	got := f.expect(f.upload("/image/upload", "a.png", picture("png", 3, 2), "public_id", "x", "context", "a=1|b=2", "context[b]", "x|y", "context[c d]", "=", "metadata[size]", "7"))
	if !reflect.DeepEqual(got.body["context"], map[string]any{"custom": map[string]any{"a": "1", "b": "x|y", "c d": "="}}) || fmt.Sprint(got.body["metadata"]) != "map[size:7]" {
		t.Errorf("an upload: %s", got.text)
	}
	f.expect(f.call("/image/context", "command", "add", "context[d]", "é", "public_ids[0]", "x"))
	f.expect(f.call("/image/metadata", "metadata[note]", "n=1", "public_ids[]", "x"))
	asset := f.image("x")
	if asset.Context["d"] != "é" || asset.Metadata["note"] != "n=1" {
		t.Errorf("after edits: %v %v", asset.Context, asset.Metadata)
	}
}
