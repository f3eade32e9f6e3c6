package video

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// maxThreads bounds the threads of an encoder: each has frames of its own.
const maxThreads = 4

// Slideshow makes a video of pictures. See engine.Engine.
func (t *Tools) Slideshow(ctx context.Context, launch engine.Launcher, request *engine.SlideshowRequest, output *os.File) (*engine.RenderResult, error) {
	graph, frames, err := slideshowGraph(request)
	if err != nil {
		return nil, err
	}
	arguments := []string{"-v", "error", "-hide_banner", "-nostdin", "-y", "-filter_complex_threads", "1"}
	rate := strconv.Itoa(request.FrameRate)
	for i := range request.Files {
		arguments = append(arguments, "-threads", "1", "-protocol_whitelist", "file", "-format_whitelist", "png_pipe", "-f", "png_pipe", "-framerate", rate, "-i", "file:"+engine.Launched(i))
	}
	threads := strconv.Itoa(min(runtime.GOMAXPROCS(0), maxThreads))
	arguments = append(arguments,
		"-filter_complex", graph, "-map", "[out]", "-frames:v", strconv.Itoa(frames), "-an", "-c:v", "libx264", "-profile:v", "high", "-pix_fmt", "yuv420p",
		"-preset", "veryfast", "-crf", "23", "-threads", threads, "-movflags", "+faststart", "-f", "mp4", "file:"+engine.Launched(len(request.Files)))
	ended, err := launch(ctx, &engine.Launch{Program: t.FFmpeg, Arguments: arguments, Read: request.Files, Write: output})
	if err != nil {
		return nil, err
	}
	if ended.Failed {
		return nil, problem.Failed(fmt.Errorf("ffmpeg: %s", ended.Said))
	}
	info, err := output.Stat()
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("look at the video: %w", err))
	}
	return &engine.RenderResult{
		Bytes: info.Size(), Format: "mp4", Width: request.Width &^ 1, Height: request.Height &^ 1, Pages: frames, CPU: ended.CPU,
	}, nil
}

// slideshowGraph is the graph of filters that makes the video, and how many frames that has. Every length is a whole number of
// frames, so that no rounding adds up.
func slideshowGraph(request *engine.SlideshowRequest) (graph string, frames int, err error) {
	if request.Width < 2 || request.Height < 2 || request.FrameRate < 1 {
		return "", 0, problem.Failed(fmt.Errorf("a slideshow of %d x %d at %d frames per second", request.Width, request.Height, request.FrameRate))
	}
	in := func(seconds float64) int { return int(math.Round(seconds * float64(request.FrameRate))) }
	last := len(request.Slides) - 1
	still, follow := make([]int, last+1), make([]int, last+1)
	for i, slide := range request.Slides {
		still[i] = max(in(slide.Seconds), 1)
		if i < last {
			if !slices.Contains(engine.Transitions, slide.Transition) {
				return "", 0, problem.Failed(fmt.Errorf("the transition %q", slide.Transition))
			}
			follow[i] = in(slide.TransitionSeconds)
		}
		frames += still[i] + follow[i]
	}
	if request.Seconds > 0 {
		wanted := max(in(request.Seconds), 1)
		still[last] += max(wanted-frames, 0)
		frames = wanted
	}
	seconds := func(frames int) string {
		return strconv.FormatFloat(float64(frames)/float64(request.FrameRate), 'f', -1, 64)
	}
	rate := strconv.Itoa(request.FrameRate)
	var parts []string
	for i := range request.Slides {
		// It is seen while it comes, stands still, and goes.
		length := still[i] + follow[i]
		if i > 0 {
			length += follow[i-1]
		}
		parts = append(parts, fmt.Sprintf("[%d:v]crop=%d:%d:0:0,setsar=1,format=yuv420p,tpad=stop_mode=clone:stop=%d,settb=1/%s[s%d]",
			i, request.Width&^1, request.Height&^1, length-1, rate, i))
	}
	shown, at := "s0", still[0]
	for i := range last {
		next := fmt.Sprintf("x%d", i+1)
		if follow[i] == 0 {
			parts = append(parts, fmt.Sprintf("[%s][s%d]concat=n=2:v=1,settb=1/%s[%s]", shown, i+1, rate, next))
		} else {
			parts = append(parts, fmt.Sprintf("[%s][s%d]xfade=transition=%s:duration=%s:offset=%s[%s]",
				shown, i+1, request.Slides[i].Transition, seconds(follow[i]), seconds(at), next))
		}
		shown, at = next, at+follow[i]+still[i+1]
	}
	return strings.Join(append(parts, "["+shown+"]null[out]"), ";"), frames, nil
}
