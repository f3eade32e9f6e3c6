package search

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/darkroom-media/darkroom/renderer/analysis"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Library is what searches need of the library.
type Library interface {
	Search(ctx context.Context, options library.SearchOptions) (*library.Found, error)
	SearchFolders(ctx context.Context, options library.FolderSearch) (folders []*library.Folder, total int64, next string, err error)
}

// Call is one search, authenticated and decoded.
type Call struct {
	Snapshot *catalog.Snapshot
	Links    wire.Links
	Params   wire.Params
}

// Assets answers a search for assets.
func Assets(ctx context.Context, l Library, c Call) (wire.Object, error) {
	start := time.Now()
	options := library.SearchOptions{
		Expression:     c.Params.String("expression"),
		Cursor:         c.Params.String("next_cursor"),
		DynamicFolders: c.Snapshot.Environment.DynamicFolders,
	}
	var err error
	if options.MaxResults, err = page(c.Params); err != nil {
		return nil, err
	}
	if options.Sort, err = sortKeys(c.Params); err != nil {
		return nil, err
	}
	var names []string
	if options.Aggregate, names, err = aggregates(c.Params); err != nil {
		return nil, err
	}
	with, err := included(c.Params)
	if err != nil {
		return nil, err
	}
	found, err := l.Search(ctx, options)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	resources := make([]wire.Object, 0, len(found.Assets))
	for _, asset := range found.Assets {
		resources = append(resources, with.item(c, asset))
	}
	answer := wire.Object{"total_count": found.Total, "resources": resources}
	if found.NextCursor != "" {
		answer["next_cursor"] = found.NextCursor
	}
	if len(names) > 0 {
		aggregations := wire.Object{}
		for i, name := range names {
			counts := wire.Object{}
			for _, count := range found.Aggregations[i] {
				if count.Value != "" { // Raw files have no format.
					counts[count.Value] = count.Count
				}
			}
			aggregations[name] = counts
		}
		answer["aggregations"] = aggregations
	}
	answer["time"] = time.Since(start).Milliseconds()
	return answer, nil
}

// inclusion says which keys of an asset were asked for.
type inclusion struct {
	with []string
	// fields, when not empty, are the only keys wanted, beside those that always are.
	fields []string
}

// optional are the keys that with_field adds.
var optional = []string{"context", "tags", "metadata", "image_metadata", "video_metadata", "image_analysis", "quality_analysis", "accessibility_analysis"}

func included(params wire.Params) (inclusion, error) {
	i := inclusion{with: params.List("with_field"), fields: params.List("fields")}
	for _, name := range i.with {
		if !slices.Contains(optional, name) {
			return i, problem.BadRequest("Invalid value for parameter with_field: %q", wire.Printable(name))
		}
	}
	return i, nil
}

func (i inclusion) wants(name string) bool {
	if len(i.fields) > 0 {
		return slices.Contains(i.fields, name)
	}
	return slices.Contains(i.with, name)
}

// item is an asset as searches show it.
func (i inclusion) item(c Call, asset *library.Asset) wire.Object {
	object := c.Links.Item(asset)
	maps.Copy(object, wire.Found(asset))
	object["display_name"] = asset.DisplayName
	object["etag"] = asset.ETag
	object["last_updated"] = wire.LastUpdated(asset)
	wire.AddUploaders(object, asset)
	if asset.ResourceType == library.Image {
		object["pages"] = max(asset.Pages, 1)
	}
	if asset.ResourceType == library.Video && asset.Duration > 0 {
		object["duration"] = asset.Duration
	}
	if len(asset.Moderation) > 0 {
		last := asset.Moderation[len(asset.Moderation)-1]
		object["moderation_kind"], object["moderation_status"] = last.Kind, last.Status
	}
	if i.wants("tags") {
		object["tags"] = asset.Tags
		if asset.Tags == nil {
			object["tags"] = []string{}
		}
	}
	if i.wants("context") {
		object["context"] = wire.Object{}
		if asset.Context != nil {
			object["context"] = asset.Context
		}
	}
	if i.wants("metadata") {
		object["metadata"] = wire.Object{}
		if values := metadata.Visible(c.Snapshot.MetadataFields, asset.Metadata); values != nil {
			object["metadata"] = values
		}
	}
	if i.wants("image_metadata") && asset.ResourceType == library.Image {
		object["image_metadata"] = wire.Object{}
	}
	if i.wants("video_metadata") && asset.ResourceType == library.Video {
		object["video_metadata"] = wire.Object{}
		if values := asset.VideoMetadata(); values != nil {
			object["video_metadata"] = values
		}
	}
	if asset.ResourceType == library.Image {
		i.addAnalysis(asset, object)
	}
	return i.keep(object)
}

// addAnalysis adds what is known of the picture. Searches look at no pictures themselves.
func (i inclusion) addAnalysis(asset *library.Asset, object wire.Object) {
	found := analysis.Of(asset)
	if i.wants("image_analysis") {
		seen := wire.Object{"face_count": len(asset.Faces), "transparent": asset.Alpha, "etag": asset.ETag}
		if len(asset.Faces) > 0 {
			seen["faces"] = asset.Faces
		}
		if found != nil {
			faces := analysis.Faces(asset, found)
			seen["face_count"], seen["faces"], seen["grayscale"] = len(faces), faces, found.Grayscale
			seen["illustration_score"], seen["colors"] = int(math.Round(found.Illustration)), analysis.Named(found)
		}
		object["image_analysis"] = seen
	}
	if found == nil {
		return
	}
	if i.wants("image_metadata") {
		object["image_metadata"] = found.Metadata
	}
	if i.wants("quality_analysis") {
		object["quality_analysis"], object["quality_score"] = analysis.Quality(found), found.Quality.Score
	}
	if i.wants("accessibility_analysis") {
		object["accessibility_analysis"] = analysis.Accessibility(found)
	}
}

// keep drops the keys that fields does not name.
func (i inclusion) keep(object wire.Object) wire.Object {
	if len(i.fields) == 0 {
		return object
	}
	kept := wire.Object{}
	for name, value := range object {
		switch name {
		case "public_id", "asset_id", "created_at", "status", "type", "resource_type", "folder", "asset_folder":
			kept[name] = value
		default:
			if slices.Contains(i.fields, name) {
				kept[name] = value
			}
		}
	}
	return kept
}
