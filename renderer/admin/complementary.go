package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// maxComplementaryType bounds the type of a complement, in characters.
const maxComplementaryType = 255

// relateComplementary answers POST /resources/related_complementary_assets/<asset ID>: assets that complete another one, such as
// its subtitles, with what is to be known of each.
func (h *Handler) relateComplementary(c *call) (wire.Object, error) {
	ids := slices.Compact(slices.Sorted(slices.Values(c.params.List("related_asset_ids"))))
	kind := c.params.String("complementary_type")
	switch {
	case len(ids) == 0:
		return nil, problem.BadRequest("Missing required parameter - related_asset_ids")
	case len(ids) > maxRelated:
		return nil, problem.BadRequest("Invalid related_asset_ids: at most %d assets are allowed", maxRelated)
	case kind == "":
		return nil, problem.BadRequest("Missing required parameter - complementary_type")
	case utf8.RuneCountInString(kind) > maxComplementaryType:
		return nil, problem.BadRequest("Invalid complementary_type: it is longer than %d characters", maxComplementaryType)
	}
	var told map[string]any
	if text := c.params.String("metadata"); text != "" && json.Unmarshal([]byte(text), &told) != nil {
		return nil, problem.BadRequest("Invalid metadata: it is no JSON object")
	}
	asset, err := h.library.AssetByID(c.context, c.path[0])
	if errors.Is(err, library.ErrNotFound) {
		return nil, problem.NotFound("Resource not found - %s", c.path[0])
	}
	if err != nil {
		return nil, wire.Unavailable("The database", err)
	}
	success, failed := []wire.Object{}, []wire.Object{}
	for _, id := range ids {
		switch {
		case !assetID.MatchString(id):
			failed = append(failed, outcome(id, "invalid_ids", errMalformed.Error(), http.StatusBadRequest))
			continue
		case id == asset.AssetID:
			failed = append(failed, outcome(id, "invalid_relate_to_self_id", "an asset cannot be related to itself", http.StatusBadRequest))
			continue
		}
		switch err := h.library.Complement(c.context, asset.AssetID, id, kind, told); {
		case err == nil:
			success = append(success, outcome(id, "success_ids", "success", http.StatusOK))
		case errors.Is(err, library.ErrExists):
			failed = append(failed, outcome(id, "already_exists_ids", "the assets are related already", http.StatusConflict))
		case errors.Is(err, library.ErrNotFound):
			failed = append(failed, outcome(id, "non_existing_ids", "the asset does not exist", http.StatusNotFound))
		default:
			return nil, wire.Unavailable("The database", err)
		}
	}
	return wire.Object{"success": success, "failed": failed}, nil
}

// addComplementary adds the assets that complete another one, beside the related ones.
func (h *Handler) addComplementary(c *call, asset *library.Asset, object wire.Object) error {
	complements, err := h.library.Complements(c.context, asset.AssetID)
	if err != nil {
		return wire.Unavailable("The database", err)
	}
	list := make([]wire.Object, len(complements))
	for i, complement := range complements {
		told := complement.Metadata
		if told == nil {
			told = map[string]any{}
		}
		list[i] = wire.Object{
			"asset_id": complement.Asset.AssetID, "public_id": complement.Asset.PublicID, "resource_type": complement.Asset.ResourceType,
			"type": complement.Asset.Type, "status": "active", "complementary_type": complement.Type, "metadata": told,
		}
	}
	object["related_complementary_assets"] = list
	return nil
}
