package video

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// maxThreads bounds the threads of an encoder: each has frames of its own.
const maxThreads = 4

// Slideshow makes a video of pictures and videos. See engine.Engine. Videos are made into frames first, each by a program that can
// write nothing but those: the one that makes the slideshow reads only what programs of ours have written.
func (t *Tools) Slideshow(ctx context.Context, launch engine.Launcher, request *engine.SlideshowRequest, output *os.File) (*engine.RenderResult, error) {
	shown, err := timeSlides(request)
	if err != nil {
		return nil, err
	}
	files, used := slices.Clone(request.Files), time.Duration(0)
	arguments := []string{"-v", "error", "-hide_banner", "-nostdin", "-y", "-filter_complex_threads", "1"}
	rate := strconv.Itoa(request.FrameRate)
	for i, slide := range request.Slides {
		demuxer := "png_pipe"
		if slide.Video {
			frames, cpu, err := t.slideFrames(ctx, launch, request, i, shown.length(i))
			if err != nil {
				return nil, err
			}
			defer func() { _ = frames.Close() }() // It was only read.
			demuxer, files[i], used = "mjpeg", frames, used+cpu
		}
		arguments = append(arguments, "-threads", "1", "-protocol_whitelist", "file", "-format_whitelist", demuxer, "-f", demuxer, "-framerate", rate, "-i", "file:"+engine.Launched(i))
	}
	threads := strconv.Itoa(min(runtime.GOMAXPROCS(0), maxThreads))
	arguments = append(arguments,
		"-filter_complex", slideshowGraph(request, shown), "-map", "[out]", "-frames:v", strconv.Itoa(shown.frames), "-an", "-c:v", "libx264", "-profile:v", "high", "-pix_fmt", "yuv420p",
		"-preset", "veryfast", "-crf", "23", "-threads", threads, "-movflags", "+faststart", "-f", "mp4", "file:"+engine.Launched(len(request.Files)))
	ended, err := launch(ctx, &engine.Launch{Program: t.FFmpeg, Arguments: arguments, Read: files, Write: output})
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
		Bytes: info.Size(), Format: "mp4", Width: request.Width &^ 1, Height: request.Height &^ 1, Pages: shown.frames, CPU: used + ended.CPU,
	}, nil
}

// slideFrames has so many frames of a slide that is a video printed as a sequence of JPEG pictures, fewer where there are not so many. They
// fill the slideshow, from the middle of the video, with square pixels, and without the cover of a record.
func (t *Tools) slideFrames(ctx context.Context, launch engine.Launcher, request *engine.SlideshowRequest, slide, frames int) (*os.File, time.Duration, error) {
	file := request.Files[slide]
	_, demuxer := identify(file)
	if demuxer == "" {
		return nil, 0, unsupported(fmt.Errorf("the first bytes of slide %d are of no known format", slide))
	}
	limit := request.Limits.MaxInputPixels
	if limit <= 0 {
		limit = DefaultMaxInputPixels
	}
	width, height := request.Width&^1, request.Height&^1
	fill := fmt.Sprintf("setpts=PTS-STARTPTS,fps=%d,scale=w='max(1,iw*sar)':h=ih,setsar=1,scale=%d:%d:force_original_aspect_ratio=increase,crop=%d:%d,setsar=1",
		request.FrameRate, width, height, width, height)
	arguments := []string{"-v", "error", "-hide_banner", "-nostdin", "-filter_threads", "1", "-threads", "1", "-max_pixels", strconv.FormatInt(min(limit, math.MaxInt32), 10)}
	arguments = append(append(arguments, reading(demuxer, 0)...),
		"-map", "0:V:0", "-vf", fill, "-frames:v", strconv.Itoa(frames), "-c:v", "mjpeg", "-q:v", "2", "-threads", "1", "-f", "mjpeg", "pipe:1")
	output, err := engine.NewFile(nil)
	if err != nil {
		return nil, 0, problem.Failed(err)
	}
	ended, err := launch(ctx, &engine.Launch{Program: t.FFmpeg, Arguments: arguments, Read: []*os.File{file}, Output: output})
	if err == nil {
		err = checkFrames(output, ended)
	}
	if err != nil {
		return nil, 0, errors.Join(err, output.Close())
	}
	return output, ended.CPU, nil
}

