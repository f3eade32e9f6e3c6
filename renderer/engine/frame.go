package engine

import (
	"context"
	"os"

	"github.com/darkroom-media/darkroom/renderer/engine/internal/wire"
)

// FrameRequest asks for one frame of a video as a picture.
type FrameRequest struct {
	File *os.File `json:"-"`
	// Seconds is the position. Beyond the last frame there is none, which is a 400.
	Seconds float64 `json:"seconds,omitempty"`
	// Limits.MaxInputPixels bounds width × height of the frame.
	Limits Limits `json:"limits"`
}

// Frame implements Engine. The output is as that of Render; its size is not told.
func (c *Client) Frame(ctx context.Context, request *FrameRequest) (*RenderResult, error) {
	return c.make(ctx, wire.Job{Kind: wire.Frame, Deadline: c.deadline(request.Limits)}, request, []*os.File{request.File})
}
