package upload

import (
	"fmt"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine/video/videotest"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestVideo(t *testing.T) {
	mp4 := string(videotest.Read(t, videotest.Make(t, "mp4", 1, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", "-metadata", "title=Test card", "-metadata", "location=+48.8577+002.2950/")))
	mp3 := string(videotest.Read(t, videotest.Make(t, "mp3", 1, "-map", "1:a")))
	onEach(t, func(f *fixture) {
		got := f.expect(f.upload("/video/upload", "clip.mp4", mp4, "public_id", "clip")).body
		expectVideo(f, got)
		stored, err := f.library.Asset(f.Context(), library.Key{ResourceType: library.Video, Type: "upload", PublicID: "clip"})
		if err != nil || stored.Duration != 1 || stored.Width != 320 {
			f.Fatalf("%+v, %v", stored, err)
		}
		if told := stored.VideoMetadata(); told["title"] != "Test card" || told["video.codec"] != "h264" || told["nb_frames"] != "25" {
			f.Errorf("it says of itself %v", told)
		}
		if found, err := f.library.Search(f.Context(), library.SearchOptions{Expression: `location:"48.8577,2.295 100m" AND video_metadata.title:card`}); err != nil || found.Total != 1 {
			f.Errorf("found by what it says of itself: %+v, %v", found, err)
		}
		f.expectRefused(f.upload("/video/upload", "clip.mp4", mp4, "format", "jpg"), 400, "Invalid extension in format: jpg: videos are stored as they come")
		// What is said of it later is said of the same video.
		expectVideo(f, f.expect(f.multipart("/video/explicit", parts(signed("public_id", "clip", "type", "upload", "tags", "a"))...)).body)
		expectVideo(f, f.expect(f.multipart("/video/rename", parts(signed("from_public_id", "clip", "to_public_id", "film"))...)).body)

		got = f.expect(f.upload("/video/upload", "film.mp3", mp3, "public_id", "film")).body
		if got["is_audio"] != true || got["overwritten"] != true || got["width"] != nil || got["frame_rate"] != nil || got["nb_frames"] != nil {
			f.Errorf("a sound is said to be %s", pretty(got))
		}
		if text := pretty(got["video"]); text != "{}" {
			f.Errorf("the pictures of a sound are %s", text)
		}
		sound, _ := got["audio"].(map[string]any)
		if sound["codec"] != "mp3" || fmt.Sprint(sound["frequency"]) != "44100" || fmt.Sprint(sound["channels"]) != "1" {
			f.Errorf("the sound is %s", pretty(sound))
		}
	})
}

// expectVideo checks what answers say of the mp4.
func expectVideo(f *fixture, got map[string]any) {
	f.Helper()
	for name, want := range map[string]string{
		"resource_type": "video", "format": "mp4", "width": "320", "height": "240", "duration": "1", "frame_rate": "25", "nb_frames": "25", "rotation": "0", "is_audio": "false",
	} {
		if value := fmt.Sprint(got[name]); value != want {
			f.Errorf("%s is %s, want %s", name, value, want)
		}
	}
	if rate := fmt.Sprint(got["bit_rate"]); len(rate) < 5 {
		f.Errorf("the bit rate is %s", rate)
	}
	if url, _ := got["playback_url"].(string); url == "" {
		f.Error("there is no playback_url")
	}
	for stream, wanted := range map[string]map[string]string{
		"video": {"codec": "h264", "profile": "High", "pix_format": "yuv420p", "level": "13", "dar": "4:3", "time_base": "1/12800"},
		"audio": {"codec": "aac", "frequency": "44100", "channels": "1", "channel_layout": "mono"},
	} {
		shown, _ := got[stream].(map[string]any)
		for name, want := range wanted {
			if value := fmt.Sprint(shown[name]); value != want {
				f.Errorf("%s.%s is %s, want %s", stream, name, value, want)
			}
		}
		if rate, _ := shown["bit_rate"].(string); len(rate) < 4 {
			f.Errorf("the bit rate of %s is %v", stream, shown["bit_rate"])
		}
	}
}

// TestBrokenVideo uploads what only seems to be a video: it is refused, and nothing is left of it.
func TestBrokenVideo(t *testing.T) {
	f := newFixture(t)
	mp4 := string(videotest.Read(t, videotest.Make(t, "mp4", 1)))
	good := f.expect(f.upload("/video/upload", "a.mp4", mp4, "public_id", "clip")).body
	for name, content := range map[string]string{
		// The index of this one is at its end.
		"truncated":     mp4[:len(mp4)/2],
		"only a header": "\x00\x00\x00\x18ftypisom",
		"no stream":     "\x1aE\xdf\xa3\x00webm",
		"a playlist":    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
	} {
		for _, path := range []string{"/video/upload", "/auto/upload"} {
			if path == "/auto/upload" && name == "a playlist" {
				continue // It is a raw file.
			}
			f.expectRefused(f.upload(path, "a.mp4", content, "public_id", "clip"), 400, "Unsupported video format or file")
		}
	}
	f.expectStored(1)
	stored, err := f.library.Asset(f.Context(), library.Key{ResourceType: library.Video, Type: "upload", PublicID: "clip"})
	if err != nil || fmt.Sprint(stored.Version) != fmt.Sprint(good["version"]) {
		t.Errorf("%+v, %v", stored, err)
	}
	f.snapshot.Environment.MaxImagePixels = 1000
	f.expectRefused(f.upload("/video/upload", "a.mp4", mp4), 400, "Video has too many pixels")
	f.snapshot.Environment.MaxImagePixels = 1_000_000
	f.engine.fail = problem.Unavailable("The engine", nil)
	if got := f.upload("/video/upload", "a.mp4", mp4); got.status != 500 || !strings.Contains(got.message(), "engine") {
		t.Errorf("without an engine: %d %s", got.status, got.text)
	}
	f.expectStored(1)
}
