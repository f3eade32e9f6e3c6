package upload

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine/video/videotest"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// ofTwo is a manifest of the images a and b.
const ofTwo = "fn_render:w_40;h_30;fps_10;vars_(sdur_500;tdur_500;slides_((media_i:a);(media_i:folder:b)))"

func TestSlideshow(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.upload("/image/upload", "a.png", picture("png", 80, 60), "public_id", "a")
		f.upload("/image/upload", "b.png", picture("png", 120, 90), "public_id", "folder/b")
		got := f.expect(f.call("/video/create_slideshow", "manifest_transformation", ofTwo, "transformation", "f_auto,q_auto", "public_id", "shows/first", "tags", "x,y",
			"notification_url", "http://receiver.example/x"))
		batch, _ := got.body["batch_id"].(string)
		if len(got.body) != 3 || got.body["status"] != "processing" || got.body["public_id"] != "shows/first" || batch == "" {
			f.Fatalf("%s", pretty(got.body))
		}
		key := library.Key{ResourceType: library.Video, Type: "upload", PublicID: "shows/first"}
		if _, err := f.library.Asset(f.Context(), key); err == nil {
			f.Error("it is there before its job")
		}
		job, err := f.runJob()
		if err != nil {
			f.Fatal(err)
		}
		asset, err := f.library.Asset(f.Context(), key)
		if err != nil {
			f.Fatal(err)
		}
		// Half a second for each, and as long from one to the other.
		if asset.Format != "mp4" || asset.Width != 40 || asset.Height != 30 || asset.Duration != 1.5 || strings.Join(asset.Tags, ",") != "x,y" || asset.OriginalFilename != "" || len(asset.Media) == 0 {
			f.Errorf("%+v", asset)
		}
		if told := payloads(f.claim(notify.JobKind)); !strings.Contains(told, `"notification_type":"upload"`) || !strings.Contains(told, batch) || !strings.Contains(told, `"duration":1.5`) || !strings.Contains(told, `"nb_frames":15`) {
			f.Errorf("told %s", told)
		}
		// A process that ended before the job was noted as done: nothing is made again.
		rendered := len(f.engine.rendered)
		if err := f.handler.UploadKind().Run(f.Context(), job); err != nil || len(f.engine.rendered) != rendered || len(f.claim(notify.JobKind)) != 0 {
			f.Errorf("again: %v", err)
		}
		f.expectStored(3)
	})
}

func TestSlideshowOfURLs(t *testing.T) {
	f := newFixture(t)
	pictures := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(picture("png", 40, 30)))
	}))
	t.Cleanup(pictures.Close)
	media := "s64:" + base64.StdEncoding.EncodeToString([]byte(pictures.URL+"/a.png"))
	f.expect(f.call("/video/create_slideshow", "public_id", "s", "manifest_json", `{"w":40,"h":30,"fps":10,"du":2,"vars":{"sdur":100,"tdur":0,"slides":[{"media":"`+media+`"},{"media":"`+media+`"}]}}`))
	if _, err := f.runJob(); err != nil {
		t.Fatal(err)
	}
	asset, err := f.library.Asset(t.Context(), library.Key{ResourceType: library.Video, Type: "upload", PublicID: "s"})
	if err != nil || asset.Duration != 2 {
		t.Errorf("%+v, %v", asset, err)
	}
	f.expectStored(1)
}

