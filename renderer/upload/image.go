package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
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
	defer func() {
		for _, layer := range layers {
			closing(layer.File)
		}
	}()
	result, err := i.handler.engine.Render(ctx, &engine.RenderRequest{
		Plan: *plan,
		Source: engine.Source{
			File:     file,
			Format:   i.asset.Format,
			Width:    i.asset.Width,
			Height:   i.asset.Height,
			Faces:    i.asset.Faces,
			Custom:   i.asset.Custom,
			PublicID: i.wanted.publicID,
			Tags:     i.asset.Tags,
			Context:  i.asset.Context,
		},
		Layers: layers,
		Format: i.outputFormat(plan),
		Limits: i.limits(),
	})
	if err != nil {
		return err
	}
	defer closing(result.Output)
	rendered, err := i.handler.store(ctx, io.NewSectionReader(result.Output, 0, result.Bytes), i.object.filename, math.MaxInt64)
	if err != nil {
		return err
	}
	i.handler.discard(ctx, i.object)
	i.object = rendered
	i.asset.Format, i.asset.Width, i.asset.Height, i.asset.Pages = result.Format, result.Width, result.Height, max(result.Pages, 1)
	return nil
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

// openLayers opens the pictures that the plan lays over the file.
func (i *intake) openLayers(ctx context.Context, plan *transform.Plan) (map[string]engine.Source, error) {
	layers := make(map[string]engine.Source)
	var failed error
	plan.VisitLayers(func(layer *transform.Layer) {
		key := engine.LayerKey(layer)
		if _, open := layers[key]; open || failed != nil {
			return
		}
		if layer.Kind != transform.LayerImage {
			failed = problem.BadRequest("Invalid transformation: layers of kind %s are not available in incoming transformations", layer.Kind)
			return
		}
		var source engine.Source
		if source, failed = i.openLayer(ctx, layer); failed == nil {
			layers[key] = source
		}
	})
	if failed != nil {
		for _, layer := range layers {
			closing(layer.File)
		}
		return nil, failed
	}
	return layers, nil
}

func (i *intake) openLayer(ctx context.Context, layer *transform.Layer) (engine.Source, error) {
	for _, name := range derive.Names(layer.ID, layer.Ext, layer.ID+"."+layer.Ext) {
		asset, err := i.handler.library.Asset(ctx, library.Key{ResourceType: library.Image, Type: layer.Type, PublicID: name.PublicID})
		if errors.Is(err, library.ErrNotFound) {
			continue
		}
		if err != nil {
			return engine.Source{}, wire.Unavailable("The database", fmt.Errorf("look up layer %q: %w", layer.ID, err))
		}
		file, err := i.handler.bucket.File(ctx, asset.ObjectKey)
		if errors.Is(err, bucket.ErrNotFound) {
			break
		}
		if err != nil {
			return engine.Source{}, wire.Unavailable("The bucket", fmt.Errorf("open layer %q: %w", layer.ID, err))
		}
		return engine.Source{File: file, Format: asset.Format, Width: asset.Width, Height: asset.Height,
			Faces: asset.Faces, Custom: asset.Custom, PublicID: asset.PublicID}, nil
	}
	return engine.Source{}, &problem.Problem{Status: http.StatusBadRequest, Message: "Resource not found - " + layer.ID}
}
