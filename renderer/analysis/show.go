package analysis

import (
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Show adds what is wanted, and known of the asset, to an answer.
func (w Wanted) Show(object wire.Object, asset *library.Asset) {
	if asset.ResourceType == library.Video && (w.ImageMetadata || w.MediaMetadata) {
		object["video_metadata"] = texts(asset.VideoMetadata())
	}
	if asset.ResourceType != library.Image || !w.Any() {
		return
	}
	if w.Faces && len(asset.Faces) > 0 {
		object["faces"] = asset.Faces
	}
	found := Of(asset)
	if found == nil {
		return
	}
	if w.Colors {
		object["colors"], object["predominant"] = Colors(found), wire.Object{"google": named(found, googleName), "cloudinary": named(found, nearestName)}
	}
	if w.Faces {
		object["faces"] = Faces(asset, found)
	}
	if w.EXIF {
		object["exif"] = texts(found.EXIF)
	}
	if w.ImageMetadata || w.MediaMetadata {
		object["image_metadata"] = texts(found.Metadata)
	}
	if w.MediaMetadata {
		object["media_metadata"] = texts(found.Metadata)
	}
	if w.PHash {
		object["phash"] = found.PHash
	}
	if w.Quality {
		object["quality_analysis"], object["quality_score"] = Quality(found), found.Quality.Score
	}
	if w.Accessibility {
		object["accessibility_analysis"] = Accessibility(found)
	}
	if w.Cinemagraph {
		object["cinemagraph_analysis"] = wire.Object{"cinemagraph_score": found.Cinemagraph}
	}
	if w.looks() {
		object["illustration_score"], object["grayscale"], object["semi_transparent"] = found.Illustration, found.Grayscale, found.SemiTransparent
	}
}

// texts is never nil, so that it is an object in JSON.
func texts(values map[string]string) map[string]string {
	if values == nil {
		return map[string]string{}
	}
	return values
}

// Colors is the JSON form of the colours: pairs of a name and a percentage.
func Colors(found *engine.Analysis) [][2]any {
	colors := make([][2]any, len(found.Colors))
	for i, c := range found.Colors {
		colors[i] = [2]any{c.Color, c.Percent}
	}
	return colors
}

// Faces are those that were given for an asset, else those that were found.
func Faces(asset *library.Asset, found *engine.Analysis) [][4]int {
	switch {
	case len(asset.Faces) > 0:
		return asset.Faces
	case found.Faces == nil:
		return [][4]int{}
	}
	return found.Faces
}

// Quality is the JSON form of the scores of quality.
func Quality(found *engine.Analysis) wire.Object {
	q := found.Quality
	object := wire.Object{
		"focus": q.Focus, "noise": q.Noise, "contrast": q.Contrast, "exposure": q.Exposure, "saturation": q.Saturation, "lighting": q.Lighting,
		"resolution": q.Resolution, "pixel_score": q.Pixels, "color_score": q.Color,
	}
	if q.JPEGQuality != nil {
		object["jpeg_quality"] = *q.JPEGQuality
	}
	if q.JPEGChroma != nil {
		object["jpeg_chroma"] = *q.JPEGChroma
	}
	return object
}

// Accessibility is the JSON form of what the colour-blind see.
func Accessibility(found *engine.Analysis) wire.Object {
	c := found.Colorblind
	return wire.Object{
		"colorblind_accessibility_analysis": wire.Object{
			"distinct_edges": c.DistinctEdges, "distinct_colors": c.DistinctColors, "most_indistinct_pair": c.MostIndistinctPair,
		},
		"colorblind_accessibility_score": c.Score,
	}
}