// TestSlideshowOfVideos has videos as slides, of the environment and at a URL: they run from their beginning, fill the frames, and stay
// where they are too short.
func TestSlideshowOfVideos(t *testing.T) {
	onEach(t, func(f *fixture) {
		clip := func(color string, seconds string) []byte {
			return videotest.Read(f.T, videotest.MakeOf(f.T, "mp4", "color=c="+color+":size=64x64:rate=10:duration="+seconds))
		}
		f.expect(f.upload("/image/upload", "a.png", picture("png", 80, 60), "public_id", "a"))
		f.expect(f.upload("/video/upload", "v.mp4", string(clip("red", "5")), "public_id", "folder/v"))
		videos := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(clip("blue", "0.2"))
		}))
		f.Cleanup(videos.Close)
		f.expect(f.call("/video/create_slideshow", "public_id", "s", "manifest_transformation",
			"fn_render:w_40;h_30;fps_10;vars_(sdur_500;tdur_0;slides_((media_v:folder:v);(media_i:a);(media_s64:"+base64.RawURLEncoding.EncodeToString([]byte(videos.URL+"/b"))+")))"))
		if _, err := f.runJob(); err != nil {
			f.Fatal(err)
		}
		asset, err := f.library.Asset(f.Context(), library.Key{ResourceType: library.Video, Type: "upload", PublicID: "s"})
		if err != nil || asset.Duration != 1.5 || asset.Width != 40 || asset.Height != 30 {
			f.Fatalf("%+v, %v", asset, err)
		}
		file, err := f.bucket.File(f.Context(), asset.ObjectKey)
		if err != nil {
			f.Fatal(err)
		}
		defer file.Close()
		// A corner of each frame: red, something of the picture, blue to the end.
		for frame, want := range map[string][3]byte{"0": {255, 0, 0}, "4": {255, 0, 0}, "10": {0, 0, 255}, "14": {0, 0, 255}} {
			if got := videotest.Pixel(f.T, file, frame); !near(got, want) {
				f.Errorf("frame %s is %v, want %v", frame, got, want)
			}
		}
		f.expectStored(3)
		// What cannot be shown is told of.
		f.expect(f.upload("/video/upload", "s.wav", string(videotest.Read(f.T, videotest.Make(f.T, "wav", 0.2, "-map", "1:a"))), "public_id", "sound"))
		f.claim(notify.JobKind)
		for id, reason := range map[string]string{"sound": "Error in slide sound - it is a sound", "none": "Resource not found - none"} {
			f.expect(f.call("/video/create_slideshow", "manifest_transformation", "fn_render:w_40;h_30;vars_(slides_((media_v:"+id+")))", "notification_url", "http://receiver.example/x"))
			if _, err := f.runJob(); err != nil {
				f.Fatal(err)
			}
			if told := payloads(f.claim(notify.JobKind)); !strings.Contains(told, `"error":{"message":"`+reason+`"}`) {
				f.Errorf("%s: told %s", id, told)
			}
		}
		f.expectRefused(f.call("/video/create_slideshow", "manifest_transformation", "fn_render:w_40;h_30;vars_(slides_((media_v:folder:v)))", "transformation", "e_blur"), 400,
			"Invalid transformation - e_blur: it cannot be applied to slides that are videos")
	})
}

func near(got, want [3]byte) bool {
	for i := range want {
		if max(got[i], want[i])-min(got[i], want[i]) > 16 {
			return false
		}
	}
	return true
}

// Where only a manifest transformation is set, .NET's SDK sends the other as the JSON "null".
func TestSlideshowOfDotNET(t *testing.T) {
	f := newFixture(t)
	f.pictures("t", "a", "folder/b")
	got := f.expect(f.call("/video/create_slideshow", "manifest_transformation", ofTwo, "manifest_json", "null", "public_id", "s", "tags[]", "x", "tags[]", "y"))
	if got.body["status"] != "processing" || got.body["public_id"] != "s" {
		t.Errorf("%s", got.text)
	}
	if _, err := f.runJob(); err != nil {
		t.Fatal(err)
	}
	asset, err := f.library.Asset(t.Context(), library.Key{ResourceType: library.Video, Type: "upload", PublicID: "s"})
	if err != nil || strings.Join(asset.Tags, " ") != "x y" {
		t.Errorf("%+v, %v", asset, err)
	}
	f.expectRefused(f.call("/video/create_slideshow", "manifest_json", "null"), 400, "Missing required parameter - either manifest_transformation or manifest_json")
}

