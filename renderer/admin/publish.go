package admin

import (
	"errors"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

const typeUpload, typePrivate, typeAuthenticated = "upload", "private", "authenticated"

// publish answers POST /resources/<resource type>/publish_resources: private and authenticated assets get the delivery type
// upload.
func (h *Handler) publish(c *call) (wire.Object, error) {
	types := []string{typePrivate, typeAuthenticated}
	if given := c.params.String("type"); given != "" {
		if !slices.Contains(types, given) {
			return nil, problem.BadRequest("Invalid value for parameter type: %q is neither private nor authenticated", wire.Printable(given))
		}
		types = []string{given}
	}
	// What was published is served under its new name only, whether or not an invalidation is asked for.
	if _, err := c.params.Bool("invalidate", false); err != nil {
		return nil, err
	}
	overwrite, err := c.params.Bool("overwrite", false)
	if err != nil {
		return nil, err
	}
	callURL, err := notificationURL(c)
	if err != nil {
		return nil, err
	}
	return h.each(c, types, "published", func(asset *library.Asset) (*library.Asset, error) {
		from, to := keyOf(asset), keyOf(asset)
		to.Type = typeUpload
		published, err := h.library.RenameAsset(c.context, from, to, library.RenameOptions{Overwrite: overwrite, Jobs: func(published library.Change) ([]library.NewJob, error) {
			return h.tellAt(c, callURL, notify.Published, notify.PublishedFields(published.After, from.Type))
		}})
		if errors.Is(err, library.ErrExists) {
			return nil, problem.BadRequest("%s already exists", to.PublicID)
		}
		return published, err
	})
}

// updateAccessMode answers POST /resources/<resource type>/<type>/update_access_mode.
func (h *Handler) updateAccessMode(c *call) (wire.Object, error) {
	mode := c.params.String("access_mode")
	switch mode {
	case "":
		return nil, problem.BadRequest("Missing required parameter - access_mode")
	case "public", typeAuthenticated:
	default:
		return nil, problem.BadRequest("Invalid access_mode %s: it must be public or authenticated", wire.Printable(mode))
	}
	return h.each(c, []string{c.path[1]}, "updated", func(asset *library.Asset) (*library.Asset, error) {
		changes, err := h.library.UpdateAssets(c.context, []library.Key{keyOf(asset)}, library.UpdateOptions{Change: func(asset *library.Asset) error {
			asset.AccessMode = mode
			return nil
		}})
		if err != nil || len(changes) == 0 {
			return nil, errors.Join(err, library.ErrNotFound)
		}
		return changes[0].After, nil
	})
}

// each changes the assets of some delivery types that public_ids, prefix or tag select, max_results or deleteLimit of them and the
// rest of a page at most; the answer has them under name, and those that could not be changed under failed. Assets that are not there are left
// out. Where there are more, the answer is partial, and its cursor leads on.
func (h *Handler) each(c *call, types []string, name string, change func(*library.Asset) (*library.Asset, error)) (wire.Object, error) {
	publicIDs, err := c.ids("public_ids")
	if err != nil {
		return nil, err
	}
	prefix, tag := c.params.String("prefix"), c.params.String("tag")
	if len(publicIDs) == 0 && prefix == "" && tag == "" {
		return nil, problem.BadRequest("Missing required parameter - public_ids, prefix or tag")
	}
	if len(publicIDs) > 0 && (prefix != "" || tag != "") {
		return nil, problem.BadRequest("Invalid parameters: public_ids are given without prefix and tag")
	}
	limit, err := c.params.Int("max_results", h.deleteLimit, 1, maxResults)
	if err != nil {
		return nil, err
	}
	// A cursor is one of the list of a type, with the type.
	position, cursor, given := strings.Cut(c.params.String("next_cursor"), ".")
	if given {
		if types = types[max(slices.Index(types, position), 0):]; types[0] != position {
			return nil, problem.BadRequest("Invalid value for parameter next_cursor: it belongs to another query")
		}
	} else if position != "" {
		return nil, problem.BadRequest("Invalid value for parameter next_cursor: it is damaged")
	}
	answer, count := wire.Object{}, 0
	changed, failed := []wire.Object{}, []wire.Object{}
	for i := 0; i < len(types); {
		if count >= limit {
			answer["partial"], answer["next_cursor"] = true, types[i]+"."+cursor
			break
		}
		options := library.ListOptions{ResourceType: c.path[0], Type: types[i], PublicIDs: publicIDs, MaxResults: min(h.deletePage, limit), Cursor: cursor}
		if len(publicIDs) == 0 {
			options.Prefix, options.Tag = prefix, tag
		}
		page, err := h.library.List(c.context, options)
		if err != nil {
			return nil, wire.Unavailable("The database", err)
		}
		for _, asset := range page.Assets {
			after, err := change(asset)
			switch {
			case err == nil:
				changed = append(changed, c.links.Item(after))
			case errors.Is(err, library.ErrNotFound): // Deleted meanwhile.
			case problem.From(err).Transient || problem.From(err).Status >= 500:
				return nil, wire.Unavailable("The database", err)
			default:
				failed = append(failed, wire.Object{"public_id": asset.PublicID, "resource_type": asset.ResourceType, "type": asset.Type,
					"asset_id": asset.AssetID, "error": wire.Object{"message": problem.From(err).Message}})
			}
		}
		count += len(page.Assets)
		if cursor = page.NextCursor; cursor == "" {
			i++
		}
	}
	answer[name], answer["failed"] = changed, failed
	return answer, nil
}
