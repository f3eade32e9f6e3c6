// Package videotest makes videos and sounds for tests, with ffmpeg.
package videotest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// Make runs ffmpeg over a test card and a tone of so many seconds with more arguments, and gives the path of the file of that
// extension that it writes. The card is 320 × 240 with 25 frames a second, the tone has 440 Hz.
func Make(t *testing.T, extension string, seconds float64, arguments ...string) string {
	t.Helper()
	length := strconv.FormatFloat(seconds, 'f', -1, 64)
	return run(t, extension, append([]string{
		"-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=" + length, "-f", "lavfi", "-i", "sine=frequency=440:duration=" + length,
	}, arguments...)...)
}

// MakeOf runs ffmpeg over a source of its lavfi device, without sound, and gives the path of the file of that extension that it writes.
func MakeOf(t *testing.T, extension, source string) string {
	t.Helper()
	return run(t, extension, "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p")
}

// Pixel is the red, green and blue of the top left corner of a frame of a video, which are counted from 0.
func Pixel(t *testing.T, video *os.File, frame string) [3]byte {
	t.Helper()
	command := exec.Command("ffmpeg", "-v", "error", "-nostdin", "-i", "/dev/fd/3", "-vf", "select=eq(n\\,"+frame+"),crop=2:2:0:0,scale=1:1", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
	command.ExtraFiles = []*os.File{video}
	pixel, err := command.Output()
	if err != nil || len(pixel) != 3 {
		t.Fatalf("frame %s has %d bytes, %v", frame, len(pixel), err)
	}
	return [3]byte(pixel)
}

// Tags are what ffprobe says that the makers of a file have written into it, without the spaces around values; nil for none.
func Tags(t *testing.T, path string) map[string]string {
	t.Helper()
	output, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "format_tags", "-of", "json", path).Output()
	var found struct {
		Format struct {
			Tags map[string]string `json:"tags"`
		} `json:"format"`
	}
	if err == nil {
		err = json.Unmarshal(output, &found)
	}
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	for name, value := range found.Format.Tags {
		found.Format.Tags[name] = strings.TrimSpace(value)
	}
	return found.Format.Tags
}

// Turn gives a copy of an MP4 file that is to be shown turned clockwise by so many degrees.
func Turn(t *testing.T, path string, degrees int) string {
	t.Helper()
	// ffmpeg 5 writes the matrix of what it reads as "rotate", counted against the clock.
	return run(t, "mp4", "-i", path, "-c", "copy", "-metadata:s:v", "rotate="+strconv.Itoa((360-degrees)%360))
}

func run(t *testing.T, extension string, arguments ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made."+extension)
	command := exec.Command("ffmpeg", append(append([]string{"-v", "error", "-nostdin", "-y"}, arguments...), path)...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s (hack/setup.sh installs it)", err, output)
	}
	return path
}

// Launch runs a program without a sandbox. It is an engine.Launcher.
func Launch(ctx context.Context, launch *engine.Launch) (*engine.Ended, error) {
	command := exec.CommandContext(ctx, launch.Program, launch.Arguments...)
	var said strings.Builder
	command.ExtraFiles, command.Stderr = slices.Clone(launch.Read), &said
	if launch.Write != nil {
		command.ExtraFiles = append(command.ExtraFiles, launch.Write)
	}
	var printed bytes.Buffer
	command.Stdout = &printed
	if launch.Output != nil {
		command.Stdout = launch.Output
	}
	err := command.Run()
	if command.ProcessState == nil {
		return nil, err
	}
	return &engine.Ended{Failed: err != nil, Output: printed.Bytes(), Said: said.String(), CPU: command.ProcessState.UserTime()}, nil
}

// Read is the content of a file.
func Read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
