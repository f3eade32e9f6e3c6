package upload

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"os"

	"github.com/darkroom-media/darkroom/renderer/analysis"
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// limits are those for pictures that come in.
func (i *intake) limits() engine.Limits {
	if i.wanted.sample {
		return engine.Limits{MaxInputPixels: samplePixels, MaxOutputPixels: samplePixels}
	}
	return engine.Limits{
		MaxInputPixels:  i.snapshot.Environment.MaxImagePixels,
		MaxOutputPixels: i.snapshot.Environment.MaxOutputPixels,
	}
}

// beImage takes the file for a picture, which it must be, and whole.
func (i *intake) beImage(ctx context.Context, file *os.File) error {
	found, err := i.handler.engine.Probe(ctx, engine.ProbeRequest{File: file, Verify: true, Limits: i.limits()})
	if err != nil {
		return err
	}
	i.asset.ResourceType, i.asset.Format = library.Image, found.Format
	i.asset.Width, i.asset.Height, i.asset.Pages, i.asset.Alpha = found.Width, found.Height, found.Pages, found.Alpha
	return nil
}

// mustRender says whether the stored bytes are to be others than those that came.
func (i *intake) mustRender() bool {
	return i.wanted.incoming != nil || i.wanted.format != "" && i.wanted.format != i.asset.Format
}

// render replaces the bytes by those that the incoming transformation and format make of them.
func (i *intake) render(ctx context.Context, file *os.File) error {
	plan := i.wanted.incoming
	if plan == nil {
		plan = &transform.Plan{}
	}
	if err := plan.SetDefaultQuality(i.snapshot.Environment.DefaultQuality); err != nil {
		return err
	}
	layers, err := i.openLayers(ctx, plan)
	if err != nil {
		return err
	}
	defer layers.Close()
	metered := i.handler.meter != nil && !i.asset.Sample
	if metered {
		if err := i.handler.meter.MayRender(); err != nil {
			return err
		}
	}
	result, err := i.handler.engine.Render(ctx, &engine.RenderRequest{
		Plan: *plan,
		Source: engine.Source{
			File:     file,
			Format:   i.asset.Format,
			Width:    i.asset.Width,
			Height:   i.asset.Height,
			Faces:    i.asset.Faces,
			Custom:   i.asset.Custom,
			Regions:  i.asset.Regions,
			PublicID: i.wanted.publicID,
			Tags:     i.asset.Tags,
			Context:  i.asset.Context,
		},
		Layers: layers.Sources, Styles: layers.Styles,
		Format: i.outputFormat(plan),
		Limits: i.limits(),
	})
	if err != nil {
		return err
	}
	defer closing(result.Output)
	if metered {
		i.handler.meter.Rendered(result.CPU, 0)
	}
	rendered, err := i.handler.store(ctx, io.NewSectionReader(result.Output, 0, result.Bytes), i.object.filename, math.MaxInt64)
	if err != nil {
		return err
	}
	i.handler.discard(ctx, i.object)
	i.object = rendered
	i.asset.Format, i.asset.Width, i.asset.Height, i.asset.Pages = result.Format, result.Width, result.Height, max(result.Pages, 1)
	return i.analyse(ctx, result.Output)
}

// analyse looks at the picture that will be stored, where the answer is to tell of it.
func (i *intake) analyse(ctx context.Context, file *os.File) (err error) {
	if i.wanted.analysis.Any() && (i.asset.Analysis == nil || i.mustRender()) {
		i.asset.Analysis, err = analysis.Look(ctx, i.handler.engine, file, i.limits())
	}
	return err
}

// outputFormat is the format asked for, else that of the transformation, else that of the file where it can
// be written.
func (i *intake) outputFormat(plan *transform.Plan) string {
	switch {
	case i.wanted.format != "":
		return i.wanted.format
	case writable(canonical(plan.Output.Format)):
		return canonical(plan.Output.Format)
	case writable(i.asset.Format):
		return i.asset.Format
	case i.asset.Alpha:
		return "png"
	}
	return "jpg"
}

// openLayers opens what the plan lays over the file. What is missing makes the transformation a bad one.
func (i *intake) openLayers(ctx context.Context, plan *transform.Plan) (*derive.Layers, error) {
	layers, err := derive.Stores{Library: i.handler.library, Bucket: i.handler.bucket}.OpenLayers(ctx, plan)
	if missing, ok := errors.AsType[*problem.Problem](err); ok && missing.Status == http.StatusNotFound {
		return nil, &problem.Problem{Status: http.StatusBadRequest, Message: missing.Message}
	}
	return layers, err
}
