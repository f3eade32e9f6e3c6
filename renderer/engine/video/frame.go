package video

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Frame makes a picture of one frame. See engine.Engine. ffmpeg prints it, so it needs to open no file for writing.
func (t *Tools) Frame(ctx context.Context, launch engine.Launcher, request *engine.FrameRequest, output *os.File) (*engine.RenderResult, error) {
	_, demuxer := identify(request.File)
	if demuxer == "" {
		return nil, unsupported(errors.New("the first bytes are of no known format"))
	}
	limit := request.Limits.MaxInputPixels
	if limit <= 0 {
		limit = DefaultMaxInputPixels
	}
	arguments := []string{"-v", "error", "-hide_banner", "-nostdin", "-filter_threads", "1"}
	if request.Seconds > 0 {
		arguments = append(arguments, "-ss", strconv.FormatFloat(request.Seconds, 'f', -1, 64))
	}
	arguments = append(arguments, "-threads", "1", "-max_pixels", strconv.FormatInt(min(limit, math.MaxInt32), 10))
	arguments = append(arguments, reading(demuxer, 0)...)
	// The cover of a record is no frame.
	arguments = append(arguments, "-map", "0:V:0", "-frames:v", "1", "-c:v", "png", "-threads", "1", "-f", "image2pipe", "pipe:1")
	ended, err := launch(ctx, &engine.Launch{Program: t.FFmpeg, Arguments: arguments, Read: []*os.File{request.File}, Output: output})
	if err != nil {
		return nil, err
	}
	info, err := output.Stat()
	if err != nil {
		return nil, problem.Failed(fmt.Errorf("look at the frame: %w", err))
	}
	switch {
	case strings.Contains(ended.Said, "exceeds specified max pixel count"):
		return nil, problem.BadRequest("Video has too many pixels").Because(errors.New(ended.Said))
	case strings.Contains(ended.Said, "matches no streams"):
		return nil, problem.BadRequest("No video stream to convert to image").Because(errors.New(ended.Said))
	case ended.Failed || info.Size() == 0:
		return nil, problem.BadRequest("There is no frame at %g seconds of the video", request.Seconds).Because(errors.New(ended.Said))
	}
	return &engine.RenderResult{Bytes: info.Size(), Format: "png", CPU: ended.CPU}, nil
}
