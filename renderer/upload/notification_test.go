package upload

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// told is a notification as it arrived: the path of the receiver, the body, and the algorithm of its signature.
type told struct {
	path      string
	body      map[string]any
	algorithm sign.Algorithm
}

// receive starts a receiver that checks signatures as SDKs do, and the jobs that deliver to it. It gives the receiver's
// address.
func (f *fixture) receive() (url string, arrived <-chan told) {
	f.Helper()
	channel := make(chan told, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			f.Error(err)
		}
		algorithm := sign.AlgorithmOf(r.Header.Get(notify.SignatureHeader))
		timestamp, err := strconv.ParseInt(r.Header.Get(notify.TimestampHeader), 10, 64)
		if err != nil || r.Header.Get(notify.SignatureHeader) != sign.Notification(content, timestamp, apiSecret, algorithm) {
			f.Errorf("the signature %q of %s is wrong", r.Header.Get(notify.SignatureHeader), content)
		}
		decoder := json.NewDecoder(strings.NewReader(string(content)))
		decoder.UseNumber()
		var body map[string]any
		if err := decoder.Decode(&body); err != nil {
			f.Error(err)
		}
		channel <- told{r.URL.Path, body, algorithm}
	}))
	f.Cleanup(receiver.Close)
	sender := notify.NewSender(notify.SenderOptions{Catalog: catalog.Fixed{Snapshot: f.snapshot}})
	ctx, cancel := context.WithCancel(context.WithoutCancel(f.Context()))
	ended := make(chan error, 1)
	go func() {
		ended <- jobs.Run(ctx, jobs.RunOptions{
			Queue: f.library, Kinds: map[string]jobs.Kind{notify.JobKind: sender.Kind()}, Workers: 1, PerLane: 1, Now: time.Now,
		})
	}()
	f.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			f.Error(err)
		}
	})
	return receiver.URL, channel
}

// expectTold waits for a notification at each of the paths, in any order, and returns what was told there.
func (f *fixture) expectTold(arrived <-chan told, notificationType string, paths ...string) []map[string]any {
	f.Helper()
	bodies := make([]map[string]any, len(paths))
	for range paths {
		select {
		case got := <-arrived:
			i := slices.Index(paths, got.path)
			if i < 0 || bodies[i] != nil || got.body["notification_type"] != notificationType {
				f.Fatalf("%s was told %s, want %s at %q", got.path, pretty(got.body), notificationType, paths)
			}
			bodies[i] = got.body
		case <-time.After(20 * time.Second):
			f.Fatalf("not all of %q were told of %s", paths, notificationType)
		}
	}
	return bodies
}

// expectSilence checks that nobody has been told of anything else, and that no notification waits.
func (f *fixture) expectSilence(arrived <-chan told) {
	f.Helper()
	waiting, err := f.library.PendingJobs(f.Context(), notify.JobKind, 10)
	if err != nil {
		f.Fatal(err)
	}
	for _, job := range waiting {
		if job.Attempts == 0 {
			f.Errorf("another notification waits: %s", job.Payload)
		}
	}
	select {
	case got := <-arrived:
		f.Errorf("%s was told %s", got.path, pretty(got.body))
	default:
	}
}

func TestNotificationsOfCalls(t *testing.T) {
	onEach(t, func(f *fixture) {
		url, arrived := f.receive()
		f.snapshot.Triggers = []catalog.Trigger{
			{Name: "uploads", EventType: notify.Upload, URI: url + "/uploads"},
			{Name: "also", EventType: notify.Upload, URI: url + "/also", Additive: true},
			{Name: "others", EventType: notify.Rename, URI: url + "/others"},
		}

		// What the call says goes to the call's own URL and to additive triggers, whole.
		answer := f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a", "tags", "t", "metadata", "size=42", "notification_url", url+"/mine"))
		bodies := f.expectTold(arrived, notify.Upload, "/mine", "/also")
		body := bodies[0]
		if !reflect.DeepEqual(bodies[1], body) {
			f.Error("the trigger and the call's own URL were told different things")
		}
		want := maps.Clone(answer.body)
		want["notification_type"], want["request_id"], want["signature_key"] = "upload", answer.header.Get("X-Request-Id"), apiKey
		for _, name := range []string{"timestamp", "notification_context"} {
			if want[name] = body[name]; body[name] == nil {
				f.Errorf("the notification has no %s", name)
			}
		}
		if !reflect.DeepEqual(body, want) {
			f.Errorf("told\n got %s\nwant %s", pretty(body), pretty(want))
		}
		f.expectSilence(arrived)

		// Without a URL of its own, triggers are told.
		f.expect(f.upload("/raw/upload", "a.txt", "text", "public_id", "b"))
		if body := f.expectTold(arrived, notify.Upload, "/uploads", "/also")[0]; body["public_id"] != "b" || body["resource_type"] != "raw" {
			f.Errorf("told %s", pretty(body))
		}
		f.expect(f.rename("image", "from_public_id", "a", "to_public_id", "c"))
		if body := f.expectTold(arrived, notify.Rename, "/others")[0]; body["from_public_id"] != "a" || body["to_public_id"] != "c" || body["request_id"] == nil {
			f.Errorf("told %s", pretty(body))
		}
		f.expect(f.rename("image", "from_public_id", "c", "to_public_id", "d", "notification_url", url+"/renamed"))
		f.expectTold(arrived, notify.Rename, "/renamed")
		destroyed := f.post("/image/destroy", "", strings.NewReader(signed("public_id", "d", "notification_url", url+"/gone").Encode()))
		if f.expect(destroyed).body["result"] != "ok" {
			f.Errorf("answer %s", destroyed.text)
		}
		body = f.expectTold(arrived, notify.Delete, "/gone")[0]
		if resources, _ := body["resources"].([]any); len(resources) != 1 || resources[0].(map[string]any)["public_id"] != "d" || body["request_id"] != nil {
			f.Errorf("told %s", pretty(body))
		}
		f.expectSilence(arrived)
	})
}

