package upload

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// runJob runs the one waiting job of an upload.
func (f *fixture) runJob() (*library.Job, error) {
	f.Helper()
	jobs := f.claim(UploadJobKind)
	if len(jobs) != 1 {
		f.Fatalf("%d jobs", len(jobs))
	}
	return jobs[0], f.handler.UploadKind().Run(f.Context(), jobs[0])
}

func TestAsync(t *testing.T) {
	f := newFixture(t)
	got := f.expect(f.upload("/image/upload", "Cat.png", picture("png", 40, 30), "folder", "f", "use_filename", "1", "tags", "x", "async", "1", "notification_url", "http://receiver.example/x"))
	id, _ := got.body["public_id"].(string)
	if got.body["status"] != "pending" || got.body["resource_type"] != "image" || got.body["type"] != "upload" || !strings.HasPrefix(id, "f/Cat_") || got.body["batch_id"] == "" {
		t.Fatalf("%s", pretty(got.body))
	}
	if _, err := f.library.Asset(t.Context(), library.Key{ResourceType: "image", Type: "upload", PublicID: id}); !errors.Is(err, library.ErrNotFound) {
		t.Errorf("before its job: %v", err)
	}
	job, err := f.runJob()
	if err != nil {
		t.Fatal(err)
	}
	asset := f.image(id)
	if asset.Width != 40 || asset.AssetFolder != "f" || asset.OriginalFilename != "Cat" || len(asset.Tags) != 1 {
		t.Errorf("%+v", asset)
	}
	told := f.claim(notify.JobKind)
	if len(told) != 1 || !strings.Contains(string(told[0].Payload), got.body["batch_id"].(string)) || !strings.Contains(string(told[0].Payload), `"width":40`) {
		t.Errorf("told %s", payloads(told))
	}
	// A process that ended before the job was noted as done: it stores nothing again, and nobody is told twice.
	if err := f.handler.UploadKind().Run(t.Context(), job); err != nil || f.image(id).Version != asset.Version || len(f.claim(notify.JobKind)) != 0 {
		t.Errorf("again: %v", err)
	}
	f.expectStored(1)
}

func TestABatchOfTheCaller(t *testing.T) {
	f := newFixture(t)
	f.expect(f.upload("/image/upload", "a.png", picture("png", 4, 4), "batch_id", "mine", "notification_url", "http://receiver.example/x"))
	if told := payloads(f.claim(notify.JobKind)); !strings.Contains(told, `"batch_id":"mine"`) {
		t.Errorf("told %s", told)
	}
}

func TestAsyncOfAURL(t *testing.T) {
	f := newFixture(t)
	content := picture("png", 8, 9)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(content)) }))
	defer origin.Close()
	params := signed("async", "true", "public_id", "a", "file", origin.URL+"/a.png")
	f.expect(f.post("/image/upload", "application/x-www-form-urlencoded", strings.NewReader(params.Encode())))
	if _, err := f.runJob(); err != nil || f.image("a").Height != 9 {
		t.Errorf("%v", err)
	}
	f.expectStored(1)
}

func TestAsyncThatIsRefused(t *testing.T) {
	f := newFixture(t)
	send := func() *reply {
		return f.expect(f.upload("/image/upload", "a.png", "no picture", "public_id", "a", "async", "1", "notification_url", "http://receiver.example/x"))
	}
	got := send()
	if _, err := f.runJob(); err != nil {
		t.Fatal(err)
	}
	told := f.claim(notify.JobKind)
	if len(told) != 1 || !strings.Contains(string(told[0].Payload), `"error":{"message":"Invalid image file"}`) || !strings.Contains(string(told[0].Payload), got.body["batch_id"].(string)) {
		t.Errorf("told %s", payloads(told))
	}
	f.expectStored(0)
	// What passes is tried again, with the bytes that were kept for it.
	f.expect(f.upload("/image/upload", "a.png", picture("png", 4, 4), "public_id", "b", "async", "1"))
	f.engine.fail = problem.Busy(1)
	job, err := f.runJob()
	if err == nil {
		t.Fatal("a busy engine is no reason to end")
	}
	f.engine.fail = nil
	if err := f.handler.UploadKind().Run(t.Context(), job); err != nil || f.image("b").Width != 4 {
		t.Errorf("again: %v", err)
	}
	// A key that was withdrawn meanwhile opens nothing.
	send()
	f.snapshot.Keys = map[string]catalog.Key{"other": {APIKey: "other", APISecret: "s"}}
	if _, err := f.runJob(); err != nil {
		t.Fatal(err)
	}
	f.expectStored(1)
	// What is wrong with the request is said at once.
	f.snapshot.Keys = map[string]catalog.Key{apiKey: {APIKey: apiKey, APISecret: apiSecret}}
	f.expectRefused(f.upload("/image/upload", "a.png", "x", "async", "1", "metadata", "size=big"), 400, `Value "big" is invalid for metadata field size: it is no integer`)
	if len(f.claim(UploadJobKind)) != 0 {
		t.Error("a refused request has left a job")
	}
}

func TestCallback(t *testing.T) {
	f := newFixture(t)
	send := func(callback, requestedWith string) *httptest.ResponseRecorder {
		params := signed("public_id", "a", "callback", callback, "file", "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
		request := httptest.NewRequest(http.MethodPost, "/v1_1/demo/image/upload", strings.NewReader(params.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if requestedWith != "" {
			request.Header.Set("X-Requested-With", requestedWith)
		}
		recorder := httptest.NewRecorder()
		f.handler.ServeHTTP(recorder, request)
		return recorder
	}
	answer := send("https://app.example/done?x=1", "")
	target, err := url.Parse(answer.Header().Get("Location"))
	asset := f.image("a")
	if err != nil || answer.Code != http.StatusFound || target.Host != "app.example" || target.Query().Get("x") != "1" || target.Query().Get("public_id") != "a" ||
		target.Query().Get("signature") == "" || target.Query().Get("asset_id") != asset.AssetID {
		t.Errorf("%d to %s, %v", answer.Code, target, err)
	}
	if answer := send("https://app.example/done", "XMLHttpRequest"); answer.Code != http.StatusOK || answer.Header().Get("Location") != "" {
		t.Errorf("a script's request: %d %v", answer.Code, answer.Header())
	}
	for _, bad := range []string{"javascript:alert(1)", "//host", "/path", "http://"} {
		if answer := send(bad, ""); answer.Code != http.StatusBadRequest || !strings.Contains(answer.Body.String(), "Invalid callback: it must be an http or https URL") {
			t.Errorf("%s: %d %s", bad, answer.Code, answer.Body)
		}
	}
}
