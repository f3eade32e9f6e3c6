package main

import (
	"bytes"
	"encoding/json"
	"image/color"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine/video/videotest"
)

// TestSlideshow is the way of a slideshow: pictures are uploaded, a job has the real engine fill frames with them and ffmpeg make a
// video in its sandbox, which is stored, told of, found and delivered as any upload.
func TestSlideshow(t *testing.T) {
	engine := buildEngine(t)
	dir, c := home(t)
	i := start(t, dir, c, engine, nil)
	eventually(t, "the renderer is ready", func() bool { return status(i.internal+"/readyz") == http.StatusOK })
	i.call(t, "upload", url.Values{"public_id": {"red"}}, picture(t, 300, 300, color.RGBA{R: 250, A: 255}))
	i.call(t, "upload", url.Values{"public_id": {"docs/blue"}}, picture(t, 200, 100, color.RGBA{B: 250, A: 255}))
	// It is seen through.
	i.call(t, "upload", url.Values{"public_id": {"nothing"}}, picture(t, 50, 50, color.RGBA{}))
	clip := videotest.Read(t, videotest.MakeOf(t, "mp4", "color=c=blue:size=64x64:rate=25:duration=2"))
	i.call(t, "video/upload", url.Values{"public_id": {"clip"}}, clip)
	i.call(t, "video/create_slideshow", url.Values{
		"public_id":               {"moving"},
		"manifest_transformation": {"fn_render:w_160;h_90;fps_10;vars_(sdur_400;tdur_0;slides_((media_i:red);(media_v:clip)))"},
	}, nil)
	answer := i.call(t, "video/create_slideshow", url.Values{
		"public_id": {"show"}, "transformation": {"e_blur:100/f_auto,q_auto"}, "tags": {"made"},
		"manifest_transformation": {"fn_render:w_161;h_90;fps_10;vars_(sdur_400;tdur_200;transition_s:wipeleft;slides_((media_i:red);(media_i:docs:blue);(media_i:nothing)))"},
	}, nil)
	if answer["status"] != "processing" || answer["public_id"] != "show" || answer["batch_id"] == "" {
		t.Fatalf("%v", answer)
	}
	video := i.media + "/demo/video/upload/show.mp4"
	eventually(t, "the video", func() bool { return status(video) == http.StatusOK })
	response, content := get(t, video)
	if response.Header.Get("Content-Type") != "video/mp4" || !strings.Contains(content[:1000], "moov") {
		t.Errorf("%v", response.Header)
	}
	found := i.call(t, "video/explicit", url.Values{"public_id": {"show"}, "type": {"upload"}}, nil)
	shown, _ := found["video"].(map[string]any)
	if found["width"] != 160.0 || found["height"] != 90.0 || found["duration"] != 1.6 || found["nb_frames"] != 16.0 || found["frame_rate"] != 10.0 || found["is_audio"] != false ||
		shown["codec"] != "h264" || shown["pix_format"] != "yuv420p" || shown["profile"] != "High" {
		text, _ := json.Marshal(found)
		t.Errorf("%s", text)
	}
	// One pixel of the middle of each frame: red, then blue, then black where there is nothing to see.
	command := exec.Command("ffmpeg", "-v", "error", "-i", "-", "-vf", "crop=2:2,scale=1:1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
	command.Stdin = strings.NewReader(content)
	pixels, err := command.Output()
	if err != nil || len(pixels) != 3*16 {
		t.Fatalf("%d bytes of pixels, %v", len(pixels), err)
	}
	for frame, want := range map[int][3]byte{0: {250, 127, 0}, 3: {250, 127, 0}, 6: {0, 127, 250}, 9: {0, 127, 250}, 12: {0, 0, 0}, 15: {0, 0, 0}} {
		got := pixels[3*frame : 3*frame+3]
		for channel := range want {
			if max(got[channel], want[channel])-min(got[channel], want[channel]) > 16 {
				t.Errorf("frame %d is %v, want %v", frame, got, want)
				break
			}
		}
	}
	if bytes.Equal(pixels[3*5:3*5+3], pixels[:3]) && bytes.Equal(pixels[3*5:3*5+3], pixels[3*6:3*6+3]) {
		t.Error("nothing moves between the slides")
	}

	// One with a video, whose frames are made by a program of their own.
	eventually(t, "the video of a video", func() bool { return status(i.media+"/demo/video/upload/moving.mp4") == http.StatusOK })
	_, content = get(t, i.media+"/demo/video/upload/moving.mp4")
	path := filepath.Join(dir, "moving.mp4")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	moving, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer moving.Close()
	for frame, want := range map[string][3]byte{"3": {250, 0, 0}, "4": {0, 0, 255}, "7": {0, 0, 255}} {
		got := videotest.Pixel(t, moving, frame)
		for channel := range want {
			if max(got[channel], want[channel])-min(got[channel], want[channel]) > 16 {
				t.Errorf("frame %s is %v, want %v", frame, got, want)
				break
			}
		}
	}
}
