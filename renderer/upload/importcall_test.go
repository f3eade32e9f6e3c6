package upload

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// importing sends a call that imports, with a secret.
func (f *fixture) importing(secret, body string) *reply {
	f.Helper()
	request, err := http.NewRequestWithContext(f.Context(), http.MethodPost, f.server.URL+"/v1_1/"+cloud+"/import", strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.SetBasicAuth(apiKey, secret)
	return f.do(request)
}

func TestImportsKeepVersionAndAge(t *testing.T) {
	f := newFixture(t)
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		width := 7
		if strings.HasPrefix(r.URL.Path, "/other") {
			width = 9
		}
		_, _ = w.Write([]byte(picture("png", width, 5)))
	}))
	t.Cleanup(files.Close)
	const id = "0123456789abcdef0123456789abcdef"
	described := func(file, more string) string {
		return `{"url":"` + files.URL + file + `","resource_type":"image","type":"upload","public_id":"old/lamp","asset_id":"` + id + `","version":1500000000,` +
			`"created_at":"2015-01-02T03:04:05Z","tags":["b","a"],"context":{"alt":"x"},"metadata":["{\"size\":7}"],"moderation":[]` + more + `}`
	}
	if got := f.expect(f.importing(apiSecret, described("/a.png", ""))); got.text == "" || got.body["unchanged"] != false {
		t.Errorf("imported %s", got.text)
	}
	was := f.stored("image", "upload", "old/lamp")
	created := time.Date(2015, 1, 2, 3, 4, 5, 0, time.UTC)
	if was.Version != 1500000000 || !was.CreatedAt.Equal(created) || was.AssetID != id || was.UploadedBy != (library.Uploader{Kind: library.UploaderKey, Name: apiKey}) || strings.Join(was.Tags, ",") != "b,a" || was.Metadata["size"] != int64(7) {
		t.Errorf("imported %+v", was)
	}
	if got := f.expect(f.importing(apiSecret, described("/other.png", ""))); got.body["unchanged"] != true {
		t.Errorf("imported again %s", got.text)
	}
	if now := f.stored("image", "upload", "old/lamp"); now.ETag != was.ETag {
		t.Error("an asset that is there was replaced without being asked for")
	}
	// An upload goes on from there, and keeps the age.
	f.expect(f.upload("/image/upload", "a.png", picture("png", 3, 3), "public_id", "old/lamp"))
	later := f.stored("image", "upload", "old/lamp")
	if later.Version <= was.Version || !later.CreatedAt.Equal(created) {
		t.Errorf("an upload made version %d of %s", later.Version, later.CreatedAt)
	}
	// Other bytes are another version, whatever the source calls it.
	f.expect(f.importing(apiSecret, described("/a.png", `,"replace":true`)))
	if again := f.stored("image", "upload", "old/lamp"); again.ETag != was.ETag || again.Version <= later.Version || !again.CreatedAt.Equal(created) {
		t.Errorf("replaced by version %d of %s", again.Version, again.CreatedAt)
	}
}

// What was brought before by another way is given its age, in all that is sorted by it.
func TestImportsDateWhatIsThere(t *testing.T) {
	f := newFixture(t)
	f.expect(f.upload("/image/upload", "a.png", picture("png", 4, 4), "public_id", "newest", "tags", "t"))
	f.expect(f.upload("/image/upload", "a.png", picture("png", 7, 5), "public_id", "lamp", "tags", "t"))
	before := f.stored("image", "upload", "lamp")
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(picture("png", 7, 5))) }))
	t.Cleanup(files.Close)
	body := `{"url":"` + files.URL + `","resource_type":"image","type":"upload","public_id":"lamp","version":1400000000,"created_at":"2014-05-13T16:53:20Z","replace":true}`
	f.expect(f.importing(apiSecret, body))
	after := f.stored("image", "upload", "lamp")
	if after.Version != 1400000000 || after.CreatedAt.Unix() != 1400000000 || after.VersionID != before.VersionID || after.AssetID != before.AssetID {
		t.Errorf("dated %+v", after)
	}
	for name, options := range map[string]library.ListOptions{"all": {MaxResults: 1}, "a tag": {Tag: "t", MaxResults: 1}} {
		page, err := f.library.List(t.Context(), options)
		if err != nil || len(page.Assets) != 1 || page.Assets[0].PublicID != "newest" {
			t.Errorf("%s begins with %+v, %v", name, page, err)
		}
	}
	if got := f.expect(f.importing(apiSecret, body)); got.body["unchanged"] != true {
		t.Errorf("again: %s", got.text)
	}
}

func TestImportCallsAreRefused(t *testing.T) {
	f := newFixture(t)
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a.png" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(picture("png", 7, 5)))
	}))
	t.Cleanup(files.Close)
	for _, test := range []struct {
		secret, body string
		status       int
		message      string
	}{
		{"wrong", `{}`, 401, "Invalid credentials"},
		{apiSecret, `{}`, 400, "Missing required parameter - url"},
		{apiSecret, `[]`, 400, "The request's body is no JSON object"},
		{apiSecret, `{"url":"http://e.com","version":"v1"}`, 400, "Invalid value for version: it is a JSON string"},
		{apiSecret, `{"url":"http://e.com","version":-1}`, 400, "Invalid value for version: -1 is below 0"},
		{apiSecret, `{"url":"http://e.com","resource_type":"image","type":"fetch","public_id":"a"}`, 400, "Invalid type fetch: it must be upload, private or authenticated"},
		{apiSecret, `{"url":"http://e.com","resource_type":"film","type":"upload","public_id":"a"}`, 400, "Invalid resource_type film: it must be image, video, raw or auto"},
		{apiSecret, `{"url":"` + files.URL + `/b.png","resource_type":"image","type":"upload","public_id":"a","metadata":["nothing=1"]}`, 400, `Metadata External IDs do not exist: ["nothing"]`},
		{apiSecret, `{"url":"http://e.com","resource_type":"image","type":"upload","public_id":"a","access_control":"[{\"access_type\":\"secret\"}]"}`, 400, `Invalid access_control: access_type "secret" is neither token nor anonymous`},
		{apiSecret, `{"url":"` + files.URL + `/a.png","resource_type":"image","type":"upload","public_id":"a"}`, 400, "Error in loading " + files.URL + "/a.png - 404 Not Found"},
	} {
		f.expectRefused(f.importing(test.secret, test.body), test.status, test.message)
	}
	f.expectStored(0)
	signedCall := f.post("/import", "application/x-www-form-urlencoded", strings.NewReader(signed("url", files.URL).Encode()))
	f.expectRefused(signedCall, 401, "Invalid credentials")
}
