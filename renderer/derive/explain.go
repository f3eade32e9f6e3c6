package derive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// FromNowhere says that a file was not made yet.
const FromNowhere = "nowhere"

// Where tells where the file is: FromDisk, FromBucket or FromNowhere.
func (d *Deriver) Where(ctx context.Context, request *Request) (string, error) {
	d.expire(request)
	if d.cache.Has(request.Key) {
		return FromDisk, nil
	}
	_, err := d.library.Derived(ctx, request.Asset.AssetID, request.Asset.VersionID, request.Key.String())
	switch {
	case errors.Is(err, library.ErrNotFound):
		return FromNowhere, nil
	case err != nil:
		return "", unavailable("The database", fmt.Errorf("look up a derived file of asset %s: %w", request.Asset.AssetID, err))
	}
	return FromBucket, nil
}

// Trial is what making a file once has shown.
type Trial struct {
	Format        string
	Width, Height int
	Bytes         int64
	// CPU is the processor time of the engine, Wall the time until it answered.
	CPU, Wall time.Duration
	Trace     []engine.Step
}

// Try makes the file and throws it away. Errors are those of Find.
func (d *Deriver) Try(ctx context.Context, request *Request) (*Trial, error) {
	ctx, cancel := context.WithTimeout(ctx, d.deadline)
	defer cancel()
	source, err := d.stores().openSource(ctx, request.Asset)
	if err != nil {
		return nil, err
	}
	defer source.File.Close()
	layers, err := d.stores().OpenLayers(ctx, request.Plan)
	if err != nil {
		return nil, err
	}
	defer layers.Close()
	plan := request.Plan
	if plan.CallsRemote() {
		var done func()
		source, plan, done, err = d.callFunctions(ctx, request, source, layers)
		defer done()
		if err != nil {
			return nil, err
		}
	}
	mezzanine := d.mezzanine(ctx, request, false)
	defer mezzanine.close()
	started := d.now()
	output, err := d.engine.Render(ctx, &engine.RenderRequest{
		Plan: *plan, Source: source, Layers: layers.Sources, Styles: layers.Styles, Format: request.Format, Limits: request.Limits, StrictFonts: request.StrictFonts,
		Mezzanine: mezzanine.file,
	})
	if err != nil {
		return nil, problem.From(err)
	}
	if err := output.Output.Close(); err != nil {
		return nil, problem.Failed(err)
	}
	return &Trial{
		Format: output.Format, Width: output.Width, Height: output.Height, Bytes: output.Bytes,
		CPU: output.CPU, Wall: d.now().Sub(started), Trace: output.Trace,
	}, nil
}