func TestWhatChangesNothingIsToldToTheCallerAlone(t *testing.T) {
	onEach(t, func(f *fixture) {
		url, arrived := f.receive()
		f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "a"))
		f.snapshot.Triggers = []catalog.Trigger{{Name: "all", EventType: catalog.EventTypeAll, URI: url + "/all", Additive: true}}
		f.expect(f.upload("/image/upload", "b.png", picture("png", 6, 4), "public_id", "a", "overwrite", "false"))
		f.expect(f.upload("/image/upload", "b.png", picture("png", 6, 4), "public_id", "a", "overwrite", "false", "notification_url", url+"/mine"))
		if body := f.expectTold(arrived, notify.Upload, "/mine")[0]; body["existing"] != true || body["width"] != json.Number("5") {
			f.Errorf("told %s", pretty(body))
		}
		// What is refused, or was not there, has not happened.
		f.expectRefused(f.upload("/image/upload", "b.png", "no picture", "public_id", "b", "notification_url", url+"/mine"), 400, "Invalid image file")
		f.expectRefused(f.upload("/image/upload", "b.png", picture("png", 6, 4), "metadata", "size=big"), 400, `Value "big" is invalid for metadata field size: it is no integer`)
		f.expectRefused(f.upload("/image/upload", "b.png", picture("png", 6, 4), "notification_url", "not a url"), 400,
			"Invalid notification_url: it must be an http or https URL of at most 2048 bytes")
		f.expectRefused(f.rename("image", "from_public_id", "none", "to_public_id", "b"), 404, "Resource not found - none")
		f.expect(f.post("/image/destroy", "", strings.NewReader(signed("public_id", "none").Encode())))
		f.expectSilence(arrived)
		f.expectStored(1)
	})
}

func TestAPresetNamesTheNotificationURL(t *testing.T) {
	onEach(t, func(f *fixture) {
		url, arrived := f.receive()
		f.snapshot.Triggers = []catalog.Trigger{{Name: "all", EventType: catalog.EventTypeAll, URI: url + "/all"}}
		f.snapshot.Presets["unsigned"] = catalog.Preset{Name: "unsigned", Unsigned: true, Parameters: map[string]json.RawMessage{
			"notification_url": json.RawMessage(strconv.Quote(url + "/preset")),
		}}
		f.expect(f.multipart("/image/upload", part{name: "upload_preset", value: "unsigned"}, part{"file", "a.png", picture("png", 5, 4)}))
		if body := f.expectTold(arrived, notify.Upload, "/preset")[0]; body["api_key"] != nil || body["signature_key"] != apiKey {
			f.Errorf("told %s", pretty(body))
		}
		f.expectSilence(arrived)
		// Whoever may not sign may not choose who is told.
		refused := f.multipart("/image/upload", part{name: "upload_preset", value: "unsigned"}, part{name: "notification_url", value: url + "/mine"}, part{"file", "a.png", picture("png", 5, 4)})
		if refused.status != 400 || !strings.HasPrefix(refused.message(), "Notification url parameter is not allowed") {
			f.Errorf("answer %d %s", refused.status, refused.text)
		}
		f.expectSilence(arrived)
	})
}

func TestNotificationsTellOfEagerTransformations(t *testing.T) {
	databases.Each(t, func(t *testing.T, l *library.Library) {
		f := newFixture(t, func(f *fixture, options *Options) { f.library, options.Library, options.Deriver = l, l, &eagerNotes{} })
		url, arrived := f.receive()
		answer := f.expect(f.upload("/image/upload", "a.png", picture("png", 40, 20), "public_id", "x", "eager", "c_scale,w_20|w_13", "notification_url", url+"/mine"))
		if body := f.expectTold(arrived, notify.Upload, "/mine")[0]; !reflect.DeepEqual(body["eager"], answer.body["eager"]) || body["eager"] == nil {
			t.Errorf("told %s, answered %s", pretty(body["eager"]), pretty(answer.body["eager"]))
		}
	})
}

