package admin

import (
	"errors"

	"github.com/darkroom-media/darkroom/renderer/analysis"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// show answers GET /resources/<resource type>/<type>/<public ID>.
func (h *Handler) show(c *call) (wire.Object, error) {
	key := library.Key{ResourceType: c.path[0], Type: c.path[1], PublicID: c.path[2]}
	asset, err := h.library.Asset(c.context, key)
	if errors.Is(err, library.ErrNotFound) {
		deleted, err := h.library.DeletedAsset(c.context, key)
		return h.placeholder(c, deleted, err, c.path[2])
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	return h.details(c, asset)
}

// placeholder shows a deleted asset that is in the backup: without bytes, and with what was known of it.
func (h *Handler) placeholder(c *call, deleted *library.Version, err error, name string) (wire.Object, error) {
	if errors.Is(err, library.ErrNotFound) || err == nil && h.backup == nil {
		return nil, problem.NotFound("Resource not found - %s", name)
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	object, err := h.describe(c, deleted.Asset)
	if err != nil {
		return nil, err
	}
	object["placeholder"], object["bytes"], object["derived"] = true, 0, []wire.Object{}
	include, err := included(c)
	if err != nil {
		return nil, err
	}
	return include.keep(object), nil
}

// showByAssetID answers GET /resources/<asset ID>.
func (h *Handler) showByAssetID(c *call) (wire.Object, error) {
	asset, err := h.library.AssetByID(c.context, c.path[0])
	if errors.Is(err, library.ErrNotFound) {
		deleted, err := h.library.DeletedAssetByID(c.context, c.path[0])
		return h.placeholder(c, deleted, err, c.path[0])
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	return h.details(c, asset)
}

func (h *Handler) details(c *call, asset *library.Asset) (wire.Object, error) {
	limit, err := c.params.Int("max_results", defaultResults, 1, maxResults)
	if err != nil {
		return nil, err
	}
	include, err := included(c)
	if err != nil {
		return nil, err
	}
	derived, next, err := h.library.ListDerived(c.context, asset.AssetID, limit, c.params.String("derived_next_cursor"))
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	// How many pages there are is shown whether or not it is asked for.
	if _, err := c.params.Bool("pages", false); err != nil {
		return nil, err
	}
	object, err := h.describe(c, asset)
	if err != nil {
		return nil, err
	}
	entries := make([]wire.Object, 0, len(derived))
	for _, file := range derived {
		url, secureURL := c.links.Derived(asset, file.Transformation, file.Format)
		entries = append(entries, wire.Object{
			"id":             file.ID,
			"transformation": file.Transformation,
			"format":         file.Format,
			"bytes":          file.Bytes,
			"url":            url,
			"secure_url":     secureURL,
		})
	}
	object["derived"] = entries
	if next != "" {
		object["next_cursor"], object["derived_next_cursor"] = next, next
	}
	return include.keep(object), nil
}

// describe is what is known of an asset, but for its derived files.
func (h *Handler) describe(c *call, asset *library.Asset) (wire.Object, error) {
	object := c.links.Item(asset)
	object["version_id"] = asset.VersionID
	object["etag"] = asset.ETag
	object["placeholder"] = false
	object["last_updated"] = wire.LastUpdated(asset)
	wire.AddUploaders(object, asset)
	if len(asset.Moderation) > 0 {
		last := asset.Moderation[len(asset.Moderation)-1]
		object["moderation"], object["moderation_kind"], object["moderation_status"] = wire.Moderations(asset), last.Kind, last.Status
	}
	if asset.ResourceType == library.Image {
		object["pages"] = max(asset.Pages, 1)
	}
	analysis.ShowVideo(object, asset)
	if len(asset.Tags) > 0 {
		object["tags"] = asset.Tags
	}
	if len(asset.Context) > 0 {
		object["context"] = wire.Context(asset.Context)
	}
	addAdminContext(asset, object)
	if values := metadata.Visible(c.snapshot.MetadataFields, asset.Metadata); values != nil {
		object["metadata"] = values
	}
	if asset.OriginalFilename != "" {
		object["original_filename"] = asset.OriginalFilename
	}
	if asset.DisplayName != "" {
		object["display_name"] = asset.DisplayName
	}
	if err := h.addAnalysis(c, asset, object); err != nil {
		return nil, err
	}
	if err := addCoordinates(c, asset, object); err != nil {
		return nil, err
	}
	if err := h.addVersions(c, asset, object); err != nil {
		return nil, err
	}
	return object, h.addRelated(c, asset, object)
}

// addAnalysis adds what was asked for of the analysis of the picture, which is made where nobody has asked before.
func (h *Handler) addAnalysis(c *call, asset *library.Asset, object wire.Object) error {
	wanted, err := analysis.Read(c.params)
	if err != nil {
		return err
	}
	if h.looker.Engine != nil {
		if err := h.looker.Complete(c.context, wanted, asset, &c.snapshot.Environment); err != nil {
			return err
		}
	}
	wanted.Show(object, asset)
	return nil
}

// addCoordinates adds stored coordinates where they were asked for.
func addCoordinates(c *call, asset *library.Asset, object wire.Object) error {
	coordinates, err := c.params.Bool("coordinates", false)
	if err != nil {
		return err
	}
	if stored := wire.Coordinates(asset); coordinates && stored != nil {
		object["coordinates"] = stored
	}
	return nil
}
