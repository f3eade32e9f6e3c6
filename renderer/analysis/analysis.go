// Package analysis is what can be found out about the picture of an asset, or about its video: which parts a request asks for, the engine's look at
// the bytes, which is kept with the asset, and how answers show it.
package analysis

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Wanted are the parts of an analysis that a request asks for.
type Wanted struct {
	Colors, Faces, EXIF, ImageMetadata, MediaMetadata, PHash, Quality, Accessibility, Cinemagraph bool
}

// Read reads the flags of a request.
func Read(params wire.Params) (w Wanted, err error) {
	for _, flag := range []struct {
		name string
		to   *bool
	}{
		{"colors", &w.Colors}, {"faces", &w.Faces}, {"exif", &w.EXIF}, {"image_metadata", &w.ImageMetadata}, {"media_metadata", &w.MediaMetadata},
		{"phash", &w.PHash}, {"quality_analysis", &w.Quality}, {"accessibility_analysis", &w.Accessibility}, {"cinemagraph_analysis", &w.Cinemagraph},
	} {
		if *flag.to, err = params.Bool(flag.name, false); err != nil {
			return w, err
		}
	}
	return w, nil
}

// Any says whether anything is asked for.
func (w Wanted) Any() bool { return w != Wanted{} }

// looks says whether something is asked for that the pixels tell, not only the file.
func (w Wanted) looks() bool {
	w.EXIF, w.ImageMetadata, w.MediaMetadata = false, false, false
	return w.Any()
}

// Of is what an asset keeps; nil when nothing was found out yet, or by nobody who can be understood.
func Of(asset *library.Asset) *engine.Analysis {
	if len(asset.Analysis) == 0 {
		return nil
	}
	found := &engine.Analysis{}
	if json.Unmarshal(asset.Analysis, found) != nil {
		return nil
	}
	return found
}

// Look has the engine look at a file, and gives what an asset is to keep.
func Look(ctx context.Context, looker engine.Engine, file *os.File, limits engine.Limits) (json.RawMessage, error) {
	found, err := looker.Analyse(ctx, engine.AnalyseRequest{File: file, Limits: limits})
	if err != nil {
		return nil, err
	}
	return keep(found)
}

// keep is what an asset keeps of an analysis.
func keep(found *engine.Analysis) (json.RawMessage, error) {
	kept, err := json.Marshal(struct {
		*engine.Analysis
		Findings library.Findings `json:"findings"`
	}{found, findings(found)})
	if err != nil {
		return nil, fmt.Errorf("write an analysis: %w", err)
	}
	return kept, nil
}

// FindAgain is an analysis that an asset keeps with its findings made anew: searches may know more by now than when it was made, such as the names
// of more colours. What cannot be read stays as it is.
func FindAgain(kept json.RawMessage) json.RawMessage {
	found := &engine.Analysis{}
	if json.Unmarshal(kept, found) != nil {
		return kept
	}
	again, err := keep(found)
	if err != nil {
		return kept
	}
	return again
}

// Bucket holds the bytes of assets.
type Bucket interface {
	File(ctx context.Context, key string) (*os.File, error)
}

// Library keeps what was found out.
type Library interface {
	SetAnalysis(ctx context.Context, assetID, versionID string, analysis json.RawMessage) error
}

// Stored looks at assets that are stored.
type Stored struct {
	Bucket  Bucket
	Library Library
	Engine  engine.Engine
}

// Complete gives asset the analysis of its picture, which it may have, and the library with it. It does nothing where nothing is
// wanted, and for what is no picture.
func (s Stored) Complete(ctx context.Context, wanted Wanted, asset *library.Asset, environment *catalog.Environment) error {
	if !wanted.Any() || asset.ResourceType != library.Image || Of(asset) != nil {
		return nil
	}
	file, err := s.Bucket.File(ctx, asset.ObjectKey)
	if err != nil {
		return wire.Unavailable("The bucket", err)
	}
	defer func() { _ = file.Close() }() // It was only read.
	kept, err := Look(ctx, s.Engine, file, engine.Limits{MaxInputPixels: environment.MaxImagePixels, MaxOutputPixels: environment.MaxOutputPixels})
	if err != nil {
		return err
	}
	if err := s.Library.SetAnalysis(ctx, asset.AssetID, asset.VersionID, kept); err != nil {
		return wire.Unavailable("The database", err)
	}
	asset.Analysis = kept
	return nil
}
