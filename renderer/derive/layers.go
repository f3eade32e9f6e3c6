package derive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// Stores are where the assets that a plan names are found and read.
type Stores struct {
	Library interface {
		Asset(ctx context.Context, key library.Key) (*library.Asset, error)
	}
	Bucket interface {
		File(ctx context.Context, key string) (*os.File, error)
	}
	// Remote finds or downloads the pictures of fetched layers; without one they are refused.
	Remote Remote
}

// Layers is what a plan needs beside its base picture. Close it.
type Layers struct {
	// Sources are the assets by engine.LayerKey, and fonts by engine.FontKey.
	Sources map[string]engine.Source
	// Styles are those of the text assets that text layers name, by public ID.
	Styles map[string]engine.TextStyle
}

// Close closes all files.
func (l *Layers) Close() {
	for _, source := range l.Sources {
		source.File.Close()
	}
}

// openSource opens the original of an asset for the engine.
func (s Stores) openSource(ctx context.Context, asset *library.Asset) (engine.Source, error) {
	content, err := s.Bucket.File(ctx, asset.ObjectKey)
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
		Regions:  asset.Regions,
		PublicID: asset.PublicID,
		Tags:     asset.Tags,
		Context:  asset.Context,
		Metadata: plain(asset.Metadata),
	}, nil
}

// OpenLayers opens the asset of every layer of the plan, the fonts of its text layers, and what its variables may name.
// On error nothing stays open. The error is a *problem.Problem: 404 for what is missing.
func (s Stores) OpenLayers(ctx context.Context, plan *transform.Plan) (*Layers, error) {
	o := &opening{ctx: ctx, stores: s, layers: &Layers{Sources: make(map[string]engine.Source)}}
	o.openPlan(plan)
	if o.failed != nil {
		o.layers.Close()
		return nil, o.failed
	}
	return o.layers, nil
}

// opening is OpenLayers under way, until the first failure.
type opening struct {
	ctx    context.Context
	stores Stores
	layers *Layers
	failed error
}

func (o *opening) openPlan(plan *transform.Plan) {
	images, styles := false, false
	plan.VisitLayers(func(layer *transform.Layer) {
		switch layer.Kind {
		case transform.LayerImage, transform.LayerLUT:
			o.layer(layer, true)
		case transform.LayerFetch:
			o.add(engine.LayerKey(layer), true, func() (engine.Source, error) { return o.stores.openFetched(o.ctx, layer.ID) })
		case transform.LayerVariable:
			images = true
		case transform.LayerText:
			o.style(layer.Style.Stored())
			o.font(layer.Style, true)
			styles = styles || layer.Style.Template != ""
		}
	})
	plan.VisitComponents(func(c *transform.Component) {
		if f := c.Function; f != nil && f.Kind == transform.FunctionWASM {
			o.openFile(engine.FileKey(f.Source), f.Source, true)
		}
		if id, ok := strings.CutPrefix(c.ColorSpace, "icc:"); ok {
			id = strings.ReplaceAll(id, ":", "/")
			o.openFile(engine.FileKey(id), id, true)
		}
	})
	if !images && !styles {
		return
	}
	// Which of its values a variable has is known only while the plan runs.
	visitStrings(plan.Components, func(value string) {
		if images {
			o.layer(namedBy(value), false)
		}
		if style, err := transform.ParseTextStyle(value); err == nil && styles {
			o.font(style, false)
		}
	})
}

// layer opens the asset of a layer; what is not required may be missing.
func (o *opening) layer(layer *transform.Layer, required bool) {
	if layer.Kind == transform.LayerLUT {
		// Tables are raw assets; like a font, one of the type authenticated is used and not given away.
		id := layer.ID + "." + layer.Ext
		keys := []library.Key{{ResourceType: library.Raw, Type: layer.Type, PublicID: id}, {ResourceType: library.Raw, Type: "authenticated", PublicID: id}}
		o.open(engine.LayerKey(layer), id, "", keys, required)
		return
	}
	o.open(engine.LayerKey(layer), layer.ID, layer.Ext, shownBy(layer), required)
}

// shownBy are the assets that a layer may mean, in order.
func shownBy(layer *transform.Layer) []library.Key {
	var keys []library.Key
	for _, name := range Names(layer.ID, layer.Ext, layer.ID+"."+layer.Ext) {
		keys = append(keys, library.Key{ResourceType: library.Image, Type: layer.Type, PublicID: name.PublicID})
	}
	return keys
}

// namedBy is the layer that the value of a variable names.
func namedBy(value string) *transform.Layer {
	return &transform.Layer{Type: "upload", ID: strings.ReplaceAll(value, ":", "/")}
}