// TestUnsignedSlideshow has a preset say what becomes of it, as with an upload.
func TestUnsignedSlideshow(t *testing.T) {
	f := newFixture(t)
	f.upload("/image/upload", "a.png", picture("png", 80, 60), "public_id", "a")
	f.upload("/image/upload", "b.png", picture("png", 80, 60), "public_id", "folder/b")
	f.snapshot.Presets["unsigned"] = catalog.Preset{Name: "unsigned", Unsigned: true, Parameters: map[string]json.RawMessage{"tags": json.RawMessage(`"preset"`), "asset_folder": json.RawMessage(`"shows"`)}}
	send := func(pairs ...string) *reply {
		form := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return f.post("/video/create_slideshow", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	}
	f.expectRefused(send("manifest_transformation", ofTwo), 400, "Upload preset must be specified when using unsigned upload")
	got := f.expect(send("manifest_transformation", ofTwo, "upload_preset", "unsigned"))
	id, _ := got.body["public_id"].(string)
	if _, err := f.runJob(); err != nil {
		t.Fatal(err)
	}
	asset, err := f.library.Asset(t.Context(), library.Key{ResourceType: library.Video, Type: "upload", PublicID: id})
	if err != nil || strings.Join(asset.Tags, ",") != "preset" || asset.AssetFolder != "shows" {
		t.Errorf("%+v, %v", asset, err)
	}
}

// TestRefusedSlideshows are those that are refused at once, and those of which is told that there is none.
func TestRefusedSlideshows(t *testing.T) {
	used := &meter{room: 1 << 30, renders: 1000}
	f := newFixture(t, func(_ *fixture, o *Options) { o.Meter = used })
	f.upload("/image/upload", "a.png", picture("png", 80, 60), "public_id", "a")
	for message, pairs := range map[string][]string{
		"Missing required parameter - either manifest_transformation or manifest_json": {},
		"Invalid manifest: it has no slides":                                           {"manifest_json", `{"w":40,"h":30}`},
		"The slideshow has too many pixels. Got 4000000. Maximum is 1000000.":          {"manifest_transformation", "fn_render:w_2000;h_2000;vars_(slides_((media_i:a)))"},
		"Invalid width - x": {"manifest_transformation", ofTwo, "transformation", "w_x"},
		"Invalid notification_url: it must be an http or https URL of at most 2048 bytes": {"manifest_transformation", ofTwo, "notification_url", "ftp://x"},
	} {
		if refused := f.call("/video/create_slideshow", pairs...); refused.status != 400 || refused.message() != message {
			t.Errorf("%v: %d %s\nwant %s", pairs, refused.status, refused.message(), message)
		}
	}
	if jobs := f.claim(UploadJobKind); len(jobs) > 0 {
		t.Errorf("jobs of what was refused: %d", len(jobs))
	}
	// The second picture is not there.
	f.expect(f.call("/video/create_slideshow", "manifest_transformation", ofTwo, "public_id", "none", "notification_url", "http://receiver.example/x"))
	if _, err := f.runJob(); err != nil {
		t.Fatal(err)
	}
	if told := payloads(f.claim(notify.JobKind)); !strings.Contains(told, `"error":{"message":"Resource not found - folder/b"}`) || !strings.Contains(told, `"public_id":"none"`) {
		t.Errorf("told %s", told)
	}
	// An engine that is away comes back.
	f.upload("/image/upload", "b.png", picture("png", 80, 60), "public_id", "folder/b")
	f.expect(f.call("/video/create_slideshow", "manifest_transformation", ofTwo, "public_id", "later"))
	f.engine.fail = problem.Unavailable("The engine", nil)
	job, err := f.runJob()
	if err == nil || !problem.From(err).Transient {
		t.Fatalf("without an engine: %v", err)
	}
	f.engine.fail = nil
	if err := f.handler.UploadKind().Run(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if used.rendered != 1 {
		t.Errorf("%d renderings were counted", used.rendered)
	}
	used.renders = 1
	if refused := f.call("/video/create_slideshow", "manifest_transformation", ofTwo); refused.status != 420 {
		t.Errorf("over the quota: %d %s", refused.status, refused.text)
	}
	f.expectStored(3)
}
