package upload

import (
	"context"
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/analysis"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// identifyVideo is identify for what seems to be a video or a sound. It is stored as it came.
func (i *intake) identifyVideo(ctx context.Context, detected kind) error {
	if err := i.beVideo(ctx); err != nil {
		if i.wanted.resourceType == resourceAuto && !detected.certain && problem.From(err).Status == http.StatusBadRequest {
			return i.identifyRaw(ctx)
		}
		return err
	}
	if err := i.evaluate(ctx); err != nil {
		return err
	}
	if err := i.accept(); err != nil {
		return err
	}
	if i.wanted.incoming != nil {
		return problem.BadRequest("Incoming transformations of videos are not available")
	}
	if i.wanted.format != "" && i.wanted.format != i.asset.Format {
		return problem.BadRequest("Invalid extension in format: %s: videos are stored as they come", printable(i.wanted.format))
	}
	return nil
}

// beVideo takes the file for a video or a sound, which it must be.
func (i *intake) beVideo(ctx context.Context) error {
	file, err := i.open(ctx)
	if err != nil {
		return err
	}
	defer closing(file)
	found, err := i.handler.engine.Video(ctx, engine.VideoRequest{File: file, Limits: i.limits()})
	if err != nil {
		return err
	}
	return analysis.KeepVideo(i.asset, found)
}