func TestSDKNotificationURL(t *testing.T) {
	onEach(t, func(f *fixture) {
		url, arrived := f.receive()
		// Its version 2 signature protects the ampersand.
		got, err := f.sdk("").Upload.Upload(f.Context(), strings.NewReader(picture("png", 5, 4)), uploader.UploadParams{PublicID: "a", NotificationURL: url + "/hook?a=1&b=2"})
		if err != nil || got.Error.Message != "" {
			f.Fatalf("%+v, %v", got, err)
		}
		if body := f.expectTold(arrived, notify.Upload, "/hook")[0]; body["asset_id"] != got.AssetID {
			f.Errorf("told %s", pretty(body))
		}
	})
}

// folderPaths are the paths of n create_folder notifications, in the order of their arrival.
func (f *fixture) folderPaths(arrived <-chan told, n int) (paths []string) {
	f.Helper()
	for range n {
		body := f.expectTold(arrived, notify.FolderCreated, "/folders")[0]
		path, _ := body["folder_path"].(string)
		if name, _ := body["folder_name"].(string); name != path[strings.LastIndexByte(path, '/')+1:] || body["request_id"] == nil {
			f.Errorf("told %s", pretty(body))
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

func TestFoldersThatAssetsMakeAreToldOf(t *testing.T) {
	onEach(t, func(f *fixture) {
		url, arrived := f.receive()
		f.snapshot.Triggers = []catalog.Trigger{{Name: "folders", EventType: notify.FolderCreated, URI: url + "/folders"}}
		f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "not/this", "asset_folder", "a/b", "notification_url", url+"/mine"))
		bodies := map[string]int{}
		for range 3 {
			select {
			case got := <-arrived:
				bodies[fmt.Sprint(got.path, " ", got.body["notification_type"], " ", got.body["folder_path"])]++
			case <-time.After(20 * time.Second):
				f.Fatalf("not all were told: %v", bodies)
			}
		}
		if want := map[string]int{"/mine upload <nil>": 1, "/folders create_folder a": 1, "/folders create_folder a/b": 1}; !maps.Equal(bodies, want) {
			f.Errorf("told %v", bodies)
		}
		// What is there is not made again.
		f.expect(f.upload("/image/upload", "a.png", picture("png", 5, 4), "public_id", "x", "asset_folder", "a/b"))
		f.expectSilence(arrived)
		f.expect(f.call("/image/explicit", "public_id", "x", "type", "upload", "asset_folder", "a/c"))
		if paths := f.folderPaths(arrived, 1); !slices.Equal(paths, []string{"a/c"}) {
			f.Errorf("an explicit call: %q", paths)
		}
		// Where folders are parts of public IDs these count. The library has known them all along.
		f.snapshot.Environment.DynamicFolders = false
		f.expect(f.rename("image", "from_public_id", "x", "to_public_id", "not/d/x"))
		if paths := f.folderPaths(arrived, 1); !slices.Equal(paths, []string{"not/d"}) {
			f.Errorf("a renaming: %q", paths)
		}
		f.expect(f.call("/image/generate_archive", "public_ids", "not/d/x", "target_public_id", "e/f/g"))
		if paths := f.folderPaths(arrived, 2); !slices.Equal(paths, []string{"e", "e/f"}) {
			f.Errorf("an archive: %q", paths)
		}
		f.expectSilence(arrived)
	})
}

func TestFailuresOfJobsAreToldToTriggersOfErrors(t *testing.T) {
	onEach(t, func(f *fixture) {
		url, arrived := f.receive()
		f.snapshot.Triggers = []catalog.Trigger{
			{Name: "errors", EventType: notify.Failed, URI: url + "/errors"}, {Name: "uploads", EventType: notify.Upload, URI: url + "/uploads"},
		}
		answer := f.expect(f.upload("/image/upload", "a.png", "no picture", "public_id", "a", "async", "1", "notification_url", url+"/mine"))
		if _, err := f.runJob(); err != nil {
			f.Fatal(err)
		}
		got := map[string]map[string]any{}
		for range 2 {
			select {
			case one := <-arrived:
				got[one.path] = one.body
			case <-time.After(20 * time.Second):
				f.Fatalf("told %s", pretty(got))
			}
		}
		for path, event := range map[string]string{"/mine": "upload", "/errors": "error"} {
			body := got[path]
			if body["notification_type"] != event || body["public_id"] != "a" || body["batch_id"] != answer.body["batch_id"] ||
				!reflect.DeepEqual(body["error"], map[string]any{"message": "Invalid image file"}) {
				f.Errorf("%s: %s", path, pretty(body))
			}
		}
		f.expectSilence(arrived)
	})
}
