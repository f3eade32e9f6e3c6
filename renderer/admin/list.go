package admin

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Bounds of a list.
const (
	defaultResults = 10
	maxResults     = 500
	maxIDs         = 100
)

// list answers GET /resources/<resource type>[/<type>].
func (h *Handler) list(c *call) (wire.Object, error) {
	options := library.ListOptions{ResourceType: c.path[0], Type: c.params.String("type")}
	if len(c.path) == 2 {
		options.Type = c.path[1]
	}
	options.Prefix = c.params.String("prefix")
	var err error
	if options.PublicIDs, err = c.ids("public_ids"); err != nil {
		return nil, err
	}
	if options.Type == "" && (options.Prefix != "" || len(options.PublicIDs) > 0) {
		// A prefix or an ID means something within one type only.
		options.Type = "upload"
	}
	if start := c.params.String("start_at"); start != "" && options.Prefix == "" && len(options.PublicIDs) == 0 {
		if options.StartAt, err = parseStart(start); err != nil {
			return nil, err
		}
	}
	return h.page(c, options)
}

// parseStart reads a time of start_at.
func parseStart(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700", time.DateTime, time.DateOnly, time.RFC1123, time.RFC1123Z} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, problem.BadRequest("Invalid value for parameter start_at: %q is no time as 2026-01-31T10:00:00Z", wire.Printable(text))
}

// listByContext answers GET /resources/<resource type>/context.
func (h *Handler) listByContext(c *call) (wire.Object, error) {
	key := c.params.String("key")
	if key == "" {
		return nil, problem.BadRequest("Missing required parameter - key")
	}
	return h.page(c, library.ListOptions{ResourceType: c.path[0], ContextKey: key, ContextValue: c.params.String("value")})
}

// Kinds and states of moderation that can be listed by.
var (
	moderationKinds = []string{"manual", "webpurify", "aws_rek", "aws_rek_video", "google_video_moderation", "perception_point", "duplicate"}
	moderationState = []string{library.ModerationPending, library.ModerationQueued, library.ModerationApproved, library.ModerationRejected, library.ModerationAborted}
)

// listByModeration answers GET /resources/<resource type>/moderations/<kind>/<status>.
func (h *Handler) listByModeration(c *call) (wire.Object, error) {
	kind, status := c.path[1], c.path[2]
	if !slices.Contains(moderationKinds, kind) {
		return nil, problem.BadRequest("Invalid moderation kind %q", wire.Printable(kind))
	}
	if !slices.Contains(moderationState, status) {
		return nil, problem.BadRequest("Invalid moderation status %q", wire.Printable(status))
	}
	return h.page(c, library.ListOptions{ResourceType: c.path[0], ModerationKind: kind, ModerationStatus: status})
}

// listByAssetFolder answers GET /resources/by_asset_folder.
func (h *Handler) listByAssetFolder(c *call) (wire.Object, error) {
	if _, given := c.params["asset_folder"]; !given {
		return nil, problem.BadRequest("Missing required parameter - asset_folder")
	}
	resourceType := c.params.String("resource_type")
	if resourceType != "" && !slices.Contains(resourceTypes, resourceType) {
		return nil, problem.BadRequest("Invalid resource_type %q: it must be %s", wire.Printable(resourceType), strings.Join(resourceTypes, ", "))
	}
	folder := strings.Trim(c.params.String("asset_folder"), "/")
	return h.page(c, library.ListOptions{ResourceType: resourceType, Folder: &folder, DynamicFolders: c.snapshot.Environment.DynamicFolders})
}

// listByTag answers GET /resources/<resource type>/tags/<tag>.
func (h *Handler) listByTag(c *call) (wire.Object, error) {
	return h.page(c, library.ListOptions{ResourceType: c.path[0], Tag: c.path[1]})
}

// listByAssetIDs answers GET /resources/by_asset_ids.
func (h *Handler) listByAssetIDs(c *call) (wire.Object, error) {
	ids, err := c.someIDs("asset_ids")
	if err != nil {
		return nil, err
	}
	return h.page(c, library.ListOptions{AssetIDs: ids})
}

// ids are those of a parameter, each once: the SDK for .NET sends some of them twice with DELETE.
func (c *call) ids(name string) ([]string, error) {
	ids := c.distinct(name)
	return ids, checkCount(name, ids)
}