// checkFrames refuses a video of which there are no frames. One that breaks off is shown as far as it goes.
func checkFrames(output *os.File, ended *engine.Ended) error {
	info, err := output.Stat()
	switch {
	case err != nil:
		return problem.Failed(fmt.Errorf("look at the frames: %w", err))
	case info.Size() > 0:
		return nil
	case strings.Contains(ended.Said, "exceeds specified max pixel count"):
		return problem.BadRequest("Video has too many pixels").Because(errors.New(ended.Said))
	}
	return unsupported(fmt.Errorf("ffmpeg: %s", ended.Said))
}

// timing is when slides are shown, in frames: every length is a whole number of them, so that no rounding adds up.
type timing struct {
	// still is how long each is alone, follow how long the next one takes to come.
	still, follow []int
	// frames are those of the slideshow.
	frames int
}

// length is for how long a slide is seen: while it comes, stands alone and goes.
func (t *timing) length(slide int) int {
	length := t.still[slide] + t.follow[slide]
	if slide > 0 {
		length += t.follow[slide-1]
	}
	return length
}

func timeSlides(request *engine.SlideshowRequest) (*timing, error) {
	if request.Width < 2 || request.Height < 2 || request.FrameRate < 1 {
		return nil, problem.Failed(fmt.Errorf("a slideshow of %d x %d at %d frames per second", request.Width, request.Height, request.FrameRate))
	}
	in := func(seconds float64) int { return int(math.Round(seconds * float64(request.FrameRate))) }
	last := len(request.Slides) - 1
	t := &timing{still: make([]int, last+1), follow: make([]int, last+1)}
	for i, slide := range request.Slides {
		t.still[i] = max(in(slide.Seconds), 1)
		if i < last {
			if !slices.Contains(engine.Transitions, slide.Transition) {
				return nil, problem.Failed(fmt.Errorf("the transition %q", slide.Transition))
			}
			t.follow[i] = in(slide.TransitionSeconds)
		}
		t.frames += t.still[i] + t.follow[i]
	}
	if request.Seconds > 0 {
		wanted := max(in(request.Seconds), 1)
		t.still[last] += max(wanted-t.frames, 0)
		t.frames = wanted
	}
	return t, nil
}

// slideshowGraph is the graph of filters that makes the video.
func slideshowGraph(request *engine.SlideshowRequest, t *timing) string {
	seconds := func(frames int) string {
		return strconv.FormatFloat(float64(frames)/float64(request.FrameRate), 'f', -1, 64)
	}
	rate := strconv.Itoa(request.FrameRate)
	var parts []string
	for i := range request.Slides {
		parts = append(parts, fmt.Sprintf("[%d:v]crop=%d:%d:0:0,setsar=1,format=yuv420p,tpad=stop_mode=clone:stop=%d,trim=end_frame=%d,settb=1/%s[s%d]",
			i, request.Width&^1, request.Height&^1, t.length(i)-1, t.length(i), rate, i))
	}
	shown, at := "s0", t.still[0]
	for i := range len(request.Slides) - 1 {
		next := fmt.Sprintf("x%d", i+1)
		if t.follow[i] == 0 {
			parts = append(parts, fmt.Sprintf("[%s][s%d]concat=n=2:v=1,settb=1/%s[%s]", shown, i+1, rate, next))
		} else {
			parts = append(parts, fmt.Sprintf("[%s][s%d]xfade=transition=%s:duration=%s:offset=%s[%s]",
				shown, i+1, request.Slides[i].Transition, seconds(t.follow[i]), seconds(at), next))
		}
		shown, at = next, at+t.follow[i]+t.still[i+1]
	}
	return strings.Join(append(parts, "["+shown+"]null[out]"), ";")
}
