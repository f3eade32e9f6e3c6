package derive

import (
	"context"
	"os"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// frame makes a picture of the frame of a video that a plan asks for. The caller closes its output.
func (d *Deriver) frame(ctx context.Context, request *Request, video *os.File) (*engine.RenderResult, error) {
	at, err := position(request)
	if err != nil {
		return nil, err
	}
	return d.engine.Frame(ctx, &engine.FrameRequest{File: video, Seconds: at, Limits: request.Limits})
}

// position is where the frame is, in seconds: at so_, or in the middle.
func position(request *Request) (float64, error) {
	length := request.Asset.Duration
	given := ""
	for _, component := range request.Plan.Components {
		if component.Layer == nil && component.Media["so"] != "" {
			given = component.Media["so"]
			break
		}
	}
	if given == "" {
		return length / 2, nil
	}
	number, share := strings.TrimRight(given, "p%"), 1.0
	if number != given {
		share = length / 100
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, problem.BadRequest("Invalid transformation - so_%s: it is not available for pictures of videos", given)
	}
	// The last frame is there for a while.
	const last = 0.1
	if at := value * share; length == 0 || at < length {
		return at, nil
	}
	return max(length-last, 0), nil
}