// Shown are the assets that the layers of a plan show: for each what it may mean, in order. Fonts, styles and tables are used
// and not shown; fetched pictures are no assets of the environment.
func Shown(plan *transform.Plan) [][]library.Key {
	var shown [][]library.Key
	variables := false
	plan.VisitLayers(func(layer *transform.Layer) {
		switch layer.Kind {
		case transform.LayerImage:
			shown = append(shown, shownBy(layer))
		case transform.LayerVariable:
			variables = true
		}
	})
	if variables {
		visitStrings(plan.Components, func(value string) { shown = append(shown, shownBy(namedBy(value))) })
	}
	return shown
}

// style finds the style of a text asset, and the font that it names.
func (o *opening) style(id string) {
	if _, ok := o.layers.Styles[id]; ok || id == "" || o.failed != nil {
		return
	}
	asset, err := o.stores.Library.Asset(o.ctx, library.Key{ResourceType: library.Image, Type: "text", PublicID: id})
	switch {
	case errors.Is(err, library.ErrNotFound), err == nil && asset.TextStyle == nil:
		o.failed = problem.NotFound("Resource not found - %s", id)
		return
	case err != nil:
		o.failed = unavailable("The database", fmt.Errorf("look up the text style %q: %w", id, err))
		return
	}
	if o.layers.Styles == nil {
		o.layers.Styles = map[string]engine.TextStyle{}
	}
	o.layers.Styles[id] = engine.TextStyle(*asset.TextStyle)
	if style, err := transform.ParseTextStyle(asset.TextStyle.Style); err == nil {
		o.font(style, true)
	}
}

// font opens the font that a style names, when that is an uploaded one. Fonts are raw assets, and setting text in one
// gives away no file, so that one of the type authenticated needs no signature.
func (o *opening) font(style *transform.TextStyle, required bool) {
	id := style.FontFile()
	if id == "" {
		return
	}
	o.openFile(engine.FontKey(id), id, required)
}

// openFile opens a raw asset that is used and not given away: a font, the module of a custom function, a colour profile.
func (o *opening) openFile(key, id string, required bool) {
	o.open(key, id, "", []library.Key{
		{ResourceType: library.Raw, Type: "authenticated", PublicID: id}, {ResourceType: library.Raw, Type: "upload", PublicID: id},
	}, required)
}

// open opens the first asset that there is; ext is the extension that was written.
func (o *opening) open(key, name, ext string, assets []library.Key, required bool) {
	o.add(key, required, func() (engine.Source, error) { return o.stores.openFirst(o.ctx, name, ext, assets) })
}

// add keeps what open gives, once per key.
func (o *opening) add(key string, required bool, open func() (engine.Source, error)) {
	if _, ok := o.layers.Sources[key]; ok || o.failed != nil {
		return
	}
	source, err := open()
	switch {
	case err == nil:
		o.layers.Sources[key] = source
	case required || problem.From(err).Status != http.StatusNotFound:
		o.failed = err
	}
}

// openFetched opens the picture at a URL.
func (s Stores) openFetched(ctx context.Context, url string) (engine.Source, error) {
	if s.Remote == nil {
		return engine.Source{}, problem.BadRequest("Layers of kind fetch are not available")
	}
	asset, err := s.Remote.Layer(ctx, url)
	if err != nil {
		return engine.Source{}, err
	}
	return s.openSource(ctx, asset)
}

func (s Stores) openFirst(ctx context.Context, name, ext string, assets []library.Key) (engine.Source, error) {
	for _, key := range assets {
		asset, err := s.Library.Asset(ctx, key)
		if errors.Is(err, library.ErrNotFound) {
			continue
		}
		if err != nil {
			return engine.Source{}, unavailable("The database", fmt.Errorf("look up layer %q: %w", name, err))
		}
		source, err := s.openSource(ctx, asset)
		if errors.Is(err, ErrStale) {
			break
		}
		return source, err
	}
	if source, err := s.openMissing(ctx, assets[0], ext); !errors.Is(err, library.ErrNotFound) {
		return source, err
	}
	return engine.Source{}, problem.NotFound("Resource not found - %s", name)
}

// openMissing opens the picture that a mapping of its folder brings, or returns library.ErrNotFound.
func (s Stores) openMissing(ctx context.Context, key library.Key, ext string) (engine.Source, error) {
	if s.Remote == nil {
		return engine.Source{}, library.ErrNotFound
	}
	asset, err := s.Remote.Missing(ctx, key, ext)
	if err != nil {
		return engine.Source{}, err
	}
	return s.openSource(ctx, asset)
}

// visitStrings calls visit with every string that the components assign to a variable, and with the assets that they
// refer to.
func visitStrings(components []transform.Component, visit func(value string)) {
	for _, c := range components {
		for _, assignment := range c.Set {
			if held := assignment.Value.Strings; len(held) > 0 {
				visit(strings.Join(held, ":"))
			}
			if id, ok := strings.CutPrefix(assignment.Value.Name, "ref:"); ok {
				visit(id)
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
