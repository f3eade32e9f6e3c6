package engine

import (
	"context"
	"os"

	"github.com/darkroom-media/darkroom/renderer/engine/internal/wire"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// MaxSlides bounds the slides of a slideshow, MaxVideoSlides those of them that are videos: the frames of each
// lie in memory until the slideshow is made.
const (
	MaxSlides      = 100
	MaxVideoSlides = 10
)

// SlideshowRequest asks for a video (mp4, H.264 without sound) that shows pictures and videos one after the other.
type SlideshowRequest struct {
	// Files are one for each slide: PNG pictures of one size, and videos of any.
	Files  []*os.File `json:"-"`
	Slides []Slide    `json:"slides"`
	// Width and Height are those of the pictures; videos fill them. An odd one loses a line: the codec knows even sizes only.
	Width  int `json:"width"`
	Height int `json:"height"`
	// FrameRate is in frames per second.
	FrameRate int `json:"frameRate"`
	// Seconds is how long the video is: it ends in the middle, or its last slide stays. Zero is as long as the slides take.
	Seconds float64 `json:"seconds,omitempty"`
	Limits  Limits  `json:"limits"`
}

// Slide is how a picture or a video is shown.
type Slide struct {
	// Seconds is how long it is shown alone.
	Seconds float64 `json:"seconds"`
	// Transition is how the next slide follows, by the names of ffmpeg's xfade, and TransitionSeconds how long that takes. Both mean
	// nothing for the last one.
	Transition        string  `json:"transition"`
	TransitionSeconds float64 `json:"transitionSeconds"`
	// Video says that it is one. It runs from its beginning, also while it comes and goes; its last frame stays where it is too short.
	Video bool `json:"video,omitempty"`
}

// Slideshow implements Engine. The output is as that of Render. One is made at a time, and none takes the place of a picture.
func (c *Client) Slideshow(ctx context.Context, request *SlideshowRequest) (*RenderResult, error) {
	if len(request.Slides) == 0 || len(request.Slides) > MaxSlides || len(request.Files) != len(request.Slides) {
		return nil, problem.BadRequest("Invalid number of slides: %d, it must be 1 to %d", len(request.Slides), MaxSlides)
	}
	select {
	case c.films <- struct{}{}:
	case <-ctx.Done():
		return nil, ended(ctx)
	}
	defer func() { <-c.films }()
	return c.makeAdmitted(ctx, wire.Job{Kind: wire.Slideshow, Deadline: c.deadline(request.Limits)}, request, request.Files)
}

// Transitions are the ways in which a slide may follow another one, by the names of ffmpeg's xfade.
var Transitions = []string{
	"fade", "wipeleft", "wiperight", "wipeup", "wipedown", "slideleft", "slideright", "slideup", "slidedown", "circlecrop", "rectcrop", "distance",
	"fadeblack", "fadewhite", "radial", "smoothleft", "smoothright", "smoothup", "smoothdown", "circleopen", "circleclose", "vertopen", "vertclose",
	"horzopen", "horzclose", "dissolve", "pixelize", "diagtl", "diagtr", "diagbl", "diagbr", "hlslice", "hrslice", "vuslice", "vdslice", "hblur",
	"fadegrays", "wipetl", "wipetr", "wipebl", "wipebr", "squeezeh", "squeezev",
}