// distinct are the values of a parameter in order, each once.
func (c *call) distinct(name string) []string {
	var values []string
	seen := map[string]bool{}
	for _, value := range c.params.List(name) {
		if !seen[value] {
			values, seen[value] = append(values, value), true
		}
	}
	return values
}

// someIDs are ids of a parameter that must be there.
func (c *call) someIDs(name string) ([]string, error) {
	ids, err := c.ids(name)
	if err == nil && len(ids) == 0 {
		err = problem.BadRequest("Missing required parameter - %s", name)
	}
	return ids, err
}

func checkCount(name string, ids []string) error {
	if len(ids) > maxIDs {
		return problem.BadRequest("Too many %s. Got %d. Maximum is %d.", name, len(ids), maxIDs)
	}
	return nil
}

// page adds the paging parameters to options and answers with what the library gives.
func (h *Handler) page(c *call, options library.ListOptions) (wire.Object, error) {
	fallback := defaultResults
	if ids := max(len(options.PublicIDs), len(options.AssetIDs)); ids > 0 {
		fallback = ids
	}
	var err error
	if options.MaxResults, err = c.params.Int("max_results", fallback, 1, maxResults); err != nil {
		return nil, err
	}
	if options.Ascending, err = ascending(c.params.String("direction")); err != nil {
		return nil, err
	}
	options.Cursor = c.params.String("next_cursor")
	include, err := included(c)
	if err != nil {
		return nil, err
	}
	page, err := h.library.List(c.context, options)
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	resources := make([]wire.Object, 0, len(page.Assets))
	for _, asset := range page.Assets {
		resources = append(resources, include.item(c.links, asset))
	}
	answer := wire.Object{"resources": resources}
	if page.NextCursor != "" {
		answer["next_cursor"] = page.NextCursor
	}
	return answer, nil
}

func ascending(direction string) (bool, error) {
	switch direction {
	case "", "desc", "-1":
		return false, nil
	case "asc", "1":
		return true, nil
	}
	return false, problem.BadRequest("Invalid direction %q: it must be asc or desc", direction)
}

// inclusion says which keys of an asset were asked for.
type inclusion struct {
	tags, context, metadata, moderations bool
	// metadataFields are the fields whose values are shown.
	metadataFields map[string]catalog.MetadataField
	// fields, when not empty, are the only keys wanted.
	fields []string
}

func included(c *call) (include inclusion, err error) {
	params := c.params
	include.metadataFields = c.snapshot.MetadataFields
	for name, target := range map[string]*bool{"tags": &include.tags, "context": &include.context, "metadata": &include.metadata,
		"moderations": &include.moderations} {
		if *target, err = params.Bool(name, false); err != nil {
			return include, err
		}
	}
	include.fields = params.List("fields")
	for _, field := range include.fields {
		switch field {
		case "tags":
			include.tags = true
		case "context":
			include.context = true
		case "metadata":
			include.metadata = true
		case "moderation":
			include.moderations = true
		}
	}
	return include, nil
}

// item is an asset as lists show it.
func (i inclusion) item(links wire.Links, asset *library.Asset) wire.Object {
	object := links.Item(asset)
	object["etag"] = asset.ETag
	object["placeholder"] = false
	if i.tags {
		object["tags"] = asset.Tags
		if asset.Tags == nil {
			object["tags"] = []string{}
		}
	}
	if i.context && len(asset.Context) > 0 {
		object["context"] = wire.Context(asset.Context)
	}
	if i.metadata {
		object["metadata"] = wire.Object{}
		if values := metadata.Visible(i.metadataFields, asset.Metadata); values != nil {
			object["metadata"] = values
		}
	}
	if i.moderations {
		object["moderation"] = wire.Moderations(asset)
	}
	if len(asset.Moderation) > 0 {
		last := asset.Moderation[len(asset.Moderation)-1]
		object["moderation_kind"], object["moderation_status"] = last.Kind, last.Status
	}
	if len(i.fields) > 0 {
		maps.Copy(object, wire.Found(asset))
		object["version_id"], object["signature"] = asset.VersionID, links.Signature(asset)
	}
	return i.keep(object)
}

// keep drops the keys that fields does not name.
func (i inclusion) keep(object wire.Object) wire.Object {
	if len(i.fields) == 0 {
		return object
	}
	kept := wire.Object{}
	for name, value := range object {
		switch name {
		case "public_id", "asset_id", "folder", "asset_folder":
			kept[name] = value
		default:
			if slices.Contains(i.fields, name) {
				kept[name] = value
			}
		}
	}
	return kept
}
