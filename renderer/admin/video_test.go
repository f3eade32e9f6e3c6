package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/analysis"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// TestVideos shows what is known of videos and sounds, and of one from before that was looked at, and finds them by it.
func TestVideos(t *testing.T) {
	f := newFixture(t)
	keep := func(found *engine.Video) func(*library.Asset) {
		return func(asset *library.Asset) {
			if err := analysis.KeepVideo(asset, found); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.store("video", "upload", "clip", keep(&engine.Video{
		Format: "mp4", Width: 320, Height: 240, Duration: 12.5, BitRate: 127892, FrameRate: 25, Frames: 313, Rotation: 90,
		Picture: &engine.PictureStream{Codec: "h264", Profile: "High", PixelFormat: "yuv420p", Level: 31, BitRate: 45076, AspectRatio: "4:3", TimeBase: "1/12800"}, Tags: map[string]string{"title": "A clip"},
		Sound: &engine.SoundStream{Codec: "aac", BitRate: 69671, Frequency: 44100, Channels: 2, Layout: "stereo"},
	}))
	f.store("video", "upload", "song", keep(&engine.Video{Format: "wav", Duration: 200, BitRate: 705600, Sound: &engine.SoundStream{Codec: "pcm_s16le", Frequency: 44100, Channels: 1}}))
	f.store("video", "upload", "old", func(asset *library.Asset) { asset.Format = "mp3" })
	f.store("image", "upload", "picture", nil)
	shown := []string{"format", "width", "height", "duration", "bit_rate", "frame_rate", "nb_frames", "rotation", "is_audio", "video", "audio", "pages"}
	for id, want := range map[string]string{
		"clip": `{"audio":{"bit_rate":"69671","channel_layout":"stereo","channels":2,"codec":"aac","frequency":44100},"bit_rate":127892,"duration":12.5,"format":"mp4","frame_rate":25,"height":240,"is_audio":false,"nb_frames":313,"rotation":90,"video":{"bit_rate":"45076","codec":"h264","dar":"4:3","level":31,"pix_format":"yuv420p","profile":"High","time_base":"1/12800"},"width":320}`,
		"song": `{"audio":{"channels":1,"codec":"pcm_s16le","frequency":44100},"bit_rate":705600,"duration":200,"format":"wav","is_audio":true,"video":{}}`,
		"old":  `{"format":"mp3","height":3,"is_audio":true,"width":4}`,
	} {
		got := f.call(http.MethodGet, "demo/resources/video/upload/"+id, "", "")
		seen := map[string]any{}
		for _, name := range shown {
			if value, ok := got.body[name]; ok {
				seen[name] = value
			}
		}
		if text, _ := json.Marshal(seen); got.status != 200 || string(text) != want {
			t.Errorf("%s: %d\n got %s\nwant %s", id, got.status, text, want)
		}
	}
	const told = `{"audio.bit_rate":"69671","audio.channel_layout":"stereo","audio.channels":"2","audio.codec":"aac","audio.frequency":"44100","bit_rate":"127892","duration":"12.5","frame_rate":"25","nb_frames":"313","rotation":"90","title":"A clip","video.bit_rate":"45076","video.codec":"h264","video.dar":"4:3","video.level":"31","video.pix_format":"yuv420p","video.profile":"High","video.time_base":"1/12800"}`
	for _, path := range []string{"video/upload/clip?media_metadata=1", "video/upload/clip?image_metadata=true", "search?expression=clip&with_field=video_metadata"} {
		got := f.call(http.MethodGet, "demo/resources/"+path, "", "").body
		if resources, ok := got["resources"].([]any); ok {
			got, _ = resources[0].(map[string]any)
		}
		if text := asJSON(t, got["video_metadata"]); text != told {
			t.Errorf("%s: %s", path, text)
		}
	}
	if got := f.call(http.MethodGet, "demo/resources/video/upload/old?media_metadata=1", "", "").body; asJSON(t, got["video_metadata"]) != "{}" {
		t.Errorf("of a video that was never looked at: %v", got["video_metadata"])
	}
	for expression, want := range map[string]string{
		"duration:>10":                   `["song","clip"]`,
		"duration:[10 TO 20]":            `["clip"]`,
		"duration<10":                    `[]`,
		"duration>3m":                    `["song"]`,
		"resource_type:video":            `["old","song","clip"]`,
		"video_metadata.bit_rate>130000": `["song"]`,
		"video_metadata.title:clip":      `["clip"]`,
		"duration:* AND -clip":           `["song"]`,
		"duration>=12.5s AND format:mp4": `["clip"]`,
	} {
		got := f.call(http.MethodGet, "demo/resources/search?expression="+url.QueryEscape(expression), "", "")
		resources, _ := got.body["resources"].([]any)
		ids := []any{}
		for _, resource := range resources {
			found, _ := resource.(map[string]any)
			ids = append(ids, found["public_id"])
			if length, known := found["duration"]; known != (found["public_id"] != "old") || found["public_id"] == "clip" && fmt.Sprint(length) != "12.5" {
				t.Errorf("%s: %v seconds", found["public_id"], length)
			}
		}
		if text, _ := json.Marshal(ids); got.status != 200 || string(text) != want {
			t.Errorf("%s: %d %s, want %s", expression, got.status, text, want)
		}
	}
	got := f.call(http.MethodGet, "demo/resources/search?aggregate="+"duration", "", "")
	if text, _ := json.Marshal(got.body["aggregations"]); string(text) != `{"duration":{"0-10":0,"10-60":1,"60-600":1,"600-*":0}}` {
		t.Errorf("%d %s", got.status, text)
	}
}
