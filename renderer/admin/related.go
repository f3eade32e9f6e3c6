package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// maxRelated bounds how many assets one call relates.
const maxRelated = 10

// relation is one way to name the assets of a call about related assets.
type relation struct {
	// find finds the asset that the path names.
	find func(c *call) (*library.Asset, error)
	// other finds one that the body names; ErrNotFound and errMalformed say why not.
	other func(c *call, name string) (*library.Asset, error)
}

var errMalformed = errors.New("it does not name an asset")

// byName is /resources/related_assets/<resource type>/<type>/<public ID>.
func (h *Handler) byName() relation {
	return relation{
		find: func(c *call) (*library.Asset, error) {
			return h.library.Asset(c.context, library.Key{ResourceType: c.path[0], Type: c.path[1], PublicID: c.path[2]})
		},
		other: func(c *call, name string) (*library.Asset, error) {
			parts := strings.SplitN(name, "/", 3)
			if len(parts) != 3 {
				return nil, errMalformed
			}
			return h.library.Asset(c.context, library.Key{ResourceType: parts[0], Type: parts[1], PublicID: parts[2]})
		},
	}
}

// byAssetID is /resources/related_assets/<asset ID>.
func (h *Handler) byAssetID() relation {
	return relation{
		find: func(c *call) (*library.Asset, error) { return h.library.AssetByID(c.context, c.path[0]) },
		other: func(c *call, name string) (*library.Asset, error) {
			if !assetID.MatchString(name) {
				return nil, errMalformed
			}
			return h.library.AssetByID(c.context, name)
		},
	}
}

// relate answers POST with assets_to_relate.
func (h *Handler) relate(names relation) handle {
	return func(c *call) (wire.Object, error) {
		return h.changeRelations(c, names, "assets_to_relate", "add", h.library.Relate)
	}
}

// unrelate answers DELETE with assets_to_unrelate.
func (h *Handler) unrelate(names relation) handle {
	return func(c *call) (wire.Object, error) {
		return h.changeRelations(c, names, "assets_to_unrelate", "delete", h.library.Unrelate)
	}
}

// changeRelations applies change to the asset of the path and those that parameter names, and tells what became of each.
func (h *Handler) changeRelations(c *call, names relation, parameter, action string,
	change func(ctx context.Context, assetID string, relatedIDs []string, jobs library.RelationJobs) ([]error, error)) (wire.Object, error) {
	others := c.distinct(parameter)
	callURL, err := notificationURL(c)
	switch {
	case err != nil:
		return nil, err
	case len(others) == 0:
		return nil, problem.BadRequest("Missing required parameter - %s", parameter)
	case len(others) > maxRelated:
		return nil, problem.BadRequest("Invalid %s: at most %d assets are allowed", parameter, maxRelated)
	}
	asset, err := names.find(c)
	if errors.Is(err, library.ErrNotFound) {
		return nil, problem.NotFound("Resource not found - %s", c.path[len(c.path)-1])
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	// What there is of each name: why it is none, or which asset.
	refusals, ids := map[int]wire.Object{}, []string{}
	for i, name := range others {
		other, err := names.other(c, name)
		switch {
		case errors.Is(err, errMalformed):
			refusals[i] = outcome(name, "invalid_ids", err.Error(), http.StatusBadRequest)
		case errors.Is(err, library.ErrNotFound):
			refusals[i] = notThere(name)
		case err != nil:
			return nil, wire.Unavailable("The database", err)
		case other.AssetID == asset.AssetID:
			refusals[i] = outcome(name, "invalid_relate_to_self_id", "an asset cannot be related to itself", http.StatusBadRequest)
		default:
			ids = append(ids, other.AssetID)
		}
	}
	outcomes, err := change(c.context, asset.AssetID, ids, func(outcomes []error) ([]library.NewJob, error) {
		failed := len(refusals)
		for _, err := range outcomes {
			if err != nil {
				failed++
			}
		}
		return h.tellAt(c, callURL, notify.RelatedAssets, notify.RelatedFields(asset.AssetID, action, len(others)-failed, failed))
	})
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	success, failed := []wire.Object{}, []wire.Object{}
	for i, name := range others {
		if refused := refusals[i]; refused != nil {
			failed = append(failed, refused)
			continue
		}
		err := outcomes[0]
		outcomes = outcomes[1:]
		switch {
		case err == nil:
			success = append(success, outcome(name, "success_ids", "success", http.StatusOK))
		case errors.Is(err, library.ErrExists):
			failed = append(failed, outcome(name, "already_exists_ids", "the assets are related already", http.StatusConflict))
		case action == "delete":
			failed = append(failed, outcome(name, "relation_does_not_exist_ids", "the assets are not related", http.StatusNotFound))
		default: // Deleted meanwhile.
			failed = append(failed, notThere(name))
		}
	}
	return wire.Object{"success": success, "failed": failed}, nil
}

func notThere(name string) wire.Object {
	return outcome(name, "non_existing_ids", "the asset does not exist", http.StatusNotFound)
}

func outcome(name, code, message string, status int) wire.Object {
	return wire.Object{"asset": name, "code": code, "message": message, "status": status}
}

// addRelated adds the related assets where they were asked for.
func (h *Handler) addRelated(c *call, asset *library.Asset, object wire.Object) error {
	wanted, err := c.params.Bool("related", false)
	if err != nil || !wanted {
		return err
	}
	related, next, err := h.library.Related(c.context, asset.AssetID, maxResults, c.params.String("related_next_cursor"))
	if err != nil {
		return wire.Unavailable("The database", err)
	}
	list := make([]wire.Object, 0, len(related))
	for _, other := range related {
		list = append(list, wire.Object{"asset_id": other.AssetID, "public_id": other.PublicID, "resource_type": other.ResourceType, "type": other.Type})
	}
	object["related_assets"] = list
	if next != "" {
		object["related_next_cursor"] = next
	}
	return h.addComplementary(c, asset, object)
}
