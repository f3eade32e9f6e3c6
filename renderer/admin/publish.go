package admin

import (
	"errors"
	"slices"

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
		published, err := h.library.RenameAsset(c.context, from, to, library.RenameOptions{Overwrite: overwrite, Jobs: func(published *library.Asset) ([]library.NewJob, error) {
			return h.tellAt(c, callURL, notify.Published, notify.PublishedFields(published, from.Type))
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

// each changes the assets of some delivery types that public_ids, prefix or tag select, up to deleteLimit of them; the answer
// has them under name, and those that could not be changed under failed. Assets that are not there are left out. Where there
// are more, the answer is marked as partial; what was published is not selected again.
func (h *Handler) each(c *call, types []string, name string, change func(*library.Asset) (*library.Asset, error)) (wire.Object, error) {
	publicIDs, prefix, tag := c.params.List("public_ids"), c.params.String("prefix"), c.params.String("tag")
	if err := checkCount("public_ids", publicIDs); err != nil {
		return nil, err
	}
	if len(publicIDs) == 0 && prefix == "" && tag == "" {
		return nil, problem.BadRequest("Missing required parameter - public_ids, prefix or tag")
	}
	changed, failed := []wire.Object{}, []wire.Object{}
	left := h.deleteLimit
	for _, deliveryType := range types {
		options := library.ListOptions{ResourceType: c.path[0], Type: deliveryType, PublicIDs: publicIDs, MaxResults: h.deletePage}
		if len(publicIDs) == 0 {
			options.Prefix, options.Tag = prefix, tag
		}
		for {
			page, err := h.library.List(c.context, options)
			if err != nil {
				return nil, wire.Unavailable("The database", err)
			}
			for _, asset := range page.Assets {
				if left--; left < 0 {
					return wire.Object{name: changed, "failed": failed, "partial": true}, nil
				}
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
			if options.Cursor = page.NextCursor; options.Cursor == "" {
				break
			}
		}
	}
	return wire.Object{name: changed, "failed": failed}, nil
}
