package notify

import "github.com/darkroom-media/darkroom/renderer/library"

// DeletedFields tell of assets that were deleted.
func DeletedFields(assets ...*library.Asset) map[string]any {
	resources := make([]map[string]any, len(assets))
	for i, asset := range assets {
		resources[i] = identity(asset)
		resources[i]["public_id"], resources[i]["version"] = asset.PublicID, asset.Version
	}
	return map[string]any{"resources": resources}
}

// RenamedFields tell of an asset that was called from.
func RenamedFields(asset *library.Asset, from string) map[string]any {
	fields := identity(asset)
	fields["from_public_id"], fields["to_public_id"] = from, asset.PublicID
	return fields
}

func identity(asset *library.Asset) map[string]any {
	return map[string]any{
		"resource_type": asset.ResourceType,
		"type":          asset.Type,
		"asset_id":      asset.AssetID,
		"asset_folder":  asset.AssetFolder,
		"display_name":  asset.DisplayName,
	}
}
