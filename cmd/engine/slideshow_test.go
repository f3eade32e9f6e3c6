package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// TestSlideshow has ffmpeg make a video of three pictures in the sandbox, and looks at every frame of it.
func TestSlideshow(t *testing.T) {
	client := startEngine(t)
	red, green, blue := color.NRGBA{R: 255, A: 255}, color.NRGBA{G: 255, A: 255}, color.NRGBA{B: 255, A: 255}
	request := &engine.SlideshowRequest{Width: 65, Height: 49, FrameRate: 10, Slides: []engine.Slide{
		{Seconds: 1, Transition: "fade", TransitionSeconds: 0.5}, {Seconds: 0.5, Transition: "wipeleft"}, {Seconds: 1},
	}}
	for _, c := range []color.NRGBA{red, green, blue} {
		request.Files = append(request.Files, even(t, c, 65, 49))
	}
	// Red for ten frames, five that fade, five green ones, at once ten blue ones.
	for name, test := range map[string]struct {
		seconds float64
		frames  int
	}{"as long as its slides": {0, 30}, "cut": {1.2, 12}, "held": {4, 40}} {
		t.Run(name, func(t *testing.T) {
			request.Seconds = test.seconds
			result, err := client.Slideshow(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			defer result.Output.Close()
			if result.Format != "mp4" || result.Width != 64 || result.Height != 48 || result.CPU <= 0 {
				t.Errorf("%+v", result)
			}
			content, err := io.ReadAll(io.NewSectionReader(result.Output, 0, result.Bytes))
			if err != nil {
				t.Fatal(err)
			}
			if index, data := bytes.Index(content, []byte("moov")), bytes.Index(content, []byte("mdat")); index < 0 || index > data {
				t.Errorf("the index is at %d, behind the pictures at %d", index, data)
			}
			told, err := client.Video(t.Context(), engine.VideoRequest{File: result.Output})
			if err != nil {
				t.Fatal(err)
			}
			p := told.Picture
			if told.Format != "mp4" || told.Width != 64 || told.Height != 48 || told.FrameRate != 10 || told.Frames != int64(test.frames) || told.Duration != float64(test.frames)/10 ||
				told.Sound != nil || p.Codec != "h264" || p.Profile != "High" || p.PixelFormat != "yuv420p" {
				t.Errorf("the video is %s", text(t, told))
			}
			frames := decoded(t, content)
			if len(frames) != test.frames {
				t.Fatalf("%d frames", len(frames))
			}
			for i, got := range frames {
				want := blue
				switch {
				case i < 10:
					want = red
				case i < 15:
					if i > 10 && (got.R < 20 || got.G < 20) {
						t.Errorf("frame %d fades by %v", i, got)
					}
					continue
				case i < 20:
					want = green
				}
				if far(got.R, want.R) || far(got.G, want.G) || far(got.B, want.B) {
					t.Errorf("frame %d is %v, want %v", i, got, want)
				}
			}
		})
	}
	t.Run("a picture that is none", func(t *testing.T) {
		broken, err := engine.NewFile([]byte("\x89PNG\r\n\x1a\n broken"))
		if err != nil {
			t.Fatal(err)
		}
		defer broken.Close()
		_, err = client.Slideshow(t.Context(), &engine.SlideshowRequest{Width: 64, Height: 48, FrameRate: 10, Slides: []engine.Slide{{Seconds: 1}}, Files: append(request.Files[:0:0], broken)})
		if err == nil {
			t.Error("a video was made of it")
		}
	})
	t.Run("too long", func(t *testing.T) {
		endless := *request
		endless.Seconds, endless.FrameRate, endless.Limits.Deadline = 100_000, 60, 300*time.Millisecond
		if _, err := client.Slideshow(t.Context(), &endless); err == nil {
			t.Error("a video was made")
		}
	})
	t.Run("an unknown transition", func(t *testing.T) {
		wrong := *request
		wrong.Slides = append([]engine.Slide{{Seconds: 1, Transition: "fade:expr=1", TransitionSeconds: 1}}, request.Slides[1:]...)
		if _, err := client.Slideshow(t.Context(), &wrong); err == nil {
			t.Error("a video was made")
		}
	})
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > 12 }

// even is a PNG of one colour.
func even(t *testing.T, c color.NRGBA, width, height int) *os.File {
	t.Helper()
	canvas := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range canvas.Pix {
		canvas.Pix[i] = []uint8{c.R, c.G, c.B, c.A}[i%4]
	}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, canvas); err != nil {
		t.Fatal(err)
	}
	file, err := engine.NewFile(encoded.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// decoded is the colour in the middle of each frame of a video.
func decoded(t *testing.T, content []byte) []color.NRGBA {
	t.Helper()
	command := exec.Command("ffmpeg", "-v", "error", "-i", "-", "-vf", "crop=2:2,scale=1:1:in_color_matrix=auto", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
	command.Stdin = bytes.NewReader(content)
	raw, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var colors []color.NRGBA
	for i := 0; i+3 <= len(raw); i += 3 {
		colors = append(colors, color.NRGBA{R: raw[i], G: raw[i+1], B: raw[i+2], A: 255})
	}
	return colors
}
