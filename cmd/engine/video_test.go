package main

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/video/videotest"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// startEngine runs this binary as an engine until the test ends.
func startEngine(t *testing.T, arguments ...string) *engine.Client {
	t.Helper()
	folder, err := os.MkdirTemp("", "engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(folder, "engine.sock")
	ctx, cancel := context.WithCancel(context.Background())
	local, err := engine.StartLocal(ctx, append([]string{program, "--children=1"}, arguments...), socket, engine.LocalOptions{Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := local.Wait(); err != nil {
			t.Error(err)
		}
	})
	return engine.NewClient(engine.ClientOptions{Socket: socket, Slots: 2, Deadline: time.Minute})
}

// TestVideo has real videos and sounds told by ffprobe in the sandbox.
func TestVideo(t *testing.T) {
	client := startEngine(t)
	mp4 := videotest.Make(t, "mp4", 2, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2")
	for name, test := range map[string]struct {
		path string
		want engine.Video
	}{
		"mp4": {mp4, engine.Video{
			Format: "mp4", Width: 320, Height: 240, Duration: 2, FrameRate: 25, Frames: 50,
			Picture: &engine.PictureStream{Codec: "h264", Profile: "High", PixelFormat: "yuv420p", Level: 13, AspectRatio: "4:3", TimeBase: "1/12800"},
			Sound:   &engine.SoundStream{Codec: "aac", Frequency: 44100, Channels: 2, Layout: "stereo"},
		}},
		"turned": {videotest.Turn(t, mp4, 90), engine.Video{
			Format: "mp4", Width: 240, Height: 320, Duration: 2, FrameRate: 25, Frames: 50, Rotation: 90,
			Picture: &engine.PictureStream{Codec: "h264", Profile: "High", PixelFormat: "yuv420p", Level: 13, AspectRatio: "3:4", TimeBase: "1/12800"},
			Sound:   &engine.SoundStream{Codec: "aac", Frequency: 44100, Channels: 2, Layout: "stereo"},
		}},
		"mov without sound": {videotest.Make(t, "mov", 1, "-map", "0:v", "-c:v", "mpeg4", "-r", "30000/1001"), engine.Video{
			Format: "mov", Width: 320, Height: 240, Duration: 1, FrameRate: 30000.0 / 1001, Frames: 30,
			Picture: &engine.PictureStream{Codec: "mpeg4", Profile: "Simple Profile", PixelFormat: "yuv420p", Level: 1, AspectRatio: "4:3", TimeBase: "1/30000"},
		}},
		// Which does not say how many frames it has, nor how long its streams are.
		"webm": {videotest.Make(t, "webm", 1, "-c:v", "libvpx", "-c:a", "libopus"), engine.Video{
			Format: "webm", Width: 320, Height: 240, Duration: 1, FrameRate: 25, Frames: 25,
			Picture: &engine.PictureStream{Codec: "vp8", Profile: "0", PixelFormat: "yuv420p", AspectRatio: "4:3", TimeBase: "1/1000"},
			Sound:   &engine.SoundStream{Codec: "opus", Frequency: 48000, Channels: 1, Layout: "mono"},
		}},
		"ogv":  {videotest.Make(t, "ogv", 1, "-c:v", "libtheora", "-c:a", "libvorbis"), engine.Video{Format: "ogv", Width: 320, Height: 240, Duration: 1, FrameRate: 25, Frames: 25, Picture: &engine.PictureStream{Codec: "theora", PixelFormat: "yuv444p", AspectRatio: "4:3", TimeBase: "1/25"}, Sound: &engine.SoundStream{Codec: "vorbis", Frequency: 44100, Channels: 1, Layout: "mono"}}},
		"mkv":  {videotest.Make(t, "mkv", 1, "-map", "0:v", "-c:v", "mpeg4"), engine.Video{Format: "mkv", Width: 320, Height: 240, Duration: 1, FrameRate: 25, Frames: 25, Picture: &engine.PictureStream{Codec: "mpeg4", Profile: "Simple Profile", PixelFormat: "yuv420p", Level: 1, AspectRatio: "4:3", TimeBase: "1/1000"}}},
		"mp3":  {videotest.Make(t, "mp3", 1, "-map", "1:a"), engine.Video{Format: "mp3", Duration: 1, Sound: &engine.SoundStream{Codec: "mp3", Frequency: 44100, Channels: 1, Layout: "mono"}}},
		"wav":  {videotest.Make(t, "wav", 1, "-map", "1:a"), engine.Video{Format: "wav", Duration: 1, Sound: &engine.SoundStream{Codec: "pcm_s16le", Frequency: 44100, Channels: 1}}},
		"flac": {videotest.Make(t, "flac", 1, "-map", "1:a"), engine.Video{Format: "flac", Duration: 1, Sound: &engine.SoundStream{Codec: "flac", Frequency: 44100, Channels: 1, Layout: "mono"}}},
		"ogg":  {videotest.Make(t, "ogg", 1, "-map", "1:a"), engine.Video{Format: "ogg", Duration: 1, Sound: &engine.SoundStream{Codec: "vorbis", Frequency: 44100, Channels: 1, Layout: "mono"}}},
		"m4a":  {videotest.Make(t, "m4a", 1, "-map", "1:a"), engine.Video{Format: "m4a", Duration: 1, Sound: &engine.SoundStream{Codec: "aac", Frequency: 44100, Channels: 1, Layout: "mono"}}},
		"aac":  {videotest.Make(t, "aac", 1, "-map", "1:a"), engine.Video{Format: "aac", Duration: 1, Sound: &engine.SoundStream{Codec: "aac", Frequency: 44100, Channels: 1, Layout: "mono"}}},
		"aiff": {videotest.Make(t, "aiff", 1, "-map", "1:a"), engine.Video{Format: "aiff", Duration: 1, Sound: &engine.SoundStream{Codec: "pcm_s16be", Frequency: 44100, Channels: 1}}},
		"avi":  {videotest.Make(t, "avi", 1, "-map", "0:v"), engine.Video{Format: "avi", Width: 320, Height: 240, Duration: 1, FrameRate: 25, Frames: 25, Picture: &engine.PictureStream{Codec: "mpeg4", Profile: "Simple Profile", PixelFormat: "yuv420p", Level: 1, AspectRatio: "4:3", TimeBase: "1/25"}}},
		"flv":  {videotest.Make(t, "flv", 1, "-map", "0:v"), engine.Video{Format: "flv", Width: 320, Height: 240, Duration: 1, FrameRate: 25, Frames: 25, Picture: &engine.PictureStream{Codec: "flv1", PixelFormat: "yuv420p", TimeBase: "1/1000"}}},
		"wmv":  {videotest.Make(t, "wmv", 1, "-map", "0:v"), engine.Video{Format: "wmv", Width: 320, Height: 240, Duration: 1, FrameRate: 25, Frames: 25, Picture: &engine.PictureStream{Codec: "msmpeg4v3", PixelFormat: "yuv420p", AspectRatio: "4:3", TimeBase: "1/1000"}}},
		"mpeg": {videotest.Make(t, "mpg", 1, "-map", "0:v"), engine.Video{Format: "mpeg", Width: 320, Height: 240, Duration: 1, FrameRate: 25, Frames: 25, Picture: &engine.PictureStream{Codec: "mpeg1video", PixelFormat: "yuv420p", AspectRatio: "4:3", TimeBase: "1/90000"}}},
		"ts":   {videotest.Make(t, "ts", 1, "-map", "0:v", "-c:v", "mpeg2video"), engine.Video{Format: "ts", Width: 320, Height: 240, Duration: 1, FrameRate: 25, Frames: 25, Picture: &engine.PictureStream{Codec: "mpeg2video", Profile: "Main", PixelFormat: "yuv420p", Level: 8, AspectRatio: "4:3", TimeBase: "1/90000"}}},
		"3gp":  {videotest.Make(t, "3gp", 1, "-map", "0:v", "-c:v", "mpeg4"), engine.Video{Format: "3gp", Width: 320, Height: 240, Duration: 1, FrameRate: 25, Frames: 25, Picture: &engine.PictureStream{Codec: "mpeg4", Profile: "Simple Profile", PixelFormat: "yuv420p", Level: 1, AspectRatio: "4:3", TimeBase: "1/12800"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := client.Video(t.Context(), engine.VideoRequest{File: open(t, test.path)})
			if err != nil {
				t.Fatal(err)
			}
			size, err := os.Stat(test.path)
			if err != nil {
				t.Fatal(err)
			}
			// Rates depend on the encoder; they must fit the file.
			if rate := float64(size.Size()) * 8 / test.want.Duration; float64(got.BitRate) < rate*0.7 || float64(got.BitRate) > rate*1.3 {
				t.Errorf("a bit rate of %d, the file has %.0f", got.BitRate, rate)
			}
			if math.Abs(got.Duration-test.want.Duration) > 0.15 {
				t.Errorf("%f seconds, want %f", got.Duration, test.want.Duration)
			}
			got.BitRate, got.Duration, test.want.Duration = 0, 0, 0
			test.want.Tags = videotest.Tags(t, test.path)
			for _, rate := range []*int64{rateOf(got.Picture), soundRateOf(got.Sound)} {
				if rate != nil {
					*rate = 0
				}
			}
			if !same(got, &test.want) {
				t.Errorf("\n got %s\nwant %s", text(t, got), text(t, &test.want))
			}
		})
	}
	t.Run("no video", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "text")
		if err := os.WriteFile(path, []byte("no video"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := client.Video(t.Context(), engine.VideoRequest{File: open(t, path)})
		expectUnsupported(t, err)
	})
}

func expectUnsupported(t *testing.T, err error) {
	t.Helper()
	refused, ok := errors.AsType[*problem.Problem](err)
	if !ok || refused.Status != 400 || refused.Message != "Unsupported video format or file" || refused.Transient {
		t.Errorf("%v", err)
	}
}

func rateOf(s *engine.PictureStream) *int64 {
	if s == nil {
		return nil
	}
	return &s.BitRate
}

func soundRateOf(s *engine.SoundStream) *int64 {
	if s == nil {
		return nil
	}
	return &s.BitRate
}

func same(a, b *engine.Video) bool { return reflect.DeepEqual(a, b) }

func text(t *testing.T, v *engine.Video) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
