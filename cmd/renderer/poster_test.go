package main

import (
	"image"
	"image/color"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine/video/videotest"
)

// TestPosters asks for pictures of a video that is red for a second, and then green, and then blue.
func TestPosters(t *testing.T) {
	engine := buildEngine(t)
	dir, c := home(t)
	i := start(t, dir, c, engine, nil)
	eventually(t, "the renderer is ready", func() bool { return status(i.internal+"/readyz") == http.StatusOK })
	path := filepath.Join(t.TempDir(), "colors.mp4")
	graph := "color=0xff0000:s=320x240:d=1:r=10[r];color=0x00ff00:s=320x240:d=1:r=10[g];color=0x0000ff:s=320x240:d=1:r=10[b];[r][g][b]concat=n=3,format=yuv420p[out]"
	if output, err := exec.Command("ffmpeg", "-v", "error", "-filter_complex", graph, "-map", "[out]", "-c:v", "libx264", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	i.call(t, "video/upload", url.Values{"public_id": {"docs/colors"}, "eager": {"so_2.5,w_40/png"}}, videotest.Read(t, path))
	i.call(t, "video/upload", url.Values{"public_id": {"tone"}}, videotest.Read(t, videotest.Make(t, "mp3", 1, "-map", "1:a")))
	red, green, blue := color.RGBA{R: 255, A: 255}, color.RGBA{G: 255, A: 255}, color.RGBA{B: 255, A: 255}
	for address, want := range map[string]struct {
		format        string
		width, height int
		color         color.RGBA
	}{
		"docs/colors.jpg":                         {"jpeg", 320, 240, green}, // the middle
		"so_0/docs/colors.png":                    {"png", 320, 240, red},
		"so_1.5/docs/colors.jpg":                  {"jpeg", 320, 240, green},
		"so_90p/docs/colors.jpg":                  {"jpeg", 320, 240, blue},
		"so_1000/docs/colors.jpg":                 {"jpeg", 320, 240, blue}, // clamped
		"c_fill,h_50,so_0.2,w_50/docs/colors.png": {"png", 50, 50, red},
		"f_jpg,so_2.5,w_40/docs/colors.mp4":       {"jpeg", 40, 30, blue},
	} {
		response, content := get(t, i.media+"/demo/video/upload/"+address)
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", address, response.StatusCode, response.Header.Get("X-Cld-Error"))
			continue
		}
		got, format, err := image.Decode(strings.NewReader(content))
		if err != nil || format != want.format || got.Bounds().Dx() != want.width || got.Bounds().Dy() != want.height {
			t.Errorf("%s: %s %v, %v", address, format, got.Bounds(), err)
			continue
		}
		r, g, b, _ := got.At(want.width/2, want.height/2).RGBA()
		for _, pair := range [][2]uint8{{uint8(r >> 8), want.color.R}, {uint8(g >> 8), want.color.G}, {uint8(b >> 8), want.color.B}} {
			if max(pair[0], pair[1])-min(pair[0], pair[1]) > 24 {
				t.Errorf("%s is %d %d %d", address, r>>8, g>>8, b>>8)
				break
			}
		}
	}
	for address, message := range map[string]string{
		"tone.jpg":                "No video stream to convert to image",
		"so_auto/docs/colors.jpg": "Invalid transformation - so_auto: it is not available for pictures of videos",
		"w_40/docs/colors.mp4":    "Invalid transformation for video - w_40",
		"docs/colors.gif":         "Invalid transformation for video - gif",
		"f_auto/docs/colors.jpg":  "Invalid transformation for video - f_auto",
	} {
		if response, _ := get(t, i.media+"/demo/video/upload/"+address); response.StatusCode != http.StatusBadRequest || response.Header.Get("X-Cld-Error") != message {
			t.Errorf("%s: %d %s", address, response.StatusCode, response.Header.Get("X-Cld-Error"))
		}
	}
}
