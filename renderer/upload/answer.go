package upload

import (
	"github.com/darkroom-media/darkroom/renderer/analysis"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// answer is the response to an upload.
func (h *Handler) answer(stored *library.Stored, taken *intake, who *caller, links wire.Links) wire.Object {
	asset := stored.Asset
	object := describe(asset, who, links)
	if stored.Overwritten {
		object["overwritten"] = true
	}
	if stored.Existing {
		object["existing"] = true
	}
	if asset.OriginalFilename != "" {
		object["original_filename"] = asset.OriginalFilename
		if taken.extension != "" && taken.extension != asset.Format {
			object["original_extension"] = taken.extension
		}
	}
	if len(asset.Context) > 0 {
		object["context"] = wire.Context(asset.Context)
	}
	if values := metadata.Visible(taken.snapshot.MetadataFields, asset.Metadata); values != nil {
		object["metadata"] = values
	}
	if coordinates := wire.Coordinates(asset); coordinates != nil {
		object["coordinates"] = coordinates
	}
	taken.wanted.analysis.Show(object, asset)
	if len(asset.Faces) > 0 {
		object["faces"] = clamp(asset.Faces, asset.Width, asset.Height)
	}
	if len(asset.Moderation) > 0 {
		object["moderation"] = wire.Moderations(asset)
	}
	if who.key != nil {
		object["api_key"] = who.key.APIKey
	}
	return object
}

// describe is what every answer tells of an asset.
func describe(asset *library.Asset, who *caller, links wire.Links) wire.Object {
	object := links.Item(asset)
	object["version_id"] = asset.VersionID
	object["signature"] = sign.Response(asset.PublicID, asset.Version, who.secret, who.algorithm)
	object["etag"] = asset.ETag
	object["placeholder"] = false
	object["tags"] = asset.Tags
	if asset.Tags == nil {
		object["tags"] = []string{}
	}
	switch asset.ResourceType {
	case library.Image:
		object["pages"] = max(asset.Pages, 1)
	case library.Video:
		// The original is what there is to play.
		object["playback_url"] = object["secure_url"]
		analysis.ShowVideo(object, asset)
	}
	return object
}

// clamp cuts rectangles to the picture and drops those outside.
func clamp(rectangles [][4]int, width, height int) [][4]int {
	inside := make([][4]int, 0, len(rectangles))
	for _, r := range rectangles {
		x, y := min(r[0], width), min(r[1], height)
		w, h := min(r[2], width-x), min(r[3], height-y)
		if w > 0 && h > 0 {
			inside = append(inside, [4]int{x, y, w, h})
		}
	}
	return inside
}
