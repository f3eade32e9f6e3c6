package derive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// openSource opens the original of an asset for the engine.
func (d *Deriver) openSource(ctx context.Context, asset *library.Asset) (engine.Source, error) {
	content, err := d.bucket.File(ctx, asset.ObjectKey)
	if errors.Is(err, bucket.ErrNotFound) {
		// Most likely the asset was overwritten or deleted, and its old bytes swept, after its row was read.
		return engine.Source{}, ErrStale
	}
	if err != nil {
		return engine.Source{}, unavailable("The bucket", fmt.Errorf("open original %s: %w", asset.ObjectKey, err))
	}
	return engine.Source{
		File:     content,
		Format:   asset.Format,
		Width:    asset.Width,
		Height:   asset.Height,
		Faces:    asset.Faces,
		Custom:   asset.Custom,
		PublicID: asset.PublicID,
		Tags:     asset.Tags,
		Context:  asset.Context,
		Metadata: plain(asset.Metadata),
	}, nil
}

// openLayers opens the asset of every image layer of the plan, by engine.LayerKey, and those that its variables may
// name. On error nothing stays open.
func (d *Deriver) openLayers(ctx context.Context, plan *transform.Plan) (map[string]engine.Source, error) {
	sources := make(map[string]engine.Source)
	var failed error
	open := func(layer *transform.Layer, required bool) {
		key := engine.LayerKey(layer)
		if _, ok := sources[key]; ok || failed != nil {
			return
		}
		source, err := d.openLayer(ctx, layer)
		switch {
		case err == nil:
			sources[key] = source
		case required || problem.From(err).Status != http.StatusNotFound:
			failed = err
		}
	}
	variables := false
	plan.VisitLayers(func(layer *transform.Layer) {
		switch layer.Kind {
		case transform.LayerImage:
			open(layer, true)
		case transform.LayerFetch:
			open(layer, true)
		case transform.LayerVariable:
			variables = true
		}
	})
	if variables {
		// Which of its values a variable has is known only while the plan runs.
		visitStrings(plan.Components, func(value string) {
			open(&transform.Layer{Type: "upload", ID: value}, false)
		})
	}
	if failed != nil {
		closeLayers(sources)
		return nil, failed
	}
	return sources, nil
}

// visitStrings calls visit with every string that the components assign to a variable, as a public ID.
func visitStrings(components []transform.Component, visit func(value string)) {
	for _, c := range components {
		for _, assignment := range c.Set {
			if held := assignment.Value.Strings; len(held) > 0 {
				visit(strings.ReplaceAll(strings.Join(held, "/"), ":", "/"))
			}
			if reference, ok := strings.CutPrefix(assignment.Value.Name, "ref:"); ok {
				visit(strings.ReplaceAll(reference, ":", "/"))
			}
		}
		if c.Branch != nil {
			visitStrings(c.Branch.Then, visit)
			visitStrings(c.Branch.Else, visit)
		}
		if c.Layer != nil {
			visitStrings(c.Layer.Components, visit)
		}
	}
}

func (d *Deriver) openLayer(ctx context.Context, layer *transform.Layer) (engine.Source, error) {
	if layer.Kind == transform.LayerFetch {
		return d.openFetched(ctx, layer.ID)
	}
	for _, name := range Names(layer.ID, layer.Ext, layer.ID+"."+layer.Ext) {
		asset, err := d.library.Asset(ctx, library.Key{ResourceType: library.Image, Type: layer.Type, PublicID: name.PublicID})
		if errors.Is(err, library.ErrNotFound) {
			continue
		}
		if err != nil {
			return engine.Source{}, unavailable("The database", fmt.Errorf("look up layer %q: %w", layer.ID, err))
		}
		source, err := d.openSource(ctx, asset)
		if errors.Is(err, ErrStale) {
			break
		}
		return source, err
	}
	return engine.Source{}, problem.NotFound("Resource not found - %s", layer.ID)
}

// openFetched opens the picture at a URL.
func (d *Deriver) openFetched(ctx context.Context, url string) (engine.Source, error) {
	if d.remote == nil {
		return engine.Source{}, problem.BadRequest("Layers of kind fetch are not available")
	}
	asset, err := d.remote.Layer(ctx, url)
	if err != nil {
		return engine.Source{}, err
	}
	return d.openSource(ctx, asset)
}

func closeLayers(layers map[string]engine.Source) {
	for _, layer := range layers {
		layer.File.Close()
	}
}

// plain writes metadata values as conditions compare them.
func plain(metadata map[string]any) map[string]string {
	if len(metadata) == 0 {
		return nil
	}
	values := make(map[string]string, len(metadata))
	for name, value := range metadata {
		values[name] = fmt.Sprint(value)
	}
	return values
}
